"""What costs a request per task follows in the background: newest first, within a limit, and never twice."""

from __future__ import annotations

import asyncio

import pytest

from connectors.sandbox.asana import faults
from connectors.sandbox.asana.site import AsanaSite
from service.store.details import DetailsCoverage, PendingDetails
from service.store.engine import Database
from service.sync import details
from service.sync import run as running
from service.sync.details import drain_details
from service.sync.errors import SourceBusy
from service.sync.hold import holding
from tests.connectors.asana.support import LONG_AGO, a_launch
from tests.flows.asana import AsanaFlow, changes, derived, flowing

SOME = 4


def a_busy_site(tasks: int = 10) -> tuple[AsanaSite, list[str]]:
    """Tasks from the oldest change to the newest, each with a story."""
    launch = a_launch()
    for gid in (*launch.tasks, launch.subtask):
        launch.site.trash(gid)
    made = [launch.site.add_task(f"Task {number}", project=launch.project) for number in range(tasks)]
    for number, gid in enumerate(made):
        launch.site.touch(gid, LONG_AGO.replace(hour=number), name=f"Renamed {number}")
    return launch.site, made


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "DETAILS_A_RUN", SOME)
    monkeypatch.setattr(details, "GIVE_WAY", 0.0)


def stories_asked(flow: AsanaFlow) -> list[str]:
    return [one.path.split("/")[-2] for one in flow.options.requests if one.path.endswith("/stories")]


async def coverage(database: Database) -> DetailsCoverage:
    async with database.reading() as uow:
        return (await PendingDetails(uow.connection).coverage())["acme"]


@pytest.mark.usefixtures("few_at_once")
async def test_details_come_newest_first_and_their_coverage_grows_from_run_to_run(database: Database) -> None:
    site, tasks = a_busy_site()
    async with flowing(site, database) as flow:
        seen, asked = [], []
        for _ in range(4):
            flow.options.requests.clear()
            await flow.sync_whole()
            seen.append(await coverage(database))
            asked.append(sorted(stories_asked(flow)))
            flow.clock.pass_by(minutes=30)

        assert asked == [sorted(tasks[6:]), sorted(tasks[2:6]), sorted(tasks[:2]), []]
        assert seen == [DetailsCoverage(10, read) for read in (4, 8, 10, 10)]
        store = await derived(database)
        assert all(changes(store, gid) for gid in tasks)


async def test_details_are_read_again_only_of_tasks_that_moved(sqlite_database: Database) -> None:
    site, tasks = a_busy_site()
    async with flowing(site, sqlite_database) as flow:
        await flow.sync_whole()
        flow.clock.pass_by(minutes=30)
        site.complete(tasks[3])
        flow.clock.pass_by(minutes=30)
        flow.options.requests.clear()

        await flow.sync_whole()

        assert stories_asked(flow) == [tasks[3]]
        assert "completed" in {row["field_id"] for row in changes(await derived(sqlite_database), tasks[3])}


