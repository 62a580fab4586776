"""A program that has finished two items every working day since August, with some of everything flow tells of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from connectors.items import Facet
from service.programs.flow_terms import FlowTerms
from service.store.engine import Database
from service.store.tables.reference import fields, statuses
from tests.builders.items import SOURCE, Row, an_epic, an_item, insert_facets, insert_field, insert_project
from tests.builders.planning import SPRINT_FIELD, insert_change, insert_sprint, insert_sprint_field, plan_in
from tests.programs.portfolio import TODAY, add_members, add_program, add_source

FIRST = date(2026, 8, 3)
TARGET = date(2026, 12, 11)
OPEN = 30
FLOW = FlowTerms(active_statuses=("In Progress",), escaped_labels=("escaped",))
FLAG, POINTS = "customfield_10021", "customfield_10016"
STATUSES = (("1", "To Do", "to_do"), ("3", "In Progress", "in_progress"), ("4", "Waiting", "in_progress"))


def at(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def finished_rows(*, first: date = FIRST, until: date = TODAY, daily: int = 2) -> list[Row]:
    """Begun on a working day, done on the next one but one, by turns in two workstreams' projects."""
    days = [first + timedelta(days=place) for place in range((until - first).days)]
    working = [day for day in days if day.weekday() < 5]
    return [
        an_item(
            f"{1000 + daily * place + each}",
            project_id=str(1 + each % 2),
            team="Ants" if each % 2 else None,
            status_id="5",
            status="Done",
            status_category="done",
            created_at=at(FIRST - timedelta(days=7)),
            started_at=at(day - timedelta(days=2)),
            done_at=at(day, 15),
        )
        for place, day in enumerate(working)
        for each in range(daily)
    ]


def open_rows(number: int = OPEN) -> list[Row]:
    return [an_item(f"{1 + place}", created_at=at(FIRST - timedelta(days=7))) for place in range(number)]


async def a_finishing_program(database: Database, *, target: date | None = TARGET) -> None:
    """30 items are left at ten a week: three weeks of work. An epic holds some of them and does not count."""
    await add_source(database)
    await add_program(database, target=target)
    async with database.transaction() as uow:
        await insert_project(uow.connection, "1", "PAY", "Payments")
        await insert_project(uow.connection, "2", "CART", "Cart")
        await uow.connection.execute(
            statuses.insert(),
            [
                {"source": SOURCE, "native_id": number, "name": name, "category": category}
                for number, name, category in (*STATUSES, ("5", "Done", "done"))
            ],
        )
    left = open_rows()
    left[0] |= {"parent_uid": f"{SOURCE}:900"}
    await add_members(database, *left, *finished_rows(), an_epic("900"), workstream="Payments")


async def with_a_past(database: Database) -> None:
    """Item 501 was reopened, flagged, re-estimated and missed its sprint; 502 was cancelled; 503 is an escaped bug."""
    await add_members(
        database,
        an_item(
            "501",
            project_id="2",
            status_id="3",
            status="In Progress",
            status_category="in_progress",
            points=8.0,
            points_field=POINTS,
            created_at=at(date(2026, 8, 17)),
            started_at=at(date(2026, 9, 8)),
        ),
        an_item(
            "502",
            status="Won't Do",
            status_category="cancelled",
            created_at=at(date(2026, 9, 1)),
            resolved_at=at(date(2026, 10, 7)),
        ),
        an_item("503", item_type="Bug", created_at=at(date(2026, 10, 20))),
        an_item("504", item_type="Bug", created_at=at(date(2026, 10, 21))),
        workstream="Cart",
    )
    item = f"{SOURCE}:501"
    async with database.transaction() as uow:
        connection = uow.connection
        await insert_field(connection, "labels", "Labels")
        await insert_facets(connection, f"{SOURCE}:503", Facet.LABEL, "Escaped")
        await insert_sprint_field(connection)
        await insert_sprint(connection, "7", at(date(2026, 10, 5)), at(date(2026, 10, 16)), state="closed")
        await plan_in(connection, item, Facet.ITERATION, "8")
        moves: tuple[tuple[str, str, str | None, str | None, date], ...] = (
            ("1", "status", "1", "3", date(2026, 9, 8)),
            ("2", SPRINT_FIELD, "", "7", date(2026, 10, 2)),
            ("3", "status", "3", "5", date(2026, 10, 14)),
            ("4", POINTS, "3", "8", date(2026, 10, 15)),
            ("5", "status", "5", "3", date(2026, 10, 15)),
            ("6", SPRINT_FIELD, "7", "8", date(2026, 10, 19)),
            ("7", FLAG, None, "Impediment", date(2026, 11, 9)),
            ("8", FLAG, "Impediment", None, date(2026, 11, 12)),
        )
        await insert_field(connection, FLAG, "Flagged")
        await connection.execute(fields.update().where(fields.c.native_id == FLAG).values(role="flagged"))
        for number, field, before, after, day in moves:
            await insert_change(connection, item, number, field, before, after, at=at(day))
