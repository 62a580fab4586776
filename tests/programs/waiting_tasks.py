"""Two tasks of Asana that were under way while others were not done, told by hand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.engine import Database
from tests.builders.edges import insert_link, insert_link_type
from tests.builders.items import Row, an_item, insert_items
from tests.builders.planning import insert_change
from tests.programs.finishing import at
from tests.programs.portfolio import add_members, add_program, add_source

ASANA: Final = "acme-asana"


async def a_task_that_waited(database: Database) -> None:
    """1201 was under way from Monday, 2 to Friday, 13 November. 1202, done on Thursday the 5th, was always needed; 1203
    was opened again from Friday to Monday; 1204 was added on Tuesday the 10th and done on Thursday; 1205 says nothing
    new; 1206 was cancelled before. 1207 was done in time for 1208, which is open and waits for 1209 since ten o'clock
    on Tuesday the 17th; until eight it had waited for 1210, which was never done."""
    await add_source(database, ASANA, kind="asana")
    await add_program(database)

    def task(number: int, *, created: date = date(2026, 10, 1), done: datetime | None = None, **values: Any) -> Row:
        category = "to_do" if done is None else "done"
        told: Row = {"status_category": category, "done_at": done, "created_at": at(created)}
        return an_item(number, source=ASANA, key=str(number), **told | values)

    left: Row = {"status_category": "cancelled", "updated_at": at(date(2026, 10, 20))}
    await add_members(
        database,
        task(1201, done=at(date(2026, 11, 13), 17), started_at=at(date(2026, 11, 2))),
        task(1208, status_category="in_progress", started_at=at(date(2026, 11, 16))),
    )
    async with database.transaction() as uow:
        await insert_items(
            uow.connection,
            task(1202, done=at(date(2026, 11, 5), 15)),
            task(1203, done=at(date(2026, 11, 9), 15)),
            task(1204, created=date(2026, 11, 10), done=at(date(2026, 11, 12), 15)),
            task(1205, done=at(date(2026, 11, 4), 15)),
            task(1206, **left),
            task(1207, done=at(date(2026, 11, 16), 8)),
            task(1209),
            task(1210),
            task(1211),
        )
        await insert_link_type(uow.connection, "Dependency", source=ASANA)
        for before, after in ((1202, 1201), (1203, 1201), (1204, 1201), (1205, 1201), (1206, 1201), (1207, 1208)):
            await depends(uow.connection, before, after)
        await depends(uow.connection, 1209, 1208)
        await depends(uow.connection, 1201, 1211)  # which nobody has begun
        for number, completed, day in (("1", "true", 1), ("2", "false", 6), ("3", "true", 9)):
            earlier = "false" if completed == "true" else "true"
            uid, moment = f"{ASANA}:1203", at(date(2026, 11, day), 15)
            await insert_change(uow.connection, uid, number, "completed", earlier, completed, at=moment)
        drawn = at(date(2026, 11, 17), 10)
        waits = "not Dependency"  # as the builder of link types says it
        await insert_change(uow.connection, f"{ASANA}:1208", "4", "link", None, "1209", at=drawn, to_text=waits)
        gone = at(date(2026, 11, 17), 8)
        await insert_change(uow.connection, f"{ASANA}:1208", "5", "link", "1210", None, at=gone, from_text=waits)


async def depends(connection: AsyncConnection, before: int, after: int) -> None:
    ends = f"{ASANA}:{before}", f"{ASANA}:{after}"
    await insert_link(connection, f"{before}-{after}", *ends, type_id="Dependency", source=ASANA, provenance="asana")
