"""What holds for every plan, however its durations fall."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.domain.crews import Crews, Posts
from service.domain.duration_laws import DurationLaws, laws
from service.domain.schedule import ActivityNetwork, Link, activity_network, schedule
from service.domain.schedule_risk import Conditions, schedule_risk
from service.domain.trials import Block, Course, Sheets
from tests.domain.networks import Plan, in_its_own_time, plans, relabelled

TRIALS = 6
SEED = 7


def _spread(plan: Plan) -> list[list[float]]:
    """Each takes as long as planned, or up to three days more."""
    return [[float(work), work + 1.0, work + 3.0] for work in plan.durations]


def _drawn(network: ActivityNetwork, each: DurationLaws) -> Sheets:
    sheets = Sheets.of(len(each), TRIALS)
    each.draw(sheets.durations, seed=SEED, first=0)
    return sheets


@in_its_own_time
@given(plans())
def test_every_trial_is_the_critical_path_method_on_its_durations(plan: Plan) -> None:
    network = plan.network
    sheets = _drawn(network, laws(_spread(plan)))
    durations = sheets.durations.copy()
    block = Block(Course.of(network), sheets)

    block.forward()

    ends, finish = np.array(block.end), block.finish.copy()
    critical = np.zeros(len(plan.durations), np.int64)
    for trial in range(TRIALS):
        alone = schedule(activity_network(durations[:, trial].astype(int).tolist(), plan.edges, earliest=plan.earliest))
        assert ends[:, trial].tolist() == alone.early_finish.tolist()
        assert finish[trial] == alone.finish
        critical += alone.finish_float == 0
    assert block.critical().tolist() == critical.tolist()


@in_its_own_time
@given(plans(), st.lists(st.integers(-1, 1), min_size=8, max_size=8), st.integers(1, 3))
def test_every_trial_of_limited_teams_is_a_list_schedule(plan: Plan, teams: list[int], size: int) -> None:
    """Beside a schedule item by item in plain values, and its float with the places as edges."""
    network = plan.network
    crew = {node: team for node, team in enumerate(teams[: len(plan.durations)]) if team >= 0}
    rank = [(node * 5) % 8 for node in range(len(plan.durations))]
    course = Course.of(network, rank=rank)
    sheets = _drawn(network, laws(_spread(plan)))
    durations = sheets.durations.copy()
    block, posts = Block(course, sheets), Posts(Crews(sizes=(size, size), crew=crew), TRIALS)

    block.forward(posts=posts)

    ends = np.array(block.end)
    critical = np.zeros(len(plan.durations), np.int64)
    for trial in range(TRIALS):
        work = durations[:, trial].astype(int).tolist()
        order = _places(plan, work, list(course.order), crew, size)
        alone = schedule(activity_network(work, [*plan.edges, *order], earliest=plan.earliest))
        assert ends[:, trial].tolist() == alone.early_finish.tolist()
        critical += alone.finish_float == 0
    assert block.critical(posts=posts).tolist() == critical.tolist()


def _places(
    plan: Plan, work: list[int], order: list[int], crew: dict[int, int], size: int
) -> list[tuple[int, int, Link, int]]:
    """Who follows on whom at the places of the teams."""
    free = [[(0, -1)] * size for _ in range(2)]
    follows: list[tuple[int, int, Link, int]] = []
    for node in order:
        if node not in crew:
            continue
        held = free[crew[node]]
        place = min(range(size), key=lambda each: held[each][0])
        if held[place][1] >= 0:
            follows.append((held[place][1], node, Link.FS, 0))
        so_far = schedule(activity_network(work, [*plan.edges, *follows], earliest=plan.earliest))
        held[place] = (max(int(so_far.early_finish[node]), held[place][0]), node)
    return follows


@in_its_own_time
@given(plans())
def test_percentiles_are_in_their_order(plan: Plan) -> None:
    finish = schedule_risk(plan.network, laws(_spread(plan)), seed=SEED, trials=TRIALS).finish

    p50, p85, p95 = (finish.percentile(share) or 0 for share in (0.5, 0.85, 0.95))
    assert p50 <= p85 <= p95


@in_its_own_time
@given(plans(links=[Link.FS, Link.SS]), st.integers(0, 7), st.integers(1, 5))
def test_nothing_is_earlier_when_something_takes_longer(plan: Plan, node: int, days: int) -> None:
    """Of links that hold a start. One that holds a finish pulls a longer predecessor's start forward: CPM itself is
    not monotone there."""
    spread = _spread(plan)
    before = schedule_risk(plan.network, laws(spread), seed=SEED, trials=TRIALS)
    spread[node % len(spread)] = [each + days for each in spread[node % len(spread)]]

    after = schedule_risk(plan.network, laws(spread), seed=SEED, trials=TRIALS)

    assert (after.finish.days >= before.finish.days).all()


@in_its_own_time
@given(plans(), st.integers(0, 9))
def test_other_numbers_for_the_same_items_change_nothing(plan: Plan, seed: int) -> None:
    """The luck of an item hangs on its name."""
    other, names = relabelled(plan, seed)
    called = [f"item {node}" for node in range(len(plan.durations))]
    renamed = [""] * len(called)
    for old, new in enumerate(names):
        renamed[new] = called[old]

    one = schedule_risk(plan.network, laws(_spread(plan), names=called), seed=SEED, trials=TRIALS)
    two = schedule_risk(other.network, laws(_spread(other), names=renamed), seed=SEED, trials=TRIALS)

    assert one.finish.days.tolist() == two.finish.days.tolist()
    assert one.criticality.tolist() == [two.criticality[names[old]] for old in range(len(names))]


@in_its_own_time
@given(plans())
def test_a_limit_makes_nothing_earlier_and_one_that_nobody_reaches_changes_nothing(plan: Plan) -> None:
    size = len(plan.durations)
    each, every = laws(_spread(plan)), dict.fromkeys(range(size), 0)
    free = schedule_risk(plan.network, each, seed=SEED, trials=TRIALS)

    def limited(places: int) -> list[int]:
        limits = Conditions(crews=Crews(sizes=(places,), crew=every))
        found: list[int] = schedule_risk(
            plan.network, each, seed=SEED, trials=TRIALS, conditions=limits
        ).finish.days.tolist()
        return found

    assert limited(size) == free.finish.days.tolist()
    assert all(late >= early for late, early in zip(limited(1), free.finish.days.tolist(), strict=True))


def test_the_same_question_has_the_same_answer_and_another_seed_another() -> None:
    network, each = activity_network([0] * 3, [(0, 1)]), laws([[1, 2, 3, 5, 8]] * 3)

    one = schedule_risk(network, each, seed=1, trials=1_000)
    same = schedule_risk(network, each, seed=1, trials=1_000)
    other = schedule_risk(network, each, seed=2, trials=1_000)

    assert one.finish.days.tolist() == same.finish.days.tolist()
    assert one.criticality.tolist() == same.criticality.tolist()
    assert one.criticality.tolist() != other.criticality.tolist()


def test_what_was_cut_takes_no_time_and_moves_nobody_elses_luck() -> None:
    network, each = activity_network([0] * 2, []), laws([[1, 2, 3], [4, 5, 6]])
    cut = each.without(np.array([True, False]))

    before = schedule_risk(network, each, seed=SEED, trials=200, milestones=[0, 1])
    after = schedule_risk(network, cut, seed=SEED, trials=200, milestones=[0, 1])

    assert after.milestones[0].days.max() == 0
    assert after.milestones[1].days.tolist() == before.milestones[1].days.tolist()
