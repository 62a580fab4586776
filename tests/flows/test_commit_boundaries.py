"""Killed before and after every commit there is: the next run ends in the store that an uncrashed one leaves.

Four kinds of work, each on a small site of each tool: a first sync, a run of changes, a census with a deletion, and
the deliveries of a tool. Whoever dies right before a commit leaves what is left by who died right after the one before:
commits are come to from the one side on SQLite, and from the other on PostgreSQL. Sites change while nobody looks, also
in what their items *mean*: a status of another category, a field that has become the estimate.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.asana.webhook import read_delivery as read_asana_delivery
from connectors.contract import Source
from connectors.jira.webhook import read_delivery as read_jira_delivery
from connectors.sandbox.site import JiraSite
from service.clock import Clock
from service.store.engine import Database
from service.sync import details
from service.sync import run as running
from service.sync.inbox import Applier
from service.sync.outcome import Mode, RunStatus
from service.sync.run import sync_source
from tests.connectors.asana.support import a_site as a_workspace
from tests.flows import asana
from tests.flows.asana import AsanaFlow, an_asana_source
from tests.flows.conftest import Copies
from tests.flows.crashes import Boundary, Side, Work, ahead_of_what_is_stored, lasting, survives
from tests.flows.deliveries import put_down, told
from tests.flows.scenarios.oracle import define_everything
from tests.flows.stored import differences, tombs
from tests.flows.support import Flow, HandClock, a_site, a_source, flowing, ids_in, project_id

TOOLS = pytest.mark.parametrize("tool", ["jira", "asana"])
PAGE = 8
LEASE_OVER = timedelta(minutes=5)
Life = Callable[[Database, Source, Clock], Awaitable[None]]
"""What one process does, from its start to its end."""


@pytest.fixture(autouse=True)
def several_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even of a small site."""
    monkeypatch.setattr(running, "BATCH", PAGE)
    monkeypatch.setattr(running, "LINGER", 0.0)
    monkeypatch.setattr(details, "AT_A_TIME", 5)


@dataclass(frozen=True)
class Stage:
    """A site that a tool shows, and what happens to it. What dies and what comes after it never share a source."""

    clock: HandClock
    doomed: Source
    heir: Source
    changes: Callable[[], None]
    deletion: Callable[[], str]
    deliveries: Callable[[], list[bytes]]
    read_delivery: Any

    def syncing(self, mode: Mode) -> Life:
        async def work(database: Database, source: Source, clock: Clock) -> None:
            outcome = await sync_source(source, database, clock=clock, mode=mode)
            assert (outcome.status, outcome.reasons) == (RunStatus.COMPLETE, ())

        return work

    async def applying(self, database: Database, source: Source, clock: Clock) -> None:
        applier = Applier(source, database, clock)
        while await applier.apply():
            pass

    def dying(self, life: Life, *, lives_before: int = 0) -> Work:
        """Each begins when the lease of the one before is over."""
        clock = HandClock(self.clock.now() + lives_before * LEASE_OVER)
        return lambda database: life(database, self.doomed, clock)

    def living(self, life: Life) -> Work:
        return lambda database: life(database, self.heir, HandClock(self.clock.now() + LEASE_OVER))


@asynccontextmanager
async def staged(tool: str, database: Database) -> AsyncIterator[Stage]:
    if tool == "jira":
        async with (
            flowing(a_site(issues=12), database, settings={"page_size": PAGE}) as flow,
            aclosing(a_source(flow.url, page_size=PAGE)) as doomed,
        ):
            yield jira_stage(flow, doomed)
    else:
        two = an_asana_site()
        async with (
            asana.flowing(two.site, database, settings={"page_size": PAGE}) as asana_flow,
            aclosing(an_asana_source(asana_flow.url, page_size=PAGE)) as doomed_too,
        ):
            yield asana_stage(asana_flow, two, doomed_too)


def jira_stage(flow: Flow, doomed: Source) -> Stage:
    site, clock = flow.site, flow.clock
    first, second, third, fourth, *_, last = ids_in(site, "BULK1")

    def change() -> None:
        now = clock.now()
        site.touch(first, now, summary="Changed", labels=["another"])
        site.link(site.link_types[0]["id"], second, third, now)
        site.move(fourth, project_id(site, "BULK2"), "BULK2-9001", now)
        site.add(site.issues[third] | {"id": "19999", "key": "BULK1-9002"})
        site.touch("19999", now, summary="New")
        site.statuses = list(with_another_category(site))

    def delete() -> str:
        site.touch(first, clock.now() - timedelta(hours=6), summary="Indexed late")
        site.delete(last)
        return last

    def deliver() -> list[bytes]:
        site.touch(first, clock.now(), summary="Changed")
        site.move(fourth, project_id(site, "BULK2"), "BULK2-9001", clock.now())
        elsewhere = {"id": "55555", "fields": {"project": {"id": "77777"}}}
        foreign = json.dumps({"webhookEvent": "jira:issue_updated", "issue": elsewhere}).encode()
        site.delete(last)
        return [told(flow, first), told(flow, fourth), foreign, told(flow, last, "jira:issue_deleted")]

    return Stage(clock, doomed, flow.source, change, delete, deliver, read_jira_delivery)


def with_another_category(site: JiraSite) -> Iterator[dict[str, Any]]:
    """The first status of those in progress is one of those to do from now on; no issue is touched by it."""
    to_do = next(row["statusCategory"] for row in site.statuses if row["statusCategory"]["key"] == "new")
    chosen = next(row["id"] for row in site.statuses if row["statusCategory"]["key"] == "indeterminate")
    for row in site.statuses:
        yield {**row, "statusCategory": to_do} if row["id"] == chosen else row


