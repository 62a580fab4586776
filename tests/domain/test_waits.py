"""When a task waited for others while it was under way: hours of one November, told by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from service.domain.waits import Predecessor, Stretch, done_stretches, waits


def on(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def from_to(began: int, ended: int | None) -> Stretch:
    return Stretch(on(began), None if ended is None else on(ended))


EVER = on(1)
UNDER_WAY = from_to(5, 20)


@pytest.mark.parametrize(
    ("predecessors", "told"),
    [
        ([], []),
        ([Predecessor(EVER)], [(5, 20)]),  # never done: until the task itself was
        ([Predecessor(EVER, [from_to(9, None)])], [(5, 9)]),
        ([Predecessor(EVER, [from_to(5, None)])], []),  # done the moment it began
        ([Predecessor(EVER, [from_to(2, None)])], []),
        ([Predecessor(EVER, [from_to(25, None)])], [(5, 20)]),
        ([Predecessor(on(7), [from_to(9, None)])], [(7, 9)]),  # drawn later than begun
        ([Predecessor(on(21))], []),
        ([Predecessor(EVER, [from_to(2, 8), from_to(10, None)])], [(8, 10)]),  # opened again
        ([Predecessor(EVER, [from_to(7, 9)])], [(5, 7), (9, 20)]),
        ([Predecessor(EVER, [from_to(9, None)]), Predecessor(on(7), [from_to(12, None)])], [(5, 12)]),
        ([Predecessor(EVER, [from_to(7, None)]), Predecessor(on(9), [from_to(12, None)])], [(5, 7), (9, 12)]),
        ([Predecessor(EVER, [from_to(7, None)]), Predecessor(on(7), [from_to(12, None)])], [(5, 12)]),
    ],
)
def test_a_task_waits_while_one_of_them_is_not_done(
    predecessors: list[Predecessor], told: list[tuple[int, int]]
) -> None:
    assert waits(UNDER_WAY, predecessors) == tuple(from_to(*each) for each in told)


def test_what_is_still_under_way_goes_on_waiting() -> None:
    assert waits(from_to(5, None), [Predecessor(EVER, [from_to(2, 8)])]) == (from_to(8, None),)
    both = [Predecessor(EVER), Predecessor(on(9), [from_to(12, None)])]
    assert waits(from_to(5, None), both) == (from_to(5, None),)


def test_a_task_is_done_from_a_completion_until_it_is_opened_again_and_the_snapshot_wins() -> None:
    twice = [(on(3), True), (on(5), False), (on(9), True)]

    assert done_stretches(twice, done_at=on(9)) == (from_to(3, 5), from_to(9, None))
    assert done_stretches(twice, done_at=None) == (from_to(3, 5),)  # it is open now, whatever its history says
    assert done_stretches([], done_at=on(9)) == (from_to(9, None),)
    assert done_stretches(twice, done_at=on(4)) == (from_to(4, None),)
