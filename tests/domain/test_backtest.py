"""A forecast's track record: what it would have said, whether that held, and what badge it earned."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest

from service.domain.backtest import AHEAD, MOST_ORIGINS, Promise, Question, Record, Rules, back_test
from service.domain.calendars import WorkingCalendar
from service.domain.calibration import ENOUGH, Badge, Calibration, calibrate
from service.domain.forecast import seed_of
from service.domain.ledger import Ledger
from service.domain.lives import ItemLife
from tests.builders.lives import a_life, a_team

FIRST = date(2024, 11, 25)
YEARS = 104


def asked(lives: list[ItemLife], before: date, **values: Any) -> Record:
    seed_of_origin = partial(_seed, "CHECKOUT")
    return back_test(
        Ledger.of(lives), Rules(calendar=WorkingCalendar(), before=before, seed_of=seed_of_origin, **values)
    )


def _seed(program: str, origin: date) -> int:
    return seed_of(program, origin.isoformat(), "1")


def steady(seed: int, *, backlog: int = 16, weeks: int = YEARS) -> Calibration:
    lives, end = a_team(first=FIRST, weeks=weeks, pace=lambda _: 8.0, backlog=backlog, seed=seed)
    return calibrate(asked(lives, end))


def test_a_team_with_a_steady_pace_is_calibrated() -> None:
    """Two weeks of work at eight items a week; of ten such teams a few look otherwise by chance."""
    badges = Counter(steady(seed).badge for seed in range(10))

    assert badges[Badge.CALIBRATED] >= 8, badges
    assert badges[Badge.INSUFFICIENT] == 0


def halving(seed: int) -> Calibration:
    """A year of work, the second half of it at half the pace."""
    pace = {False: 8.0, True: 4.0}
    lives, end = a_team(first=FIRST, weeks=52, pace=lambda week: pace[week >= 26], backlog=40, seed=seed)
    return calibrate(asked(lives, end))


def test_a_team_that_halves_its_pace_was_promised_too_much() -> None:
    found = [halving(seed) for seed in range(10)]

    assert Counter(each.badge for each in found)[Badge.OVERCONFIDENT] >= 8
    biases = [score.bias for each in found for score in each.scores if score.question is Question.OPEN_SCOPE]
    assert sum(bias is not None and bias > 0 for bias in biases) >= 8  # later than P50, in working days


def test_a_team_that_is_always_faster_than_before_was_promised_too_little() -> None:
    lives, end = a_team(first=FIRST, weeks=YEARS, pace=lambda week: 4.0 + week / 4, backlog=40, seed=3)

    found = calibrate(asked(lives, end))

    assert found.badge is Badge.UNDERCONFIDENT


def test_promises_are_counted_once_even_the_surest_of_them_is_decided() -> None:
    """Early successes must not count before late failures can."""
    lives, end = a_team(first=FIRST, weeks=40, pace=lambda _: 8.0, backlog=80, seed=1)
    calendar = WorkingCalendar()

    record = asked(lives, end)

    for question in (Question.NEXT_ITEMS, Question.OPEN_SCOPE):
        for promise in record.promises[question]:
            assert calendar.add_working_days(promise.origin, promise.said[2]) <= end
    assert all(promise.origin + timedelta(weeks=AHEAD) <= end for promise in record.promises[Question.ITEMS_FINISHED])


def test_what_never_ends_is_a_promise_broken_not_one_left_out() -> None:
    lives, end = a_team(first=FIRST, weeks=60, pace=lambda _: 8.0, backlog=16, seed=1)
    forgotten = a_life(created=FIRST - timedelta(days=3))

    record = asked([*lives, forgotten], end)

    promises = record.promises[Question.OPEN_SCOPE]
    assert len(promises) > ENOUGH
    assert not any(kept for promise in promises for kept in promise.kept)


def test_the_state_of_the_day_is_what_was_known_then() -> None:
    """Work that is added later leaves the promises of earlier Mondays as they were."""
    lives, end = a_team(first=FIRST, weeks=30, pace=lambda _: 6.0, backlog=12, seed=2)
    middle = FIRST + timedelta(weeks=20)
    added = [a_life(created=middle, done=middle + timedelta(days=3)) for _ in range(50)]

    plain, busy = asked(lives, end), asked([*lives, *added], end)

    for question in Question:
        before = [each for each in plain.promises[question] if each.origin < middle]
        after = {each.origin: each for each in busy.promises[question]}
        assert before
        for promise in before:
            if promise.origin in after:
                assert (after[promise.origin].said, after[promise.origin].stated) == (promise.said, promise.stated)


def test_mondays_without_enough_history_are_skipped_and_counted() -> None:
    lives, end = a_team(first=FIRST, weeks=20, pace=lambda _: 6.0, backlog=12, seed=2)

    record = asked(lives, end)

    assert record.skipped == 3  # work came the week before; a forecast needs four weeks
    assert record.origins[0] == FIRST + timedelta(weeks=3)
    assert record.origins[-1] == end - timedelta(weeks=1)


def test_at_most_two_years_of_mondays_are_asked() -> None:
    lives, end = a_team(first=FIRST - timedelta(weeks=60), weeks=200, pace=lambda _: 3.0, backlog=6, seed=2)

    assert len(asked(lives, end).origins) == MOST_ORIGINS


def test_a_program_that_just_began_knows_too_little_of_itself() -> None:
    lives, end = a_team(first=FIRST, weeks=14, pace=lambda _: 8.0, backlog=16, seed=1)

    found = calibrate(asked(lives, end))

    assert (found.badge, found.headline) == (Badge.INSUFFICIENT, None)
    assert calibrate(asked([], end)).badge is Badge.INSUFFICIENT


def promises(kept: int, of: int, *, spans: float = 1.0) -> tuple[Promise, ...]:
    """Weekly promises that said 50, 85 and 95 % and were kept alike at each level."""
    return tuple(
        Promise(
            origin=FIRST + timedelta(weeks=week),
            said=(10, 14, 17),
            happened=9 if week < kept else 20,
            kept=(week < kept,) * 3,
            stated=(0.5, 0.85, 0.95),
            pit=0.3 if week < kept else 1.0,
            spans=spans,
            chance=0.75,
            came=week < kept,
        )
        for week in range(of)
    )


def of_next_items(made: tuple[Promise, ...]) -> Calibration:
    record = Record(
        tuple(each.origin for each in made),
        0,
        {Question.ITEMS_FINISHED: (), Question.NEXT_ITEMS: made, Question.OPEN_SCOPE: ()},
    )
    return calibrate(record)


def test_scores_are_those_of_the_textbook() -> None:
    score = of_next_items(promises(30, 40)).scores[1]

    assert score.decided == 40
    assert score.apart == 40.0
    assert [each.kept for each in score.coverage] == [0.75] * 3
    assert score.bias == -1.0
    assert score.brier == pytest.approx((30 * 0.25**2 + 10 * 0.75**2) / 40)
    # quantile loss: a day early costs 1 − q, a day late q
    assert score.pinball == pytest.approx(
        [
            (30 * 0.5 * 1 + 10 * 0.5 * 10) / 40,
            (30 * 0.15 * 5 + 10 * 0.85 * 6) / 40,
            (30 * 0.05 * 8 + 10 * 0.95 * 3) / 40,
        ]
    )
    assert score.pit == (0, 0, 0, 30, 0, 0, 0, 0, 0, 10)
    assert (score.coverage[0].interval.low, score.coverage[0].interval.high) == pytest.approx(
        (0.5981, 0.8581), abs=1e-4
    )
    assert score.badge is Badge.OVERCONFIDENT  # 95 % were promised


def test_forecasts_that_overlap_are_fewer_witnesses() -> None:
    alone, overlapping = of_next_items(promises(36, 40)).scores[1], of_next_items(promises(36, 40, spans=4)).scores[1]

    assert overlapping.apart == pytest.approx(43 / 4)
    widths = [score.coverage[0].interval.high - score.coverage[0].interval.low for score in (alone, overlapping)]
    assert widths[1] > widths[0]


@pytest.mark.parametrize("of", [19, 20])
def test_fewer_than_twenty_decided_forecasts_earn_no_badge(of: int) -> None:
    assert (of_next_items(promises(of, of)).badge is Badge.INSUFFICIENT) == (of < ENOUGH)


def test_forecasts_of_one_and_the_same_end_earn_no_badge() -> None:
    """Thirty weekly forecasts of one project's finish are one witness, however many they are."""
    assert of_next_items(promises(0, 30, spans=29)).badge is Badge.INSUFFICIENT


def test_dates_are_stretched_by_what_past_ones_lacked() -> None:
    """Of 40 promises of 10, 14 and 17 days ten took 20: rank ⌈41 · 0.5⌉ = 21 was early, 35 and 39 were not."""
    score = of_next_items(promises(30, 40)).scores[1]

    assert score.stretch == pytest.approx((0.9, 20 / 14, 20 / 17))
    assert of_next_items(promises(3, 3)).scores[1].stretch == (0.9, None, None)  # three tell nothing of one in twenty


def test_a_team_that_was_promised_too_much_is_told_later_dates() -> None:
    earned = halving(3).earned

    assert earned is not None
    assert earned.stretch[1] is not None
    assert earned.stretch[1] > 1.05
