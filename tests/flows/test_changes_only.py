"""The run after the first: it asks for what changed, finds it in any zone, and touches nothing else."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from service.domain.mapping_file import parse_programs
from service.programs.apply import apply
from service.store.engine import Database
from service.store.tables import programs
from tests.flows.stored import differences, evidence, item, scopes, stored
from tests.flows.support import CLOUD, DATA_CENTER, LISTING, READING, HandClock, a_site, flowing, ids_in

EDITIONS = pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])
PAGE = 20
ALL_PROGRAMS = """
programs:
  - key: ALL
    name: Everything
    include: [{source: acme, project: [BULK1, BULK2]}]
"""


@EDITIONS
@pytest.mark.parametrize(("issues", "touched"), [(200, 2), (800, 8), (800, 45)])
async def test_a_run_of_changes_asks_a_number_of_questions_that_does_not_grow_with_the_site(
    kind: str, issues: int, touched: int, sqlite_database: Database
) -> None:
    """One listing a project, a read for every page of changes, and a fixed number for what the site consists of."""
    site = a_site(issues=issues, projects=4)
    async with flowing(site, sqlite_database, kind=kind, settings={"page_size": PAGE}) as flow:
        await flow.sync_whole(full=True)
        flow.clock.pass_by(minutes=30)
        before = len(flow.options.requests)
        await flow.sync_whole()
        fixed = len(flow.options.requests) - before
        flow.clock.pass_by(minutes=30)
        changed = sorted(site.issues)[:touched]
        for number in changed:
            site.touch(number, flow.clock.now() - timedelta(minutes=1), summary="Changed")
        before = len(flow.options.requests)

        outcome = await flow.sync_whole()

        asked = flow.options.requests[before:]
        per_project = [sum(number in changed for number in ids_in(site, f"BULK{place}")) for place in (1, 2, 3, 4)]
        reads = sum(math.ceil(count / PAGE) for count in per_project)
        assert len(asked) == fixed + reads
        assert fixed < 30
        assert sum(one.path.endswith(LISTING[kind]) for one in asked) == 4 + (reads if kind == DATA_CENTER else 0)
        assert (outcome.fetched, outcome.changed) == (touched, touched)
        assert {
            row["title"] for row in (await stored(sqlite_database))["work_items"] if row["native_id"] in changed
        } == {"Changed"}


@EDITIONS
async def test_a_run_without_changes_changes_nothing_but_the_proof(kind: str, database: Database) -> None:
    async with flowing(a_site(), database, kind=kind) as flow:
        await flow.sync_whole(full=True)
        await apply(database, parse_programs(ALL_PROGRAMS, sources=["acme"]), actor="test", now=flow.clock.now())
        answers = [programs.programs, programs.memberships]
        before, mapped = await evidence(database), await stored(database, answers)
        assert len(mapped["memberships"]) == 120
        flow.clock.pass_by(minutes=30)

        outcome = await flow.sync_whole()

        assert (outcome.fetched, outcome.changed) == (0, 0)
        assert differences(mapped, await stored(database, answers)) == []
        moving = {"scopes": {"cursor", "last_complete_sync"}}
        assert differences(before, await evidence(database), but=moving) == []


async def test_a_full_run_without_changes_reads_everything_and_touches_no_program(sqlite_database: Database) -> None:
    async with flowing(a_site(), sqlite_database) as flow:
        await flow.sync_whole(full=True)
        programs_file = parse_programs(ALL_PROGRAMS, sources=["acme"])
        await apply(sqlite_database, programs_file, actor="test", now=flow.clock.now())
        before = await stored(sqlite_database, [programs.programs, programs.memberships])
        flow.clock.pass_by(minutes=30)

        outcome = await flow.sync_whole(full=True)

        assert (outcome.fetched, outcome.changed, outcome.unchanged) == (120, 0, 120)
        after = await stored(sqlite_database, [programs.programs, programs.memberships])
        assert differences(before, after) == []


async def test_a_changed_item_raises_the_revision_of_its_program(sqlite_database: Database) -> None:
    """The opposite of the two tests before: they would also pass if revisions never moved."""
    async with flowing(a_site(), sqlite_database) as flow:
        await flow.sync_whole(full=True)
        programs_file = parse_programs(ALL_PROGRAMS, sources=["acme"])
        await apply(sqlite_database, programs_file, actor="test", now=flow.clock.now())
        before = (await stored(sqlite_database, [programs.programs]))["programs"][0]["revision"]
        flow.clock.pass_by(minutes=30)
        flow.site.touch(min(flow.site.issues), flow.clock.now(), summary="Changed")

        await flow.sync_whole()

        assert (await stored(sqlite_database, [programs.programs]))["programs"][0]["revision"] > before


@EDITIONS
async def test_the_cursor_is_the_server_s_time_at_the_start_minus_the_overlap(
    kind: str, sqlite_database: Database
) -> None:
    """Never ours, and never that of the newest change seen."""
    server = HandClock(datetime(2026, 11, 20, 22, 43, tzinfo=UTC))
    async with flowing(a_site(), sqlite_database, kind=kind, server_clock=server) as flow:
        flow.options.on_request(15, lambda: server.pass_by(minutes=9))
        await flow.sync_whole(full=True)

    expected = datetime(2026, 11, 20, 22, 38, tzinfo=UTC)
    assert {key: row["cursor"] for key, row in (await scopes(sqlite_database)).items()} == {
        "BULK1": expected,
        "BULK2": expected,
    }


NIGHT_BEFORE = datetime(2026, 10, 25, 0, 40, tzinfo=UTC)  # 02:40 in Berlin; twenty minutes later it is 02:00 again
NIGHTS = [  # (zone of the account's profile, zone at the second run, minutes our clock is ahead)
    ("Europe/Berlin", "Europe/Berlin", -10),
    ("Europe/Berlin", "Europe/Berlin", 10),
    ("Pacific/Pago_Pago", "Pacific/Pago_Pago", 0),
    ("Pacific/Kiritimati", "Pacific/Kiritimati", 0),
    ("Pacific/Kiritimati", "Pacific/Pago_Pago", 0),
]


@EDITIONS
@pytest.mark.parametrize(("first_zone", "second_zone", "skew"), NIGHTS)
async def test_changes_around_the_end_of_summer_time_are_all_found(
    kind: str, first_zone: str, second_zone: str, skew: int, sqlite_database: Database
) -> None:
    """Whatever zone the account's profile is in, even a new one since the last run, and however wrong our clock is."""
    server = HandClock(NIGHT_BEFORE)
    site = a_site(issues=40)
    for number in site.issues:
        site.replace(number, site.issues[number]["fields"] | {"updated": "2026-09-01T08:00:00.000+0000"})
    async with flowing(site, sqlite_database, kind=kind, server_clock=server, zone=first_zone) as flow:
        flow.clock.pass_by(minutes=(server.now() - flow.clock.now()).total_seconds() / 60 + skew)
        await flow.sync_whole(full=True)
        early, late = sorted(site.issues)[3], sorted(site.issues)[4]
        site.touch(early, NIGHT_BEFORE + timedelta(minutes=1), summary="Before the clocks go back")
        site.touch(late, NIGHT_BEFORE + timedelta(minutes=25), summary="After")
        server.pass_by(minutes=30)
        flow.clock.pass_by(minutes=30)
        flow.options.zone = second_zone

        outcome = await flow.sync_whole()

        store = await stored(sqlite_database)
        assert (item(store, early)["title"], item(store, late)["title"]) == ("Before the clocks go back", "After")
        assert outcome.fetched == 2


