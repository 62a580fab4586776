"""An Asana that changes between the runs, with and without a trace: the store follows, and little is asked for."""

from __future__ import annotations

from collections import Counter

import pytest

from service.store.engine import Database
from service.store.tables.items import tombstones
from tests.connectors.asana.support import a_launch
from tests.flows.asana import AsanaFlow, changes, derived, facets, flowing, parent, two_projects
from tests.flows.stored import differences, item, live, stored, tombs

TOLD = pytest.mark.parametrize("told", [True, False], ids=["told by the feed", "the feed is silent"])


def later(flow: AsanaFlow, *, told: bool = True) -> None:
    """The next run is due; what its feeds would tell may be lost."""
    if not told:
        flow.keep_silent()
    flow.clock.pass_by(minutes=30)


async def assert_equals_the_site(flow: AsanaFlow, fresh: Database) -> None:
    """What is stored, run by run, equals what one undisturbed full reading of the site gives now."""
    before, flow.database = flow.database, fresh
    await flow.sync_whole(full=True)
    flow.database = before
    assert differences(await derived(before), await derived(fresh)) == []


async def test_a_run_without_changes_asks_for_listings_and_feeds_only(database: Database) -> None:
    two = two_projects()
    async with flowing(two.site, database) as flow:
        await flow.sync_whole(full=True)
        before = await derived(database)
        later(flow)
        flow.options.requests.clear()

        again = await flow.sync_whole()

        assert (again.fetched, again.changed) == (0, 0)
        assert flow.asked() == Counter(
            {
                "/users/me": 2,
                "/workspaces": 2,  # as each time that the account is proven
                "/projects": 1,
                "/users": 1,
                "/workspaces/…/custom_fields": 1,
                "/goals": 1,
                "/custom_types": 1,
                "/tasks/…/dependencies": 1,  # one task tells whether the plan has them
                "/events": 2,
                "/tasks": 1 + 2 * 2,  # of each project what changed and who is a member
            }
        )
        assert differences(before, await derived(database)) == []


async def test_a_full_run_again_finds_everything_unchanged(database: Database) -> None:
    two = two_projects()
    async with flowing(two.site, database) as flow:
        first = await flow.sync_whole(full=True)
        again = await flow.sync_whole(full=True)

    assert (first.changed, first.unchanged) == (first.fetched - 1, 0)  # the task in two projects arrives twice
    assert (again.changed, again.unchanged) == (0, again.fetched - 1)


@TOLD
async def test_a_task_moved_to_another_section_is_found_though_its_time_of_change_stays(
    told: bool, sqlite_database: Database
) -> None:
    two = two_projects()
    async with flowing(two.site, sqlite_database) as flow:
        await flow.sync_whole(full=True)
        doing = two.site.projects[two.first].sections[1]
        was = two.site.tasks[two.tasks[1]].modified_at
        two.site.move_to_section(two.tasks[1], doing)
        assert two.site.tasks[two.tasks[1]].modified_at == was
        later(flow, told=told)

        outcome = await flow.sync_whole()

        store = await derived(sqlite_database)
        assert facets(store, two.tasks[1], "section") == [doing]
        assert item(store, two.tasks[1])["status_category"] == "in_progress"
        assert outcome.changed == 1


@TOLD
async def test_a_task_moved_to_another_project_takes_its_sub_tasks_with_it(
    told: bool,
    sqlite_database: Database,
    fresh: Database,
) -> None:
    two = two_projects()
    async with flowing(two.site, sqlite_database) as flow:
        await flow.sync_whole(full=True)
        two.site.add_to_project(two.tasks[0], two.second)
        two.site.remove_from_project(two.tasks[0], two.first)
        later(flow, told=told)

        await flow.sync_whole()

        store = await derived(sqlite_database)
        assert facets(store, two.tasks[0], "project") == [two.second]
        assert {item(store, gid)["project_id"] for gid in (two.tasks[0], two.subtask)} == {two.second}
        assert tombs(store) == {}
        await flow.sync_whole()  # the details of what moved
        await assert_equals_the_site(flow, fresh)


