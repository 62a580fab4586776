"""Custom fields that mapping rules match on, filled from stored payloads: a new rule never needs a new pull."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.contract import Source
from connectors.errors import PayloadUnreadable
from connectors.items import Facet, FacetValue
from service.programs.apply import MatchedFieldsHook
from service.store.items import WorkItems
from service.sync.errors import NothingToReplay
from service.sync.stored import reference_payloads, stored_items


def field_reader(sources: Mapping[str, Source]) -> MatchedFieldsHook:
    """The hook that a plan or an apply calls with the field ids its rules name."""

    async def fill(connection: AsyncConnection, fields: tuple[str, ...]) -> None:
        for source in sources.values():
            with suppress(NothingToReplay):  # nothing pulled yet: nothing to fill
                await _fill_source(connection, source, fields)

    return fill


async def _fill_source(connection: AsyncConnection, source: Source, fields: tuple[str, ...]) -> None:
    normalise = source.build_normaliser(await reference_payloads(connection, source.name), matched_fields=fields)
    items = WorkItems(connection)
    async for page in stored_items(connection, source.name):
        values: dict[str, tuple[FacetValue, ...]] = {}
        for raw in page:
            with suppress(PayloadUnreadable):  # kept and counted as rejected already
                item = normalise(raw)
                values[item.native_id] = tuple(each for each in item.facets if each.facet is Facet.FIELD)
        await items.replace_field_facets(source.name, values)
