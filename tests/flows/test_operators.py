"""What operators see while real runs go well and badly: held scopes, coverage, silence, missed changes, revoked rights.

Every fact is staged on a stand-in and read as an operator reads it: from GET /sources, /readyz and /metrics.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import insert
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from connectors.deliveries import Delivery
from connectors.sandbox.faults import Fault, unauthorized
from service.api.services import Services
from service.domain.mapping_file import parse_programs
from service.programs.apply import apply
from service.readiness import readiness
from service.store.engine import Database
from service.store.inbox import Counters, Inbox
from service.store.tables.webhooks import webhook_inbox
from service.sync.contact import UsageLog, contact
from service.sync.inbox import Applier
from service.sync.outcome import Mode
from service.sync.run import sync_source
from tests.api.client import a_client
from tests.flows.support import NOW, Flow, HandClock, a_site, flowing, ids_in

PROGRAMS = """
programs:
  - key: ALL
    name: All of it
    include: [{source: acme, project: [BULK1, BULK2]}]
"""


@pytest.fixture
async def flow(database: Database) -> AsyncIterator[Flow]:
    async with flowing(a_site(issues=120, projects=2), database) as flow:
        await flow.sync_whole()
        yield flow


async def asked(flow: Flow, path: str) -> httpx.Response:
    async def ready() -> Any:
        return await readiness(flow.database, sources=["acme"], schedule=None, now=flow.clock.now())

    services = Services(
        database=flow.database,
        clock=flow.clock,
        source_names=("acme",),
        schedules={"acme": "0 2 * * *"},
        readiness=ready,
        ask_tools=lambda: contact(flow.source, flow.database, clock=flow.clock),
    )
    async with a_client(services) as client:
        return await client.get(path)


async def seen(flow: Flow) -> dict[str, Any]:
    """The source as GET /sources tells it."""
    source: dict[str, Any] = (await asked(flow, "/api/v1/sources")).json()["data"]["sources"][0]
    return source


async def check(flow: Flow, name: str) -> dict[str, Any]:
    answer = (await asked(flow, "/readyz")).json()
    lines: list[dict[str, Any]] = answer["checks"]
    return next(line for line in lines if line["name"] == name)


def codes(source: dict[str, Any]) -> list[str]:
    return [each["code"] for each in source["concerns"]]


async def sample(flow: Flow, line: str) -> str:
    """The value of one sample of /metrics."""
    found = [each for each in (await asked(flow, "/metrics")).text.splitlines() if each.startswith(line + " ")]
    assert len(found) == 1, (line, found)
    return found[0].removeprefix(line + " ")


async def test_after_a_census_every_id_of_the_site_is_accounted_for(flow: Flow) -> None:
    source = await seen(flow)

    assert (source["verdict"], source["concerns"]) == ("well", [])
    counted = {each["key"]: (each["coverage"]["listed"], each["coverage"]["stored"]) for each in source["scopes"]}
    assert counted == {key: (len(ids_in(flow.site, key)),) * 2 for key in ("BULK1", "BULK2")}
    assert source["coverage"] | {"proven_at": None} == {
        "listed": len(flow.site.issues),
        "stored": len(flow.site.issues),
        "rejected": 0,
        "invisible": 0,
        "proven_at": None,
        "unproven": 0,
    }
    assert source["schedule"]["next_run"] == "2026-11-21T02:00:00Z"
    assert await sample(flow, 'interlock_source_items{source="acme",state="stored"}') == f"{len(flow.site.issues)}.0"


async def test_what_cannot_be_read_is_counted_apart_and_named(flow: Flow) -> None:
    native_id = ids_in(flow.site, "BULK1")[3]
    flow.clock.pass_by(minutes=30)
    flow.site.touch(native_id, flow.clock.now(), duedate="31.02.2026")
    await flow.sync(mode=Mode.CENSUS)
    source = await seen(flow)

    first = next(each for each in source["scopes"] if each["key"] == "BULK1")["coverage"]
    listed = len(ids_in(flow.site, "BULK1"))
    assert (first["listed"], first["stored"], first["rejected"], first["invisible"]) == (listed, listed - 1, 1, 0)
    assert source["rejects"]["count"] == 1
    assert [each["native_id"] for each in source["rejects"]["latest"]] == [native_id]
    assert source["rejects"]["latest"][0]["reason"] == "duedate: cannot read '31.02.2026'"
    assert (source["verdict"], codes(source)) == ("attention", ["rejected_records"])
    assert await sample(flow, 'interlock_source_rejects{source="acme"}') == "1.0"


async def test_a_held_scope_is_shown_since_when_and_goes_once_its_loss_is_accepted(flow: Flow) -> None:
    began = flow.clock.now() + timedelta(hours=3)
    for native_id in ids_in(flow.site, "BULK1")[:30]:
        flow.site.delete(native_id)
    flow.clock.pass_by(hours=3)
    await flow.sync(mode=Mode.CENSUS)
    flow.clock.pass_by(hours=3)
    await flow.sync(mode=Mode.CENSUS)  # again, and no new beginning
    held = await seen(flow)
    metric = await sample(flow, 'interlock_source_scopes_held{source="acme"}')

    flow.clock.pass_by(minutes=10)
    accepted = await sync_source(flow.source, flow.database, clock=flow.clock, mode=Mode.CENSUS, accept_loss=["BULK1"])
    released = await seen(flow)

    scopes = {each["key"]: each for each in held["scopes"]}
    assert [key for key, scope in scopes.items() if scope["held"]] == ["BULK1"]
    assert scopes["BULK1"]["error_since"][:16] == began.isoformat()[:16]
    assert codes(held) == ["mass_loss_held"]
    assert held["concerns"][0]["remedy"] == "If they really are gone: `interlock sync acme --accept-loss BULK1`."
    assert metric == "1.0"
    assert (accepted.status, released["verdict"], codes(released)) == ("complete", "well", [])
    assert released["coverage"]["stored"] == len(flow.site.issues)


async def test_a_loss_that_was_accepted_elsewhere_is_held_all_the_same(flow: Flow) -> None:
    for native_id in ids_in(flow.site, "BULK1")[:30]:
        flow.site.delete(native_id)
    await sync_source(flow.source, flow.database, clock=flow.clock, mode=Mode.CENSUS, accept_loss=["BULK2"])

    assert codes(await seen(flow)) == ["mass_loss_held"]


async def test_requests_are_those_of_each_run_and_their_totals_those_of_all_processes(flow: Flow) -> None:
    first_process, log = flow.source.usage.requests, UsageLog(flow.database, flow.clock)
    await log.write(flow.source)
    before = flow.source.usage.requests
    again = await flow.sync_whole(mode=Mode.CENSUS)
    await log.write(flow.source)
    await log.write(flow.source)  # nothing new is counted twice
    asked_here = flow.source.usage.requests
    await flow.reconfigure()
    other = await flow.sync_whole()
    await UsageLog(flow.database, flow.clock).write(flow.source)
    source = await seen(flow)

    assert again.requests == asked_here - before < first_process
    assert source["budget"]["requests"] == asked_here + flow.source.usage.requests
    assert source["last_finished"]["requests"] == other.requests
    assert (source["budget"]["limit"], source["budget"]["paused_until"]) == (8, None)
    total = await sample(flow, 'interlock_source_requests_total{source="acme"}')
    assert float(total) == asked_here + flow.source.usage.requests


async def test_a_revoked_credential_turns_its_check_red_and_the_service_stays_fit(flow: Flow) -> None:
    flow.options.faults.append(unauthorized("/myself"))
    before = await check(flow, "credentials acme")
    deep = await asked(flow, "/readyz?deep=1")
    after = await check(flow, "credentials acme")

    assert (before["ok"], before["level"]) == (True, "ok")
    assert (deep.status_code, deep.json()["status"]) == (200, "ready")
    assert (after["ok"], after["level"]) == (False, "warning")
    assert after["detail"].endswith("give the source a valid token, then run `interlock check`")
    source = await seen(flow)
    assert (source["verdict"], codes(source)) == ("failed", ["credential_refused"])
    assert await sample(flow, 'interlock_source_let_in{source="acme"}') == "0.0"


async def test_a_run_that_gets_in_afterwards_is_the_newer_word(flow: Flow) -> None:
    fault: Fault = unauthorized("/myself", times=1)
    flow.options.faults.append(fault)
    await contact(flow.source, flow.database, clock=flow.clock)
    refused = codes(await seen(flow))
    flow.clock.pass_by(minutes=1)
    await flow.sync_whole()

    assert (refused, codes(await seen(flow))) == (["credential_refused"], [])


async def test_a_mapped_project_that_was_deleted_turns_its_named_check_red_with_words(flow: Flow) -> None:
    await apply(flow.database, parse_programs(PROGRAMS), actor="pat", now=flow.clock.now())
    before = await check(flow, "mapping ALL")
    gone = next(number for number, row in flow.site.projects.items() if row["key"] == "BULK2")
    for native_id in ids_in(flow.site, "BULK2"):
        flow.site.delete(native_id)
    del flow.site.projects[gone]
    await flow.sync(mode=Mode.CENSUS)
    after = await check(flow, "mapping ALL")

    assert before == {
        "name": "mapping ALL",
        "ok": True,
        "level": "ok",
        "detail": "everything its rules name is there",
    }
    assert (after["ok"], after["level"]) == (False, "warning")
    assert after["detail"] == (
        'project "BULK2" (rule "source acme, project BULK1 or BULK2, with descendants"): gone from acme, deleted or '
        "hidden from our account; give the account the right to browse it, or take it out of the programs file."
    )


async def test_clocks_that_differ_are_told_and_no_more(database: Database) -> None:
    async with flowing(a_site(issues=40), database, server_clock=HandClock(NOW + timedelta(minutes=12))) as flow:
        await flow.sync_whole()
        line = await check(flow, "clock acme")
        source = await seen(flow)

    assert (line["ok"], line["level"]) == (False, "warning")
    assert line["detail"] == "the tool's clock is 12 minutes ahead of ours; let this machine keep time by NTP"
    assert codes(source) == ["clocks_differ"]


async def test_a_delivery_is_told_as_soon_as_it_is_visible_and_what_none_told_is_a_share(flow: Flow) -> None:
    told, untold, other = ids_in(flow.site, "BULK1")[:3]
    flow.clock.pass_by(hours=1)
    await _delivered(flow, other)  # from now on, whatever no delivery tells is missed
    await Applier(flow.source, flow.database, flow.clock).apply()
    flow.clock.pass_by(minutes=1)
    for native_id in (told, untold):
        flow.site.touch(native_id, flow.clock.now(), summary="Changed")
    await _delivered(flow, told)
    flow.clock.pass_by(seconds=4)
    await Applier(flow.source, flow.database, flow.clock).apply()
    flow.clock.pass_by(hours=1)
    await flow.sync_whole(mode=Mode.CENSUS)
    webhook = (await seen(flow))["webhook"]

    assert (webhook["received"], webhook["waiting"]) == (2, 0)
    assert (webhook["missed_last_night"], webhook["changed_last_night"], webhook["missed_share"]) == (1, 2, 0.5)
    histogram = 'interlock_webhook_visible_seconds_bucket{le="%s",source="acme"}'
    assert [await sample(flow, histogram % bound) for bound in ("2.0", "5.0", "+Inf")] == ["1.0", "2.0", "2.0"]
    assert await sample(flow, 'interlock_webhook_visible_seconds_sum{source="acme"}') == "4.0"


async def test_silence_is_judged_by_the_usual_rhythm(flow: Flow) -> None:
    now = flow.clock.now()
    working_hours = [now - timedelta(days=days, hours=hours) for days in range(12) for hours in (4, 5, 6)]
    async with flow.database.transaction() as uow:
        for place, moment in enumerate(working_hours):
            await uow.connection.execute(insert(webhook_inbox), [_applied(place, moment)])
        await Counters(uow.connection).received("acme", now=max(working_hours))
    usual = (await seen(flow))["webhook"]["silence"]
    flow.clock.pass_by(hours=30)
    await flow.sync_whole()
    silent = await seen(flow)

    assert (usual["seconds"], usual["unusual"]) == (4 * 3600, False)
    assert usual["usual_seconds"] == 22 * 3600
    assert silent["webhook"]["silence"]["unusual"] is True
    assert codes(silent) == ["silent"]
    assert silent["concerns"][0]["message"] == (
        "No webhook delivery for 1 day; the longest pause of the last two weeks was 22 hours."
    )


async def test_an_inbox_that_is_stuck_is_a_warning_with_its_age(flow: Flow) -> None:
    await _delivered(flow, ids_in(flow.site, "BULK1")[0])
    flow.clock.pass_by(minutes=7)
    line = await check(flow, "inbox acme")

    assert (line["ok"], line["level"]) == (False, "warning")
    assert line["detail"] == "1 delivery waits, the oldest for 7 minutes; see that a worker runs"
    assert codes(await seen(flow)) == ["deliveries_wait"]
    assert await sample(flow, 'interlock_webhook_inbox_oldest_seconds{source="acme"}') == "420.0"


async def test_a_schedule_that_nobody_keeps_is_overdue(flow: Flow) -> None:
    flow.clock.pass_by(hours=5)  # the proof is of 23:00, the line names 02:00
    assert codes(await seen(flow)) == ["overdue"]


async def test_asking_the_tools_at_once_is_for_those_who_may_read(flow: Flow) -> None:
    services = Services(database=flow.database, clock=flow.clock, source_names=("acme",))
    async with a_client(services, peer="192.0.2.7") as stranger:
        plain = await stranger.get("/readyz")
        deep = await stranger.get("/readyz?deep=1")

    assert (plain.status_code, plain.json()) == (200, {"status": "ready"})
    assert (deep.status_code, deep.json()["title"]) == (401, "Nobody is signed in")


async def _delivered(flow: Flow, native_id: str) -> None:
    delivery = Delivery(event="jira:issue_updated", native_ids=(native_id,))
    async with flow.database.transaction() as uow:
        await Inbox(uow.connection).add("acme", delivery, key=f"id:{native_id}", now=flow.clock.now())
        await Counters(uow.connection).received("acme", now=flow.clock.now())


def _applied(place: int, moment: Any) -> dict[str, Any]:
    return {
        "source": "acme",
        "dedupe_key": f"id:{place}",
        "received_at": moment,
        "event": "jira:issue_updated",
        "native_ids": [],
        "deleted_ids": [],
        "state": "applied",
        "attempts": 1,
        "due_at": moment,
    }


async def test_what_is_logged_about_a_run_bears_its_number_and_the_items_concerned(flow: Flow) -> None:
    spoilt, gone = ids_in(flow.site, "BULK1")[:2]
    flow.clock.pass_by(minutes=30)
    flow.site.touch(spoilt, flow.clock.now(), duedate="31.02.2026")
    flow.site.delete(gone)
    with capture_logs(processors=[merge_contextvars]) as logs:
        outcome = await flow.sync(mode=Mode.CENSUS)
    events = {each["event"]: each for each in logs}

    assert {each["run"] for each in logs} == {outcome.run_id}
    assert {each["source"] for each in logs} == {"acme"}
    assert events["record_rejected"]["native_id"] == spoilt
    assert events["items_buried"]["items"] == [f"acme:{gone}"]
    assert events["sync_finished"]["requests"] == outcome.requests
