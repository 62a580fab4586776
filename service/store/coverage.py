"""What a complete listing proves about its scope: every id it names is stored, rejected, or not shown to us."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.bulk import fetch, within
from service.store.raw import UNREADABLE

_ITEMS = "('issue', 'task')"  # kinds of raw records that are an item themselves


@dataclass(frozen=True, slots=True)
class Coverage:
    """Ids of one listing: `listed` = `stored` + `rejected` + `invisible`.

    A rejected one was read and could not be understood; an invisible one is named and was not to be read.
    """

    listed: int
    stored: int
    rejected: int

    @property
    def invisible(self) -> int:
        return self.listed - self.stored - self.rejected


async def coverage_of(connection: AsyncConnection, source: str, listed: Collection[str]) -> Coverage:
    """After all that a listing led to is stored. Each id is counted once, a rejected one never as stored."""
    rejects = await fetch(
        connection,
        f"SELECT native_id FROM raw_records WHERE source = ? AND (kind IN {_ITEMS} OR kind = ?) "  # noqa: S608
        "AND reject_reason IS NOT NULL",
        (source, UNREADABLE),
    )
    names = set(listed)
    rejected = names.intersection(row[0] for row in rejects)
    uids = [f"{source}:{native_id}" for native_id in names - rejected]
    ((stored,),) = await fetch(
        connection,
        f"SELECT count(*) FROM work_items WHERE tombstone IS NULL AND {within(connection, 'uid')}",  # noqa: S608
        (uids,),
    )
    return Coverage(len(names), stored, len(rejected))
