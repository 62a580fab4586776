"""Sources, scopes, runs, reference data and tombstones, as the next run and a reader find them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from connectors.contract import Finding, ReferenceData
from connectors.items import SourceField, SourceStatus, StatusCategory
from service.store.coverage import Coverage
from service.store.engine import Database
from service.store.items import WorkItems
from service.store.reference import Reference
from service.store.runs import Scopes, Sources, SyncRuns
from service.store.tables import reference, sources
from service.store.tables.items import tombstones
from service.store.tombstones import Tombstones
from tests.store.builders import MONDAY, an_item

LATER = MONDAY + timedelta(hours=1)
PAY = {"native_id": "100", "key": "PAY", "name": "Payments", "state": "live"}
CART = {"native_id": "200", "key": "CART", "name": "Cart", "state": "live"}


async def _all(database: Database, *columns: Any) -> list[tuple[Any, ...]]:
    async with database.reading() as uow:
        return [tuple(row) for row in await uow.connection.execute(select(*columns).order_by(*columns))]


async def test_a_cursor_moves_on_completion_only_and_survives_a_new_registration(database: Database) -> None:
    async with database.transaction() as uow:
        await Sources(uow.connection).register("acme", kind="jira-cloud", url="https://acme.example")
        scopes = Scopes(uow.connection)
        await scopes.register("acme", [PAY, CART])
        await scopes.complete("acme", "100", cursor=MONDAY, proven_at=LATER, coverage=Coverage(7, 6, 1))
        await scopes.fail("acme", "100", {"code": "unavailable", "message": "…"}, now=LATER)
        await scopes.register("acme", [PAY])
        known = await scopes.known("acme")
    assert (known["100"].cursor, known["100"].listed, known["100"].proven_at) == (MONDAY, 7, LATER)
    assert (known["100"].state, known["200"].state, known["200"].cursor) == ("live", "out_of_scope", None)


async def test_a_run_that_died_is_abandoned_and_ids_only_grow(database: Database) -> None:
    async with database.transaction() as uow:
        await Sources(uow.connection).register("acme", kind="jira-cloud", url="https://acme.example")
        runs = SyncRuns(uow.connection)
        dead = await runs.open("acme", trigger="manual", mode="full", now=MONDAY)
        assert await runs.abandon_dead("acme", now=LATER) == 1
        run = await runs.open("acme", trigger="manual", mode="full", now=LATER)
        await runs.set(run, status="complete", finished_at=LATER, fetched=3)
        assert await runs.abandon_dead("acme", now=LATER) == 0
    c = sources.sync_runs.c
    assert await _all(database, c.id, c.status, c.fetched) == [(dead, "abandoned", 0), (run, "complete", 3)]


async def test_a_status_that_vanished_is_kept_for_history_and_a_field_is_not(database: Database) -> None:
    def known(suffix: str) -> ReferenceData:
        return ReferenceData(
            fields=(SourceField(f"f{suffix}", "Points", "number"),),
            statuses=(SourceStatus(f"s{suffix}", "Open", StatusCategory.TO_DO),),
            item_types=(),
            link_types=(),
            projects=(),
        )

    async with database.transaction() as uow:
        await Reference(uow.connection).store("acme", known("1"))
        await Reference(uow.connection).store("acme", known("2"))
    assert await _all(database, reference.statuses.c.native_id) == [("s1",), ("s2",)]
    assert await _all(database, reference.fields.c.native_id) == [("f2",)]


async def test_findings_are_replaced_per_source(database: Database) -> None:
    async with database.transaction() as uow:
        for name in ("acme", "other"):
            await Sources(uow.connection).register(name, kind="jira-cloud", url="https://acme.example")
            await Reference(uow.connection).replace_findings(name, [(Finding("old", "Old."), False)])
        await Reference(uow.connection).replace_findings("acme", [(Finding("new", "New.", "PAY"), True)])
    c = sources.source_findings.c
    assert await _all(database, c.source, c.code, c.scope, c.blocking) == [
        ("acme", "new", "PAY", True),
        ("other", "old", "", False),
    ]


async def test_a_buried_item_keeps_its_first_reason_and_can_come_back_unless_archived(
    database: Database,
) -> None:
    async with database.transaction() as uow:
        await WorkItems(uow.connection).materialise(
            "acme", [an_item("1"), an_item("2", archived=True)], run_id=1, now=MONDAY
        )
        graves = Tombstones(uow.connection)
        uids = ["acme:1", "acme:2"]
        assert await graves.bury(uids, reason="gone", detail="404", run_id=1, now=MONDAY) == ["acme:1"]
        assert await graves.bury(uids, reason="access_lost", detail=None, run_id=2, now=LATER) == []
        assert await graves.reasons("acme") == {"acme:1": "gone", "acme:2": "archived"}
        assert await graves.restore_ids("acme", ["1", "2"], now=LATER) == ["acme:1"]
        items = WorkItems(uow.connection)
        found = await items.live_and_absent("acme", project_id="100", listed=[], members_only=False)
    assert found == (1, {"1"})
    c = tombstones.c
    assert await _all(database, c.item_uid, c.reason, c.restored_at) == [
        ("acme:1", "gone", LATER),
        ("acme:2", "archived", None),
    ]
