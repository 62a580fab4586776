"""A program with a past: twenty finished stories that took 1 to 20 working days, and open work that waits for work."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from service.domain.calendars import WorkingCalendar
from service.store.engine import Database
from tests.builders.edges import insert_link, insert_link_type
from tests.builders.items import SOURCE, Row, an_item, insert_project
from tests.programs.portfolio import TODAY, add_members, add_program, add_source

CALENDAR = WorkingCalendar()
TARGET = date(2026, 12, 30)
EDGES = {"100": ("1", "3"), "101": ("2", "3"), "102": ("3", "4"), "103": ("4", "5")}


def moment(working_days: int, hour: int = 9) -> datetime:
    """Of the working day so many after today, or before it."""
    return datetime.combine(CALENDAR.add_working_days(TODAY, working_days), time(hour), UTC)


def finished(number: int, took: int) -> Row:
    begun: Row = {"status": "Done", "status_category": "done", "started_at": moment(-took - 1)}
    return an_item(number, done_at=moment(-2, 17), created_at=moment(-took - 5), **begun)


async def a_program_with_a_past(database: Database, *, finished_items: int = 20) -> None:
    """1 and 2 lead to 3, that to 4, and 4 to the milestone 5, due on the target's day; 6 stands alone."""
    await add_source(database)
    await add_program(database, target=TARGET)
    await add_members(
        database,
        an_item(1, team="Ants"),
        an_item(2, team="Ants", status="In Progress", status_category="in_progress", started_at=moment(-2)),
        an_item(3, team="Bees", start=date(2026, 12, 7)),
        an_item(4, team="Bees", start=date(2027, 2, 1)),
        an_item(5, item_type="Milestone", due=TARGET),
        an_item(6, team="Ants"),
        *(finished(100 + took, took) for took in range(1, finished_items + 1)),
    )
    async with database.transaction() as uow:
        await insert_project(uow.connection, "1", "PAY", "Payments")
        await insert_link_type(uow.connection, "Blocks")
        for native_id, (before, after) in EDGES.items():
            await insert_link(uow.connection, native_id, f"{SOURCE}:{before}", f"{SOURCE}:{after}")
