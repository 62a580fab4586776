"""A program whose items have a past: changes, memberships that began and ended, items that went and came back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import insert, update

from connectors.jira.config import JiraOptions
from connectors.jira.historian import JiraHistorian
from service.programs.historians import Historians
from service.store.engine import Database
from service.store.raw import LandedRecord, RawRecords, digest
from service.store.tables.items import item_changes, tombstones, work_items
from service.store.tables.programs import memberships
from tests.builders import jira
from tests.builders.items import SOURCE
from tests.programs.portfolio import NOW, a_checkout

POINTS = "customfield_1"
TO_DO, DOING, CLOSED = ("1", "Open"), ("3", "In Progress"), ("6", "Closed")
HISTORIANS = Historians({SOURCE: lambda payloads: JiraHistorian(payloads, options=JiraOptions())})

Value = tuple[str | None, str | None] | str | None


def on(month: int, day: int, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def day(month: int, number: int) -> date:
    return date(2026, month, number)


async def add_reference(database: Database) -> None:
    """What discovery said of the tool."""
    payloads = jira.payloads(fields=[jira.a_field(POINTS, "Story Points", jira.FLOAT)])
    records = [LandedRecord("reference", name, None, digest(each), each) for name, each in payloads.items()]
    async with database.transaction() as uow:
        await RawRecords(uow.connection).land(SOURCE, records, run_id=0, fetched_at=NOW)


async def add_change(
    database: Database, native_id: int, at: datetime, field: str, before: Value, after: Value, *, number: int = 1
) -> None:
    """A plain value is a text, as old histories have it; a pair is an id and its name."""
    (from_value, from_text), (to_value, to_text) = _pair(before), _pair(after)
    row = {
        "item_uid": f"{SOURCE}:{native_id}",
        "change_id": f"{at:%m%d%H}{number}",
        "ordinal": 0,
        "at": at,
        "field_id": field,
        "from_value": from_value,
        "from_text": from_text,
        "to_value": to_value,
        "to_text": to_text,
    }
    async with database.transaction() as uow:
        await uow.connection.execute(insert(item_changes), [row])
        item = work_items.c.uid == row["item_uid"]
        await uow.connection.execute(update(work_items).where(item).values(updated_at=at))


async def a_past(database: Database) -> None:
    """PAY-11 was estimated anew on 1 November, begun on the 5th and closed on the 10th; it has 5 points now."""
    await a_checkout(database)
    await add_reference(database)
    await add_change(database, 11, on(11, 1), POINTS, "3", "5")
    await add_change(database, 11, on(11, 5), "status", TO_DO, DOING)
    await add_change(database, 11, on(11, 10), "status", DOING, CLOSED)


async def add_grave(database: Database, native_id: int, since: datetime, until: datetime | None = None) -> None:
    row = {"item_uid": f"{SOURCE}:{native_id}", "reason": "gone", "found_at": since, "restored_at": until}
    async with database.transaction() as uow:
        await uow.connection.execute(insert(tombstones), [row])


async def member(database: Database, native_id: int, **values: Any) -> None:
    """valid_from, valid_to and what else its membership says."""
    async with database.transaction() as uow:
        mine = memberships.c.item_uid == f"{SOURCE}:{native_id}"
        await uow.connection.execute(update(memberships).where(mine).values(**values))


def _pair(value: Value) -> tuple[str | None, str | None]:
    return value if isinstance(value, tuple) else (None, value)
