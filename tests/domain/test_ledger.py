"""What was open and finished on any day, counted by columns and counted one by one."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.domain.ledger import Ledger
from service.domain.lives import ItemLife, known_before
from service.domain.throughput import monday_of
from tests.builders.lives import DONE, a_life

MONDAY = date(2026, 11, 2)
days = st.integers(0, 70).map(lambda days: MONDAY - timedelta(days=days))


@st.composite
def lives(draw: st.DrawFn) -> ItemLife:
    """Came, perhaps done and reopened a few times, then done, open or cancelled."""
    moments = sorted(draw(st.lists(days, min_size=1, max_size=6, unique=True)))
    created, *rest = moments
    earlier = tuple(zip(rest[0:-1:2], rest[1::2], strict=False))
    last = rest[2 * len(earlier)] if len(rest) > 2 * len(earlier) else None
    if last is None:
        return a_life(created=created, earlier=earlier)
    return draw(
        st.sampled_from(
            [a_life(created=created, earlier=earlier, done=last), a_life(created=created, earlier=earlier, left=last)]
        )
    )


def was_open(life: ItemLife, day: date) -> bool:
    done = any(spell.began < day and (spell.ended is None or day <= spell.ended) for spell in life.done_spells)
    return life.created_on < day and not done and (life.left_on is None or day <= life.left_on)


@given(st.lists(lives(), min_size=1, max_size=20), days)
def test_what_was_open_on_a_day_is_what_had_come_and_was_neither_done_nor_gone(
    every: list[ItemLife], day: date
) -> None:
    assert Ledger.of(every).open_before(day).tolist() == [was_open(life, day) for life in every]


@given(st.lists(lives(), min_size=1, max_size=20))
def test_today_is_open_what_the_snapshot_calls_open(every: list[ItemLife]) -> None:
    tomorrow = MONDAY + timedelta(days=1)

    assert Ledger.of(every).open_before(tomorrow).tolist() == [life.is_open for life in every]


@given(st.lists(lives(), min_size=1, max_size=20), days)
def test_lives_as_they_were_known_and_the_ledger_tell_of_the_same_open_work(every: list[ItemLife], day: date) -> None:
    known = [then for life in every if (then := known_before(life, day)) is not None]

    assert sum(life.is_open for life in known) == int(Ledger.of(every).open_before(day).sum())
    told = Ledger.of(every).throughput(day, weeks=4)
    assert sum(told.first_week <= life.done_on < monday_of(day) for life in known if life.done_on) == sum(told.finished)


def test_a_completion_that_was_undone_later_was_counted_at_the_time() -> None:
    """Done in the first week, reopened in the second, done again in the third."""
    weeks = [MONDAY + timedelta(weeks=week) for week in range(4)]
    reopened = a_life(earlier=((weeks[0], weeks[1] + timedelta(days=2)),), done=weeks[2])
    ledger = Ledger.of([reopened, a_life(created=MONDAY - timedelta(days=1))])

    assert ledger.throughput(weeks[1], weeks=2).finished[-1] == 1
    assert ledger.throughput(weeks[3], weeks=3).finished == (0, 0, 1)
    assert ledger.finished_from(weeks[0]).tolist() == [weeks[2].toordinal()]


def test_growth_is_what_came_less_what_was_cancelled_in_the_same_weeks() -> None:
    old = MONDAY - timedelta(weeks=3)
    ledger = Ledger.of(
        [
            a_life(created=old),
            a_life(created=MONDAY - timedelta(days=7), left=MONDAY - timedelta(days=1)),
            a_life(created=MONDAY - timedelta(days=6)),
            a_life(created=old, left=MONDAY - timedelta(days=3)),
        ]
    )
    told = ledger.throughput(MONDAY, weeks=2)

    assert ledger.growth(told, known=MONDAY) == (0, 0)
    assert ledger.growth(told, known=MONDAY - timedelta(days=3)) == (0, 2)


def test_a_scope_is_gone_with_its_last_item_and_not_before() -> None:
    done, left, late = MONDAY, MONDAY + timedelta(days=2), MONDAY + timedelta(days=9)
    ledger = Ledger.of([a_life(done=done), a_life(left=left), a_life(done=late), a_life()])
    first_two, three = ledger.open_before(done), ledger.open_before(done)
    first_two[:] = [True, True, False, False]
    three[:] = [True, True, True, False]

    assert ledger.gone_by(first_two) == left.toordinal()
    assert ledger.gone_by(three) == late.toordinal()
    assert ledger.gone_by(ledger.open_before(done)) is None


def test_what_is_done_since_nobody_knows_when_is_no_work_left_and_tells_of_no_week() -> None:
    ledger = Ledger.of([a_life(category=DONE)])

    assert ledger.created.size == 0
    assert ledger.begun_on is None
    assert ledger.throughput(MONDAY).finished == (0,) * 12
