"""Items whose memberships must be decided anew: written with the items, drained by the mapping."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.bulk import run, within


async def mark_pending(connection: AsyncConnection, uids: Sequence[str]) -> None:
    """Mark those of `uids` that are stored items; stubs have no memberships."""
    if uids:
        await run(
            connection,
            "INSERT INTO pending_assignments (item_uid) SELECT uid FROM work_items "  # noqa: S608
            f"WHERE {within(connection, 'uid')} ON CONFLICT (item_uid) DO NOTHING",
            [list(uids)],
        )
