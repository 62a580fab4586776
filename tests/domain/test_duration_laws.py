"""The laws of durations, and the luck by which they are drawn."""

from __future__ import annotations

import numpy as np
import pytest

from service.domain.duration_laws import DurationLaws, PertFit, ThreePoints, laws
from service.domain.streams import keys_of, uniforms


def drawn(
    of: DurationLaws, *, trials: int = 20_000, seed: int = 5
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    into = np.empty((len(of), trials), np.float32)
    of.draw(into, seed=seed, first=0)
    return into


def test_observed_durations_are_equally_likely() -> None:
    days = drawn(laws([[1, 2, 2, 5], 3]))

    values, times = np.unique(days[0], return_counts=True)
    assert values.tolist() == [1, 2, 5]
    expected = np.array([5_000, 10_000, 5_000])
    assert ((times - expected) ** 2 / expected).sum() < 13.8  # chi square of two degrees: once in a thousand
    assert (days[1] == 3).all()


@pytest.mark.parametrize("fit", PertFit)
def test_three_points_have_the_mean_and_the_deviation_that_they_say(fit: PertFit) -> None:
    points = ThreePoints(1, 2, 9, fit=fit)

    days = drawn(laws([points]))[0]

    assert points.mean == 3
    assert days.mean() == pytest.approx(3, abs=4 * points.deviation / np.sqrt(20_000))
    assert days.std() == pytest.approx(points.deviation, rel=0.03)
    assert 1 <= days.min() <= days.max() <= 9


def test_the_two_fits_differ_in_width() -> None:
    """The textbooks' deviation is a sixth of the span whatever the mode; with weight 4 it depends on the mode."""
    assert ThreePoints(1, 2, 9, fit=PertFit.MOMENTS).deviation == pytest.approx(8 / 6)
    assert ThreePoints(1, 2, 9, fit=PertFit.LAMBDA4).deviation == pytest.approx(np.sqrt((3 - 1) * (9 - 3) / 7))


@pytest.mark.parametrize("fit", PertFit)
@pytest.mark.parametrize("points", [(1, 2, 9), (0, 0, 10), (5, 10, 10), (2, 3, 4)])
def test_the_equally_likely_values_stand_for_the_whole_distribution(
    points: tuple[float, float, float], fit: PertFit
) -> None:
    each = ThreePoints(*points, fit=fit)

    values = each.equally_likely().astype(float)

    assert values.mean() == pytest.approx(each.mean, rel=1e-3)
    assert values.std() == pytest.approx(each.deviation, rel=5e-3)
    assert (np.diff(values) >= 0).all()


def test_three_equal_points_are_one() -> None:
    assert (drawn(laws([ThreePoints(4, 4, 4)]), trials=10) == 4).all()
    assert ThreePoints(4, 4, 4).deviation == 0


@pytest.mark.parametrize("points", [(3, 2, 4), (1, 5, 4), (-1, 2, 3)])
def test_points_out_of_order_are_refused(points: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="optimistic ≤ likely ≤ pessimistic"):
        ThreePoints(*points)


def test_an_estimate_takes_the_place_of_a_law_and_leaves_the_others_alone() -> None:
    before = laws([[1, 2, 3], [4, 5, 6]])

    after = before.estimated({1: ThreePoints(20, 30, 60)})

    assert drawn(after)[0].tolist() == drawn(before)[0].tolist()
    assert drawn(after)[1].min() >= 20
    assert drawn(after)[1].mean() == pytest.approx(200 / 6, abs=0.2)


def test_medians_are_the_days_that_half_do_not_exceed() -> None:
    assert laws([[1, 2, 3, 9], [4, 5, 6], 2.5, ThreePoints(1, 2, 9)]).medians.tolist() == [2, 5, 3, 3]


def test_luck_hangs_on_the_item_and_the_trial_alone() -> None:
    keys = keys_of(["jira:1", "jira:2", "asana:3"])

    whole = uniforms(keys, seed=9, first=0, trials=100)

    assert whole[[2, 0], 40:70].tolist() == uniforms(keys[[2, 0]], seed=9, first=40, trials=30).tolist()
    assert whole.tolist() != uniforms(keys, seed=10, first=0, trials=100).tolist()
    assert whole.tolist() != uniforms(keys, seed=9 + (1 << 32), first=0, trials=100).tolist()


def test_luck_is_even_and_that_of_one_item_tells_nothing_of_another() -> None:
    """Kolmogorov and Smirnov on each stream (2.5: once in 130,000), and the greatest of 19,900 correlations."""
    streams = uniforms(
        keys_of(f"acme-jira:{number}" for number in range(10_000, 10_200)), seed=3, first=0, trials=10_000
    )

    assert max(map(_distance, streams)) < 2.5 / np.sqrt(10_000)
    assert _distance(streams[:, :50].ravel()) < 2 / np.sqrt(10_000)
    correlations = np.corrcoef(streams) - np.eye(len(streams))
    assert np.abs(correlations).max() < 5 / np.sqrt(10_000)
    following = [np.corrcoef(stream[:-1], stream[1:])[0, 1] for stream in streams]
    assert np.abs(following).max() < 5 / np.sqrt(10_000)


def _distance(values: np.ndarray[tuple[int], np.dtype[np.float32]]) -> float:
    """The most by which the share of values up to x differs from x."""
    shares = np.arange(1, len(values) + 1) / len(values)
    return float(np.abs(np.sort(values) - shares).max())
