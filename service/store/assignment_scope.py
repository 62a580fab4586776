"""The items one assignment is about, in a temporary table of its transaction, so that no rule scans all items.

Candidates are the items whose membership may have changed: those that changed, and all below them. Their
ancestors are in the table as well, because a rule that an ancestor meets brings its descendants along.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, MetaData, Select, Table, Text, false, select, text, true
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateTable

from service.store.tables.items import work_items
from service.store.tables.programs import pending_assignments

assignment_scope = Table(
    "assignment_scope",
    MetaData(),  # its own: a temporary table is no part of the schema
    Column("uid", Text, primary_key=True),
    Column("candidate", Boolean, nullable=False),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)
candidates = select(assignment_scope.c.uid).where(assignment_scope.c.candidate)


async def lock_assignments(connection: AsyncConnection) -> None:
    """One assignment at a time; a write transaction on SQLite is alone already.

    On PostgreSQL this waits for the pages being written, too: an item that already waits may have changed
    again in one of them, unseen by us, and would be taken off the list too early.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(text("LOCK TABLE pending_assignments IN SHARE ROW EXCLUSIVE MODE"))


async def forget_pending(connection: AsyncConnection) -> None:
    """No item waits any more. Under `lock_assignments`."""
    await connection.execute(pending_assignments.delete())


async def take_pending(connection: AsyncConnection) -> int:
    """Makes the waiting items, all below and all above them the scope; how many waited. A roll-back puts them back."""
    await lock_assignments(connection)
    await connection.execute(CreateTable(assignment_scope, if_not_exists=True))
    await connection.execute(assignment_scope.delete())  # SQLite keeps the table as long as the connection
    waiting = select(pending_assignments.c.item_uid, true())
    await connection.execute(assignment_scope.insert().from_select(["uid", "candidate"], waiting))
    taken = (await connection.execute(pending_assignments.delete())).rowcount
    if taken:
        await _add(connection, _below(), candidate=True)
        await _add(connection, _above(), candidate=False)
    return taken


async def live_parents(connection: AsyncConnection, *, scoped: bool) -> dict[str, str]:
    """The parent of each live item that has one; `scoped` limits it to the items of the scope."""
    query = select(work_items.c.uid, work_items.c.parent_uid).where(
        work_items.c.tombstone.is_(None), work_items.c.parent_uid.is_not(None)
    )
    if scoped:
        query = query.where(work_items.c.uid.in_(select(assignment_scope.c.uid)))
    return {row.uid: row.parent_uid for row in await connection.execute(query)}


async def candidate_uids(connection: AsyncConnection) -> list[str]:
    return list((await connection.execute(candidates)).scalars())


async def _add(connection: AsyncConnection, found: Select[str], *, candidate: bool) -> None:
    rows = found.subquery()
    known = select(assignment_scope.c.uid)
    new = select(rows.c.uid, true() if candidate else false()).where(rows.c.uid.not_in(known))
    await connection.execute(assignment_scope.insert().from_select(["uid", "candidate"], new))


def _below() -> Select[str]:
    """UNION rather than UNION ALL: a loop of parents finds nothing new and ends."""
    seeds = select(assignment_scope.c.uid.label("uid")).cte("below", recursive=True)
    steps = seeds.union(select(work_items.c.uid).join(seeds, work_items.c.parent_uid == seeds.c.uid))
    return select(steps.c.uid)


def _above() -> Select[str]:
    seeds = select(assignment_scope.c.uid.label("uid")).cte("above", recursive=True)
    parents = select(work_items.c.parent_uid).join(seeds, work_items.c.uid == seeds.c.uid)
    steps = seeds.union(parents.where(work_items.c.parent_uid.is_not(None)))
    return select(steps.c.uid)