@TOLD
async def test_a_task_that_leaves_the_scope_is_out_of_it_and_not_deleted(told: bool, sqlite_database: Database) -> None:
    two = two_projects()
    settings = {"projects": [two.first]}
    async with flowing(two.site, sqlite_database, settings=settings) as flow:
        await flow.sync_whole(full=True)
        two.site.add_to_project(two.tasks[0], two.second)
        two.site.remove_from_project(two.tasks[0], two.first)
        later(flow, told=told)

        await flow.sync_whole()

        store = await derived(sqlite_database)
        assert tombs(store) == {two.tasks[0]: "out_of_scope", two.subtask: "out_of_scope"}


@TOLD
async def test_a_trashed_task_is_gone_with_its_sub_tasks_and_comes_back_with_its_history(
    told: bool, database: Database
) -> None:
    two = two_projects()
    two.site.touch(two.tasks[0], name="Renamed long ago")
    deeper = two.site.add_subtask(two.subtask, "Step 1.1")
    family = [two.tasks[0], two.subtask, deeper]
    async with flowing(two.site, database) as flow:
        await flow.sync_whole(full=True)
        history = changes(await derived(database), two.tasks[0])
        assert history
        two.site.trash(two.tasks[0])
        later(flow, told=told)
        flow.options.requests.clear()

        await flow.sync_whole()

        store = await derived(database)
        assert tombs(store) == dict.fromkeys(family, "gone")
        assert flow.asked()["/tasks/…"] >= len(family)  # each was asked for by itself before it was believed
        assert changes(store, two.tasks[0]) == history
        two.site.restore(two.tasks[0])
        later(flow, told=told)

        await flow.sync_whole()

        store = await stored(database, [tombstones])
        assert [row["restored_at"] is not None for row in store["tombstones"]] == [True] * 3
        store = await derived(database)
        assert tombs(store) == {}
        assert changes(store, two.tasks[0]) == history
        assert live(store) == sorted(two.site.tasks)


@TOLD
async def test_a_sub_task_that_was_trashed_alone_is_gone_although_no_listing_names_it(
    told: bool, sqlite_database: Database
) -> None:
    two = two_projects()
    async with flowing(two.site, sqlite_database) as flow:
        await flow.sync_whole(full=True)
        two.site.trash(two.subtask)
        later(flow, told=told)

        await flow.sync_whole()

        assert tombs(await derived(sqlite_database)) == {two.subtask: "gone"}


@TOLD
async def test_a_new_sub_task_and_one_hung_beneath_another_task_are_found(
    told: bool,
    sqlite_database: Database,
    fresh: Database,
) -> None:
    two = two_projects()
    async with flowing(two.site, sqlite_database) as flow:
        await flow.sync_whole(full=True)
        new = two.site.add_subtask(two.tasks[1], "New step")
        two.site.set_parent(two.subtask, two.tasks[2])
        later(flow, told=told)

        await flow.sync_whole()

        store = await derived(sqlite_database)
        assert (parent(store, new), parent(store, two.subtask)) == (two.tasks[1], two.tasks[2])
        await assert_equals_the_site(flow, fresh)


async def test_five_levels_of_sub_tasks_belong_to_one_project_and_go_and_come_together(
    sqlite_database: Database,
) -> None:
    launch = a_launch()
    chain = [launch.tasks[1]]
    for level in range(5):
        chain.append(launch.site.add_subtask(chain[-1], f"Level {level + 1}"))
    async with flowing(launch.site, sqlite_database) as flow:
        await flow.sync_whole(full=True)
        store = await derived(sqlite_database)
        assert [parent(store, gid) for gid in chain] == [None, *chain[:-1]]
        assert {item(store, gid)["project_id"] for gid in chain} == {launch.project}

        launch.site.trash(chain[0])
        later(flow, told=False)
        await flow.sync_whole()
        assert tombs(await derived(sqlite_database)) == dict.fromkeys(chain, "gone")

        launch.site.restore(chain[0])
        later(flow, told=False)
        await flow.sync_whole()
        assert live(await derived(sqlite_database)) == sorted(launch.site.tasks)


