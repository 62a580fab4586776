"""A program over a fortnight in which everything happens that can: as of Friday, 20 November 2026."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, cast

from sqlalchemy import update

from connectors.items import Facet
from service.programs.answers import Answer
from service.programs.change_answers import ChangeEntry, ChangesData
from service.programs.changes import Asked, get_changes
from service.programs.historians import Historians
from service.store.engine import Database
from service.store.tables.items import tombstones
from service.store.tables.programs import memberships
from tests.builders.edges import insert_link, insert_link_type
from tests.builders.field_history import FieldHistorian, FixedHistorians
from tests.builders.items import SOURCE, Row, an_epic, an_item, insert_items, insert_person, insert_project
from tests.builders.planning import insert_change, insert_sprint, plan_in
from tests.programs.portfolio import KEY, add_members, add_program, add_source
from tests.programs.waiting import view

MAPPED = datetime(2026, 10, 1, 2, 0, tzinfo=UTC)
HISTORIANS = cast("Historians", FixedHistorians(FieldHistorian()))
PAT, SAM = "u1", "u2"


def at(day: int, hour: int = 9) -> datetime:
    """A moment in November 2026; the week that is asked about begins on the 13th."""
    return datetime(2026, 11, day, hour, 0, tzinfo=UTC)


def uid(number: int) -> str:
    return f"{SOURCE}:{number}"


async def a_program(database: Database, *rows: Row) -> None:
    """Mapped since October; items are as old unless they say otherwise."""
    await add_source(database)
    await add_program(database, target=date(2026, 12, 18))
    await add_members(database, *rows)
    async with database.transaction() as uow:
        await uow.connection.execute(update(memberships).values(valid_from=MAPPED))
        await insert_project(uow.connection, "1", "PAY", "Payments")
        await insert_person(uow.connection, PAT, "Pat Doe")
        await insert_person(uow.connection, SAM, "Sam Roe")


async def told(
    database: Database,
    number: int,
    field: str,
    before: str | None,
    after: str | None,
    *,
    when: datetime,
    author: str | None = PAT,
) -> None:
    """A history tells that a field changed; `updated_at` of the item moves along."""
    async with database.transaction() as uow:
        change = f"{when.isoformat()}-{field}"
        await insert_change(uow.connection, uid(number), change, field, before, after, at=when, author=author)


async def bury(database: Database, number: int, reason: str, *, when: datetime) -> None:
    async with database.transaction() as uow:
        row = {"item_uid": uid(number), "reason": reason, "found_at": when}
        await uow.connection.execute(tombstones.insert(), [row])


async def asked(database: Database, **values: Any) -> Answer[ChangesData]:
    """Of the week before; everything is shown."""
    question = Asked(**{"each": 1_000, **values})
    return await get_changes(database, KEY, question, view=view(), historians=HISTORIANS)


async def entries(database: Database, **values: Any) -> list[ChangeEntry]:
    return list((await asked(database, **values)).data.changes)


async def a_busy_week(database: Database) -> None:
    """One of everything; numbers of items are by kind."""
    done: Row = {"status": "Done", "status_category": "done"}
    begun: Row = {"status": "In Progress", "status_category": "in_progress"}
    await a_program(
        database,
        an_item(1, title="Refund a card", created_at=at(16), reporter_id=SAM, points=3.0, updated_at=at(16)),
        an_item(2, title="Old idea", status="Won't Do", status_category="cancelled", points=2.0, updated_at=at(17)),
        an_item(3, title="Accept a card", due=date(2026, 12, 11), points=5.0, updated_at=at(18), **begun),
        an_item(4, title="Pay by wallet", flagged=True, updated_at=at(17), **begun),
        an_item(5, title="Print a receipt", updated_at=at(18), points=1.0),
        an_item(6, title="Choose a provider", done_at=at(17), points=8.0, updated_at=at(17), **done),
        an_item(7, title="Ask the bank", updated_at=at(16), started_at=at(16), **begun),
        an_item(8, title="Sign the contract", updated_at=at(16), **begun),
        an_item(9, title="Launch", due=date(2026, 12, 4), updated_at=at(19)),
        an_item(10, title="Count the money", points=13.0, updated_at=at(18)),
        an_item(11, title="Wipe the till", due=date(2026, 12, 1), updated_at=at(18)),
        an_item(12, title="Close the shop", updated_at=at(18)),
        an_epic(13, title="Checkout", updated_at=at(18)),
        an_item(14, title="A part", parent_uid=uid(3), level=-1, subtask=True, updated_at=at(18), **done),
        an_item(15, title="Gone", tombstone="gone", points=1.0),
        an_item(16, title="Untouched", parent_uid=uid(13)),
    )
    await told(database, 2, "status", "to_do", "cancelled", when=at(17))
    await told(database, 3, "duedate", "2026-11-27", "2026-12-04", when=at(16))
    await told(database, 3, "duedate", "2026-12-04", "2026-12-11", when=at(18), author=SAM)
    await told(database, 3, "duedate", "2026-11-20", "2026-11-27", when=at(2))
    await told(database, 4, "flagged", None, "Impediment", when=at(17))
    await told(database, 5, "status", "done", "to_do", when=at(18))
    await told(database, 6, "status", "in_progress", "done", when=at(17))
    await told(database, 7, "status", "to_do", "in_progress", when=at(16))
    await told(database, 8, "flagged", "Impediment", None, when=at(16), author=SAM)
    await told(database, 9, "duedate", "2026-12-18", "2026-12-04", when=at(19))
    await told(database, 10, "points", "8", "13", when=at(18))
    await told(database, 11, "duedate", None, "2026-12-01", when=at(18))
    await told(database, 12, "duedate", "2026-12-01", None, when=at(18))
    await told(database, 14, "status", "to_do", "done", when=at(18))
    await bury(database, 15, "gone", when=at(18))
    async with database.transaction() as uow:
        await insert_link_type(uow.connection, "Blocks")
        await insert_link(uow.connection, "100", uid(6), uid(9))
        await insert_link(uow.connection, "101", uid(3), uid(7))
        await insert_link(uow.connection, "102", uid(10), uid(11))
        await insert_items(uow.connection, an_item(99, title="Elsewhere"))
    await told(database, 10, "link", None, "PAY-11", when=at(17))
    await told(database, 11, "link", None, "PAY-10", when=at(17), author=None)
    async with database.transaction() as uow:
        await insert_change(
            uow.connection,
            uid(9),
            "900",
            "link",
            "PAY-99",
            None,
            at=at(18),
            author=PAT,
            from_text="This issue not blocks PAY-99",
        )


async def plan_in_sprint(database: Database, number: int, sprint: str, end: datetime) -> None:
    async with database.transaction() as uow:
        await insert_sprint(uow.connection, sprint, end, end)
        await plan_in(uow.connection, uid(number), Facet.ITERATION, sprint)
