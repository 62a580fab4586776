"""`interlock forecast KEY --backtest` as people see it."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

from rich.console import Console

from service.programs.answers import Answer, ProgramRef, Remark
from service.programs.backtest_answers import BacktestData, ComparisonData, ModelRecord
from service.programs.track_record_answers import CoverageData, ScoreData
from service.terminal.backtest import render_backtest

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def a_score(question: str, badge: str, kept: float, *, decided: int = 48, bias: float | None = -1.5) -> ScoreData:
    unit = "items" if question == "open_finished" else "working_days"
    coverage = tuple(CoverageData(level, level, kept, kept - 0.1, kept + 0.1, 1.0) for level in (0.5, 0.85, 0.95))
    return ScoreData(question, badge, decided, 12.4, unit, coverage if decided else (), bias, None, ())


def a_record(model: str, badge: str, message: str, *scores: ScoreData) -> ModelRecord:
    return ModelRecord(
        model=model,
        badge=badge,
        question="open_scope",
        message=message,
        origins=48,
        skipped=4,
        scores=scores,
        promises=(),
    )


def shown(first: date | None = date(2025, 11, 17), *warnings: Remark) -> list[str]:
    data = BacktestData(
        program=ProgramRef("CHECKOUT", "Checkout replatform"),
        weeks_ahead=4,
        history_weeks=12,
        origins=52,
        first_origin=first,
        last_origin=first and date(2026, 11, 9),
        models=(
            a_record(
                "dependencies",
                "overconfident",
                "48 past forecasts were kept less often than they said.",
                a_score("open_finished", "calibrated", 0.5),
                a_score("milestones", "insufficient", 0.0, decided=0, bias=None),
                a_score("open_scope", "overconfident", 0.25, bias=12.0),
            ),
            a_record(
                "throughput",
                "calibrated",
                "48 past forecasts were kept as often as they said.",
                a_score("open_finished", "calibrated", 0.5, bias=0.0),
                a_score("open_scope", "calibrated", 0.75, bias=0.0),
            ),
        ),
        comparisons=(
            ComparisonData(
                question="open_scope",
                promises=48,
                unit="working_days",
                dependencies=9.1,
                throughput=2.2,
                better="throughput",
                message="The forecast by throughput told better when all open work is done (48 promises of both).",
            ),
        ),
    )
    console = Console(file=io.StringIO(), width=140, legacy_windows=False)
    render_backtest(Answer(NOW, NOW, "1", (), warnings, data), console)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_both_models_stand_below_each_question_that_anything_was_decided_of() -> None:
    half, few, most = "50% (40%–60%)", "25% (15%–35%)", "75% (65%–85%)"

    assert shown(date(2025, 11, 17), Remark("left_out", "One item could not be found.")) == [
        "Checkout replatform  CHECKOUT",
        "Asked of 52 Mondays from 2025-11-17 to 2026-11-09, about what was open then.",
        "",
        f"{'':36}decided   apart    kept of 50 %         of 85 %         of 95 %         bias",
        "Open items finished in four weeks",
        f"  by dependencies                        48      12   {half}   {half}   {half}   -1.5 items   calibrated",
        f"  by throughput                          48      12   {half}   {half}   {half}     +0 items   calibrated",
        "All open work done",
        f"  by dependencies                        48      12   {few}   {few}   {few}     +12 days   overconfident",
        f"  by throughput                          48      12   {most}   {most}   {most}      +0 days   calibrated",
        "",
        "by dependencies  overconfident  48 past forecasts were kept less often than they said.",
        "by throughput    calibrated  48 past forecasts were kept as often as they said.",
        "The forecast by throughput told better when all open work is done (48 promises of both).",
        "",
        "Before trusting the numbers",
        "  ! One item could not be found.",
    ]


def test_a_program_that_just_began_has_no_monday_to_be_asked() -> None:
    assert shown(None) == [
        "Checkout replatform  CHECKOUT",
        "No Monday lies far enough back: work began less than two weeks ago.",
    ]
