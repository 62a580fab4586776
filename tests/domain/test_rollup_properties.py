"""What holds for every program, however odd: generated families, categories, estimates and homes."""

from __future__ import annotations

from itertools import chain
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.breakdown import Breakdown
from service.domain.dates import ProgramDates
from service.domain.items import RollupItem
from service.domain.progress import Basis
from service.domain.rollup import Rollup, roll_up
from service.domain.scope import Exclusion
from service.domain.status import StatusCategory
from tests.domain.rollup_builders import DONE, a_story

DATES = ProgramDates()
in_its_own_time = settings(deadline=None)  # a busy machine is no bug


@st.composite
def programs(draw: st.DrawFn) -> list[RollupItem]:
    """Up to twelve items whose parents may be anyone, themselves included."""
    size = draw(st.integers(0, 12))
    return [
        a_story(
            str(number),
            draw(st.sampled_from(StatusCategory)),
            points=draw(st.none() | st.sampled_from([0, 0.1, 0.5, 1, 3, 8])),
            seconds=draw(st.none() | st.integers(0, 100_000)),
            under=draw(st.none() | st.sampled_from([str(each) for each in range(size + 1)])),
            level=draw(st.sampled_from([-1, 0, 1, 2])),
            item_type=draw(st.sampled_from(["Story", "Bug"])),
            team=draw(st.none() | st.sampled_from(["Ants", "Bees"])),
            project=draw(st.sampled_from(["1", "2"])),
        )
        for number in range(size)
    ]


def _measured(rollup: Rollup) -> list[float | None]:
    parts = [rollup.progress, *(row.progress for row in rollup.breakdown)]
    return list(
        chain.from_iterable(
            (progress.value, progress.coverage, *progress.by_policy.values())
            for measures in parts
            for progress in measures.values()
        )
    )


@in_its_own_time
@given(programs(), st.booleans())
def test_items_are_countable_or_excluded_once(items: list[RollupItem], count_subtasks: bool) -> None:
    scope = roll_up(items, program=DATES, count_subtasks=count_subtasks).scope
    assert scope.items == len(items)
    assert scope.items == scope.countable + scope.cancelled + scope.has_children + scope.subtask


@in_its_own_time
@given(programs(), st.sampled_from(Breakdown))
def test_the_parts_add_up_to_the_whole(items: list[RollupItem], by: Breakdown) -> None:
    rollup = roll_up(items, program=DATES, by=by)
    assert sum(row.scope.countable for row in rollup.breakdown) == rollup.scope.countable
    assert sum(row.scope.items for row in rollup.breakdown) == rollup.scope.items
    for basis, whole in rollup.progress.items():
        parts = [row.progress[basis] for row in rollup.breakdown]
        assert sum(part.done for part in parts) == pytest.approx(whole.done)
        assert sum(part.total for part in parts) == pytest.approx(whole.total)


@in_its_own_time
@given(programs(), st.randoms(use_true_random=False))
def test_the_order_of_the_items_changes_nothing(items: list[RollupItem], random: Random) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)
    assert roll_up(shuffled, program=DATES) == roll_up(items, program=DATES)


@in_its_own_time
@given(programs())
def test_one_more_done_item_never_lowers_progress_by_count(items: list[RollupItem]) -> None:
    before = roll_up(items, program=DATES).progress[Basis.COUNT].value
    after = roll_up([*items, a_story("new", DONE)], program=DATES).progress[Basis.COUNT].value
    assert after is not None
    assert before is None or after >= before


@in_its_own_time
@given(programs(), st.sampled_from(Breakdown))
def test_every_share_lies_between_nothing_and_all(items: list[RollupItem], by: Breakdown) -> None:
    shares = [share for share in _measured(roll_up(items, program=DATES, by=by)) if share is not None]
    assert all(0 <= share <= 1 for share in shares)


@in_its_own_time
@given(programs())
def test_a_value_is_null_exactly_when_there_is_nothing_to_divide_by(items: list[RollupItem]) -> None:
    rollup = roll_up(items, program=DATES)
    for progress in rollup.progress.values():
        assert (progress.value is None) == (progress.total == 0) == (progress.reason is not None)
    assert (rollup.progress[Basis.COUNT].coverage is None) == (rollup.scope.countable == 0)


@in_its_own_time
@given(programs())
def test_a_parent_and_its_child_never_both_count(items: list[RollupItem]) -> None:
    rollup = roll_up(items, program=DATES)
    looped = any(notice.code == "parent_loop" for notice in rollup.notices)
    countable = {item.uid for item in items} - set(rollup.excluded)
    for item in items:
        assert looped or not (item.uid in countable and item.parent_uid in countable)


@in_its_own_time
@given(programs())
def test_cancelled_items_are_all_of_the_cancelled_and_never_has_children(items: list[RollupItem]) -> None:
    excluded = roll_up(items, program=DATES).excluded
    for item in items:
        cancelled = item.status_category is StatusCategory.CANCELLED
        assert (excluded.get(item.uid) is Exclusion.CANCELLED) == cancelled