async def test_a_task_that_is_sub_task_and_member_at_once_is_one_item_that_survives_either(
    sqlite_database: Database,
) -> None:
    two = two_projects()
    two.site.add_to_project(two.subtask, two.second)
    async with flowing(two.site, sqlite_database) as flow:
        await flow.sync_whole(full=True)
        store = await derived(sqlite_database)
        assert live(store).count(two.subtask) == 1
        assert (parent(store, two.subtask), facets(store, two.subtask, "project")) == (two.tasks[0], [two.second])

        two.site.remove_from_project(two.subtask, two.second)
        later(flow, told=False)
        await flow.sync_whole()
        store = await derived(sqlite_database)
        assert (parent(store, two.subtask), facets(store, two.subtask, "project")) == (two.tasks[0], [])
        assert item(store, two.subtask)["project_id"] == two.first
        assert tombs(store) == {}

        two.site.add_to_project(two.subtask, two.second)
        two.site.set_parent(two.subtask, None)
        later(flow, told=False)
        await flow.sync_whole()
        store = await derived(sqlite_database)
        assert (parent(store, two.subtask), facets(store, two.subtask, "project")) == (None, [two.second])


async def test_a_circle_of_dependencies_is_stored_as_it_is(sqlite_database: Database) -> None:
    launch = a_launch()
    a, b, c = launch.tasks
    for task, waits_for in ((a, b), (b, c), (c, a)):
        launch.site.add_dependency(task, waits_for)
    async with flowing(launch.site, sqlite_database) as flow:
        await flow.sync_whole(full=True)
        edges = {(row["source_uid"], row["target_uid"]) for row in (await derived(sqlite_database))["links"]}
        assert edges == {(f"acme:{before}", f"acme:{after}") for after, before in ((a, b), (b, c), (c, a))}

        launch.site.remove_dependency(c, a)
        later(flow, told=False)
        await flow.sync_whole()
        assert len((await derived(sqlite_database))["links"]) == 2


async def test_far_ends_of_dependencies_are_described_where_they_can_be_read_and_marked_where_not(
    database: Database,
) -> None:
    two = two_projects()
    secret = two.site.add_task("Secret", project=two.site.add_project("Board room"))
    two.site.add_dependency(two.tasks[0], two.others[0])
    two.site.add_dependency(two.tasks[0], secret)
    two.site.make_private(secret)
    async with flowing(two.site, database, settings={"projects": [two.first]}) as flow:
        await flow.sync_whole(full=True)
        stubs = await _stubs(flow)
        assert {gid: (row["title"], row["visible"]) for gid, row in stubs.items()} == {
            two.others[0]: ("Task 1", True),
            secret: (None, False),
        }

        two.site.complete(two.others[0])
        two.site.make_visible(secret)
        later(flow, told=False)
        await flow.sync_whole()
        stubs = await _stubs(flow)
        assert {gid: (row["status_category"], row["visible"]) for gid, row in stubs.items()} == {
            two.others[0]: ("done", True),
            secret: ("to_do", True),
        }

        two.site.make_private(secret)
        later(flow, told=False)
        await flow.sync_whole()
        assert {gid: (row["title"], row["visible"]) for gid, row in (await _stubs(flow)).items()} == {
            two.others[0]: ("Task 1", True),
            secret: ("Secret", False),  # what was known of it stays
        }


async def _stubs(flow: AsanaFlow) -> dict[str, dict[str, object]]:
    return {row["native_id"]: row for row in (await derived(flow.database))["item_stubs"]}
