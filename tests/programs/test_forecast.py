"""The forecast that other answers ask for: kept as long as nothing changed, with nothing read again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from service.domain.backtest import Question, Record, Rules, back_test
from service.domain.calendars import WorkingCalendar
from service.domain.calibration import calibrate
from service.domain.errors import InvalidQuery, UnknownProgram
from service.domain.outlook import Terms
from service.programs import lives
from service.programs.chances import DatesAt
from service.programs.dependency_terms import DependencyTerms, Viewpoint
from service.programs.forecast import (
    ForecastQuestion,
    ProgramForecast,
    forecast_of,
    message,
    program_forecast,
    recalibrated,
)
from service.store.engine import Database
from tests.builders.lives import a_team
from tests.programs.finishing import OPEN, a_finishing_program, at
from tests.programs.portfolio import KEY, NOW, TODAY, change

VIEW = Viewpoint(terms=DependencyTerms(), now=NOW, today=TODAY)


async def test_it_says_how_probable_the_target_is_or_why_it_cannot(database: Database) -> None:
    await a_finishing_program(database)

    made = await program_forecast(database, KEY, view=VIEW)

    assert made.on_target is not None
    assert (made.remaining, made.reason, made.on_target.value) == (OPEN, None, 1.0)
    assert message(made).startswith("With 85 % confidence the 30 open items are done by 2026-12-10")


async def test_what_is_kept_is_not_read_again_until_something_changes(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_finishing_program(sqlite_database)
    first = await program_forecast(sqlite_database, KEY, view=VIEW)
    monkeypatch.setattr(lives, "ItemLives", None)  # whoever reads lives now fails

    again = await program_forecast(sqlite_database, KEY, view=VIEW)
    lives._kept.clear()
    still = await program_forecast(sqlite_database, KEY, view=replace(VIEW, now=NOW + timedelta(hours=1)))
    monkeypatch.undo()
    await change(sqlite_database, "acme-jira:3", status_category="done", done_at=at(date(2026, 11, 19)))
    changed = await program_forecast(sqlite_database, KEY, view=VIEW)

    assert again is first
    assert still is first
    assert changed.remaining == OPEN - 1


async def test_another_day_or_question_is_another_forecast(sqlite_database: Database) -> None:
    await a_finishing_program(sqlite_database)
    made = await program_forecast(sqlite_database, KEY, view=VIEW)

    tomorrow = await program_forecast(sqlite_database, KEY, view=replace(VIEW, today=TODAY + timedelta(days=3)))
    longer = await program_forecast(sqlite_database, KEY, view=VIEW, question=ForecastQuestion(weeks=16))

    assert tomorrow.outlook != made.outlook
    assert (len(made.weeks.finished), len(longer.weeks.finished)) == (12, 16)


async def test_a_question_that_cannot_be_answered_is_refused_before_anything_is_read(sqlite_database: Database) -> None:
    with pytest.raises(UnknownProgram):
        await program_forecast(sqlite_database, "NOWHERE", view=VIEW)
    with pytest.raises(InvalidQuery, match="weeks: must be between 4 and 104, not 3"):
        await program_forecast(sqlite_database, "NOWHERE", view=VIEW, question=ForecastQuestion(weeks=3))
    with pytest.raises(InvalidQuery, match="by: must be a day from 2026-11-20 on, at most five years ahead"):
        await program_forecast(sqlite_database, "NOWHERE", view=VIEW, question=ForecastQuestion(by=date(2026, 11, 19)))


def of_a_team(pace: Callable[[int], float]) -> tuple[ProgramForecast, DatesAt | None]:
    """A year of work until today, and five weeks of it left: the forecast, and its recalibrated dates."""
    every, monday = a_team(first=date(2025, 11, 24), weeks=52, pace=pace, backlog=40, seed=3)
    view = replace(VIEW, today=monday)
    known = lives.Lives(every)
    rules = Rules(calendar=WorkingCalendar(), before=monday, seed_of=lambda origin: origin.toordinal())
    terms = Terms(today=monday, calendar=WorkingCalendar(), seed=7)
    made = forecast_of(known, terms)
    return made, recalibrated(made, calibrate(back_test(known.ledger, rules)), view)


def test_dates_are_put_off_by_what_past_ones_of_a_slowing_team_lacked() -> None:
    made, dates = of_a_team(lambda week: 8.0 if week < 26 else 4.0)

    assert made.outlook is not None
    assert dates is not None
    p50, p85, _ = made.outlook.plain.days
    assert dates.p50 is not None
    assert dates.p85 is not None
    assert p50 is not None
    assert p85 is not None
    assert dates.p85 > p85
    assert dates.p50 <= dates.p85


def test_dates_of_a_steady_team_stay_about_where_they_are() -> None:
    made, dates = of_a_team(lambda _: 8.0)

    assert made.outlook is not None
    assert made.outlook.plain.days[1] is not None
    assert dates is not None
    assert dates.p85 is not None
    assert abs(dates.p85 - made.outlook.plain.days[1]) <= timedelta(days=10)


def test_without_a_track_record_nothing_is_recalibrated() -> None:
    made, _ = of_a_team(lambda _: 8.0)
    nothing = calibrate(Record((), 0, dict.fromkeys(Question, ())))

    assert recalibrated(made, nothing, VIEW) is None
