"""The throughput forecast against exact laws, published figures and what must always hold."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.forecast import (
    Past,
    at_least,
    exactly_when,
    how_many,
    seed_of,
    spread,
    too_little,
    when_done,
    wilson,
)

# Throughput a day, published by Thrivve; 100 items are left.
THRIVVE = Past((3, 5, 4, 2, 6, 4, 5, 3, 7, 4, 5, 6, 3, 4, 5))
STEADY = Past((5, 8, 3, 0, 7, 6, 4, 9, 2, 6, 5, 7))
SHARES = (0.5, 0.7, 0.85, 0.95)

pasts = st.lists(st.integers(0, 9), min_size=4, max_size=12).filter(any).map(lambda weeks: Past(tuple(weeks)))


def test_the_exact_law_is_that_of_the_thrivve_case() -> None:
    law = exactly_when(100, THRIVVE, days_a_bucket=1, until=26)

    assert law[22:] == pytest.approx([0.32875, 0.60507, 0.82932, 0.94689, 0.98813], abs=5e-6)


def test_a_hundred_items_of_the_thrivve_case_take_23_to_26_days() -> None:
    drawn = when_done(100, THRIVVE, seed=7, trials=100_000, days_a_bucket=1)

    assert [drawn.percentile(share) for share in SHARES] == [23, 24, 25, 26]


def test_in_twenty_days_of_the_thrivve_case_78_to_88_items_are_done() -> None:
    sums = how_many(THRIVVE, days=20, seed=7, trials=100_000, days_a_bucket=1)

    assert [at_least(sums, share) for share in (0.5, 0.85, 0.95)] == [88, 82, 78]


@given(past=pasts, remaining=st.integers(1, 60), seed=st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_trials_follow_the_exact_law_within_their_error(past: Past, remaining: int, seed: int) -> None:
    trials = 4_000
    drawn = when_done(remaining, past, seed=seed, trials=trials)
    law = exactly_when(remaining, past, until=120)

    for days in range(0, 121, 7):
        error = sqrt(law[days] * (1 - law[days]) / trials)
        assert drawn.probability(days) == pytest.approx(law[days], abs=5 * error + 1e-3)


def test_the_last_week_counts_in_part_by_working_days_rounded_up() -> None:
    ten_a_week = Past((10, 10, 10, 10))

    assert [when_done(items, ten_a_week, seed=1).percentile(0.5) for items in (1, 2, 3, 10, 11)] == [1, 1, 2, 5, 6]


def test_nothing_left_is_done_now() -> None:
    assert when_done(0, STEADY, seed=1).percentile(0.95) == 0


def test_the_same_question_has_the_same_answer_and_another_seed_another_one() -> None:
    seed = seed_of("CHECKOUT", "2026-11-20", "1")

    assert (when_done(80, STEADY, seed=seed).days == when_done(80, STEADY, seed=seed).days).all()
    assert (when_done(80, STEADY, seed=seed).days != when_done(80, STEADY, seed=seed + 1).days).any()


@given(past=pasts, remaining=st.integers(0, 80), more=st.integers(0, 40), seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_percentiles_are_in_order_and_more_work_is_never_done_earlier(
    past: Past, remaining: int, more: int, seed: int
) -> None:
    early = when_done(remaining, past, seed=seed, trials=500)
    late = when_done(remaining + more, past, seed=seed, trials=500)

    found = [np.inf if (days := early.percentile(share)) is None else days for share in (0.5, 0.85, 0.95)]
    assert found == sorted(found)
    assert all(early.probability(days) >= late.probability(days) - 5 * sqrt(0.5 / 500) for days in range(0, 400, 25))


def test_growth_of_the_scope_puts_the_end_off_and_shrinking_does_not_bring_it_nearer() -> None:
    grows = Past(STEADY.finished, (2,) * 12)
    shrinks = Past(STEADY.finished, (-3,) * 12)

    plain = when_done(100, STEADY, seed=3).percentile(0.85)
    put_off = when_done(100, grows, seed=3, with_growth=True).percentile(0.85)
    assert plain is not None
    assert put_off is not None
    assert put_off > plain
    assert when_done(100, shrinks, seed=3, with_growth=True).percentile(0.85) == plain


def test_work_that_grows_faster_than_it_is_done_is_beyond_the_horizon() -> None:
    drawn = when_done(500, Past((1, 1, 1, 1), (5, 5, 5, 5)), seed=1, with_growth=True)

    assert drawn.percentile(0.5) is None
    assert drawn.probability(10_000) == 0.0


def test_a_range_of_what_is_left_spreads_the_forecast() -> None:
    sure = when_done(60, STEADY, seed=5)
    unsure = when_done((40, 80), STEADY, seed=5)

    assert (unsure.percentile(0.05) or 0) < (sure.percentile(0.05) or 0)
    assert (unsure.percentile(0.95) or 0) > (sure.percentile(0.95) or 0)


@pytest.mark.parametrize(
    ("past", "reason"),
    [
        (Past((5, 5, 5)), "insufficient_history"),
        (Past((0, 0, 0, 0)), "no_throughput"),
        (Past((0, 0, 0, 1)), None),
    ],
)
def test_too_little_history_is_named_instead_of_a_date(past: Past, reason: str | None) -> None:
    assert too_little(past) == reason
    if reason is not None:
        with pytest.raises(ValueError, match=reason):
            when_done(10, past, seed=1)


def test_growth_must_tell_of_the_same_weeks() -> None:
    with pytest.raises(ValueError, match="same weeks"):
        Past((1, 2, 3), (1,))


def test_the_percentile_itself_is_uncertain_and_the_more_so_the_fewer_the_weeks() -> None:
    few = Past(STEADY.finished[:6])
    many = Past(STEADY.finished * 8)

    def width(past: Past) -> int:
        low, high = spread(120, past, seed=2)
        assert low is not None
        assert high is not None
        return high - low

    assert 0 < width(many) < width(few)


def test_a_past_that_might_as_well_have_been_empty_has_no_upper_end() -> None:
    low, high = spread(200, Past((0, 0, 0, 3)), seed=2)

    assert low is not None
    assert high is None


def test_wilson_interval_of_nine_in_ten() -> None:
    interval = wilson(0.9, 10)

    assert (interval.low, interval.high) == pytest.approx((0.5958, 0.9821), abs=1e-4)
    assert wilson(1.0, 10).high == pytest.approx(1.0)
