"""Percentiles are values that were seen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.domain.samples import Sample


def test_a_percentile_is_the_smallest_value_that_covers_its_share() -> None:
    ten = Sample.of([9, 1, 4, 2, 3, 5, 8, 7, 6, 100])

    assert [ten.percentile(each) for each in (1, 10, 11, 50, 85, 90, 91, 100)] == [1, 1, 2, 5, 9, 9, 100, 100]


def test_nothing_has_no_percentile_and_no_mean() -> None:
    assert (Sample(()).percentile(50), Sample(()).mean, Sample(()).n) == (None, None, 0)


def test_ten_are_a_small_sample_and_eleven_are_not() -> None:
    assert Sample.of(range(10)).small
    assert not Sample.of(range(11)).small


@given(st.lists(st.integers(0, 400), min_size=1), st.integers(1, 100))
def test_at_least_the_share_does_not_exceed_it_and_every_smaller_value_covers_less(
    values: list[int], percent: int
) -> None:
    found = Sample.of(values).percentile(percent)

    assert found in values
    assert sum(each <= found for each in values) * 100 >= percent * len(values)
    assert all(
        sum(each <= smaller for each in values) * 100 < percent * len(values) for smaller in values if smaller < found
    )
