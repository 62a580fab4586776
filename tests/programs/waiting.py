"""A small program in which something waits in every way that there is, as of Friday, 20 November 2026."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from service.programs.dependency_terms import DependencyTerms, Viewpoint
from service.store.engine import Database
from tests.builders.edges import declare, insert_link, insert_link_type
from tests.builders.items import SOURCE, Row, an_item, insert_items, insert_person, insert_project
from tests.programs.portfolio import KEY, NOW, TODAY, add_members, add_program, add_source

ASANA = "acme-asana"
OTHER = "MOBILE"
STARTED = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
HOURS_8 = 28_800
LINKS = {  # native id of the link: (predecessor, successor), and the status it must have
    "100": ("1", "2", "blocked"),
    "101": ("1", "3", "at_risk"),
    "102": ("3", "4", "off_track"),
    "103": ("5", "1", "resolved"),
    "104": ("6", "7", "cyclic"),
    "105": ("7", "6", "cyclic"),
    "106": ("8", "9", "broken"),
    "107": ("11", "12", "on_track"),
    "108": ("12", "20", "at_risk"),
}
DECLARED = "declared"  # stands for the id of the edge from the task of the other tool


def view(*, today: date = TODAY, terms: DependencyTerms | None = None) -> Viewpoint:
    """As of the day of the portfolio, or of another."""
    return Viewpoint(terms=terms or DependencyTerms(), now=NOW + (today - TODAY), today=today)


async def a_waiting_program(database: Database) -> None:
    """PAY and CART in CHECKOUT, issue 20 in MOBILE alone, and a task of Asana in none."""
    await add_source(database)
    await add_source(database, ASANA, kind="asana")
    await add_program(database, target=date(2026, 12, 18))
    await add_program(database, OTHER, position=1, include={"project": ["APP"]})
    begun: Row = {"status": "In Progress", "status_category": "in_progress", "started_at": STARTED}
    late: Row = {"project_id": "2", "team": "Bees"}
    await add_members(
        database,
        an_item(1, due=date(2026, 11, 27), assignee_id="u1", team="Ants", remaining_seconds=4 * HOURS_8, **begun),
        an_item(2, title="Pay by wallet", remaining_seconds=2 * HOURS_8, **begun),
        an_item(
            3, key="CART-3", start=date(2026, 12, 1), due=date(2026, 12, 10), remaining_seconds=5 * HOURS_8, **late
        ),
        an_item(4, key="CART-4", start=date(2026, 11, 25), item_type="Milestone", **late),
        an_item(5, status="Done", status_category="done", done_at=NOW - timedelta(days=9)),
        an_item(6, remaining_seconds=HOURS_8),
        an_item(7, remaining_seconds=HOURS_8),
        an_item(9, remaining_seconds=HOURS_8),
        an_item(10, remaining_seconds=HOURS_8),
        an_item(11, due=date(2026, 11, 23), assignee_id="u1", remaining_seconds=HOURS_8, **begun),
        an_item(12, start=date(2026, 12, 14), due=date(2026, 12, 16), remaining_seconds=HOURS_8),
        workstream="Payments",
    )
    await add_members(database, an_item(20, key="APP-20", project_id="3", start=date(2026, 12, 18)), program=OTHER)
    async with database.transaction() as uow:
        connection = uow.connection
        await insert_items(
            connection, an_item(8, tombstone="gone"), an_item(1201, source=ASANA, key="1201", title="Sign")
        )
        await insert_project(connection, "1", "PAY", "Payments")
        await insert_project(connection, "2", "CART", "Cart")
        await insert_project(connection, "3", "APP", "App")
        await insert_person(connection, "u1", "Pat Doe")
        await insert_link_type(connection, "Blocks")
        for native_id, (before, after, _) in LINKS.items():
            await insert_link(connection, native_id, f"{SOURCE}:{before}", f"{SOURCE}:{after}")
        await declare(connection, KEY, f"{ASANA}:1201", f"{SOURCE}:PAY-10")
