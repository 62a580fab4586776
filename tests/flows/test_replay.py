"""A replay gives the same tables as the sync did, from the stored payloads and without a single request."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.sandbox.portfolio import generate_portfolio
from service.store.engine import Database
from service.store.tables.items import tombstones
from service.store.tables.sources import raw_records
from service.sync.replay import replay_source
from tests.flows.stored import DERIVED, VOCABULARY, differences, item, stored, tombs
from tests.flows.support import CLOUD, DATA_CENTER, NOW, TODAY, Flow, flowing

EVERYTHING = (*DERIVED, *VOCABULARY, tombstones, raw_records)


async def a_well_used_store(flow: Flow) -> tuple[str, str, str]:
    """After three runs: a moved item, one that was deleted, and one whose newest payload cannot be read."""
    site, (moved, deleted, spoilt) = flow.site, _standard_issues(flow)[:3]
    await flow.sync_whole(full=True)
    flow.clock.pass_by(minutes=20)
    target = next(number for number, row in site.projects.items() if row["key"] == "OPS")
    site.move(moved, target, "OPS-9001", flow.clock.now())
    site.delete(deleted)
    await flow.sync_whole(full=True)
    flow.clock.pass_by(minutes=20)
    site.touch(spoilt, flow.clock.now(), duedate="31.02.2026")
    await flow.sync()
    return moved, deleted, spoilt


def _standard_issues(flow: Flow) -> list[str]:
    pay = [one for one in flow.site.issues.values() if one["key"].startswith("PAY-")]
    return sorted(one["id"] for one in pay if one["fields"]["issuetype"]["hierarchyLevel"] == 0)


@pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])
async def test_a_replay_gives_the_same_tables_and_asks_nobody(kind: str, sqlite_database: Database) -> None:
    async with flowing(generate_portfolio(issues=200, today=TODAY), sqlite_database, kind=kind) as flow:
        moved, deleted, spoilt = await a_well_used_store(flow)
        before, asked = await stored(sqlite_database, EVERYTHING), len(flow.options.requests)
        assert tombs(before) == {deleted: "gone"}
        assert item(before, moved)["key"] == "OPS-9001"
        assert item(before, spoilt)["due"] != "31.02.2026"

        replayed = await replay_source(flow.source, sqlite_database, clock=flow.clock)

        assert differences(before, await stored(sqlite_database, EVERYTHING)) == []
        assert len(flow.options.requests) == asked
    assert replayed.rejected == 1
    assert replayed.items == len(before["work_items"]) - 1


async def test_a_replay_on_either_database_gives_the_same_tables(database: Database) -> None:
    async with flowing(generate_portfolio(issues=120, today=TODAY), database) as flow:
        await a_well_used_store(flow)
        before = await stored(database, EVERYTHING)

        await replay_source(flow.source, database, clock=flow.clock)

        assert differences(before, await stored(database, EVERYTHING)) == []


async def test_a_replay_brings_back_what_was_lost_from_the_derived_tables(sqlite_database: Database) -> None:
    """It rebuilds, rather than leaving alone what is there."""
    async with flowing(generate_portfolio(issues=120, today=TODAY), sqlite_database) as flow:
        await flow.sync_whole(full=True)
        before = await stored(sqlite_database)
        async with sqlite_database.transaction() as uow:
            for statement in (
                "UPDATE work_items SET title = 'spoilt', points = 1, epic_uid = NULL, parent_uid = NULL",
                "DELETE FROM item_changes",
                "DELETE FROM links",
                "DELETE FROM item_facets",
                "UPDATE statuses SET category = 'done'",
            ):
                await uow.connection.exec_driver_sql(statement)

        await replay_source(flow.source, sqlite_database, clock=flow.clock)

        assert differences(before, await stored(sqlite_database)) == []


async def test_an_item_synced_after_a_replay_is_unchanged(sqlite_database: Database) -> None:
    async with flowing(generate_portfolio(issues=120, today=TODAY), sqlite_database) as flow:
        await flow.sync_whole(full=True)
        await replay_source(flow.source, sqlite_database, clock=flow.clock)

        outcome = await flow.sync_whole(full=True)

        assert (outcome.changed, outcome.unchanged) == (0, outcome.fetched)


async def test_a_status_that_changes_its_category_is_read_anew_without_reading_issues(
    sqlite_database: Database,
) -> None:
    """Jira moves no issue's `updated` for it: what is stored is read again, and equals a fresh reading."""
    async with flowing(generate_portfolio(issues=120, today=TODAY), sqlite_database) as flow:
        await flow.sync_whole(full=True)
        categories = {row["statusCategory"]["key"]: row["statusCategory"] for row in flow.site.statuses}
        before = await stored(sqlite_database)
        review = next(row for row in flow.site.statuses if row["name"] == "In Review")
        concerned = [row for row in before["work_items"] if row["status_id"] == review["id"]]
        assert {row["status_category"] for row in concerned} == {"in_progress"}
        flow.clock.pass_by(minutes=30)
        flow.site.statuses = [
            {**row, "statusCategory": categories["new"]} if row is review else row for row in flow.site.statuses
        ]
        asked = len(flow.options.requests)

        outcome = await flow.sync_whole()

        after = await stored(sqlite_database)
        assert {item(after, row["native_id"])["status_category"] for row in concerned} == {"to_do"}
        assert outcome.fetched == 0
        assert not [one for one in flow.options.requests[asked:] if "bulkfetch" in one.path]
        assert flow.clock.now() - NOW == timedelta(minutes=30)
