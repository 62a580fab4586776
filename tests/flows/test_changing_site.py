"""A site that does not hold still: edits, moves and deletions while it is read, archives, lost rights, new scopes."""

from __future__ import annotations

import copy

import pytest

from service.programs.items import get_item
from service.store.engine import Database
from service.store.tables.items import tombstones
from service.sync.outcome import RunStatus
from tests.flows.stored import differences, item, live, scopes, stored, tombs
from tests.flows.support import CLOUD, DATA_CENTER, Flow, a_site, codes, flowing, ids_in, project_id

EDITIONS = pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])


async def assert_equals_the_site(flow: Flow, fresh: Database) -> None:
    """What is stored, run by run, equals what one undisturbed full reading of the site gives now."""
    before = flow.database
    flow.database = fresh
    await flow.sync_whole(full=True)
    flow.database = before
    assert differences(await stored(before), await stored(fresh)) == []


@EDITIONS
async def test_edits_and_moves_while_paging_are_all_there_after_the_next_run(
    kind: str, sqlite_database: Database, fresh: Database
) -> None:
    site = a_site(issues=160)
    async with flowing(site, sqlite_database, kind=kind) as flow:
        first, second = ids_in(site, "BULK1"), ids_in(site, "BULK2")
        flow.options.on_request(14, lambda: _edit(flow, [*first[::9], *second[::7]]))
        flow.options.on_request(17, lambda: _move(flow, first[30], "BULK2", "BULK2-9001"))
        flow.options.on_request(18, lambda: _move(flow, second[5], "BULK1", "BULK1-9002"))
        flow.options.on_request(20, lambda: _edit(flow, [*first[1::9], first[30]]))
        await flow.sync(full=True)
        flow.clock.pass_by(minutes=2)

        await flow.sync_whole()

        assert site.issues[first[30]]["key"] == "BULK2-9001"
        assert site.issues[second[5]]["key"] == "BULK1-9002"
        assert site.issues[first[1]]["fields"]["summary"] == "Edited while it was read"
        await assert_equals_the_site(flow, fresh)


def _edit(flow: Flow, numbers: list[str]) -> None:
    for number in numbers:
        flow.site.touch(number, flow.clock.now(), summary="Edited while it was read")


def _move(flow: Flow, number: str, to: str, key: str) -> None:
    flow.site.move(number, project_id(flow.site, to), key, flow.clock.now())


@EDITIONS
async def test_edits_while_changes_are_read_are_all_there_after_the_next_run(
    kind: str, sqlite_database: Database, fresh: Database
) -> None:
    site = a_site(issues=160)
    async with flowing(site, sqlite_database, kind=kind) as flow:
        await flow.sync_whole(full=True)
        flow.clock.pass_by(minutes=30)
        numbers = sorted(site.issues)
        _edit(flow, numbers[:50])
        for request in (12, 15, 18, 20):
            flow.options.on_request(request, lambda place=request: _edit(flow, numbers[place::5]))  # type: ignore[misc]
        await flow.sync()
        flow.clock.pass_by(minutes=2)

        await flow.sync_whole()

        await assert_equals_the_site(flow, fresh)


@EDITIONS
async def test_an_issue_deleted_while_it_was_read_is_gone_after_a_full_run(
    kind: str, sqlite_database: Database, fresh: Database
) -> None:
    site = a_site(issues=160)
    async with flowing(site, sqlite_database, kind=kind) as flow:
        early, late = ids_in(site, "BULK1")[0], ids_in(site, "BULK2")[-1]
        flow.options.on_request(16, lambda: site.delete(late))
        flow.options.on_request(23, lambda: site.delete(early))
        await flow.sync(full=True)
        assert {early, late} & site.issues.keys() == set()
        flow.clock.pass_by(minutes=30)

        await flow.sync_whole(full=True)

        store = await stored(sqlite_database)
        assert live(store) == sorted(site.issues)
        assert set(tombs(store).values()) <= {"gone"}


@EDITIONS
async def test_a_moved_issue_is_found_by_its_old_key_and_its_new_one(kind: str, database: Database) -> None:
    site = a_site(issues=40)
    async with flowing(site, database, kind=kind) as flow:
        await flow.sync_whole(full=True)
        flow.clock.pass_by(minutes=30)
        moved = ids_in(site, "BULK1")[3]
        old = site.issues[moved]["key"]
        _move(flow, moved, "BULK2", "BULK2-9001")

        await flow.sync_whole()

        for key in (old, "BULK2-9001"):
            answer = await get_item(database, f"acme:{key}", now=flow.clock.now())
            assert (answer.data.item.uid, answer.data.item.key) == (f"acme:{moved}", "BULK2-9001")
        store = await stored(database)
        assert [row["native_id"] for row in store["work_items"]].count(moved) == 1
        assert item(store, moved)["project_id"] == project_id(site, "BULK2")
        fields = {row["field_id"] for row in store["item_changes"] if row["item_uid"] == f"acme:{moved}"}
        assert {"issuekey", "project"} <= fields


@EDITIONS
async def test_a_deleted_issue_is_buried_by_a_full_run_only_and_comes_back_when_it_returns(
    kind: str, database: Database
) -> None:
    site = a_site(issues=40)
    async with flowing(site, database, kind=kind) as flow:
        await flow.sync_whole(full=True)
        whole = await stored(database)
        deleted = ids_in(site, "BULK1")[4]
        kept = copy.deepcopy(site.issues)
        flow.clock.pass_by(minutes=30)
        site.delete(deleted)
        await flow.sync_whole()
        assert tombs(await stored(database)) == {}

        await flow.sync_whole(full=True)
        after = await stored(database)
        assert tombs(after) == {deleted: "gone"}
        history = [row for row in whole["item_changes"] if row["item_uid"] == f"acme:{deleted}"]
        assert [row for row in after["item_changes"] if row["item_uid"] == f"acme:{deleted}"] == history != []

        for issue in kept.values():
            site.add(issue)
        flow.clock.pass_by(minutes=30)
        await flow.sync_whole(full=True)
        assert differences(whole, await stored(database)) == []
        (tomb,) = (await stored(database, [tombstones]))["tombstones"]
        assert (tomb["item_uid"], tomb["reason"]) == (f"acme:{deleted}", "gone")
        assert tomb["restored_at"] == flow.clock.now()


