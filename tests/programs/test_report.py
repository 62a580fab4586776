"""What a report gathers: the numbers of the programs' own answers, of one state of the database, and what is absent."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from service.domain.errors import InvalidQuery, UnknownProgram
from service.programs import report as module
from service.programs.answers import encode
from service.programs.attention import get_attention
from service.programs.baselines import get_baseline
from service.programs.changes import Asked, get_changes
from service.programs.flow import FlowQuestion, get_flow
from service.programs.forecast import get_forecast
from service.programs.health import get_health
from service.programs.overrides import Decision as Override
from service.programs.overrides import override
from service.programs.past import end_of
from service.programs.read import get_rollup
from service.programs.report import ReportQuestion, ReportTerms, get_report
from service.programs.report_answers import ReportData
from service.programs.trend import get_scope, get_trend
from service.store.engine import Database
from tests.builders.items import an_item
from tests.programs.portfolio import KEY, NOW, SYNCED, TODAY, add_members, add_program, add_source
from tests.programs.reporting import HISTORIANS, a_reported_program, report, uid
from tests.programs.test_health import a_program, link, say, well
from tests.programs.waiting import a_waiting_program, view

WEEK_AGO = datetime(2026, 11, 13, tzinfo=UTC)
MONTH_AGO = datetime(2026, 10, 20, tzinfo=UTC)
UTC_ZONE = view().terms.zone
ALWAYS = {"program", "audience", "day", "since", "until", "first_day", "headline", "progress", "absent"}
PARTS = {
    "weekly": {"health", "forecast", "changes", "dependencies", "attention", "data_quality"},
    "monthly": {
        *("health", "forecast", "baseline", "changes", "trend", "scope", "flow", "dependencies", "attention"),
        "data_quality",
    },
    "steering": {"health", "decisions", "forecast", "baseline", "scope", "dependencies", "data_quality"},
}


@pytest.mark.parametrize("audience", ["weekly", "monthly", "steering"])
async def test_each_meeting_has_its_parts_and_no_others(database: Database, audience: str) -> None:
    await a_reported_program(database)
    data = (await report(database, audience)).data

    told = {name for name in ReportData.__struct_fields__ if name not in ALWAYS and getattr(data, name) is not None}
    assert told == PARTS[audience]
    assert (data.audience, data.day, data.absent) == (audience, TODAY, ())


async def test_a_week_has_the_numbers_of_the_programs_own_answers(database: Database) -> None:
    await a_reported_program(database)
    data = (await report(database)).data
    health = (await get_health(database, KEY, view=view())).data
    forecast = (await get_forecast(database, KEY, view=view())).data
    asked = Asked(since=WEEK_AGO.isoformat(), each=3)
    changes = (await get_changes(database, KEY, asked, view=view(), historians=HISTORIANS)).data
    attention = (await get_attention(database, KEY, view=view())).data

    assert data.health is not None
    assert (data.health.effective, data.health.stated) == (health.effective, "green")
    assert [each.rule for each in data.health.rules] == [
        *(each.rule for each in health.rules if each.colour == "red"),
        *(each.rule for each in health.rules if each.colour == "amber"),
        *(each.rule for each in health.rules if each.colour == "grey"),
    ]
    assert [each.rule for each in data.health.silent] == [each.rule for each in health.rules if each.colour is None]
    assert data.forecast is not None
    assert forecast.forecast is not None
    assert data.forecast.dates == forecast.forecast.without_growth.dates
    assert data.forecast.on_target == forecast.forecast.without_growth.on_target
    assert data.forecast.calibration == forecast.calibration
    assert data.changes is not None
    assert (data.changes.headline, data.changes.groups, data.changes.changes) == (
        changes.headline,
        changes.groups,
        changes.changes,
    )
    assert data.attention is not None
    assert data.attention.attention == attention.attention[:5]
    assert data.attention.total == attention.total
    assert data.data_quality is not None
    assert data.data_quality.score == health.data_quality.score


async def test_progress_stands_beside_that_of_a_week_ago(database: Database) -> None:
    await a_reported_program(database)
    progress = (await report(database)).data.progress
    then = await get_rollup(database, KEY, now=NOW, today=TODAY, as_of=WEEK_AGO, historians=HISTORIANS)
    now = await get_rollup(database, KEY, now=NOW, today=TODAY)

    assert progress.before is not None
    assert progress.before.day == WEEK_AGO.date()
    assert (progress.before.count, progress.before.points) == (then.data.progress.count, then.data.progress.points)
    assert (progress.now.day, progress.now.count) == (None, now.data.progress.count)
    assert progress.now.count.total == progress.before.count.total + 1  # one was created since
    assert progress.before.more == "/api/v1/programs/CHECKOUT/rollup?as_of=2026-11-13T00:00:00Z"


async def test_a_month_has_the_trend_scope_flow_and_baseline_of_their_own_answers(database: Database) -> None:
    await a_reported_program(database)
    data = (await report(database, "monthly")).data
    window: dict[str, Any] = {
        "since": MONTH_AGO.date(),
        "until": TODAY,
        "interval": "week",
        "zone": UTC_ZONE,
        "now": NOW,
        "historians": HISTORIANS,
    }
    trend = (await get_trend(database, KEY, **window)).data
    scope = (await get_scope(database, KEY, **window)).data
    flow = (await get_flow(database, KEY, view=view(), question=FlowQuestion(weeks=4))).data
    variance = (await get_baseline(database, KEY, "latest", view=view())).data

    assert data.trend is not None
    assert data.trend.points == trend.trend
    assert data.scope is not None
    assert data.scope.totals == scope.totals
    assert data.flow is not None
    assert (data.flow.finished, data.flow.cycle_time) == (
        flow.groups[0].throughput.total,
        flow.groups[0].cycle_time.calendar_days,
    )
    assert data.baseline is not None
    assert (data.baseline.schedule, data.baseline.items) == (variance.schedule, variance.scope.items)
    assert data.baseline.earned == variance.earned_value.count  # hardly anything has points


async def test_a_steering_group_sees_only_what_waits_beyond_the_program(database: Database) -> None:
    await a_reported_program(database)
    week = (await report(database)).data.dependencies
    steering = (await report(database, "steering")).data.dependencies

    assert week is not None
    assert steering is not None
    assert [(each.successor.uid, each.predecessor.uid) for each in week.edges] == [
        (uid(702), uid(701)),
        (uid(801), uid(704)),
    ]
    assert [(each.successor.uid, each.predecessor.uid) for each in steering.edges] == [(uid(801), uid(704))]
    assert (steering.across, steering.total, week.total) == (True, 1, 2)
    assert steering.counts == week.counts


async def test_a_circle_is_told_once_and_what_is_only_suggested_never(database: Database) -> None:
    """Two edges of the waiting program are one circle."""
    await a_waiting_program(database)
    told = (await report(database)).data.dependencies

    assert told is not None
    assert [each.status for each in told.edges].count("cyclic") == 1
    assert all(each.confirmed for each in told.edges)
    assert told.counts.cyclic == 2
    assert told.cycles == 1


async def test_since_can_be_chosen(database: Database) -> None:
    await a_reported_program(database)
    data = (await report(database, since="2026-11-18")).data
    moment = (await report(database, since="2026-11-18T10:00:00Z")).data

    assert (data.since, data.first_day) == (datetime(2026, 11, 18, tzinfo=UTC), date(2026, 11, 18))
    assert moment.since == datetime(2026, 11, 18, 10, tzinfo=UTC)
    assert data.changes is not None
    assert [(group.kind, group.changes) for group in data.changes.groups] == [("finished", 4)]  # two a day


async def test_as_of_an_earlier_day_all_of_it_is_of_that_day(database: Database) -> None:
    await a_reported_program(database)
    answer = await report(database, "monthly", as_of="2026-11-19")
    data = answer.data
    assert data.until is not None
    moment = end_of(date(2026, 11, 19), UTC_ZONE)
    then = view().at(moment, HISTORIANS)
    progress = (await get_rollup(database, KEY, now=NOW, today=TODAY, as_of=moment, historians=HISTORIANS)).data
    health = (await get_health(database, KEY, view=then)).data
    attention = (await get_attention(database, KEY, view=then)).data
    flow = (await get_flow(database, KEY, view=view(), question=FlowQuestion(weeks=4), as_of=moment)).data
    forecast = (await get_forecast(database, KEY, view=view(), as_of=moment, historians=HISTORIANS)).data
    variance = (await get_baseline(database, KEY, "latest", view=then)).data

    assert (data.day, data.first_day, data.absent) == (date(2026, 11, 19), date(2026, 10, 19), ())
    assert answer.as_of == datetime(2026, 11, 19, 23, 59, 59, tzinfo=UTC)
    assert data.progress.now.count == progress.progress.count
    assert data.health is not None
    assert (data.health.effective, data.health.stated) == (health.effective, health.stated.colour)
    assert data.forecast is not None
    assert data.forecast.network is not None
    assert forecast.dependency_aware is not None
    assert data.forecast.network.dates == forecast.dependency_aware.dates
    assert data.baseline is not None
    assert (data.baseline.schedule, data.baseline.items) == (variance.schedule, variance.scope.items)
    assert data.changes is not None
    assert data.trend is not None
    assert data.trend.points[-1].date == date(2026, 11, 19)
    assert data.flow is not None
    assert (data.flow.window, data.flow.wip) == (flow.window, flow.groups[0].wip)
    assert data.dependencies is not None
    assert [(each.successor.uid, each.status) for each in data.dependencies.edges] == [
        (uid(702), "blocked"),
        (uid(801), "blocked"),
    ]
    assert data.attention is not None
    assert (data.attention.total, data.attention.attention) == (attention.total, attention.attention[:5])
    assert data.data_quality is not None
    assert data.data_quality.score == health.data_quality.score


async def test_what_came_later_is_in_no_part_of_an_earlier_report(database: Database) -> None:
    """On the 16th nobody had moved the launch or estimated item 703 anew, and there was no baseline."""
    await a_reported_program(database)
    data = (await report(database, "monthly", as_of="2026-11-16")).data

    assert data.progress.now.points.total == 9.0  # one of the two points of item 703 came the day after
    assert [(each.part, each.reason, each.message) for each in data.absent] == [
        ("baseline", "no_baseline", "There was none then.")
    ]
    assert data.changes is not None
    assert [group.kind for group in data.changes.groups] == ["added", "finished"]
    assert data.health is not None
    assert data.health.stated is None  # somebody said so on the 20th


async def test_every_address_of_an_earlier_report_is_of_its_day(database: Database) -> None:
    await a_reported_program(database)
    data = (await report(database, "steering", as_of="2026-11-19")).data
    told = set(re.findall(rf"/api/v1/programs/{KEY}/[^\"]*", encode(data).decode()))

    assert len(told) > 10
    assert [address for address in sorted(told) if "2026-11-19" not in address and "2026-10-19" not in address] == []


async def test_as_of_today_is_now(database: Database) -> None:
    await a_reported_program(database)

    assert (await report(database, as_of=TODAY.isoformat())).data == (await report(database)).data


async def test_without_a_baseline_the_report_says_how_to_take_one(database: Database) -> None:
    await a_reported_program(database, baseline=False)
    data = (await report(database, "steering")).data

    assert data.baseline is None
    assert [(each.part, each.reason) for each in data.absent] == [("baseline", "no_baseline")]
    assert data.decisions is not None
    assert "no_baseline" in [each.code for each in data.decisions]


@pytest.mark.parametrize("audience", ["weekly", "monthly", "steering"])
async def test_a_program_without_anything_has_a_report_that_says_so(database: Database, audience: str) -> None:
    await add_source(database, synced=None)
    await add_program(database)
    answer = await report(database, audience)
    data = answer.data

    assert data.headline == (
        "Grey, no rule can tell: nothing counts in this program yet. No forecast: nothing counts in this program yet."
    )
    assert data.health is not None
    assert (data.health.effective, data.health.rules) == ("grey", ())
    assert answer.as_of is None
    assert "never_synced" in {each.code for each in answer.warnings}


async def test_a_program_that_is_younger_than_the_week_says_that_nothing_is_known_of_then(database: Database) -> None:
    await add_source(database)
    await add_program(database)
    await add_members(database, an_item(1, created_at=datetime(2026, 11, 18, tzinfo=UTC)))
    progress = (await report(database)).data.progress

    assert (progress.before, progress.reason) == (None, "The program had no items then.")


async def test_what_a_sync_writes_meanwhile_is_gathered_once_more(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first of the fingerprints is another than the second; then nothing moves any more."""
    await a_reported_program(database)
    seen = iter(["before", "after", "after", "after"])

    async def moving(_database: Database, _key: str) -> str:
        return next(seen)

    monkeypatch.setattr(module, "fingerprint", moving)
    answer = await report(database)

    assert next(seen, None) is None
    assert "written_meanwhile" not in {each.code for each in answer.warnings}


