"""A team whose weeks are all alike, with its history: what it would have been told on any Monday is known by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import insert

from service.store.engine import Database
from service.store.tables.items import item_changes
from tests.builders.edges import insert_link, insert_link_type
from tests.builders.items import SOURCE, Row, an_item, insert_project
from tests.programs.histories import CLOSED, DOING, TO_DO, add_reference
from tests.programs.portfolio import TODAY, add_members, add_program, add_source

FIRST: Final = date(2026, 8, 3)
SLOWER: Final = date(2026, 10, 12)  # from this week on three days are not enough
WITH_MILESTONE: Final = date(2026, 9, 7)
EACH_WEEK: Final = 5
MILESTONE: Final = "900"


def weeks() -> list[date]:
    """The Mondays of all its weeks, the one under way included."""
    return [FIRST + timedelta(weeks=place) for place in range((TODAY - FIRST).days // 7 + 1)]


def took(monday: date) -> int:
    """Working days of each item of that week."""
    return 3 if monday < SLOWER else 5


async def a_weekly_program(database: Database) -> None:
    """Every Friday five stories are written, begun on Monday and all done on Wednesday; later on as late as on Friday.
    On one Friday a milestone is reached for which one of the stories was needed."""
    await add_source(database)
    await add_program(database)
    await add_reference(database)
    rows: list[Row] = []
    changes: list[Row] = []
    for place, monday in enumerate(weeks()):
        done = at(monday + timedelta(days=took(monday) - 1), 15)
        for each in range(EACH_WEEK):
            native_id = str(100 + EACH_WEEK * place + each)
            rows.append(finished(native_id, monday, done, started_at=at(monday, 9)))
            changes += [moved(native_id, 1, at(monday, 9), TO_DO, DOING), moved(native_id, 2, done, DOING, CLOSED)]
    reached = at(WITH_MILESTONE + timedelta(days=4), 16)
    rows.append(finished(MILESTONE, WITH_MILESTONE, reached, item_type="Milestone"))
    changes.append(moved(MILESTONE, 1, reached, TO_DO, CLOSED))
    await add_members(database, *rows)
    needed = str(100 + EACH_WEEK * weeks().index(WITH_MILESTONE))
    async with database.transaction() as uow:
        await uow.connection.execute(insert(item_changes), changes)
        await insert_project(uow.connection, "1", "PAY", "Payments")
        await insert_link_type(uow.connection, "Blocks")
        await insert_link(uow.connection, "1", f"{SOURCE}:{needed}", f"{SOURCE}:{MILESTONE}")


def finished(native_id: str, monday: date, done: datetime, **values: Any) -> Row:
    return an_item(
        native_id,
        status_id=CLOSED[0],
        status=CLOSED[1],
        status_category="done",
        created_at=at(monday - timedelta(days=3), 12),
        done_at=done,
        updated_at=done,
        **values,
    )


def moved(native_id: str, number: int, moment: datetime, before: tuple[str, str], after: tuple[str, str]) -> Row:
    return {
        "item_uid": f"{SOURCE}:{native_id}",
        "change_id": str(number),
        "ordinal": 0,
        "at": moment,
        "field_id": "status",
        "from_value": before[0],
        "from_text": before[1],
        "to_value": after[0],
        "to_text": after[1],
    }


def at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), UTC)