@EDITIONS
async def test_an_issue_that_the_index_shows_minutes_late_is_found_by_the_next_run(
    kind: str, sqlite_database: Database
) -> None:
    async with flowing(a_site(), sqlite_database, kind=kind) as flow:
        await flow.sync_whole(full=True)
        flow.clock.pass_by(minutes=30)
        late = min(flow.site.issues)
        flow.options.index_lag = timedelta(minutes=3)
        flow.site.touch(late, flow.clock.now() - timedelta(minutes=1), summary="Shown late")
        first = await flow.sync_whole()
        flow.clock.pass_by(minutes=20)

        second = await flow.sync_whole()

        assert (first.fetched, second.fetched) == (0, 1)
        assert item(await stored(sqlite_database), late)["title"] == "Shown late"


@EDITIONS
async def test_an_issue_that_the_index_shows_hours_late_is_found_by_a_full_run(
    kind: str, sqlite_database: Database
) -> None:
    async with flowing(a_site(), sqlite_database, kind=kind) as flow:
        await flow.sync_whole(full=True)
        late = min(flow.site.issues)
        flow.options.index_lag = timedelta(hours=6)
        flow.site.touch(late, flow.clock.now(), summary="Shown very late")
        for _ in range(2):
            flow.clock.pass_by(hours=4)
            await flow.sync_whole()
        missed = item(await stored(sqlite_database), late)["title"]

        await flow.sync_whole(full=True)

        assert missed != "Shown very late"
        assert item(await stored(sqlite_database), late)["title"] == "Shown very late"


@EDITIONS
async def test_a_second_reading_in_other_pages_gives_the_same_store(
    kind: str, database: Database, sqlite_url: str
) -> None:
    site = a_site(issues=90, projects=3)
    async with flowing(site, database, kind=kind, settings={"page_size": 7}) as flow:
        await flow.sync_whole(full=True)
    other = Database.open(sqlite_url)
    try:
        async with flowing(site, other, kind=kind, settings={"page_size": 100}) as flow:
            await flow.sync_whole(full=True)
            assert flow.options.asked(READING[kind])
            assert differences(await stored(database), await stored(other)) == []
    finally:
        await other.aclose()