@EDITIONS
async def test_items_leave_with_their_archived_project_and_come_back_with_it(kind: str, database: Database) -> None:
    site = a_site(issues=60, projects=3)
    async with flowing(site, database, kind=kind) as flow:
        await flow.sync_whole(full=True)
        whole, number = await stored(database), project_id(site, "BULK2")
        site.projects[number] = {**site.projects[number], "archived": True}
        flow.clock.pass_by(minutes=30)

        await flow.sync_whole()

        assert tombs(await stored(database)) == dict.fromkeys(ids_in(site, "BULK2"), "archived")
        site.projects[number] = {**site.projects[number], "archived": False}
        flow.clock.pass_by(minutes=30)
        await flow.sync_whole()
        assert differences(whole, await stored(database)) == []


@EDITIONS
async def test_a_large_loss_is_held_back_and_named_and_the_last_good_view_stays(
    kind: str, sqlite_database: Database
) -> None:
    site = a_site(issues=160)
    async with flowing(site, sqlite_database, kind=kind) as flow:
        await flow.sync_whole(full=True)
        before = await scopes(sqlite_database)
        lost = ids_in(site, "BULK1")[:40]
        few = ids_in(site, "BULK2")[:15]
        for number in (*lost, *few):
            site.delete(number)
        flow.clock.pass_by(minutes=30)

        outcome = await flow.sync(full=True)

        assert outcome.status is RunStatus.PARTIAL
        (reason,) = outcome.reasons
        assert (reason.code, reason.scope) == ("mass_loss_held", "BULK1")
        assert reason.message == (
            "40 of 80 items of BULK1 are missing from its listing. Nothing was removed; "
            "check the permissions of the account on BULK1."
        )
        assert tombs(await stored(sqlite_database)) == dict.fromkeys(few, "gone")
        assert (await scopes(sqlite_database))["BULK1"]["cursor"] == before["BULK1"]["cursor"]


@EDITIONS
async def test_a_narrowed_scope_takes_its_items_out_and_a_widened_one_brings_them_back(
    kind: str, database: Database
) -> None:
    site = a_site(issues=40)
    async with flowing(site, database, kind=kind) as flow:
        await flow.sync_whole(full=True)
        whole = await stored(database)
        await flow.reconfigure(projects=("BULK1",))
        flow.clock.pass_by(minutes=30)

        await flow.sync_whole()

        assert tombs(await stored(database)) == dict.fromkeys(ids_in(site, "BULK2"), "out_of_scope")
        await flow.reconfigure(projects=("BULK1", "BULK2"))
        flow.clock.pass_by(minutes=30)
        await flow.sync_whole()
        assert differences(whole, await stored(database)) == []


@EDITIONS
async def test_where_all_projects_are_wanted_one_that_can_no_longer_be_seen_is_named_and_kept(
    kind: str, database: Database
) -> None:
    """Until it can be seen again, or the operator chooses the projects and leaves it out."""
    site = a_site(issues=40)
    async with flowing(site, database, kind=kind) as flow:
        await flow.sync_whole(full=True)
        site.hidden_projects.add(project_id(site, "BULK2"))

        for full in (True, False):
            flow.clock.pass_by(minutes=30)
            outcome = await flow.sync(full=full)

            assert outcome.status is RunStatus.PARTIAL
            assert codes(outcome) == [("scope_missing", "BULK2")]
            assert outcome.reasons[0].message == (
                "Project BULK2 can no longer be seen; its items stay as they were. Check the browse permission, "
                "or name the projects that you want under scope."
            )
            assert live(await stored(database)) == sorted(site.issues)

        await flow.reconfigure(projects=("BULK1",))
        flow.clock.pass_by(minutes=30)
        await flow.sync_whole()
        assert tombs(await stored(database)) == dict.fromkeys(ids_in(site, "BULK2"), "out_of_scope")

        site.hidden_projects.clear()
        await flow.reconfigure()
        flow.clock.pass_by(minutes=30)
        await flow.sync_whole()
        assert live(await stored(database)) == sorted(site.issues)


@EDITIONS
async def test_an_unlinked_pair_has_no_edge_after_the_next_run(kind: str, sqlite_database: Database) -> None:
    site = a_site(issues=40)
    async with flowing(site, sqlite_database, kind=kind) as flow:
        await flow.sync_whole(full=True)
        edges = {row["native_id"] for row in (await stored(sqlite_database))["links"]}
        gone = min(edges)
        flow.clock.pass_by(minutes=30)
        site.unlink(gone, flow.clock.now())
        near, far = ids_in(site, "BULK1")[0], ids_in(site, "BULK2")[0]
        made = site.link(site.link_types[0]["id"], near, far, flow.clock.now())

        await flow.sync_whole()

        links = {row["native_id"]: row for row in (await stored(sqlite_database))["links"]}
        assert links.keys() == (edges - {gone}) | {made}
        assert (links[made]["source_uid"], links[made]["target_uid"]) == (f"acme:{near}", f"acme:{far}")
        assert codes(await flow.sync()) == []
