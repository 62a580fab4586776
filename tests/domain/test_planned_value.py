"""Earned value from a baseline's own dates; by hand, by the published cases, and by what must always hold."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.baseline import BaselineItem
from service.domain.calendars import WorkingCalendar
from service.domain.planned_value import Earned, NoFinish, earned, plan_curve
from service.domain.progress import Basis
from service.domain.status import StatusCategory
from service.domain.variance import Absent
from tests.domain.baseline_builders import CALENDAR, MONDAY, a_container, a_kept, compared, day, done

TAKEN = MONDAY


def value_of(
    before: list[BaselineItem], finished: dict[str, date], *, today: date, basis: Basis = Basis.COUNT
) -> Earned:
    now = [done(item.uid) if item.uid in finished else item for item in before]
    return earned(compared(before, now, today=today, done_on=finished), basis, taken_on=TAKEN)


def ten_days() -> list[BaselineItem]:
    """Ten items of 10,000 points, one a day, for ten working days: the linear plan of the published cases."""
    return [a_kept(f"i{n}", points=10_000.0, start=day(n), finish=day(n)) for n in range(10)]


def test_the_linear_plan_of_pmcontrols_at_period_four_behind() -> None:
    told = value_of(ten_days(), {f"i{n}": day(n) for n in range(3)}, today=day(4), basis=Basis.POINTS)

    assert told.value is not None
    assert told.schedule is not None
    assert (told.value.bac, told.value.pv, told.value.ev, told.value.spi) == (100_000, 40_000, 30_000, 0.75)
    assert (told.schedule.es, told.schedule.at, told.schedule.sv_t, told.schedule.spi_t) == (3, 4, -1, 0.75)
    assert told.schedule.ieac_t == pytest.approx(13.3333, abs=1e-4)
    assert (told.start, told.planned_finish, told.finish) == (day(0), day(9), day(13))
    assert (told.coverage, told.reason, told.value.cpi) == (1.0, None, None)


def test_the_linear_plan_of_pmcontrols_at_period_four_ahead() -> None:
    told = value_of(ten_days(), {f"i{n}": day(n) for n in range(5)}, today=day(4))

    assert told.schedule is not None
    assert told.schedule.ieac_t == 8
    assert told.finish == day(7)


def test_work_is_planned_evenly_over_its_working_days_and_weekends_plan_nothing() -> None:
    friday, tuesday = date(2026, 11, 6), date(2026, 11, 10)

    curve = plan_curve([(a_kept("a", start=friday, finish=tuesday), 6.0)], taken_on=TAKEN, calendar=CALENDAR)

    assert curve.cumulative.tolist() == [0, 2, 4, 6]
    assert CALENDAR.day(curve.first) == friday


def test_a_holiday_plans_nothing_either() -> None:
    monday = date(2026, 11, 9)
    calendar = WorkingCalendar(frozenset({monday}))

    curve = plan_curve(
        [(a_kept("a", start=date(2026, 11, 6), finish=date(2026, 11, 10)), 6.0)], taken_on=TAKEN, calendar=calendar
    )

    assert curve.cumulative.tolist() == [0, 3, 6]


def test_without_a_start_all_of_it_is_planned_for_the_day_of_its_finish() -> None:
    curve = plan_curve(
        [(a_kept("a", finish=day(3)), 5.0), (a_kept("b", start=day(0), finish=day(0)), 1.0)],
        taken_on=TAKEN,
        calendar=CALENDAR,
    )

    assert curve.cumulative.tolist() == [0, 1, 1, 1, 6]


def test_a_start_after_the_finish_and_a_milestone_on_a_sunday_take_one_day() -> None:
    sunday = date(2026, 11, 8)

    curve = plan_curve(
        [(a_kept("a", start=day(4), finish=day(2)), 1.0), (a_kept("b", start=sunday, finish=sunday), 1.0)],
        taken_on=TAKEN,
        calendar=CALENDAR,
    )

    assert curve.cumulative.tolist() == [0, 1, 1, 1, 2]


def test_what_was_done_when_the_baseline_was_taken_was_planned_by_that_day() -> None:
    curve = plan_curve(
        [(done("old", start=day(0), finish=day(30)), 2.0), (a_kept("new", start=day(5), finish=day(5)), 1.0)],
        taken_on=day(3),
        calendar=CALENDAR,
    )

    assert curve.cumulative.tolist() == pytest.approx([0, 0.5, 1, 1.5, 2, 2, 3])


def test_what_is_due_today_is_not_late_yet() -> None:
    on_the_day = value_of([a_kept("a", finish=day(2))], {}, today=day(2))
    the_day_after = value_of([a_kept("a", finish=day(2))], {}, today=day(3))

    assert on_the_day.value is not None
    assert the_day_after.value is not None
    assert (on_the_day.value.pv, the_day_after.value.pv) == (0, 1)


def test_a_plan_that_was_carried_out_ages_no_further() -> None:
    """SPI of a project that ended late returns to 1; SPI(t) keeps what the lateness was."""
    finished = {f"i{n}": day(2 * n + 1) for n in range(10)}

    soon, later = (value_of(ten_days(), finished, today=day(today)) for today in (20, 90))

    for told in (soon, later):
        assert told.value is not None
        assert told.schedule is not None
        assert told.value.spi == 1
        assert (told.schedule.at, told.schedule.spi_t) == (20, 0.5)
        assert told.finish == day(19)


def test_added_scope_is_in_no_figure_of_the_baseline() -> None:
    before = [a_kept("a", finish=day(1)), a_kept("b", finish=day(9))]
    now = [done("a"), a_kept("b", finish=day(9)), done("new"), a_kept("newer")]

    told = earned(compared(before, now, today=day(2), done_on={"a": day(1)}), Basis.COUNT, taken_on=TAKEN)

    assert told.value is not None
    assert (told.value.bac, told.value.ev) == (2, 1)


def test_removed_scope_stays_in_the_plan_and_is_told_apart() -> None:
    before = [a_kept("a", finish=day(0)), a_kept("cut", finish=day(1)), a_kept("c", finish=day(9))]
    comparison = compared(
        before,
        [done("a"), a_kept("c", finish=day(9))],
        today=day(2),
        done_on={"a": day(0)},
        absent={"cut": Absent("cancelled", StatusCategory.CANCELLED)},
    )

    whole = earned(comparison, Basis.COUNT, taken_on=TAKEN)
    wanted = earned(comparison, Basis.COUNT, taken_on=TAKEN, wanted_only=True)

    assert whole.value is not None
    assert wanted.value is not None
    assert (whole.value.bac, whole.value.spi) == (3, 0.5)
    assert (wanted.value.bac, wanted.value.spi) == (2, 1.0)


def test_a_split_story_earns_by_its_parts() -> None:
    before = [a_kept("story", points=8.0, finish=day(4))]
    now = [a_container("story"), done("first", parent_uid="story"), a_kept("second", parent_uid="story")]

    told = earned(compared(before, now, today=day(5)), Basis.POINTS, taken_on=TAKEN)

    assert told.value is not None
    assert told.value.ev == 4.0


@pytest.mark.parametrize(
    ("before", "basis", "today", "reason", "coverage"),
    [
        ([], Basis.COUNT, 1, NoFinish.EMPTY_BASELINE, None),
        ([a_kept("a", finish=day(1))], Basis.POINTS, 1, NoFinish.NO_ESTIMATES, 0.0),
        ([a_kept("a", points=0.0, finish=day(1))], Basis.POINTS, 1, NoFinish.NO_ESTIMATES, 1.0),
        ([a_kept("a", points=1.0)], Basis.POINTS, 1, NoFinish.NO_DATES, 0.0),
        ([a_kept("a", finish=day(1)), a_kept("b")], Basis.COUNT, 0, NoFinish.NOT_BEGUN, 0.5),
        ([a_kept("a", start=day(0), finish=day(1))], Basis.COUNT, 1, NoFinish.NOTHING_EARNED, 1.0),
    ],
)
def test_without_a_figure_there_is_a_reason(
    before: list[BaselineItem], basis: Basis, today: int, reason: NoFinish, coverage: float | None
) -> None:
    told = value_of(before, {}, today=day(today), basis=basis)

    assert (told.finish, told.reason, told.coverage) == (None, reason, coverage)


def test_a_finish_in_a_dozen_years_is_no_forecast() -> None:
    plan = [a_kept(f"i{n:03}", start=day(n), finish=day(n)) for n in range(200)]

    told = value_of(plan, {"i000": day(0)}, today=day(100))

    assert (told.finish, told.reason) == (None, NoFinish.BEYOND_HORIZON)


_ITEMS = st.lists(
    st.tuples(st.integers(0, 8), st.one_of(st.none(), st.integers(0, 60)), st.integers(0, 60), st.booleans()),
    min_size=1,
    max_size=15,
)


@given(_ITEMS, st.integers(0, 80))
def test_a_curve_never_falls_and_ends_with_all_of_it(
    drawn: list[tuple[int, int | None, int, bool]], taken: int
) -> None:
    weighed = [
        (
            a_kept(
                f"i{n}",
                start=None if start is None else MONDAY + timedelta(days=start),
                finish=MONDAY + timedelta(days=finish),
                category=StatusCategory.DONE if is_done else StatusCategory.TO_DO,
            ),
            float(weight),
        )
        for n, (weight, start, finish, is_done) in enumerate(drawn)
    ]

    curve = plan_curve(weighed, taken_on=MONDAY + timedelta(days=taken), calendar=CALENDAR)
    steps = curve.cumulative.tolist()

    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (0, sum(weight for _, weight in weighed))


@given(st.sets(st.integers(0, 9)), st.integers(0, 30))
def test_more_work_done_is_never_a_later_finish(finished: set[int], today: int) -> None:
    ended = {f"i{n}": day(n) for n in finished}
    more = {**ended, f"i{min({*range(11)} - finished)}": day(0)} if len(finished) < 10 else ended

    less_done, more_done = (value_of(ten_days(), each, today=day(today)) for each in (ended, more))

    if less_done.finish is not None:
        assert more_done.finish is not None
        assert more_done.finish <= less_done.finish
