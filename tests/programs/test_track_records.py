"""The track record of forecasts by dependencies is computed once a week and stands beside them, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from msgspec.structs import replace as with_values

from service.programs.backtest_answers import BacktestData
from service.programs.dependency_aware import dependency_aware
from service.programs.dependency_terms import DependencyTerms, Viewpoint
from service.programs.network_backtest import get_backtest
from service.programs.track_record_answers import TrackRecord
from service.programs.track_records import keep_track_record, not_computed, programs_without_record
from service.store.engine import Database
from tests.programs.histories import HISTORIANS
from tests.programs.portfolio import KEY, NOW, TODAY, add_program
from tests.programs.weekly import a_weekly_program

VIEW = Viewpoint(terms=DependencyTerms(), now=NOW, today=TODAY)
MONDAY = date(2026, 11, 16)  # of the week of today, a Friday


async def keep(database: Database, key: str = KEY) -> BacktestData:
    told = (await get_backtest(database, key, view=VIEW, historians=HISTORIANS)).data
    await keep_track_record(database, told, today=TODAY)
    return told


async def beside(database: Database, *, today: date = TODAY) -> TrackRecord:
    """What stands beside a forecast of that day."""
    return (await dependency_aware(database, KEY, replace(VIEW, today=today))).track_record


async def test_what_a_back_test_found_stands_beside_the_forecast(database: Database) -> None:
    await a_weekly_program(database)
    before = await beside(database)
    ours, _ = (await keep(database)).models

    assert before == not_computed(KEY)
    assert await beside(database) == TrackRecord(
        badge=ours.badge,
        reason=None,
        message=ours.message,
        week=MONDAY,
        origins=12,
        skipped=3,
        scores=ours.scores,
    )
    assert {score.question for score in ours.scores} >= {"open_scope", "open_finished"}


async def test_each_program_has_its_turn_once_a_week(database: Database) -> None:
    await a_weekly_program(database)
    await add_program(database, "EMPTY", position=1)
    await keep(database)
    left = await programs_without_record(database, today=TODAY)
    await keep(database, "EMPTY")

    assert left == ["EMPTY"]
    assert await programs_without_record(database, today=MONDAY + timedelta(days=6)) == []
    assert await programs_without_record(database, today=MONDAY + timedelta(days=7)) == [KEY, "EMPTY"]
    assert await programs_without_record(database, today=MONDAY - timedelta(days=1)) == [KEY, "EMPTY"]


async def test_a_forecast_of_an_earlier_day_has_the_record_of_its_week_and_none_of_a_later_one(
    database: Database,
) -> None:
    await a_weekly_program(database)
    told = (await get_backtest(database, KEY, view=VIEW, historians=HISTORIANS)).data
    for weeks in (0, 2):
        await keep_track_record(database, told, today=TODAY - timedelta(weeks=weeks))

    found = {weeks: (await beside(database, today=TODAY - timedelta(weeks=weeks))).week for weeks in range(4)}

    assert found == {0: MONDAY, 1: MONDAY - timedelta(weeks=2), 2: MONDAY - timedelta(weeks=2), 3: None}


async def test_a_second_record_of_a_week_takes_the_place_of_the_first(database: Database) -> None:
    await a_weekly_program(database)
    told = (await get_backtest(database, KEY, view=VIEW, historians=HISTORIANS)).data
    ours, other = told.models
    await keep_track_record(database, told, today=MONDAY)
    later = with_values(told, models=(with_values(ours, message="Another one."), other))
    await keep_track_record(database, later, today=TODAY)

    assert (await beside(database)).message == "Another one."