@pytest.mark.usefixtures("few_at_once")
async def test_a_changed_task_keeps_the_history_it_had_until_its_details_are_read_again(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, tasks = a_busy_site(tasks=SOME)
    async with flowing(site, sqlite_database) as flow:
        await flow.sync_whole()
        history = changes(await derived(sqlite_database), tasks[0])
        monkeypatch.setattr(running, "DETAILS_A_RUN", 0)
        flow.clock.pass_by(minutes=30)
        site.touch(tasks[0], name="Renamed again")

        await flow.sync_whole()

        store = await derived(sqlite_database)
        assert changes(store, tasks[0]) == history
        assert await coverage(sqlite_database) == DetailsCoverage(SOME, SOME - 1)


@pytest.mark.usefixtures("few_at_once")
async def test_trouble_with_the_tool_postpones_details_and_leaves_the_verdict_alone(
    sqlite_database: Database,
) -> None:
    site, tasks = a_busy_site(tasks=SOME)
    async with flowing(site, sqlite_database) as flow:
        flow.options.faults.append(faults.unauthorized("/stories", times=8))
        await flow.sync_whole()
        assert await coverage(sqlite_database) == DetailsCoverage(SOME, 0)
        flow.options.faults.clear()

        await flow.sync_whole()

        assert await coverage(sqlite_database) == DetailsCoverage(SOME, SOME)
        assert changes(await derived(sqlite_database), tasks[0])


@pytest.mark.usefixtures("few_at_once")
async def test_a_task_of_an_archived_project_waits_and_is_not_brought_back_by_its_details(
    sqlite_database: Database,
) -> None:
    site, tasks = a_busy_site(tasks=SOME * 2)
    (project,) = site.projects
    async with flowing(site, sqlite_database) as flow:
        await flow.sync_whole()
        site.archive(project)
        flow.clock.pass_by(minutes=30)
        await flow.sync_whole()
        assert await drain_details(flow.source, sqlite_database, clock=flow.clock) == 0
        store = await derived(sqlite_database)
        assert {row["tombstone"] for row in store["work_items"]} == {"archived"}

        site.edit_project(project, archived=False)
        flow.clock.pass_by(minutes=30)
        await flow.sync_whole()

        assert await coverage(sqlite_database) == DetailsCoverage(len(tasks), len(tasks))


# between the runs


@pytest.mark.usefixtures("few_at_once")
async def test_the_backlog_is_drained_between_the_runs_to_what_one_long_run_would_have_read(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, tasks = a_busy_site()
    monkeypatch.setattr(details, "A_HOLD", 3)
    async with flowing(site, database) as flow:
        await flow.sync_whole()
        flow.options.requests.clear()

        assert await drain_details(flow.source, database, clock=flow.clock) == len(tasks) - SOME
        assert sorted(stories_asked(flow)) == sorted(tasks[:-SOME])
        assert await drain_details(flow.source, database, clock=flow.clock) == 0
        store = await derived(database)
        assert all(changes(store, gid) for gid in tasks)


@pytest.mark.usefixtures("few_at_once")
async def test_a_drain_reads_no_more_than_it_may(sqlite_database: Database) -> None:
    site, tasks = a_busy_site()
    async with flowing(site, sqlite_database) as flow:
        await flow.sync_whole()

        assert await drain_details(flow.source, sqlite_database, clock=flow.clock, at_most=2) == 2
        assert await coverage(sqlite_database) == DetailsCoverage(len(tasks), SOME + 2)


@pytest.mark.usefixtures("few_at_once")
async def test_a_drain_leaves_a_source_alone_that_is_held_or_was_never_read(sqlite_database: Database) -> None:
    site, _ = a_busy_site()
    async with flowing(site, sqlite_database) as flow:
        assert await drain_details(flow.source, sqlite_database, clock=flow.clock) == 0
        await flow.sync_whole()
        flow.options.requests.clear()
        async with holding("acme", sqlite_database, clock=flow.clock):
            assert await drain_details(flow.source, sqlite_database, clock=flow.clock) == 0
        assert flow.options.requests == []


@pytest.mark.usefixtures("few_at_once")
async def test_a_run_that_is_due_while_details_are_drained_waits_for_its_turn(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, tasks = a_busy_site()
    monkeypatch.setattr(details, "A_HOLD", 2)
    monkeypatch.setattr(details, "GIVE_WAY", 0.1)
    monkeypatch.setattr("service.sync.hold.LOOK_AGAIN", 0.01)
    async with flowing(site, sqlite_database, latency=0.02) as flow:
        await flow.sync_whole()
        site.touch(tasks[0], name="Changed meanwhile")

        drained, outcome = await asyncio.gather(_when_asked(flow), _run_after_a_story(flow))

        assert outcome == "complete"
        assert drained < len(tasks) - SOME  # it gave way
        titles = {row["native_id"]: row["title"] for row in (await derived(sqlite_database))["work_items"]}
        assert titles[tasks[0]] == "Changed meanwhile"


async def _when_asked(flow: AsanaFlow) -> int:
    flow.options.requests.clear()
    return await drain_details(flow.source, flow.database, clock=flow.clock)


async def _run_after_a_story(flow: AsanaFlow) -> str:
    async with asyncio.timeout(10):
        while not stories_asked(flow):  # noqa: ASYNC110 - another thread serves; it has no event of ours
            await asyncio.sleep(0.005)
    return (await flow.sync_whole()).status.value


async def test_two_drains_at_once_do_not_wait_for_each_other(sqlite_database: Database) -> None:
    site, _ = a_busy_site()
    async with flowing(site, sqlite_database) as flow, holding("acme", sqlite_database, clock=flow.clock, brief=True):
        with pytest.raises(SourceBusy, match=r"^acme is being synced by (?!briefly)"):
            async with holding("acme", sqlite_database, clock=flow.clock, brief=True):
                raise AssertionError("held twice")
