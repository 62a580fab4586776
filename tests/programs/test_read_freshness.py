"""An answer says how old its proof is, and is complete only where that is proven."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert

from service.programs.answers import Answer, RollupData
from service.programs.freshness import fingerprint
from service.programs.read import get_rollup
from service.store.engine import Database
from service.store.tables.sources import raw_records, scopes, source_findings, sources, sync_runs
from tests.builders.items import SOURCE, Row, an_item
from tests.programs.portfolio import (
    KEY,
    NOW,
    SYNCED,
    TODAY,
    a_checkout,
    add_members,
    add_program,
    add_scope,
    add_source,
)


async def _answer(database: Database) -> Answer[RollupData]:
    return await get_rollup(database, KEY, now=NOW, today=TODAY)


def _said(answer: Answer[RollupData], source: str = SOURCE) -> list[tuple[str, str]]:
    [state] = [each for each in answer.sources if each.name == source]
    assert state.complete is (not state.reasons)
    return [(reason.code, reason.message) for reason in state.reasons]


async def test_a_source_that_was_never_complete_leaves_the_answer_without_a_date(database: Database) -> None:
    await add_source(database, synced=None)
    await add_program(database)
    answer = await _answer(database)
    assert answer.as_of is None
    assert _said(answer) == [("never_synced", "No sync was ever complete.")]
    assert answer.sources[0].lag_seconds is None
    assert answer.warnings[0].message == "acme-jira has never been read completely."


async def test_the_oldest_proof_among_the_sources_dates_the_answer(database: Database) -> None:
    await a_checkout(database)
    await add_source(database, "acme-dc", synced=SYNCED - timedelta(days=2), kind="jira-dc")
    await add_members(database, an_item(1, source="acme-dc"))
    answer = await _answer(database)
    assert answer.as_of == (SYNCED - timedelta(days=2)).replace(microsecond=0)
    assert [each.name for each in answer.sources] == ["acme-dc", "acme-jira"]


async def test_a_source_that_has_nothing_to_do_with_the_program_says_nothing(database: Database) -> None:
    await a_checkout(database)
    before = await fingerprint(database, KEY)
    await add_source(database, "acme-dc", synced=None, kind="jira-dc")
    assert [each.name for each in (await _answer(database)).sources] == ["acme-jira"]
    assert await fingerprint(database, KEY) == before


@pytest.mark.parametrize(
    ("include", "involved"),
    [
        ({"source": "acme-jira"}, ["acme-jira"]),
        ({"source": ["ACME-*"]}, ["acme-dc", "acme-jira"]),
        ({"label": ["checkout"]}, ["acme-dc", "acme-jira"]),
        ({"source": ["acme-jira", "acme-asana"]}, ["acme-asana", "acme-jira"]),
    ],
)
async def test_a_source_that_a_rule_may_draw_from_is_involved_before_it_gave_anything(
    database: Database, include: Row, involved: list[str]
) -> None:
    await add_source(database)
    await add_source(database, "acme-dc", kind="jira-dc")
    await add_program(database, include=include)
    assert [each.name for each in (await _answer(database)).sources] == involved


async def test_a_failed_scope_makes_its_source_incomplete_until_it_is_read_again(database: Database) -> None:
    await a_checkout(database)
    await add_scope(database, "PAY", error=None)
    assert _said(await _answer(database)) == []
    before = await fingerprint(database, KEY)
    error = {"code": "permission_denied", "message": "Project PAY may not be browsed."}
    async with database.transaction() as uow:
        await uow.connection.execute(scopes.update().values(error=error))
    answer = await _answer(database)
    assert _said(answer) == [("permission_denied", "Project PAY may not be browsed.")]
    assert answer.warnings[0].message == "acme-jira is incomplete: Project PAY may not be browsed."
    assert await fingerprint(database, KEY) != before
    async with database.transaction() as uow:
        await uow.connection.execute(scopes.update().values(error=None))
    assert await fingerprint(database, KEY) == before


async def test_a_scope_that_was_never_read_to_the_end_is_a_gap(database: Database) -> None:
    await a_checkout(database)
    await add_scope(database, "CART", last_complete_sync=None)
    await add_scope(database, "OLD", last_complete_sync=None, state="archived")
    assert _said(await _answer(database)) == [("never_complete", "CART: was never read completely.")]


async def test_rejected_records_are_counted_as_a_gap(database: Database) -> None:
    await a_checkout(database)
    record = {"source": SOURCE, "kind": "issue", "hash": b"h", "payload": b"p", "fetched_at": SYNCED}
    record |= {"last_seen_run": 1}
    async with database.transaction() as uow:
        await uow.connection.execute(
            insert(raw_records),
            [
                record | {"native_id": "1", "reject_reason": "duedate: cannot read '31.02.2026'"},
                record | {"native_id": "2", "reject_reason": None},
            ],
        )
    assert _said(await _answer(database)) == [("rejected_records", "1 record could not be read.")]


async def test_only_blocking_findings_make_a_source_incomplete(database: Database) -> None:
    await a_checkout(database)
    finding = {"source": SOURCE, "scope": "WEB", "code": "scope_missing"}
    async with database.transaction() as uow:
        await uow.connection.execute(
            insert(source_findings),
            [
                finding | {"message": "Project WEB is not visible.", "blocking": True},
                finding | {"message": "Two fields are called Story Points.", "blocking": False},
            ],
        )
    assert _said(await _answer(database)) == [("scope_missing", "Project WEB is not visible.")]


@pytest.mark.parametrize(
    ("status", "reasons", "said"),
    [
        ("complete", [], []),
        ("running", [], []),
        ("failed", [], [("last_run_failed", "The last sync failed.")]),
        ("abandoned", [], [("last_run_failed", "The last sync was abandoned.")]),
        (
            "failed",
            [{"code": "authentication_failed", "message": "The token is refused.", "scope": None}],
            [("authentication_failed", "The token is refused.")],
        ),
    ],
)
async def test_a_run_that_failed_speaks_against_the_proof_before_it(
    database: Database, status: str, reasons: list[Row], said: list[tuple[str, str]]
) -> None:
    await a_checkout(database)
    run = {"id": 7, "source": SOURCE, "trigger": "manual", "mode": "full", "status": status}
    async with database.transaction() as uow:
        await uow.connection.execute(insert(sync_runs), [run | {"started_at": SYNCED, "reasons": reasons}])
        await uow.connection.execute(sources.update().values(last_run_id=7))
    assert _said(await _answer(database)) == said


async def test_a_clock_behind_the_tools_never_shows_a_negative_lag(database: Database) -> None:
    await add_source(database, synced=NOW + timedelta(minutes=3))
    await add_program(database)
    assert (await _answer(database)).sources[0].lag_seconds == 0
