"""Cycle time, lead time, work in progress and its age, and Little's law, with the traps of each."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from service.domain.calendars import WorkingCalendar
from service.domain.flow import (
    Ageing,
    Flow,
    Window,
    ageing,
    bulk_created,
    bulk_done,
    cycle_days,
    flow_of,
    usual_by_type,
    window_of,
    working_cycle_days,
)
from service.domain.lives import ItemLife
from service.domain.samples import Sample
from tests.builders.lives import DONE, IN_PROGRESS, TO_DO, a_life

TODAY = date(2026, 11, 20)  # a Friday
FIRST, LAST = date(2026, 10, 26), date(2026, 11, 15)  # the three weeks before
CALENDAR = WorkingCalendar(frozenset({date(2026, 11, 2)}))
WINDOW = Window(first=FIRST, until=date(2026, 11, 16), today=TODAY, calendar=CALENDAR)


def flowing(*lives: ItemLife, without: frozenset[date] = frozenset()) -> Flow:
    return flow_of(lives, WINDOW, usual=usual_by_type(lives, WINDOW), without=without)


def finished(took: int, *, on: date = LAST, **values: Any) -> ItemLife:
    """So many days of cycle time."""
    return a_life(started=on - timedelta(days=took - 1), done=on, **values)


def test_an_item_that_begins_and_ends_on_one_day_took_a_day() -> None:
    assert cycle_days(finished(1)) == 1
    assert cycle_days(a_life(started=date(2026, 10, 30), done=date(2026, 11, 3))) == 5


def test_in_working_days_weekends_and_holidays_do_not_count() -> None:
    """Friday to Tuesday over a weekend and a holiday Monday."""
    assert working_cycle_days(a_life(started=date(2026, 10, 30), done=date(2026, 11, 3)), CALENDAR) == 2
    assert working_cycle_days(a_life(started=date(2026, 11, 7), done=date(2026, 11, 8)), CALENDAR) == 1


def test_what_was_never_begun_counts_in_throughput_and_not_in_cycle_time() -> None:
    flow = flowing(a_life(done=LAST), finished(3), a_life(started=LAST, done=FIRST))

    assert (flow.finished, flow.never_started, flow.cycle.calendar.values) == (3, 2, (3,))
    assert sum(flow.throughput.finished) == 3


def test_lead_time_is_counted_from_creation() -> None:
    flow = flowing(a_life(created=date(2026, 11, 9), done=date(2026, 11, 13)))

    assert (flow.lead.calendar.values, flow.lead.working.values) == ((5,), (5,))


def test_only_complete_weeks_count_and_zeros_stay() -> None:
    flow = flowing(a_life(done=FIRST), a_life(done=FIRST - timedelta(days=1)), a_life(done=date(2026, 11, 16)))

    assert flow.throughput.first_week == FIRST
    assert flow.throughput.finished == (1, 0, 0)


def test_a_window_does_not_reach_back_before_the_first_item() -> None:
    lives = [a_life(created=date(2026, 11, 3))]

    assert window_of(lives, today=TODAY, weeks=12, calendar=CALENDAR).first == date(2026, 11, 2)
    assert window_of([], today=TODAY, weeks=12, calendar=CALENDAR).weeks == 12
    assert window_of([a_life(created=TODAY)], today=TODAY, weeks=12, calendar=CALENDAR).weeks == 0


def test_an_item_that_was_reopened_counts_where_it_was_finally_done_and_its_old_week_is_restated() -> None:
    reopened = a_life(earlier=((FIRST, FIRST + timedelta(days=8)),), done=LAST)
    same_week = a_life(earlier=((LAST - timedelta(days=2), LAST - timedelta(days=1)),), done=LAST)
    open_again = a_life(earlier=((FIRST + timedelta(days=7), LAST),), category=IN_PROGRESS)

    flow = flowing(reopened, same_week, open_again)

    assert flow.throughput.finished == (0, 0, 2)
    assert flow.restated == (1, 1, 0)


def test_done_since_nobody_knows_when_is_told_apart() -> None:
    flow = flowing(a_life(category=DONE), finished(1))

    assert (flow.undated, flow.finished) == (1, 1)


def usual(*days: int) -> dict[str, Sample]:
    return {"Story": Sample.of(days)}


@pytest.mark.parametrize(
    ("age", "state"),
    [(17, Ageing.YOUNG), (18, Ageing.AGEING), (19, Ageing.AGEING), (20, Ageing.STALE)],
)
def test_work_is_ageing_beyond_what_85_of_100_took_and_stale_beyond_95(age: int, state: Ageing) -> None:
    """Cycle times of 1 to 20 days: P85 is 17, P95 is 19."""
    under_way = a_life(started=TODAY - timedelta(days=age - 1))

    (aged,) = ageing([under_way], usual(*range(1, 21)), today=TODAY)

    assert (aged.days, aged.usual, aged.state, aged.small_sample) == (age, 17, state, False)


def test_the_age_of_what_nobody_knows_the_beginning_of_is_unknown_and_so_is_what_an_unseen_type_takes() -> None:
    nameless = a_life(category=IN_PROGRESS, name="A")
    other = a_life(started=FIRST, item_type="Bug", name="B")

    found = ageing([nameless, other], usual(1, 2, 3), today=TODAY)

    assert [(each.life.called, each.state) for each in found] == [("B", Ageing.UNKNOWN), ("A", Ageing.UNKNOWN)]
    assert [each.days for each in found] == [26, None]


def test_only_work_in_progress_has_an_age() -> None:
    lives = [a_life(), a_life(started=FIRST, category=TO_DO), a_life(started=FIRST, done=LAST)]

    assert ageing(lives, {}, today=TODAY) == ()


def test_in_a_steady_state_wip_over_throughput_is_the_cycle_time() -> None:
    """Each day one item begins and takes five days, weekends too."""
    days = [FIRST - timedelta(days=10) + timedelta(days=place) for place in range(40)]
    steady = [a_life(started=day, done=day + timedelta(days=4)) for day in days if day + timedelta(days=4) <= LAST]
    begun = [a_life(started=day) for day in days if day + timedelta(days=4) > LAST and day <= LAST]

    law = flowing(*steady, *begun).law

    assert law is not None
    assert law.mean_wip == pytest.approx(5.0)
    assert law.throughput_a_day == pytest.approx(1.0)
    assert (law.expected_days, law.mean_days) == pytest.approx((5.0, 5.0))
    assert law.steady


def test_work_that_piles_up_is_no_steady_state() -> None:
    piled = [a_life(started=FIRST) for _ in range(30)]

    law = flowing(*piled, finished(2)).law

    assert law is not None
    assert law.ratio > 100
    assert not law.steady
    assert flowing(*piled).law is None


def test_a_day_of_tidying_up_is_found_and_left_out_only_when_asked() -> None:
    daily = [finished(2, on=FIRST + timedelta(days=place)) for place in range(19)]
    tidied = [a_life(done=LAST) for _ in range(60)]
    lives = [*daily, *tidied]

    (bulk,) = bulk_done(lives, WINDOW)

    assert (bulk.day, bulk.items) == (LAST, 60)
    assert flowing(*lives).finished == 79
    assert flowing(*lives, without=frozenset({bulk.day})).finished == 19


def test_an_import_is_a_day_on_which_unusually_many_items_were_made() -> None:
    imported = [a_life(created=FIRST + timedelta(days=3)) for _ in range(200)]

    assert [(bulk.day, bulk.items) for bulk in bulk_created(imported, WINDOW)] == [(FIRST + timedelta(days=3), 200)]


def test_a_good_day_of_a_small_team_is_no_tidying_up() -> None:
    assert bulk_done([finished(1, on=LAST) for _ in range(9)], WINDOW) == ()