def an_asana_site() -> asana.Two:
    """Histories, a dependency across projects, an attachment, and a number that is no estimate yet."""
    site = a_workspace()
    first, second = (site.add_project(name, sections=("To do", "Doing")) for name in ("Checkout launch", "Support"))
    tasks, others = ([site.add_task(name, project=each) for name in ("One", "Two")] for each in (first, second))
    step = site.add_subtask(tasks[0], "Step")
    site.add_to_project(tasks[1], second)
    size = site.add_field("Size", "number")
    for project in (first, second):
        site.enable_field(project, size)
    for gid in tasks:
        site.touch(gid, name="Renamed")
        site.set_value(gid, size, 3)
    site.add_dependency(tasks[0], others[0])
    site.attach(tasks[1], "PAY-1", "https://jira.example.com/browse/PAY-1")
    return asana.Two(site, first, second, tasks, others, step, tasks[1])


def asana_stage(flow: AsanaFlow, two: asana.Two, doomed: Source) -> Stage:
    site, clock = two.site, flow.clock

    def change() -> None:
        site.complete(two.tasks[1])
        site.move_to_section(two.others[1], site.projects[two.second].sections[1])
        site.add_to_project(two.others[0], two.first)
        site.add_subtask(two.others[1], "New")
        site.add_task("New", project=two.first)
        (size,) = site.custom_fields.values()
        site.put(replace(size, name="Story points"))

    def delete() -> str:
        site.complete(two.tasks[1])
        site.trash(two.others[0])
        return two.others[0]

    def deliver() -> list[bytes]:
        site.touch(two.tasks[1], clock.now(), name="Changed")
        site.trash(two.tasks[0], clock.now())
        named = {"changed": two.tasks[1], "deleted": two.tasks[0]}
        events = [{"action": does, "resource": {"gid": gid, "resource_type": "task"}} for does, gid in named.items()]
        return [json.dumps({"events": [each]}).encode() for each in events]

    return Stage(clock, doomed, flow.source, change, delete, deliver, read_asana_delivery)


async def deaths(copies: Copies, ready: str, life: Life, *, stage: Stage) -> int:
    """Kill that life at every commit in turn; how many commits there were.

    On SQLite each on a copy of `ready`, and each is followed by one that lives. To copy a database of PostgreSQL takes
    longer than to live: there one dies after the other on the same copy, each a commit later, until one survives.
    """
    with copies(ready) as url:
        assert await survives(stage.living(life), url)
        whole = await lasting(url)
    before = await lasting(ready)
    apart = ready.startswith("sqlite")
    side = Side.BEFORE if apart else Side.AFTER
    died = 0
    with ExitStack() as kept:
        url = kept.enter_context(copies(ready))
        while not await survives(
            stage.dying(life, lives_before=0 if apart else died),
            url,
            boundary := Boundary(died + 1, side),
        ):
            died += 1
            assert ahead_of_what_is_stored(before, await lasting(url), whole) == [], boundary
            if apart:
                assert await survives(stage.living(life), url)
                assert differences(whole, await lasting(url)) == [], boundary
                url = kept.enter_context(copies(ready))
        assert differences(whole, await lasting(url)) == []
    return died


@asynccontextmanager
async def a_database(copies: Copies) -> AsyncIterator[str]:
    """Empty, but with a program that everything belongs to."""
    with copies(None) as url:
        await survives(lambda database: define_everything(database, now=HandClock().now()), url)
        yield url


@asynccontextmanager
async def a_synced_database(copies: Copies, stage: Stage) -> AsyncIterator[str]:
    async with a_database(copies) as url:
        assert await survives(stage.living(stage.syncing(Mode.FULL)), url)
        stage.clock.pass_by(minutes=30)
        yield url


@TOOLS
async def test_a_first_sync(tool: str, copies: Copies, fresh: Database) -> None:
    async with staged(tool, fresh) as stage, a_database(copies) as ready:
        assert await deaths(copies, ready, stage.syncing(Mode.FULL), stage=stage) >= 12


@TOOLS
async def test_a_run_of_changes(tool: str, copies: Copies, fresh: Database) -> None:
    async with staged(tool, fresh) as stage, a_synced_database(copies, stage) as ready:
        stage.changes()
        assert await deaths(copies, ready, stage.syncing(Mode.INCREMENTAL), stage=stage) >= 10


@TOOLS
async def test_a_census_that_finds_a_deletion(tool: str, copies: Copies, fresh: Database) -> None:
    async with staged(tool, fresh) as stage, a_synced_database(copies, stage) as ready:
        gone = stage.deletion()
        assert await deaths(copies, ready, stage.syncing(Mode.CENSUS), stage=stage) >= 10
        assert await survives(stage.living(stage.syncing(Mode.CENSUS)), ready)
        assert gone in tombs(await lasting(ready))


@TOOLS
@pytest.mark.parametrize("which", ["all of them", "the deletion alone"])
async def test_deliveries_that_are_applied(which: str, tool: str, copies: Copies, fresh: Database) -> None:
    async with staged(tool, fresh) as stage, a_synced_database(copies, stage) as ready:
        bodies = stage.deliveries() if which == "all of them" else stage.deliveries()[-1:]
        now, read = stage.clock.now(), stage.read_delivery
        await survives(lambda database: put_down(database, *bodies, now=now, read=read), ready)
        assert await deaths(copies, ready, stage.applying, stage=stage) >= 5
