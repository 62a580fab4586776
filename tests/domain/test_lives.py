"""When an item was done, was reopened and left, where history and snapshot agree and where they do not."""

from __future__ import annotations

from datetime import date

from service.domain.lives import Span, StatusMove, closed_since, done_spells, known_before, told_before
from tests.builders.lives import CANCELLED, DONE, IN_PROGRESS, TO_DO, a_life

CREATED, ONE, TWO, THREE, FOUR = (date(2026, 11, day) for day in (2, 4, 9, 11, 18))


def test_an_item_that_was_reopened_was_done_twice() -> None:
    moves = [StatusMove(ONE, TO_DO, DONE), StatusMove(TWO, DONE, IN_PROGRESS), StatusMove(THREE, IN_PROGRESS, DONE)]

    spells = done_spells(moves, category=DONE, created_on=CREATED, done_on=THREE)

    assert spells == (Span(ONE, TWO), Span(THREE, None))


def test_from_one_done_status_to_another_is_no_reopening() -> None:
    moves = [StatusMove(ONE, TO_DO, DONE), StatusMove(TWO, DONE, DONE)]

    assert done_spells(moves, category=DONE, created_on=CREATED, done_on=ONE) == (Span(ONE, None),)


def test_what_was_done_when_it_was_made_was_done_from_then() -> None:
    moves = [StatusMove(TWO, DONE, TO_DO)]

    assert done_spells(moves, category=TO_DO, created_on=CREATED, done_on=None) == (Span(CREATED, TWO),)


def test_a_status_that_nobody_knows_any_more_reopens_nothing() -> None:
    moves = [StatusMove(ONE, TO_DO, DONE), StatusMove(TWO, DONE, None)]

    assert done_spells(moves, category=DONE, created_on=CREATED, done_on=ONE) == (Span(ONE, None),)


def test_the_snapshot_wins_over_a_history_that_ends_elsewhere() -> None:
    ends_done = [StatusMove(ONE, TO_DO, DONE)]
    ends_open = [StatusMove(ONE, DONE, TO_DO)]

    assert done_spells(ends_done, category=IN_PROGRESS, created_on=CREATED, done_on=None) == ()
    assert done_spells(ends_open, category=DONE, created_on=CREATED, done_on=THREE)[-1] == Span(THREE, None)


def test_what_is_done_and_nobody_knows_since_when_has_no_spell() -> None:
    assert done_spells([], category=DONE, created_on=CREATED, done_on=None) == ()


def test_what_is_cancelled_was_no_completion_when_it_was_closed() -> None:
    """Resolved as a duplicate and closed later: it left when it was resolved. Before, it had been done and reopened."""
    moves = [
        StatusMove(ONE, TO_DO, DONE),
        StatusMove(TWO, DONE, TO_DO),
        StatusMove(THREE, TO_DO, DONE),
        StatusMove(FOUR, DONE, DONE),
    ]

    assert done_spells(moves, category=CANCELLED, created_on=CREATED, done_on=None) == (Span(ONE, TWO),)
    assert closed_since(moves, CREATED) == THREE
    assert closed_since(moves[:2], CREATED) is None


def test_a_life_knows_its_final_completion_and_when_it_was_reopened() -> None:
    life = a_life(earlier=((ONE, TWO),), done=FOUR)

    assert (life.done_on, life.reopened_on, life.is_open) == (FOUR, (TWO,), False)
    assert a_life(earlier=((ONE, TWO),)).done_on is None


def test_what_was_told_before_a_day_is_the_last_word_until_then() -> None:
    told = ((CREATED, 3.0), (TWO, None), (THREE, 8.0))

    assert [told_before(told, day) for day in (CREATED, ONE, TWO, THREE, FOUR)] == [None, 3.0, 3.0, None, 8.0]


def test_a_life_as_it_was_known_ends_before_the_day() -> None:
    """Begun, done, reopened, done again and blocked: each day knows what had happened until then, and no more."""
    life = a_life(
        created=CREATED,
        started=ONE,
        earlier=((TWO, THREE),),
        done=FOUR,
        blocked=(Span(ONE, THREE),),
        estimates=((CREATED, 3.0), (THREE, 8.0)),
        active_seconds=5.0,
        elapsed_seconds=9.0,
    )

    def known(day: date) -> tuple[object, ...]:
        then = known_before(life, day)
        assert then is not None
        return then.category, then.started_on, then.done_on, then.blocked, then.points, then.active_seconds

    after = date(2026, 11, 19)
    assert known_before(life, CREATED) is None
    assert known(ONE) == (TO_DO, None, None, (), 3.0, None)
    assert known(TWO) == (IN_PROGRESS, ONE, None, (Span(ONE, None),), 3.0, None)
    assert known(THREE) == (DONE, ONE, TWO, (Span(ONE, None),), 3.0, None)
    assert known(FOUR) == (IN_PROGRESS, ONE, None, (Span(ONE, THREE),), 8.0, None)
    assert known(after) == (DONE, ONE, FOUR, (Span(ONE, THREE),), 8.0, 5.0)


def test_what_was_cancelled_later_was_open_until_then() -> None:
    cancelled = a_life(created=CREATED, left=THREE)
    before, after = known_before(cancelled, THREE), known_before(cancelled, FOUR)

    assert before is not None
    assert after is not None
    assert (before.category, before.left_on, after.category, after.left_on) == (TO_DO, None, CANCELLED, THREE)
