"""Deliveries while somebody holds the source: applied alongside, and never undone by what was read before them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.asana.webhook import read_delivery as read_asana
from connectors.contract import Page, Source
from connectors.sandbox.site import JiraSite
from service.store.details import PendingDetails
from service.store.engine import Database
from service.sync import alongside, details
from service.sync.details import drain_details
from service.sync.outcome import Mode, RunStatus
from tests.flows import asana
from tests.flows.deliveries import an_applier, put_down, reads, standing, told
from tests.flows.served import serving
from tests.flows.stored import DERIVED, differences, item, stored, tombs
from tests.flows.support import CLOUD, DATA_CENTER, Flow, a_site, flowing, ids_in, project_id
from tests.flows.test_webhooks_served import shows

PATIENCE = 20.0  # seconds
EDITIONS = pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alongside, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(alongside, "GATHER", 0.0)


class LongRun:
    """Pages are read at once and handed on only when the test says so: what comes in between came later."""

    def __init__(self, source: Source, *, scopes: int = 2) -> None:
        self.read = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self._still_to_read = scopes
        self._pages = source.pages
        source.pages = self.pages  # type: ignore[method-assign]

    async def pages(self, *scope: Any, **how: Any) -> AsyncIterator[Page]:
        pages = [page async for page in self._pages(*scope, **how)]
        self._still_to_read -= 1
        if not self._still_to_read:
            self.read.set()
        await self.may_go_on.wait()
        for page in pages:
            yield page


async def eventually(answer: Callable[[], Any], *, seconds: float = PATIENCE) -> None:
    async with asyncio.timeout(seconds):
        while not await answer():  # noqa: ASYNC110 - what is waited for is in a database
            await asyncio.sleep(0.02)


@asynccontextmanager
async def a_long_run(flow: Flow, *, mode: Mode = Mode.FULL) -> AsyncIterator[None]:
    """In the block everything is read and nothing stored; after it the run has ended whole."""
    long = LongRun(flow.source)
    run = asyncio.create_task(flow.sync(mode=mode))
    try:
        async with asyncio.timeout(PATIENCE):
            await long.read.wait()
        yield
        assert not run.done()
        long.may_go_on.set()
        outcome = await run
        assert (outcome.status, outcome.reasons) == (RunStatus.COMPLETE, ())
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)


async def deliver(flow: Flow, *native_ids: str, event: str = "jira:issue_updated") -> None:
    """Put down what the site says of these issues, and wait until none of it waits any more."""
    bodies = [told(flow, native_id, event) for native_id in native_ids]
    await put_down(flow.database, *bodies, now=flow.clock.now())

    async def applied() -> bool:
        return (await standing(flow.database)).waiting == 0

    await eventually(applied)


async def title(database: Database, native_id: str) -> str | None:
    rows = (await stored(database))["work_items"]
    return next((row["title"] for row in rows if row["native_id"] == native_id), None)


async def assert_as_read_from_nothing(flow: Flow, fresh: Database, *, gone: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    """The same items, links, facets and histories as a first sync of the site gives now, beside what is buried."""
    async with flowing(flow.site, fresh, kind=flow.kind) as other:
        other.clock.pass_by(hours=2)
        await other.sync_whole(full=True)
    ours = await stored(flow.database, DERIVED)
    for rows in ours.values():
        rows[:] = [
            row for row in rows if (row.get("item_uid") or row.get("uid")) not in {f"acme:{each}" for each in gone}
        ]
    assert differences(ours, await stored(fresh, DERIVED), but={"item_aliases": {"item_uid"}}) == []


@EDITIONS
async def test_a_delivery_during_the_first_sync_is_visible_before_that_ends(
    kind: str, database: Database, fresh: Database
) -> None:
    async with flowing(a_site(issues=60), database, kind=kind) as flow:
        native_id = ids_in(flow.site, "BULK1")[3]
        async with a_long_run(flow):
            flow.clock.pass_by(minutes=1)
            flow.site.touch(native_id, flow.clock.now(), summary="Renamed during the first sync")
            await deliver(flow, native_id)
            assert await title(database, native_id) == "Renamed during the first sync"
            assert len((await stored(database))["work_items"]) == 1

        assert await title(database, native_id) == "Renamed during the first sync"
        await assert_as_read_from_nothing(flow, fresh)


async def test_whatever_is_delivered_during_a_night_the_night_undoes_none_of_it(
    database: Database, fresh: Database
) -> None:
    """Changed, new, relinked, moved, deleted: told after the night had read the issues as they were before."""
    async with flowing(a_site(issues=60), database) as flow:
        await flow.sync_whole(full=True)
        flow.clock.pass_by(hours=1)
        site = flow.site
        changed, linked, far_end, moved, deleted = ids_in(site, "BULK1")[:5]
        async with a_long_run(flow):
            flow.clock.pass_by(minutes=1)
            now = flow.clock.now()
            site.touch(changed, now, summary="Changed at night")
            site.link(site.link_types[0]["id"], linked, far_end, now)
            site.move(moved, project_id(site, "BULK2"), "BULK2-9001", now)
            site.delete(deleted)
            new = a_copy(site, linked, "999001", "BULK1-9002")
            await deliver(flow, changed, linked, far_end, moved, new)
            await deliver(flow, deleted, event="jira:issue_deleted")
            before = await stored(database, DERIVED)
            assert tombs(await stored(database)) == {deleted: "gone"}
            assert item(before, moved)["key"] == "BULK2-9001"
            assert item(before, new)["key"] == "BULK1-9002"

        assert differences(before, await stored(database, DERIVED)) == []
        await assert_as_read_from_nothing(flow, fresh, gone={deleted})
        flow.clock.pass_by(hours=1)
        assert (await flow.sync_whole(mode=Mode.CENSUS)).changed == 0


def a_copy(site: JiraSite, native_id: str, new_id: str, key: str) -> str:
    """Somebody clones an issue."""
    issue = site.issues[native_id]
    fields = {name: value for name, value in issue["fields"].items() if name not in {"issuelinks", "subtasks"}}
    site.add({**issue, "id": new_id, "key": key, "fields": {**fields, "issuelinks": [], "subtasks": []}})
    return new_id


async def test_of_two_readings_of_the_same_moment_the_later_one_stands(sqlite_database: Database) -> None:
    """Some changes move no time of change: then the order of reading decides, not that of storing."""
    async with flowing(a_site(issues=40), sqlite_database) as flow:
        native_id = ids_in(flow.site, "BULK1")[0]
        async with a_long_run(flow):
            flow.site.replace(native_id, {**flow.site.issues[native_id]["fields"], "summary": "Without a trace"})
            await deliver(flow, native_id)

        assert await title(sqlite_database, native_id) == "Without a trace"


async def test_issues_created_after_the_listing_are_neither_asked_for_again_nor_taken_for_a_loss(
    sqlite_database: Database,
) -> None:
    async with flowing(a_site(issues=40), sqlite_database) as flow:
        await flow.sync_whole(full=True)
        flow.clock.pass_by(hours=1)
        pattern = ids_in(flow.site, "BULK1")[0]
        async with a_long_run(flow):
            new = [a_copy(flow.site, pattern, str(900_000 + n), f"BULK1-{9_000 + n}") for n in range(30)]
            flow.options.requests.clear()
            await deliver(flow, *new)

        assert reads(flow) == dict.fromkeys(new, 1)


async def test_a_run_that_is_cut_off_leaves_what_it_did_not_apply_to_the_next(sqlite_database: Database) -> None:
    async with flowing(a_site(issues=40), sqlite_database) as flow:
        await flow.sync_whole(full=True)
        flow.clock.pass_by(hours=1)
        native_id = ids_in(flow.site, "BULK1")[0]
        flow.site.touch(native_id, flow.clock.now(), summary="Told before the stop")
        reading, real = asyncio.Event(), flow.source.read_items

        async def never(*_: Any, **__: Any) -> Any:
            reading.set()
            await asyncio.sleep(PATIENCE)

        long = LongRun(flow.source)
        run = asyncio.create_task(flow.sync(full=True))
        await long.read.wait()
        flow.source.read_items = never  # type: ignore[method-assign]
        await put_down(sqlite_database, told(flow, native_id), now=flow.clock.now())
        await reading.wait()
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
        flow.source.read_items = real  # type: ignore[method-assign]
        assert (await standing(sqlite_database)).waiting == 1

        flow.clock.pass_by(minutes=1)
        assert await an_applier(flow).apply() == 1
        assert await title(sqlite_database, native_id) == "Told before the stop"


async def test_a_delivery_overtakes_the_reads_of_a_run_that_wait_for_their_place(sqlite_database: Database) -> None:
    async with flowing(
        a_site(issues=300), sqlite_database, settings={"page_size": 5, "concurrency": 2}, latency=0.03
    ) as flow:
        flow.options.latency = 0.0
        await flow.sync_whole(full=True)
        flow.options.latency = 0.03
        flow.clock.pass_by(hours=1)
        native_id = ids_in(flow.site, "BULK1")[0]
        flow.options.requests.clear()
        run = asyncio.create_task(flow.sync_whole(full=True))

        async def half_way() -> bool:
            return flow.options.asked("bulkfetch") >= 10

        await eventually(half_way)
        flow.site.touch(native_id, flow.clock.now(), summary="In a hurry")
        await put_down(sqlite_database, told(flow, native_id), now=flow.clock.now())
        await eventually(lambda: _is_called(sqlite_database, native_id, "In a hurry"))
        asked = [request.body["issueIdsOrKeys"] for request in flow.options.requests if "bulkfetch" in request.path]
        assert not run.done()
        await run

        assert len(asked) < 40, "the delivery waited for most of the run"
        assert [native_id] in asked


async def _is_called(database: Database, native_id: str, name: str) -> bool:
    return await title(database, native_id) == name


async def test_a_delivery_during_a_sync_of_a_whole_service_is_in_the_roll_up_before_that_ends(
    tmp_path: Path, database_url: str
) -> None:
    async with serving(a_site(issues=60), tmp_path, database_url) as served:
        before = await served.done()
        long = LongRun(served.app.sources["acme"])
        await served.app.start_sync("acme")
        await long.read.wait()
        await served.finish(served.unfinished()[0])

        await shows(served, before + 1)

        assert not long.may_go_on.is_set()
        long.may_go_on.set()


async def test_a_task_delivered_during_the_first_sync_of_asana_is_visible_and_stays(
    database: Database, fresh: Database
) -> None:
    two = asana.two_projects()
    async with asana.flowing(two.site, database) as flow:
        long = LongRun(flow.source)
        run = asyncio.create_task(flow.sync_whole())
        await long.read.wait()
        flow.clock.pass_by(minutes=1)
        two.site.touch(two.tasks[0], name="Renamed during the first sync")
        two.site.trash(two.tasks[1])
        bodies = [_event(two.tasks[0], "changed"), _event(two.tasks[1], "deleted")]
        await put_down(database, *bodies, now=flow.clock.now(), read=read_asana)

        async def applied() -> bool:
            return (await standing(database)).waiting == 0

        await eventually(applied)
        assert await title(database, two.tasks[0]) == "Renamed during the first sync"
        long.may_go_on.set()
        await run

        after = await stored(database)
        assert item(after, two.tasks[0])["title"] == "Renamed during the first sync"
        assert two.tasks[1] not in {row["native_id"] for row in after["work_items"] if row["tombstone"] is None}
        async with asana.flowing(two.site, fresh) as other:
            other.clock.pass_by(minutes=1)
            await other.sync_whole()
        theirs = await stored(fresh)
        shown = {row["native_id"] for row in theirs["work_items"]}
        assert {row["native_id"] for row in after["work_items"] if row["tombstone"] is None} == shown


def _event(gid: str, action: str) -> bytes:
    event = f'{{"action":"{action}","resource":{{"gid":"{gid}","resource_type":"task"}}}}'
    return f'{{"events":[{event}]}}'.encode()


async def test_deliveries_are_applied_while_details_are_drained_and_what_they_touch_is_drained_again(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = asana.two_projects()
    monkeypatch.setattr("service.sync.run.DETAILS_A_RUN", 0)
    monkeypatch.setattr(details, "GIVE_WAY", 0.0)
    async with asana.flowing(two.site, sqlite_database) as flow:
        await flow.sync_whole()
        real, reading, may_go_on = flow.source.details, asyncio.Event(), asyncio.Event()
        rounds: list[list[str]] = []

        async def slowly(gids: Any) -> AsyncIterator[Any]:
            rounds.append(list(gids))
            found = [each async for each in real(gids)]
            reading.set()
            await may_go_on.wait()
            for each in found:
                yield each

        monkeypatch.setattr(flow.source, "details", slowly)
        draining = asyncio.create_task(drain_details(flow.source, sqlite_database, clock=flow.clock))
        await reading.wait()
        flow.clock.pass_by(minutes=1)
        two.site.touch(two.tasks[0], name="Renamed while its stories were read")
        await put_down(sqlite_database, _event(two.tasks[0], "changed"), now=flow.clock.now(), read=read_asana)
        await eventually(lambda: _is_called(sqlite_database, two.tasks[0], "Renamed while its stories were read"))
        may_go_on.set()
        await draining

        assert two.tasks[0] in rounds[0]
        assert sorted(rounds[1]) == sorted([two.tasks[0], two.subtask])
        names = [row for row in asana.changes(await stored(sqlite_database), two.tasks[0]) if row["field_id"] == "name"]
        assert len(names) == 1
        async with sqlite_database.reading() as uow:
            assert await PendingDetails(uow.connection).newest("acme", limit=10) == []
