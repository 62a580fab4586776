"""The census: every id listed, what exists proven, and read again only what is not stored as it is listed."""

from __future__ import annotations

import copy
import math
from datetime import timedelta

import pytest

from service.store.engine import Database
from service.sync.outcome import Mode, RunStatus
from tests.flows.stored import differences, item, live, scopes, stored, tombs
from tests.flows.support import CLOUD, DATA_CENTER, Flow, a_site, codes, flowing, ids_in, project_id

EDITIONS = pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])


async def first_sync(flow: Flow) -> None:
    await flow.sync_whole(full=True)
    flow.clock.pass_by(minutes=30)


@EDITIONS
async def test_a_census_of_an_unchanged_site_lists_and_reads_nothing(kind: str, sqlite_database: Database) -> None:
    site = a_site(issues=400, projects=4)
    async with flowing(site, sqlite_database, kind=kind) as flow:
        await first_sync(flow)
        asked = len(flow.options.requests)
        await flow.sync_whole()
        of_changes = len(flow.options.requests) - asked

        outcome = await flow.sync_whole(mode=Mode.CENSUS)

        of_census = len(flow.options.requests) - asked - of_changes
        assert (outcome.mode, outcome.fetched, outcome.changed) == (Mode.CENSUS, 0, 0)
        assert of_census == of_changes  # one listing a project in both, as long as a project fits one page of ids
        proven = await scopes(sqlite_database)
        assert {(row["listed"], row["proven_at"]) for row in proven.values()} == {(100, flow.clock.now())}


@EDITIONS
async def test_a_census_finds_what_was_indexed_too_late_for_every_run_of_changes(
    kind: str, sqlite_database: Database, fresh: Database
) -> None:
    """Its time of change lies before the cursor: asking for what changed since then never shows it."""
    site = a_site(issues=120)
    async with flowing(site, sqlite_database, kind=kind) as flow:
        await first_sync(flow)
        late = ids_in(site, "BULK1")[7:40]
        for number in late:
            site.touch(number, flow.clock.now() - timedelta(hours=6), summary="Indexed late")
        assert (await flow.sync_whole()).fetched == 0
        asked = len(flow.options.requests)
        quiet = await flow.sync_whole(mode=Mode.CENSUS)
        first = len(flow.options.requests) - asked
        asked += first
        await flow.sync_whole(mode=Mode.CENSUS)

        assert (quiet.fetched, quiet.changed) == (len(late), len(late))
        assert first - (len(flow.options.requests) - asked) == math.ceil(len(late) / 20)
        assert {item(await stored(sqlite_database), number)["title"] for number in late} == {"Indexed late"}
        flow.database = fresh
        await flow.sync_whole(full=True)
        assert differences(await stored(sqlite_database), await stored(fresh)) == []


@EDITIONS
async def test_a_census_buries_what_is_gone_and_finds_it_again_with_its_history(kind: str, database: Database) -> None:
    site = a_site(issues=40)
    async with flowing(site, database, kind=kind) as flow:
        await first_sync(flow)
        whole, kept = await stored(database), copy.deepcopy(site.issues)
        deleted = ids_in(site, "BULK1")[4]
        site.delete(deleted)

        await flow.sync_whole(mode=Mode.CENSUS)
        buried = await stored(database)
        for issue in kept.values():
            site.add(issue)
        await flow.sync_whole(mode=Mode.CENSUS)

        assert tombs(buried) == {deleted: "gone"}
        assert differences(whole, await stored(database)) == []


@EDITIONS
async def test_a_census_follows_an_issue_into_another_project(kind: str, sqlite_database: Database) -> None:
    site = a_site(issues=40)
    async with flowing(site, sqlite_database, kind=kind) as flow:
        await first_sync(flow)
        moved = ids_in(site, "BULK1")[3]
        site.move(moved, project_id(site, "BULK2"), "BULK2-9001", flow.clock.now() - timedelta(hours=6))

        await flow.sync_whole(mode=Mode.CENSUS)

        store = await stored(sqlite_database)
        assert (item(store, moved)["key"], tombs(store)) == ("BULK2-9001", {})
        assert live(store) == sorted(site.issues)


@EDITIONS
async def test_a_census_that_lacks_a_large_share_removes_nothing(kind: str, sqlite_database: Database) -> None:
    site = a_site(issues=160)
    async with flowing(site, sqlite_database, kind=kind) as flow:
        await first_sync(flow)
        for number in ids_in(site, "BULK1")[:40]:
            site.delete(number)

        outcome = await flow.sync(mode=Mode.CENSUS)

        assert (outcome.status, codes(outcome)) == (RunStatus.PARTIAL, [("mass_loss_held", "BULK1")])
        assert tombs(await stored(sqlite_database)) == {}


@EDITIONS
async def test_a_scope_never_read_before_is_read_whole_in_a_census_too(kind: str, sqlite_database: Database) -> None:
    site = a_site(issues=60)
    async with flowing(site, sqlite_database, kind=kind) as flow:
        outcome = await flow.sync_whole(mode=Mode.CENSUS)

        assert (outcome.fetched, live(await stored(sqlite_database))) == (60, sorted(site.issues))
