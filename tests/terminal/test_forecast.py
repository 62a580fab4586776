"""`interlock forecast` as people see it."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import msgspec
import pytest
from rich.console import Console

from service.programs.answers import Answer, ProgramRef, Remark
from service.programs.chances import ChanceData, DatesAt
from service.programs.forecast_answers import (
    CalibrationSummary,
    DateRange,
    FinishData,
    ForecastData,
    HowMany,
    OutlookData,
)
from service.programs.schedule_risk_answers import BasisCounts, DependencyAware
from service.programs.track_record_answers import TrackRecord
from service.programs.track_records import not_computed
from service.terminal.forecast import render_forecast

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
FINISH = FinishData(
    DatesAt(date(2026, 12, 9), date(2026, 12, 16), date(2026, 12, 22)), ChanceData(0.8912, 0.8849, 0.8972)
)
GROWING = FinishData(DatesAt(date(2026, 12, 15), date(2027, 1, 6), None), ChanceData(0.0004, 0.0002, 0.0006))
OUTLOOK = OutlookData(
    first_week=date(2026, 8, 24),
    weeks=12,
    small_sample=False,
    without_growth=FINISH,
    with_growth=GROWING,
    growth_a_week=1.25,
    p85_range=DateRange(date(2026, 12, 9), None),
    how_many=HowMany(date(2026, 12, 4), 11, 61, 52, 46),
)

UNFORESEEN = DependencyAware(
    reason="insufficient_history",
    message="No forecast by dependencies: fewer than 11 finished items tell how long work takes.",
    trials=0,
    items=78,
    history=7,
    basis=BasisCounts(),
    shared_shocks=False,
    limits=False,
    dates=None,
    on_target=None,
    merge_bias=None,
    milestones=(),
    critical=(),
    drivers=(),
    cycles_left_out=0,
    track_record=not_computed("CHECKOUT"),
)


def shown(data: ForecastData, *warnings: Remark) -> list[str]:
    console = Console(file=io.StringIO(), width=140, legacy_windows=False)
    render_forecast(Answer(NOW, NOW, "1", (), warnings, data), console)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def forecast(**values: object) -> ForecastData:
    fields: dict[str, object] = {
        "program": ProgramRef("CHECKOUT", "Checkout replatform"),
        "unit": "items",
        "remaining": 78,
        "target": date(2026, 12, 18),
        "reason": None,
        "message": "With 85 % confidence the 78 open items are done by 2026-12-16.",
        "forecast": OUTLOOK,
        "recent": None,
        "stability": None,
        "history": (),
        "calibration": CalibrationSummary("calibrated", "next_items", 84, "84 past forecasts were kept."),
        "dependency_aware": UNFORESEEN,
    }
    return ForecastData(**(fields | values))  # type: ignore[arg-type]


def test_a_forecast_is_told_in_a_few_lines() -> None:
    assert shown(forecast(), Remark("small_sample", "The forecast is drawn from 5 weeks of history alone.")) == [
        "Checkout replatform  CHECKOUT",
        "With 85 % confidence the 78 open items are done by 2026-12-16.",
        "",
        "                        50 %         85 %         95 %                by 2026-12-18",
        "no work added           2026-12-09   2026-12-16   2026-12-22          89 % (88 % to 90 %)",
        "scope grows as it did   2026-12-15   2027-01-06   beyond five years   1 % (1 % to 1 %)",
        "drawn from           12 weeks from 2026-08-24",
        "85 % may as well be  2026-12-09 to beyond five years, had other weeks like these been seen",
        "by 2026-12-04        61 items or more at 50 %, 52 at 85 %, 46 at 95 %",
        "",
        "Track record  calibrated  84 past forecasts were kept.",
        "",
        "Before trusting the numbers",
        "  ! The forecast is drawn from 5 weeks of history alone.",
    ]


def test_the_dates_that_the_track_record_asks_for_stand_below_those_of_the_forecast() -> None:
    dates = DatesAt(date(2026, 12, 10), date(2027, 1, 4), None)
    record = CalibrationSummary("overconfident", "next_items", 84, "84 past forecasts were kept.", dates)

    assert shown(forecast(calibration=record, dependency_aware=None))[4:7] == [
        "no work added             2026-12-09   2026-12-16   2026-12-22          89 % (88 % to 90 %)",
        "scope grows as it did     2026-12-15   2027-01-06   beyond five years   1 % (1 % to 1 %)",
        "as past dates were kept   2026-12-10   2027-01-04   beyond five years",
    ]


def test_without_a_forecast_the_reason_stands_in_its_place() -> None:
    data = forecast(forecast=None, reason="no_throughput", message="No forecast: nothing was finished in 12 weeks.")

    assert shown(data) == [
        "Checkout replatform  CHECKOUT",
        "No forecast: nothing was finished in 12 weeks.",
        "",
        "Track record  calibrated  84 past forecasts were kept.",
    ]


def test_dates_that_follow_the_dependencies_stand_below() -> None:
    dates = DatesAt(date(2026, 12, 28), date(2027, 1, 5), date(2027, 1, 12))
    foreseen = msgspec.structs.replace(UNFORESEEN, reason=None, dates=dates, on_target=ChanceData(0.2134, 0.205, 0.222))

    assert shown(forecast(dependency_aware=foreseen))[6] == (
        "by dependencies         2026-12-28   2027-01-05   2027-01-12          21 % (20 % to 22 %)"
    )


def test_no_record_of_the_one_model_stands_for_the_other() -> None:
    dates = DatesAt(date(2026, 12, 28), date(2027, 1, 5), date(2027, 1, 12))
    foreseen = msgspec.structs.replace(UNFORESEEN, reason=None, dates=dates)

    assert shown(forecast(dependency_aware=foreseen))[-2:] == [
        "Track record  calibrated  84 past forecasts were kept.",
        "How dates by dependencies have held is computed once a week, and was not yet; "
        "interlock forecast CHECKOUT --backtest does it now.",
    ]


def test_both_records_stand_below_each_other_with_what_they_are_worth() -> None:
    dates = DatesAt(date(2026, 12, 28), date(2027, 1, 5), date(2027, 1, 12))
    record = TrackRecord(badge="overconfident", reason=None, message="41 past forecasts were kept too seldom.")
    foreseen = msgspec.structs.replace(UNFORESEEN, reason=None, dates=dates, track_record=record)

    assert shown(forecast(dependency_aware=foreseen))[-2:] == [
        "Track record  calibrated  84 past forecasts were kept.",
        "By dependencies  overconfident  41 past forecasts were kept too seldom.",
    ]


def test_a_pace_that_changed_shows_both_windows() -> None:
    lines = shown(forecast(recent=OUTLOOK))

    assert [line[:38].rstrip() for line in lines[4:8]] == [
        "no work added",
        "scope grows as it did",
        "since the pace changed, no work added",
        "since the pace changed, scope grows as",
    ]


@pytest.mark.parametrize(("value", "said"), [(1.0, "100 %"), (0.9999, "99 %"), (0.0, "0 %"), (0.0001, "1 %")])
def test_only_what_every_trial_says_is_certain(value: float, said: str) -> None:
    certain = FinishData(FINISH.dates, ChanceData(value, value, value))
    lines = shown(forecast(forecast=msgspec.structs.replace(OUTLOOK, without_growth=certain)))

    assert f"{said} ({said} to {said})" in lines[4]
