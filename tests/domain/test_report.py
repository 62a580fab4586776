"""Over which time a report looks back, and which parts it has."""

from __future__ import annotations

from datetime import date

import pytest

from service.domain.report import PARTS, Audience, Part, beginning, month_before


@pytest.mark.parametrize(
    ("day", "before"),
    [
        (date(2026, 11, 20), date(2026, 10, 20)),
        (date(2026, 3, 31), date(2026, 2, 28)),
        (date(2028, 3, 30), date(2028, 2, 29)),
        (date(2026, 1, 31), date(2025, 12, 31)),
        (date(2026, 7, 31), date(2026, 6, 30)),
    ],
)
def test_a_month_ago_is_the_same_day_or_the_last_one_that_there_is(day: date, before: date) -> None:
    assert month_before(day) == before


@pytest.mark.parametrize(
    ("audience", "first"),
    [
        (Audience.WEEKLY, date(2026, 11, 13)),
        (Audience.MONTHLY, date(2026, 10, 20)),
        (Audience.STEERING, date(2026, 10, 20)),
    ],
)
def test_each_meeting_looks_back_to_the_one_before(audience: Audience, first: date) -> None:
    assert beginning(audience, date(2026, 11, 20)) == first


def test_every_report_tells_health_progress_the_forecast_and_how_good_the_data_is() -> None:
    for audience in Audience:
        assert {Part.HEALTH, Part.PROGRESS, Part.FORECAST, Part.DATA_QUALITY} <= PARTS[audience]
    assert Part.DECISIONS in PARTS[Audience.STEERING]
    assert Part.DECISIONS not in PARTS[Audience.WEEKLY] | PARTS[Audience.MONTHLY]
