"""When a task waited for others while it was under way: hours of one November, told by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from service.domain.link_history import LinkHistory, LinkMove
from service.domain.waits import Predecessor, Stretch, done_stretches, drawn_stretches, waits


def on(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def from_to(began: int, ended: int | None) -> Stretch:
    return Stretch(on(began), None if ended is None else on(ended))


EVER = from_to(1, None)
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
        ([Predecessor(from_to(7, None), [from_to(9, None)])], [(7, 9)]),  # drawn later than begun
        ([Predecessor(from_to(21, None))], []),
        ([Predecessor(from_to(1, 8))], [(5, 8)]),  # taken away
        ([Predecessor(from_to(7, 9), [from_to(12, None)])], [(7, 9)]),
        ([Predecessor(from_to(7, 15), [from_to(9, None)])], [(7, 9)]),
        ([Predecessor(from_to(7, 15), [from_to(9, 11)])], [(7, 9), (11, 15)]),
        ([Predecessor(from_to(1, 3))], []),
        ([Predecessor(EVER, [from_to(2, 8), from_to(10, None)])], [(8, 10)]),  # opened again
        ([Predecessor(EVER, [from_to(7, 9)])], [(5, 7), (9, 20)]),
        ([Predecessor(EVER, [from_to(9, None)]), Predecessor(from_to(7, None), [from_to(12, None)])], [(5, 12)]),
        (
            [Predecessor(EVER, [from_to(7, None)]), Predecessor(from_to(9, None), [from_to(12, None)])],
            [(5, 7), (9, 12)],
        ),
        ([Predecessor(EVER, [from_to(7, None)]), Predecessor(from_to(7, None), [from_to(12, None)])], [(5, 12)]),
    ],
)
def test_a_task_waits_while_one_of_them_is_not_done(
    predecessors: list[Predecessor], told: list[tuple[int, int]]
) -> None:
    assert waits(UNDER_WAY, predecessors) == tuple(from_to(*each) for each in told)


def test_what_is_still_under_way_goes_on_waiting() -> None:
    assert waits(from_to(5, None), [Predecessor(EVER, [from_to(2, 8)])]) == (from_to(8, None),)
    both = [Predecessor(EVER), Predecessor(from_to(9, None), [from_to(12, None)])]
    assert waits(from_to(5, None), both) == (from_to(5, None),)


def test_a_task_is_done_from_a_completion_until_it_is_opened_again_and_the_snapshot_wins() -> None:
    twice = [(on(3), True), (on(5), False), (on(9), True)]

    assert done_stretches(twice, done_at=on(9)) == (from_to(3, 5), from_to(9, None))
    assert done_stretches(twice, done_at=None) == (from_to(3, 5),)  # it is open now, whatever its history says
    assert done_stretches([], done_at=on(9)) == (from_to(9, None),)
    assert done_stretches(twice, done_at=on(4)) == (from_to(4, None),)


def told(*moves: tuple[int, bool], stands: bool, clear: bool = True) -> LinkHistory:
    """Drawn (True) or taken away, at the beginning of these days."""
    return LinkHistory([LinkMove("a", "b", on(day), None, made, "b", None) for day, made in moves], stands, clear=clear)


@pytest.mark.parametrize(
    ("history", "stretches"),
    [
        (told(stands=True), [(1, None)]),  # nobody knows since when
        (told((5, True), stands=True), [(5, None)]),
        (told((5, False), stands=False), [(1, 5)]),
        (told((5, True), (8, False), stands=False), [(5, 8)]),
        (told((5, True), (8, False), (11, True), stands=True), [(5, 8), (11, None)]),
        (told((5, True), stands=False), []),  # nobody knows until when
        (told((5, True), (8, False), stands=True, clear=False), [(8, None)]),
        (told((5, False), stands=False, clear=False), []),
    ],
)
def test_a_dependency_is_there_from_when_it_was_drawn_until_it_was_taken_away(
    history: LinkHistory, stretches: list[tuple[int, int | None]]
) -> None:
    assert list(drawn_stretches(history, both_exist=on(1))) == [from_to(*each) for each in stretches]
