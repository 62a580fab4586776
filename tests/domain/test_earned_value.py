"""Earned value and earned schedule against published figures; each test is named after its source."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.earned_value import EarnedValue, earned_schedule

LINEAR = [10_000.0 * period for period in range(11)]  # 100,000 over ten periods


def test_projectengineer_set_up_database() -> None:
    told = EarnedValue(bac=10_000, pv=3_000, ev=2_000, ac=4_500)

    assert (told.cv, told.sv, told.eac_at_budget) == (-2_500, -1_000, 12_500)
    assert told.cpi == pytest.approx(0.44, abs=0.005)
    assert told.spi == pytest.approx(0.67, abs=0.005)


def test_pmcontrols_linear_plan_at_period_four_behind_and_over() -> None:
    told = EarnedValue(bac=100_000, pv=LINEAR[4], ev=30_000, ac=35_000)

    assert (told.cv, told.sv, told.spi) == (-5_000, -10_000, 0.75)
    assert told.cpi == pytest.approx(0.857143, abs=1e-6)
    assert told.eac == pytest.approx(116_666.67, abs=0.01)
    assert told.eac_at_budget == 105_000
    assert told.etc == pytest.approx(81_666.67, abs=0.01)
    assert told.tcpi == pytest.approx(1.076923, abs=1e-6)
    assert told.vac == pytest.approx(-16_666.67, abs=0.01)
    schedule = earned_schedule(LINEAR, ev=30_000, at=4)
    assert schedule is not None
    assert (schedule.es, schedule.sv_t, schedule.spi_t) == (3, -1, 0.75)
    assert schedule.ieac_t == pytest.approx(13.3333, abs=1e-4)


def test_pmcontrols_linear_plan_at_period_five_behind_and_cheaper() -> None:
    told = EarnedValue(bac=100_000, pv=LINEAR[5], ev=40_000, ac=38_000)

    assert told.cpi == pytest.approx(1.052632, abs=1e-6)
    assert (told.spi, told.eac_at_budget) == (0.8, 98_000)
    assert told.eac == pytest.approx(95_000)
    schedule = earned_schedule(LINEAR, ev=40_000, at=5)
    assert schedule is not None
    assert schedule.ieac_t == 12.5


def test_pmcontrols_linear_plan_at_period_four_ahead() -> None:
    schedule = earned_schedule(LINEAR, ev=50_000, at=4)

    assert EarnedValue(bac=100_000, pv=LINEAR[4], ev=50_000, ac=45_000).eac == pytest.approx(90_000)
    assert schedule is not None
    assert schedule.ieac_t == 8


def test_pmcontrols_linear_plan_when_all_is_done() -> None:
    told = EarnedValue(bac=100_000, pv=LINEAR[10], ev=100_000, ac=110_000)
    schedule = earned_schedule(LINEAR, ev=100_000, at=10)

    assert told.spi == 1
    assert told.cpi == pytest.approx(0.909091, abs=1e-6)
    assert schedule is not None
    assert schedule.es == 10


@pytest.mark.parametrize(
    ("planned", "ev", "es"),
    [
        (LINEAR, 34_000, 3.4),
        ([0, 20, 50, 90, 140, 200], 70, 2.5),
        ([0, 30, 70, 120, 180, 250], 100, 2.6),
    ],
)
def test_pmcontrols_earned_schedule(planned: list[float], ev: float, es: float) -> None:
    told = earned_schedule(planned, ev=ev, at=1)

    assert told is not None
    assert told.es == pytest.approx(es)


def test_earned_schedule_of_a_public_oracle() -> None:
    told = earned_schedule([0, 20, 40, 60], ev=50, at=3)

    assert told is not None
    assert (told.es, told.sv_t) == (2.5, -0.5)
    assert told.spi_t == pytest.approx(0.8333, abs=1e-4)


def test_a_flat_stretch_of_the_plan_counts_as_passed() -> None:
    told = earned_schedule([0, 10, 10, 10, 30], ev=10, at=2)

    assert told is not None
    assert told.es == 3


def test_without_cost_there_is_no_figure_that_needs_it() -> None:
    told = EarnedValue(bac=50, pv=20, ev=10)

    assert told.spi == 0.5
    assert [told.cv, told.cpi, told.eac, told.eac_at_budget, told.eac_with_schedule] == [None] * 5
    assert [told.etc, told.vac, told.tcpi] == [None] * 3


def test_what_would_divide_by_nothing_is_not_told() -> None:
    early = EarnedValue(bac=0, pv=0, ev=0, ac=0)

    assert [early.spi, early.cpi, early.eac, early.tcpi, early.percent_complete] == [None] * 5
    assert earned_schedule([0, 0, 0], ev=0, at=1) is None
    assert earned_schedule([], ev=0, at=1) is None
    begun = earned_schedule([0, 10], ev=0, at=0)
    assert begun is not None
    assert begun.spi_t is None


def test_an_estimate_that_pays_for_lateness_is_dearer_than_one_that_does_not() -> None:
    told = EarnedValue(bac=100_000, pv=40_000, ev=30_000, ac=35_000)

    assert told.eac_with_schedule == pytest.approx(35_000 + 70_000 / (30 / 35 * 0.75))


def test_a_plan_that_falls_is_refused() -> None:
    with pytest.raises(ValueError, match="never falls"):
        earned_schedule([0, 10, 5], ev=5, at=1)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=20), st.integers(0, 1_000))
def test_earned_schedule_lies_within_the_plan_and_grows_with_what_is_earned(steps: list[int], ev: int) -> None:
    planned = [0.0]
    for step in steps:
        planned.append(planned[-1] + step)
    less, more = earned_schedule(planned, ev=ev, at=1), earned_schedule(planned, ev=ev + 1, at=1)

    if less is None or more is None:
        assert planned[-1] == 0
    else:
        assert 0 <= less.es <= more.es <= len(steps)
