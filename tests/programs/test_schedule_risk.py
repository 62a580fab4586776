"""Forecasts that follow the dependencies, over stored programs: dates, what is critical, and what a change does."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest

from service.domain.duration_laws import ThreePoints
from service.domain.errors import InvalidChange
from service.domain.team_limits import TeamLimits
from service.programs.dependencies import list_dependencies
from service.programs.dependency_answers import SimulationData
from service.programs.dependency_aware import dependency_aware
from service.programs.dependency_terms import DependencyTerms
from service.programs.forecast import get_forecast
from service.programs.schedule_risk_answers import DependencyAware
from service.programs.what_if import Change, NewEdge, simulate
from service.store.engine import Database
from tests.builders.edges import insert_link
from tests.builders.items import SOURCE
from tests.domain.risk_cases import noise
from tests.programs.history import CALENDAR, TARGET, a_program_with_a_past
from tests.programs.portfolio import KEY, TODAY
from tests.programs.waiting import view

TRIALS = 10_000
DAYS = range(1, 21)


async def outlook(database: Database, terms: DependencyTerms | None = None) -> DependencyAware:
    return await dependency_aware(database, KEY, view(terms=terms))


async def after(database: Database, change: Change) -> SimulationData:
    return (await simulate(database, KEY, change, view())).data


def within(day: date) -> int:
    """Working days from today until the end of the day."""
    return CALENDAR.index_after(day) - CALENDAR.index(TODAY)


def exactly(limit: int) -> float:
    """P(everything but the one that stands alone is done): two in parallel, then two in turn; one began two days ago,
    and has outlasted what took up to two days."""
    rest = range(1, 19)
    ways = [max(one, two) + three + four <= limit for one, two, three, four in product(DAYS, rest, DAYS, DAYS)]
    return sum(ways) / len(ways)


async def test_the_milestone_has_the_chance_that_its_work_gives_it(database: Database) -> None:
    """Beside all 144,000 ways in which the work can fall. All was finished in one week: there are no shocks."""
    await a_program_with_a_past(database)

    told = await outlook(database)

    (milestone,) = told.milestones
    share = exactly(within(TARGET))
    assert (milestone.key, milestone.due, told.shared_shocks) == ("PAY-5", TARGET, False)
    assert milestone.on_due is not None
    assert milestone.on_due.value == pytest.approx(share, abs=noise(share, TRIALS))
    assert milestone.on_due.low < milestone.on_due.value < milestone.on_due.high
    for level, day in ((0.50, milestone.dates.p50), (0.85, milestone.dates.p85), (0.95, milestone.dates.p95)):
        assert day is not None
        assert exactly(within(day)) >= level - noise(level, TRIALS)
        assert exactly(within(day) - 1) < level + noise(level, TRIALS)


async def test_what_everything_waits_for_is_critical_most_and_what_stands_alone_hardly_ever(database: Database) -> None:
    await a_program_with_a_past(database)

    told = await outlook(database)

    shares = {item.key: item.criticality for item in told.critical}
    assert shares["PAY-3"] == shares["PAY-4"] > 0.95
    assert shares["PAY-1"] + shares["PAY-2"] >= shares["PAY-3"]
    assert shares.get("PAY-6", 0) < 0.05
    assert [item.key for item in told.critical][:2] == ["PAY-3", "PAY-4"]
    assert {item.key for item in told.drivers[:2]} == {"PAY-3", "PAY-4"}
    assert told.basis.type + told.basis.all + told.basis.team_and_type == told.items == 5
    assert told.history == 20


async def test_the_plan_of_typical_durations_is_seldom_kept(database: Database) -> None:
    """Three in turn take 30 working days when each takes its median of 10, and wait for the later of two besides."""
    await a_program_with_a_past(database)

    told = await outlook(database)

    assert told.merge_bias is not None
    assert within(told.merge_bias.typical_finish) == 30
    assert told.merge_bias.chance.value == pytest.approx(exactly(30), abs=noise(0.4, TRIALS) + 0.01)
    assert told.merge_bias.chance.value < 0.5
    assert told.dates is not None
    assert told.dates.p50 is not None
    assert told.merge_bias.days_later == within(told.dates.p50) - 30 > 0
    assert told.message.startswith(f"With 85 % confidence everything is done by {told.dates.p85}")


async def test_teams_with_a_limit_are_later(database: Database) -> None:
    await a_program_with_a_past(database)
    free = await outlook(database)

    limited = await outlook(database, DependencyTerms(team_limits=TeamLimits(by_team={"Ants": 1})))

    assert (free.limits, limited.limits) == (False, True)
    assert free.dates is not None
    assert limited.dates is not None
    assert limited.dates.p85 is not None
    assert free.dates.p85 is not None
    assert limited.dates.p85 > free.dates.p85


async def test_edges_on_cycles_are_left_out_and_said_to_be(database: Database) -> None:
    await a_program_with_a_past(database)
    before = await outlook(database)
    async with database.transaction() as uow:
        for native_id, after, waiting in (("200", 6, 101), ("201", 101, 6), ("202", 6, 2), ("203", 2, 6)):
            await insert_link(uow.connection, native_id, f"{SOURCE}:{after}", f"{SOURCE}:{waiting}")

    told = await outlook(database)

    assert (before.cycles_left_out, told.cycles_left_out) == (0, 2)  # what is done is on no cycle
    assert told.message == f"{before.message} Left out: 2 edges on cycles."
    assert told.dates == before.dates


async def test_with_too_little_history_there_is_a_reason_instead_of_a_date(database: Database) -> None:
    await a_program_with_a_past(database, finished_items=10)

    told = await outlook(database)
    change = await after(database, Change(slips=[(f"{SOURCE}:3", 5)]))

    assert (told.reason, told.dates, told.on_target, told.milestones) == ("insufficient_history", None, None, ())
    assert told.message == (
        "No forecast by dependencies: fewer than 11 finished items tell how long work takes from its beginning to "
        "its end."
    )
    assert (change.odds.reason, change.odds.finish, change.odds.message) == (told.reason, None, told.message)
    assert change.finish.days == 5


async def test_the_same_question_has_the_same_answer(database: Database) -> None:
    await a_program_with_a_past(database)
    first = await outlook(database)

    again = await outlook(database, DependencyTerms(near_critical_days=6))  # other terms: nothing that is kept serves

    assert again == first


async def test_it_is_part_of_the_forecast(database: Database) -> None:
    await a_program_with_a_past(database)

    answer = await get_forecast(database, KEY, view=view())

    assert answer.data.dependency_aware == await outlook(database)


async def test_it_does_not_look_calibrated_by_the_record_of_the_throughput(sqlite_database: Database) -> None:
    await a_program_with_a_past(sqlite_database)

    record = (await outlook(sqlite_database)).track_record

    assert (record.badge, record.reason) == (None, "not_computed")
    assert record.message == (
        "How dates by dependencies have held is computed once a week, and was not yet; "
        "interlock forecast CHECKOUT --backtest does it now."
    )


async def test_an_edge_tells_its_chance_as_evidence(database: Database) -> None:
    """PAY-3 is to start on 7 December: ten of twenty are that quick."""
    await a_program_with_a_past(database)

    edges = (await list_dependencies(database, KEY, view=view())).data.dependencies

    told = {(edge.predecessor.key, edge.successor.key): edge for edge in edges}
    first = told["PAY-1", "PAY-3"]
    assert first.probability == pytest.approx(11 / 20, abs=noise(0.5, 1_000))
    assert (first.status, first.planned_finish) == ("at_risk", None)
    percent = int((first.probability or 0) * 100)
    assert (f"The chance that PAY-1 is ready when PAY-3 needs it is only {percent} %.") in [
        reason.message for reason in first.reasons
    ]
    later = told["PAY-3", "PAY-4"]
    assert (later.probability, [reason.code for reason in later.reasons]) == (1.0, ["probable"])


async def test_a_change_of_nothing_moves_no_chance(database: Database) -> None:
    """To the last digit: every item meets the same luck, also where the network is built anew for an added edge."""
    await a_program_with_a_past(database)

    nothing = (await after(database, Change())).odds
    known = (await after(database, Change(added=[NewEdge(predecessor=f"{SOURCE}:1", successor=f"{SOURCE}:5")]))).odds

    for odds in (nothing, known):
        assert odds.finish is not None
        assert odds.on_target is not None
        assert odds.finish.before == odds.finish.after
        assert odds.on_target.before == odds.on_target.after
        assert odds.milestones == ()
    share = nothing.on_target.before.value if nothing.on_target else 0
    assert nothing.message.endswith(f"the chance of the target of {TARGET} stays {int(share * 100 + 1e-9)} %.")


async def test_a_slip_lowers_the_chances_of_what_waits(database: Database) -> None:
    await a_program_with_a_past(database)

    odds = (await after(database, Change(slips=[(f"{SOURCE}:3", 5)]))).odds

    assert odds.on_target is not None
    before, later = odds.on_target.before.value, odds.on_target.after.value
    assert before == pytest.approx(exactly(within(TARGET)), abs=noise(0.5, TRIALS))
    assert later == pytest.approx(exactly(within(TARGET) - 5), abs=noise(0.5, TRIALS))
    (milestone,) = odds.milestones
    assert milestone.on_due is not None
    assert milestone.on_due.after.value == later
    assert f"goes from {int(before * 100)} % to {int(later * 100)} %." in odds.message


async def test_cutting_work_and_dropping_an_edge_raise_them(database: Database) -> None:
    await a_program_with_a_past(database)

    cut = (await after(database, Change(removals=[f"{SOURCE}:4"]))).odds
    dropped = (await after(database, Change(dropped=[f"{SOURCE}:102"]))).odds

    for odds in (cut, dropped):
        assert odds.on_target is not None
        assert odds.on_target.after.value > odds.on_target.before.value + 0.2


async def test_an_edge_more_lowers_them(database: Database) -> None:
    await a_program_with_a_past(database)

    odds = (await after(database, Change(added=[NewEdge(predecessor=f"{SOURCE}:6", successor=f"{SOURCE}:1")]))).odds

    assert odds.on_target is not None
    assert odds.on_target.after.value < odds.on_target.before.value - 0.05


async def test_an_estimate_takes_the_place_of_the_past(database: Database) -> None:
    """Of chances alone: the plan itself goes by what it went by."""
    await a_program_with_a_past(database)

    quick = await after(database, Change(estimates=[(f"{SOURCE}:4", ThreePoints(1, 1, 1))]))
    slow = await after(database, Change(estimates=[(f"{SOURCE}:4", ThreePoints(30, 40, 60))]))

    assert quick.finish.days == slow.finish.days == quick.moved == 0
    assert quick.odds.on_target is not None
    assert slow.odds.on_target is not None
    assert quick.odds.on_target.after.value > quick.odds.on_target.before.value + 0.2
    assert slow.odds.on_target.after.value == 0


@pytest.mark.parametrize(
    ("number", "said"),
    [(101, "nothing is left to do of PAY-101"), (5, "PAY-5 takes as long as what it holds")],
)
async def test_what_takes_no_time_of_its_own_cannot_be_estimated(database: Database, number: int, said: str) -> None:
    await a_program_with_a_past(database)

    with pytest.raises(InvalidChange, match=said):
        await after(database, Change(estimates=[(f"{SOURCE}:{number}", ThreePoints(1, 2, 3))]))
