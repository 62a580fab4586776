"""A program with a past, waiting work, a baseline and words of people: everything a report tells of."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast

from sqlalchemy import insert

from service.programs.answers import Answer
from service.programs.baselines import take_baseline
from service.programs.historians import Historians
from service.programs.report import ReportQuestion, ReportTerms, get_report
from service.programs.report_answers import ReportData
from service.store.engine import Database
from service.store.tables.reference import status_updates
from tests.builders.edges import insert_link, insert_link_type
from tests.builders.field_history import FieldHistorian, FixedHistorians
from tests.builders.items import SOURCE, Row, an_item, insert_items, insert_person
from tests.builders.planning import insert_change
from tests.programs.finishing import a_finishing_program, at
from tests.programs.portfolio import KEY, SYNCED, TODAY, add_members
from tests.programs.waiting import view

HISTORIANS = cast("Historians", FixedHistorians(FieldHistorian()))
HOSTILE = "a | b](https://evil.example) <script>alert(1)</script> `x`\n# heading"


def uid(number: int) -> str:
    return f"{SOURCE}:{number}"


async def a_reported_program(database: Database, *, baseline: bool = True) -> None:
    """Two items a day are finished since August; 701 to 704 wait for each other, or have changed in the last week."""
    await a_finishing_program(database)
    begun: Row = {"status": "In Progress", "status_category": "in_progress", "started_at": at(date(2026, 11, 12))}
    await add_members(
        database,
        an_item(701, title=HOSTILE, assignee_id="u1", team="Ants", due=date(2026, 11, 27), points=5.0, **begun),
        an_item(702, title="Pay by wallet", points=3.0, created_at=at(date(2026, 9, 1)), **begun),
        an_item(703, title="Refund a card", points=2.0, created_at=at(date(2026, 11, 16))),
        an_item(704, title="Launch", due=date(2026, 12, 4), created_at=at(date(2026, 9, 1))),
        workstream="Payments",
    )
    async with database.transaction() as uow:
        await insert_person(uow.connection, "u1", "Pat Doe")
        await insert_link_type(uow.connection, "Blocks")
        await insert_link(uow.connection, "700", uid(701), uid(702))
        await insert_items(uow.connection, an_item(801, key="APP-1", project_id="9", title="Elsewhere", **begun))
        await insert_link(uow.connection, "701", uid(704), uid(801))
        when = at(date(2026, 11, 17))
        await insert_change(uow.connection, uid(704), "c1", "duedate", "2026-11-27", "2026-12-04", at=when, author="u1")
        await insert_change(uow.connection, uid(703), "c2", "points", "1", "2", at=when, author="u1")
        stated = {"parent_kind": "project", "parent_id": "1", "status": "on_track", "author_id": "u1"}
        row = {"source": SOURCE, "native_id": "s1", "title": None, "created_at": SYNCED}
        await uow.connection.execute(insert(status_updates), [row | stated])
    if baseline:
        then = view(today=TODAY - timedelta(days=1))
        await take_baseline(database, KEY, name="Approved", view=then, actor="pat", historians=HISTORIANS)


async def report(database: Database, audience: str = "weekly", **values: Any) -> Answer[ReportData]:
    question = ReportQuestion(audience, **{name: values.pop(name) for name in ("since", "as_of") if name in values})
    terms = ReportTerms(historians=HISTORIANS, **values)
    return await get_report(database, KEY, question, view=view(), terms=terms)
