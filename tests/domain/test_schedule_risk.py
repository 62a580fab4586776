"""Simulated schedules beside exact laws, textbooks and two published simulators."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pmcontrols
import pytest
import trueppm_scheduler as trueppm

from service.domain.crews import Crews
from service.domain.duration_laws import PertFit, ThreePoints, laws
from service.domain.schedule import activity_network
from service.domain.schedule_risk import (
    Conditions,
    Watched,
    chances,
    finish_at_medians,
    schedule_risk,
)
from tests.domain.risk_cases import (
    CONSTRUCTION,
    CONSTRUCTION_ORDER,
    FOUNDRY,
    FOUNDRY_ORDER,
    SEED,
    Estimates,
    Order,
    analytic,
    laws_of,
    network_of,
    noise,
)

TRIALS = 40_000
DIE = [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(("fit", "published"), [(PertFit.MOMENTS, 0.708), (PertFit.LAMBDA4, 0.690)])
def test_general_foundry_ends_by_week_16_as_often_as_published(fit: PertFit, published: float) -> None:
    risk = schedule_risk(network_of(FOUNDRY_ORDER), laws_of(FOUNDRY, fit), seed=SEED, trials=TRIALS)

    # published to three places
    assert risk.finish.probability(16) == pytest.approx(published, abs=noise(published, TRIALS) + 0.0005)


@pytest.mark.parametrize(
    ("order", "estimates", "path", "by", "single"),
    [(FOUNDRY_ORDER, FOUNDRY, "ACEGH", 16, 0.7146), (CONSTRUCTION_ORDER, CONSTRUCTION, "ABCEFJLN", 47, 0.8413)],
)
def test_merge_bias_makes_a_plan_less_sure_than_its_critical_path_alone(
    order: Order, estimates: Estimates, path: str, by: int, single: float
) -> None:
    assert analytic(estimates, path, by=by) == pytest.approx(single, abs=5e-5)

    risk = schedule_risk(network_of(order), laws_of(estimates, PertFit.MOMENTS), seed=SEED, trials=TRIALS)

    assert risk.finish.probability(by) < single
    names = list(order)
    for parallel in ("CB", "DEF") if order is FOUNDRY_ORDER else ("DEI", "KLM"):
        assert sum(risk.criticality[names.index(name)] for name in parallel) >= 1


@pytest.mark.parametrize(("order", "estimates"), [(FOUNDRY_ORDER, FOUNDRY), (CONSTRUCTION_ORDER, CONSTRUCTION)])
def test_criticality_is_that_of_pmcontrols(order: Order, estimates: Estimates) -> None:
    """Which fits the beta distribution with weight 4."""
    plan = [
        {"id": name, "a": points[0], "m": points[1], "b": points[2], "predecessors": list(order[name])}
        for name, points in estimates.items()
    ]
    theirs = pmcontrols.pert(plan, n_sim=TRIALS, seed=1)
    table = theirs.table.set_index("activity")

    ours = schedule_risk(network_of(order), laws_of(estimates, PertFit.LAMBDA4), seed=SEED, trials=TRIALS)

    for node, name in enumerate(order):
        share = float(table.loc[name, "criticality_index"])
        assert ours.criticality[node] == pytest.approx(share, abs=2 * noise(max(share, 0.01), TRIALS) + 1e-9)


def test_percentiles_are_those_of_trueppm() -> None:
    """Which fits the moments, on a calendar without days off; its plans are never shorter than their durations."""
    spans = [(10, 20, 60), (15, 25, 50), (5, 40, 45), (10, 12, 90)]
    links = [(0, 2), (1, 2), (1, 3)]
    monday = date(2026, 11, 23)
    theirs = trueppm.monte_carlo(
        trueppm.Project(
            id="plan",
            name="plan",
            start_date=monday,
            calendar=trueppm.Calendar(working_days=127),
            tasks=[
                trueppm.Task(
                    id=str(node),
                    name=str(node),
                    duration=timedelta(days=low),
                    optimistic_duration=timedelta(days=low),
                    most_likely_duration=timedelta(days=likely),
                    pessimistic_duration=timedelta(days=high),
                    planned_start=monday,
                )
                for node, (low, likely, high) in enumerate(spans)
            ],
            dependencies=[
                trueppm.Dependency(str(tail), str(head), trueppm.DependencyType.FS, timedelta(0))
                for tail, head in links
            ],
        ),
        runs=10_000,
        seed=3,
    )

    ours = schedule_risk(
        activity_network([0] * 4, links),
        laws([ThreePoints(*each, fit=PertFit.MOMENTS) for each in spans]),
        seed=SEED,
        trials=10_000,
    )

    for share, day in ((0.5, theirs.p50), (0.8, theirs.p80), (0.95, theirs.p95)):
        assert day is not None
        days = ours.finish.percentile(share)
        assert days is not None
        assert abs((monday + timedelta(days=days - 1) - day).days) <= 1


def test_what_waits_for_two_throws_of_a_die_has_the_law_of_the_greater() -> None:
    network = activity_network([0] * 3, [(0, 2), (1, 2)])

    risk = schedule_risk(network, laws([DIE, DIE, 0]), seed=SEED, trials=TRIALS, milestones=[2])

    for eyes in DIE:
        exact = (eyes / 6) ** 2
        assert risk.milestones[2].probability(eyes) == pytest.approx(exact, abs=noise(exact, TRIALS) + 1e-9)
    assert risk.finish.percentile(0.5) == 5  # of one throw it would be 3
    assert finish_at_medians(network, laws([DIE, DIE, 0])) == 3


def test_what_follows_on_another_throw_has_the_law_of_their_sum() -> None:
    exact = np.cumsum(np.convolve(np.ones(6) / 6, np.ones(6) / 6))

    risk = schedule_risk(activity_network([0, 0], [(0, 1)]), laws([DIE, DIE]), seed=SEED, trials=TRIALS)

    for total in range(2, 13):
        share = float(exact[total - 2])
        assert risk.finish.probability(total) == pytest.approx(share, abs=noise(share, TRIALS) + 1e-9)


def test_everything_in_a_chain_is_critical_always() -> None:
    network = activity_network([0] * 5, list(pairwise(range(5))))

    risk = schedule_risk(network, laws([DIE] * 5), seed=SEED, trials=3_000)

    assert risk.criticality.tolist() == [1.0] * 5


def test_of_two_in_parallel_the_longer_one_is_critical_and_both_where_they_tie() -> None:
    risk = schedule_risk(activity_network([0, 0], []), laws([DIE, DIE]), seed=SEED, trials=TRIALS)

    assert risk.criticality == pytest.approx([21 / 36] * 2, abs=noise(21 / 36, TRIALS))


def test_cruciality_tells_what_the_finish_hangs_on() -> None:
    """Independent throws in a chain: the rank correlation grows with the share of the variance."""
    wide = [1, 11, 21, 31, 41, 51]

    risk = schedule_risk(activity_network([0] * 3, [(0, 1), (1, 2)]), laws([wide, DIE, 4]), seed=SEED, trials=4_000)

    assert risk.cruciality[0] > 0.95
    assert 0 < risk.cruciality[1] < 0.3
    assert np.isnan(risk.cruciality[2])  # it always takes as long: nothing hangs on it


def test_a_team_that_works_on_one_at_a_time_finishes_the_sum() -> None:
    network = activity_network([0] * 3, [])
    alone = Conditions(crews=Crews(sizes=(1,), crew={0: 0, 1: 0, 2: 0}))

    together = schedule_risk(network, laws([DIE] * 3), seed=SEED, trials=3_000)
    in_turn = schedule_risk(network, laws([DIE] * 3), seed=SEED, trials=3_000, conditions=alone)

    chain = schedule_risk(activity_network([0] * 3, [(0, 1), (1, 2)]), laws([DIE] * 3), seed=SEED, trials=3_000)
    assert in_turn.finish.days.tolist() == chain.finish.days.tolist()
    assert in_turn.criticality.tolist() == [1.0] * 3
    assert together.finish.percentile(0.5) == 5  # cubed shares of a die: 64/216 ≤ 4, 125/216 ≤ 5


def test_what_is_under_way_holds_a_place_and_the_next_waits_for_it() -> None:
    network = activity_network([0] * 2, [])
    crews = Crews(sizes=(1,), crew={0: 0, 1: 0}, begun=frozenset({1}))

    risk = schedule_risk(
        network, laws([2, 5]), seed=SEED, trials=10, milestones=[0, 1], conditions=Conditions(crews=crews)
    )

    assert risk.milestones[1].percentile(0.5) == 5
    assert risk.milestones[0].percentile(0.5) == 7


def test_shocks_that_all_share_make_a_merge_less_unlucky_and_a_sum_wider() -> None:
    """When all are late together, the latest of many is less late; when a chain is late, it is late as a whole."""
    pace = Conditions(pace=np.array([0.5, 1.5], np.float32), weeks=1)
    merge, chain = activity_network([0] * 8, []), activity_network([0] * 8, list(pairwise(range(8))))
    steady = laws([[9.9, 10.0, 10.1]] * 8)

    shared = schedule_risk(merge, steady, seed=SEED, trials=3_000, conditions=pace)
    assert set(shared.finish.days.tolist()) <= {5, 6, 15, 16}
    assert shared.finish.probability(6) == pytest.approx(0.5, abs=noise(0.5, 3_000))

    together = schedule_risk(chain, steady, seed=SEED, trials=3_000, conditions=pace)
    assert together.finish.days.std() == pytest.approx(40, rel=0.05)


def test_chances_are_those_of_the_whole_simulation() -> None:
    """Though only what leads to the watched nodes is run."""
    network = activity_network([0] * 5, [(0, 2), (1, 2), (2, 3), (1, 4)])
    each = laws([DIE] * 5)
    watched = Watched(np.array([2, 3, 2]), np.array([8, 12, 4]), np.array([False, False, True]))

    found = chances(network, each, watched, seed=SEED, trials=5_000)

    whole = schedule_risk(network, each, seed=SEED, trials=5_000, milestones=[2, 3])
    assert found[0] == whole.milestones[2].probability(8)
    assert found[1] == whole.milestones[3].probability(12)
    exact = (4 / 6) ** 2
    assert found[2] == pytest.approx(exact, abs=noise(exact, 5_000))


def test_nothing_to_watch_is_no_question() -> None:
    nobody = Watched(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.bool_))

    assert not chances(activity_network([0], []), laws([DIE]), nobody, seed=SEED, trials=10).size


def test_an_empty_plan_is_finished() -> None:
    risk = schedule_risk(activity_network([], []), laws([]), seed=SEED, trials=10)

    assert risk.finish.percentile(0.95) == 0
