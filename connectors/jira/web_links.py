"""Web links of an issue: the one thing of it that Jira shows only issue by issue, and never in a search."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import msgspec

from connectors.answers import Answer
from connectors.client import Client
from connectors.contract import ItemDetails, RawRecord
from connectors.jira.references import WEB_LINKS


async def read_web_links(client: Client, *, api: str, native_ids: Sequence[str]) -> AsyncIterator[ItemDetails]:
    """As many at a time as the source's request budget allows; issues that are gone or hidden are left out."""
    reading = [asyncio.create_task(_of(client, api=api, native_id=each)) for each in native_ids]
    try:
        for each in asyncio.as_completed(reading):
            if (details := await each) is not None:
                yield details
    finally:
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)


async def _of(client: Client, *, api: str, native_id: str) -> ItemDetails | None:
    found = await client.ask("GET", f"{api}/issue/{native_id}/remotelink", msgspec.Raw, accept={403, 404})
    if isinstance(found, Answer):
        return None
    return ItemDetails(native_id, (RawRecord(WEB_LINKS, native_id, bytes(found)),))
