"""What the sentences about links mean, as the link types of each source are named now."""

from __future__ import annotations

from collections import defaultdict

from msgspec import convert
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.items import SourceLinkType
from service.domain.link_history import Phrases
from service.store.bulk import fetch


async def link_phrases(connection: AsyncConnection) -> dict[str, Phrases]:
    """By source."""
    types: defaultdict[str, list[SourceLinkType]] = defaultdict(list)
    for source, *row in await fetch(connection, _TYPES, ()):
        types[source].append(convert(dict(zip(SourceLinkType.__struct_fields__, row, strict=True)), SourceLinkType))
    return {source: Phrases(each) for source, each in types.items()}


_TYPES = f"SELECT source, {', '.join(SourceLinkType.__struct_fields__)} FROM link_types"  # noqa: S608