async def test_what_never_holds_still_is_told_with_a_warning(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_reported_program(database)
    seen = iter("1234")

    async def moving(_database: Database, _key: str) -> str:
        return next(seen)

    monkeypatch.setattr(module, "fingerprint", moving)
    answer = await report(database)

    assert answer.warnings[0].code == "written_meanwhile"


async def test_a_decided_colour_leads_the_headline_and_is_asked_again(database: Database) -> None:
    await a_reported_program(database)
    await override(database, KEY, Override("amber", "The bank confirmed."), author="pat", view=view())
    data = (await report(database, "steering")).data

    assert data.headline.startswith("Amber by decision, computed grey: 158 of 192 items done (82%)")
    assert data.decisions is not None
    (asked,) = [each for each in data.decisions if each.code == "override"]
    assert asked.question == "Does amber still hold, where grey is computed?"
    assert asked.why == "pat decided it until 4 Dec 2026: The bank confirmed."


async def test_sources_and_warnings_are_those_of_all_parts_each_once(database: Database) -> None:
    await a_waiting_program(database)
    answer = await report(database)

    assert [each.name for each in answer.sources] == ["acme-asana", "acme-jira"]
    assert len({(each.code, each.message) for each in answer.warnings}) == len(answer.warnings)
    assert answer.as_of == SYNCED.replace(microsecond=0)


@pytest.mark.parametrize(
    ("question", "parameter"),
    [
        (ReportQuestion("daily"), "for"),
        (ReportQuestion(since="soon"), "since"),
        (ReportQuestion(since="2026-13-01"), "since"),
        (ReportQuestion(since="2026-11-21"), "since"),
        (ReportQuestion(since="2025-10-01"), "since"),
        (ReportQuestion(as_of="2026-12-01"), "as_of"),
        (ReportQuestion(as_of="2026-11-10", since="2026-11-12"), "since"),
        (ReportQuestion(as_of="2001-01-01"), "as_of"),
    ],
)
async def test_a_question_that_means_nothing_is_refused(
    sqlite_database: Database, question: ReportQuestion, parameter: str
) -> None:
    await a_reported_program(sqlite_database)
    with pytest.raises(InvalidQuery) as refused:
        await get_report(sqlite_database, KEY, question, view=view(), terms=ReportTerms(historians=HISTORIANS))

    assert refused.value.parameter == parameter


async def test_a_program_that_nobody_knows_has_no_report(sqlite_database: Database) -> None:
    with pytest.raises(UnknownProgram):
        await get_report(sqlite_database, "NONE", ReportQuestion(), view=view(), terms=ReportTerms())


async def test_what_keeps_the_critical_path_waiting_is_asked_by_its_name(database: Database) -> None:
    """2 has begun, waits for 1, and both have a month of work left."""
    long = {"remaining_seconds": 20 * 28_800}
    begun = {
        "status": "In Progress",
        "status_category": "in_progress",
        "started_at": datetime(2026, 11, 16, 9, tzinfo=UTC),
    }
    await a_program(database, well(1, title="Sign", **long), well(2, **long, **begun))
    await link(database, "10", 1, 2)
    data = (await report(database, "steering")).data

    assert data.decisions is not None
    (asked,) = [each for each in data.decisions if each.code == "blocked_critical"]
    assert asked.question == "Who brings those together who wait on the critical path?"
    assert [(each.key, each.url) for each in asked.items] == [("PAY-1", "https://acme-jira.example/browse/PAY-1")]


async def test_circles_and_a_missing_target_and_plan_are_decisions(database: Database) -> None:
    await a_waiting_program(database)
    asked = (await report(database, "steering")).data.decisions
    await add_program(database, "BARE", position=5)
    bare = await get_report(database, "BARE", ReportQuestion("steering"), view=view(), terms=ReportTerms())

    assert asked is not None
    assert [each.code for each in asked] == ["target_probability", "data_quality", "cycles", "no_baseline"]
    assert asked[2].why == "There is 1 circle of items that wait for each other; none of them can begin."
    assert bare.data.decisions is not None
    assert [each.code for each in bare.data.decisions] == ["no_target", "no_baseline"]


async def test_a_watermelon_is_the_first_thing_to_decide_after_the_target(database: Database) -> None:
    await a_program(database, well(1, due=date(2026, 11, 2)), well(2))
    await say(database, "on_track")
    data = (await report(database, "steering")).data

    assert data.headline.startswith("Red, though stated green: ")
    assert data.decisions is not None
    assert data.decisions[0].code == "watermelon"
    assert data.decisions[0].why.startswith("People state green, and the work says red.")
