"""What tools deliver, applied: each item read again by id, whatever came twice, late, in between or not at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import select

from connectors.asana.webhook import read_delivery as read_asana
from connectors.errors import SourceError
from service.store.engine import Database
from service.store.inbox import InboxStanding
from service.store.tables.webhooks import webhook_inbox
from service.sync import inbox as inbox_module
from service.sync.errors import SourceBusy
from service.sync.hold import holding
from service.sync.inbox import Applier
from service.sync.outcome import Mode
from tests.flows import asana
from tests.flows.deliveries import an_applier, put_down, reads, standing, told
from tests.flows.stored import differences, evidence, item, stored, tombs
from tests.flows.support import CLOUD, DATA_CENTER, Flow, a_site, flowing, ids_in, project_id


@asynccontextmanager
async def pulled(database: Database, *, kind: str = CLOUD, **behaviour: Any) -> AsyncIterator[Flow]:
    async with flowing(a_site(issues=60), database, kind=kind, **behaviour) as flow:
        await flow.sync_whole(full=True)
        flow.clock.pass_by(hours=1)
        flow.options.requests.clear()
        yield flow


@pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])
async def test_a_delivery_makes_its_issue_current_without_a_run(sqlite_database: Database, kind: str) -> None:
    async with pulled(sqlite_database, kind=kind) as flow:
        native_id = ids_in(flow.site, "BULK1")[3]
        flow.site.touch(native_id, flow.clock.now(), summary="Renamed a moment ago")
        await put_down(sqlite_database, told(flow, native_id), now=flow.clock.now())

        assert await an_applier(flow).apply() == 1
        assert await an_applier(flow).apply() == 0

        assert item(await stored(sqlite_database), native_id)["title"] == "Renamed a moment ago"
        assert await standing(sqlite_database) == InboxStanding(received=1, last_event_at=flow.clock.now())


async def test_both_databases_end_as_after_a_run(database: Database, fresh: Database) -> None:
    """Changed, new, relinked, moved, deleted; one change is told by two deliveries, one delivery names two issues."""
    async with pulled(database) as flow:
        site, now = flow.site, flow.clock.now()
        first, second, third, fourth, fifth, sixth = ids_in(site, "BULK1")[:6]
        site.touch(first, now, summary="Changed")
        site.link(site.link_types[0]["id"], second, third, now)
        site.move(fourth, project_id(site, "BULK2"), "BULK2-9001", now)
        site.delete(fifth)
        await put_down(
            database,
            told(flow, first),
            told(flow, first, "comment_created"),
            json.dumps(
                {
                    "webhookEvent": "issuelink_created",
                    "issueLink": {"sourceIssueId": int(second), "destinationIssueId": int(third)},
                }
            ).encode(),
            told(flow, fourth),
            told(flow, fifth, "jira:issue_deleted"),
            told(flow, sixth, "jira:issue_deleted"),  # it says so, and is not so
            now=now,
        )

        assert await an_applier(flow).apply() == 6

        after = await stored(database)
        assert tombs(after) == {fifth: "gone"}
        assert item(after, fourth)["key"] == "BULK2-9001"
        async with flowing(site, fresh) as other:
            await other.sync_whole(full=True)
        expected = await stored(fresh)
        gone = {"work_items": after["work_items"], "item_aliases": after["item_aliases"]}
        assert (
            differences(
                {"links": after["links"], "item_changes": after["item_changes"]},
                {
                    "links": expected["links"],
                    "item_changes": [
                        *expected["item_changes"],
                        *(row for row in after["item_changes"] if row["item_uid"] == f"acme:{fifth}"),
                    ],
                },
            )
            == []
        )
        assert len(gone["work_items"]) == len(expected["work_items"]) + 1


async def test_many_deliveries_about_one_issue_cost_one_read(sqlite_database: Database) -> None:
    async with pulled(sqlite_database) as flow:
        some = ids_in(flow.site, "BULK1")[:3]
        bodies = []
        for _ in range(40):
            flow.clock.pass_by(seconds=1)
            bodies += [told(flow, native_id) for native_id in some]
        await put_down(sqlite_database, *bodies, now=flow.clock.now())

        assert await an_applier(flow).apply() == 120

        assert reads(flow) == dict.fromkeys(some, 1)


async def test_a_delivery_during_a_run_waits_for_it_and_is_applied(sqlite_database: Database) -> None:
    async with pulled(sqlite_database) as flow:
        native_id = ids_in(flow.site, "BULK1")[0]
        applier = an_applier(flow)
        async with holding("acme", sqlite_database, clock=flow.clock):
            flow.site.touch(native_id, flow.clock.now(), summary="While a run held the source")
            await put_down(sqlite_database, told(flow, native_id), now=flow.clock.now())
            with pytest.raises(SourceBusy):
                await applier.apply()
        assert (await standing(sqlite_database)).waiting == 1

        assert await applier.apply() == 1

        assert item(await stored(sqlite_database), native_id)["title"] == "While a run held the source"


async def test_an_issue_of_a_project_that_is_not_pulled_is_not_even_asked_for(sqlite_database: Database) -> None:
    async with flowing(a_site(issues=60), sqlite_database, settings={"projects": ["BULK1"]}) as flow:
        await flow.sync_whole(full=True)
        before = await evidence(sqlite_database)
        flow.options.requests.clear()
        foreign = ids_in(flow.site, "BULK2")[0]
        unnamed = json.dumps({"webhookEvent": "worklog_created", "worklog": {"issueId": foreign}}).encode()
        await put_down(sqlite_database, told(flow, foreign), now=flow.clock.now())

        assert await an_applier(flow).apply() == 1
        assert flow.options.requests == []
        await put_down(sqlite_database, unnamed, now=flow.clock.now())
        assert await an_applier(flow).apply() == 1

        assert differences(before, await evidence(sqlite_database)) == []
        assert (await standing(sqlite_database)).ignored == 2


async def test_what_is_not_readable_and_not_said_to_be_deleted_is_left_to_the_next_run(
    sqlite_database: Database,
) -> None:
    async with pulled(sqlite_database) as flow:
        native_id = ids_in(flow.site, "BULK1")[0]
        body = told(flow, native_id)
        flow.site.delete(native_id)
        await put_down(sqlite_database, body, now=flow.clock.now())

        assert await an_applier(flow).apply() == 1
        assert tombs(await stored(sqlite_database)) == {}
        await flow.sync_whole(mode=Mode.CENSUS)
        assert tombs(await stored(sqlite_database)) == {native_id: "gone"}


async def test_before_the_first_run_a_delivery_asks_for_nothing(sqlite_database: Database) -> None:
    async with flowing(a_site(issues=20), sqlite_database) as flow:
        await put_down(sqlite_database, told(flow, ids_in(flow.site, "BULK1")[0]), now=flow.clock.now())
        assert await an_applier(flow).apply() == 1
        assert flow.options.requests == []


async def test_while_the_tool_is_away_deliveries_wait_longer_each_time_and_one_bad_one_is_soon_alone(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_module, "AT_A_TIME", 16)
    async with pulled(sqlite_database) as flow:
        await put_down(
            sqlite_database,
            *(told(flow, native_id) for native_id in ids_in(flow.site, "BULK1")[:12]),
            now=flow.clock.now(),
        )
        poison = ids_in(flow.site, "BULK1")[7]
        applier = an_applier(flow)
        real, asked = flow.source.read_items, []

        async def read(native_ids: Sequence[str], **how: Any) -> Any:
            asked.append(len(native_ids))
            if poison in native_ids:
                raise SourceError("acme", f"Issue {poison} cannot be read at present.")
            return await real(native_ids, **how)

        monkeypatch.setattr(flow.source, "read_items", read)
        assert await applier.apply() == 0
        assert await applier.apply() == 0  # not before its time
        assert asked == [12]
        for _ in range(40):
            flow.clock.pass_by(minutes=6)
            await applier.apply()

        assert asked[:5] == [12, 4, 4, 4, 1]
        assert (await standing(sqlite_database)).failed == 1
        assert (await standing(sqlite_database)).waiting == 0
        async with sqlite_database.reading() as uow:
            c = webhook_inbox.c
            failed = (
                await uow.connection.execute(select(c.native_ids, c.error, c.attempts).where(c.state == "failed"))
            ).all()
        assert failed == [([poison], f"Issue {poison} cannot be read at present.", 10)]


async def test_a_census_counts_the_changes_that_no_delivery_told(database: Database) -> None:
    async with pulled(database) as flow:
        heard, *unheard = ids_in(flow.site, "BULK1")[:3]
        late = ids_in(flow.site, "BULK2")[0]
        await put_down(database, told(flow, heard), now=flow.clock.now())
        flow.clock.pass_by(minutes=1)
        for native_id in (heard, *unheard):
            flow.site.touch(native_id, flow.clock.now(), summary="Changed by day")
        flow.clock.pass_by(hours=8)
        flow.site.touch(late, flow.clock.now(), summary="Its delivery is still on the way")
        flow.clock.pass_by(minutes=1)

        await flow.sync_whole(mode=Mode.CENSUS)

        assert (await standing(database)).missed == 2


async def test_a_task_of_asana_is_made_current_with_what_lies_beneath_and_a_trashed_one_goes(
    sqlite_database: Database,
) -> None:
    two = asana.two_projects()
    async with asana.flowing(two.site, sqlite_database) as flow:
        await flow.sync_whole(full=True)
        flow.clock.pass_by(hours=1)
        site = two.site
        site.touch(two.tasks[1], flow.clock.now(), name="Renamed a moment ago")
        site.trash(two.tasks[0], flow.clock.now())
        events = [
            {"action": "changed", "resource": {"gid": two.tasks[1], "resource_type": "task"}},
            {"action": "deleted", "resource": {"gid": two.tasks[0], "resource_type": "task"}},
        ]
        body = json.dumps({"events": events}).encode()
        await put_down(sqlite_database, body, now=flow.clock.now(), read=read_asana)

        assert await Applier(flow.source, sqlite_database, flow.clock).apply() == 1

        after = await stored(sqlite_database)
        assert item(after, two.tasks[1])["title"] == "Renamed a moment ago"
        assert tombs(after) == {two.tasks[0]: "gone", two.subtask: "gone"}


async def test_two_that_apply_at_once_apply_each_delivery_once(sqlite_database: Database) -> None:
    async with pulled(sqlite_database) as flow:
        some = ids_in(flow.site, "BULK1")[:5]
        await put_down(sqlite_database, *(told(flow, each) for each in some), now=flow.clock.now())
        ended = await asyncio.gather(*(an_applier(flow).apply() for _ in range(3)), return_exceptions=True)
        assert sum(each for each in ended if isinstance(each, int)) == 5
        assert reads(flow) == dict.fromkeys(some, 1)
