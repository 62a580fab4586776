"""Progress on three bases: published answers, null where there is nothing to divide by, and what is missing."""

from __future__ import annotations

import pytest

from service.domain.dates import ProgramDates
from service.domain.items import RollupItem
from service.domain.progress import Basis, MissingWeight, NoValue, Progress, time_weight
from service.domain.rollup import roll_up
from tests.domain.rollup_builders import (
    CANCELLED,
    DONE,
    IN_PROGRESS,
    TO_DO,
    a_story,
    an_epic,
)

HOUR = 3_600


def _progress(basis: Basis, *items: RollupItem, missing: MissingWeight = MissingWeight.SKIP) -> Progress:
    return roll_up(items, program=ProgramDates(), missing=missing).progress[basis]


def test_productplan_ten_of_fifteen_points_is_two_thirds() -> None:
    progress = _progress(Basis.POINTS, a_story("a", DONE, points=10), a_story("b", points=5))
    assert progress.value == pytest.approx(0.67, abs=0.005)
    assert (progress.done, progress.total, progress.coverage) == (10, 15, 1)


def test_productplan_one_of_two_stories_is_a_half() -> None:
    assert _progress(Basis.COUNT, a_story("a", DONE, points=10), a_story("b", points=5)).value == 0.5


def test_structure_weighs_children_by_points_and_never_averages_percentages() -> None:
    """Children 0% (2 points) and 100% (3 points) make 60%; with an open point beside them, 50%."""
    first = an_epic("E"), a_story("a", points=2, under="E"), a_story("b", DONE, points=3, under="E")
    assert _progress(Basis.POINTS, *first).value == pytest.approx(0.6)
    assert _progress(Basis.POINTS, *first, a_story("c", points=1)).value == pytest.approx(0.5)


def test_each_category_shows_its_own_sum_on_every_basis() -> None:
    items = (
        a_story("a", TO_DO, points=1, seconds=HOUR),
        a_story("b", IN_PROGRESS, points=2.5, seconds=2 * HOUR),
        a_story("c", DONE, points=4, seconds=3 * HOUR),
    )
    points, time = _progress(Basis.POINTS, *items), _progress(Basis.TIME, *items)
    assert (points.to_do, points.in_progress, points.done, points.total) == (1, 2.5, 4, 7.5)
    assert (time.to_do, time.in_progress, time.done, time.total) == (HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR)


def test_work_in_progress_earns_nothing_until_it_is_done() -> None:
    assert _progress(Basis.COUNT, a_story("a", IN_PROGRESS), a_story("b", IN_PROGRESS)).value == 0


def test_cancelled_work_is_in_neither_numerator_nor_denominator() -> None:
    progress = _progress(
        Basis.POINTS, a_story("a", DONE, points=3), a_story("b", points=1), a_story("c", CANCELLED, points=9)
    )
    assert (progress.done, progress.total, progress.value) == (3, 4, 0.75)


@pytest.mark.parametrize("basis", Basis)
def test_an_empty_program_has_no_percentage_and_says_why(basis: Basis) -> None:
    progress = _progress(basis)
    assert (progress.value, progress.coverage, progress.reason) == (None, None, NoValue.EMPTY_SCOPE)
    assert set(progress.by_policy.values()) == {None}


def test_without_any_estimate_there_is_no_percentage_but_a_count() -> None:
    items = a_story("a", DONE), a_story("b")
    points = _progress(Basis.POINTS, *items)
    assert (points.value, points.coverage, points.reason) == (None, 0, NoValue.NO_ESTIMATES)
    assert _progress(Basis.COUNT, *items).value == 0.5


def test_zero_points_are_known() -> None:
    progress = _progress(Basis.POINTS, a_story("a", DONE, points=0), a_story("b", points=2))
    assert (progress.coverage, progress.value) == (1, 0)


def test_only_zero_points_leave_nothing_to_divide_by() -> None:
    progress = _progress(Basis.POINTS, a_story("a", DONE, points=0))
    assert (progress.value, progress.coverage, progress.reason) == (None, 1, NoValue.ZERO_WEIGHT)


@pytest.mark.parametrize("nonsense", [-3.0, float("nan"), float("inf")])
def test_an_impossible_estimate_is_no_estimate(nonsense: float) -> None:
    progress = _progress(Basis.POINTS, a_story("a", DONE, points=nonsense), a_story("b", points=2))
    assert (progress.total, progress.coverage, progress.value) == (2, 0.5, 0)


def test_a_missing_estimate_is_skipped_imputed_or_zero_and_all_three_are_shown() -> None:
    """Known: 2 done of 2 + 4; the missing one is done, and its siblings weigh 3 on average."""
    items = a_story("a", DONE, points=2), a_story("b", points=4), a_story("c", DONE)
    progress = _progress(Basis.POINTS, *items)
    assert progress.coverage == pytest.approx(2 / 3)
    assert progress.value == pytest.approx(2 / 6)
    assert progress.by_policy == {
        MissingWeight.SKIP: pytest.approx(2 / 6),
        MissingWeight.IMPUTE_MEAN: pytest.approx(5 / 9),
        MissingWeight.ZERO: pytest.approx(2 / 6),
    }


def test_the_chosen_policy_decides_value_and_sums() -> None:
    items = a_story("a", DONE, points=2), a_story("b", points=4), a_story("c", DONE)
    progress = _progress(Basis.POINTS, *items, missing=MissingWeight.IMPUTE_MEAN)
    assert (progress.done, progress.total, progress.policy) == (5, 9, MissingWeight.IMPUTE_MEAN)
    assert progress.value == pytest.approx(5 / 9)


def test_imputing_asks_siblings_of_the_same_type_first() -> None:
    items = (
        an_epic("E"),
        an_epic("F"),
        a_story("a", points=10, under="E"),
        a_story("bug", points=100, under="E", item_type="Bug"),
        a_story("b", DONE, under="E"),
        a_story("c", points=2, under="F"),
    )
    assert _progress(Basis.POINTS, *items).by_policy[MissingWeight.IMPUTE_MEAN] == pytest.approx(10 / 122)


def test_imputing_falls_back_to_the_type_in_the_program_and_then_makes_nothing_up() -> None:
    items = (
        an_epic("E"),
        a_story("a", points=2),
        a_story("b", points=4),
        a_story("c", DONE, under="E"),
        a_story("bug", DONE, item_type="Bug"),
    )
    assert _progress(Basis.POINTS, *items).by_policy[MissingWeight.IMPUTE_MEAN] == pytest.approx(3 / 9)


def test_points_of_an_epic_are_not_added_to_those_of_its_stories() -> None:
    items = an_epic("E", points=20), a_story("a", DONE, points=3, under="E")
    assert _progress(Basis.POINTS, *items).total == 3


@pytest.mark.parametrize(
    ("estimate", "spent", "remaining", "weight"),
    [
        (10, 3, 4, 10),
        (0, 3, 4, 0),
        (None, 3, 4, 7),
        (None, 3, None, 3),
        (None, None, 4, 4),
        (None, None, 0, 0),
        (None, None, None, None),
    ],
)
def test_time_is_the_original_estimate_else_spent_plus_remaining(
    estimate: int | None, spent: int | None, remaining: int | None, weight: int | None
) -> None:
    assert time_weight(estimate, spent, remaining) == weight
