"""Stories and attachments: what Asana shows only task by task."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

import structlog

from connectors.asana import opt_fields
from connectors.asana.concurrently import concurrently
from connectors.asana.listing import HIDDEN, NOT_ALLOWED, Params, Refused, rows
from connectors.asana.payloads import ATTACHMENTS, STORIES
from connectors.client import Client
from connectors.contract import ItemDetails, RawRecord

log = structlog.get_logger(__name__)


async def read_details(client: Client, native_ids: Sequence[str], *, workers: int) -> AsyncIterator[ItemDetails]:
    """In any order; a task that is gone or hidden is left out.

    There is a record of each kind, if only of none: what was taken away since is then known to be gone.
    """

    async def of(gid: str) -> ItemDetails | None:
        return await _of(client, gid)

    async with aclosing(concurrently(dict.fromkeys(native_ids), of, workers=workers)) as found:
        async for each in found:
            if each is not None:
                yield each


async def _of(client: Client, gid: str) -> ItemDetails | None:
    try:
        stories = await _all(client, f"/tasks/{gid}/stories", {"opt_fields": opt_fields.STORY})
    except Refused as refused:
        if refused.status in HIDDEN:
            return None
        raise
    attachments = await _attachments(client, gid)
    records = [RawRecord(STORIES, gid, _array(stories))]
    if attachments is not None:
        records.append(RawRecord(ATTACHMENTS, gid, _array(attachments)))
    return ItemDetails(gid, tuple(records))


async def _attachments(client: Client, gid: str) -> list[bytes] | None:
    """None: they may not be read, and nobody can say whether there are any."""
    try:
        return await _all(client, "/attachments", {"parent": gid, "opt_fields": opt_fields.ATTACHMENT})
    except Refused as refused:
        if refused.status not in NOT_ALLOWED | HIDDEN:
            raise
        log.info("attachments_refused", source=client.source, item=gid, status=refused.status)
        return None


async def _all(client: Client, path: str, params: Params) -> list[bytes]:
    """Each row once: a listing that was started again brings the first ones twice."""
    return list(dict.fromkeys([bytes(raw) async for page in rows(client, path, params) for raw in page]))


def _array(members: Sequence[bytes]) -> bytes:
    return b"[" + b",".join(members) + b"]"
