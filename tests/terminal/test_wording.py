"""Numbers said to people: short, and never more than is true."""

from __future__ import annotations

import pytest

from service import wording


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "–"), (0.0, "0%"), (0.002, "<1%"), (0.342857, "34%"), (0.996, ">99%"), (1.0, "100%")],
)
def test_a_percentage_never_claims_more_than_is_true(value: float | None, said: str) -> None:
    assert wording.percent(value) == said


@pytest.mark.parametrize(
    ("value", "basis", "said"),
    [
        (1204, "count", "1,204"),
        (233.5, "points", "233.5"),
        (233.0, "points", "233"),
        (4_334_400, "time", "1,204 h"),
        (60, "time", "1 min"),
        (0, "time", "0 h"),
    ],
)
def test_an_amount_has_the_unit_of_its_basis(value: float, basis: str, said: str) -> None:
    assert wording.amount(value, basis) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "never"),
        (12, "just now"),
        (60, "1 minute ago"),
        (7_300, "2 hours ago"),
        (200_000, "2 days ago"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(seconds: float | None, said: str) -> None:
    assert wording.age(seconds) == said


@pytest.mark.parametrize(
    ("number", "reason", "said"),
    [
        (1, "has_children", "1 counted by its children"),
        (1_200, "has_children", "1,200 counted by their children"),
        (2, "subtask", "2 part of their parent"),
        (2, "cancelled", "2 cancelled"),
    ],
)
def test_exclusions_agree_with_their_number(number: int, reason: str, said: str) -> None:
    assert wording.excluded(number, reason) == said
