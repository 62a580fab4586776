"""How past forecasts by dependencies held, over stored programs: what was known on a Monday, and what then happened."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import insert

from service.domain.errors import InvalidQuery, UnknownProgram
from service.programs.answers import Answer
from service.programs.backtest_answers import BacktestData, ModelRecord
from service.programs.dependency_terms import DependencyTerms, Viewpoint
from service.programs.forecast_answers import PromiseData
from service.programs.network_backtest import BacktestQuestion, get_backtest
from service.store.engine import Database
from service.store.tables.items import item_changes
from tests.builders.items import Row, an_item
from tests.programs.histories import DOING, HISTORIANS, TO_DO
from tests.programs.portfolio import KEY, NOW, TODAY, add_members, add_program, add_source
from tests.programs.weekly import EACH_WEEK, FIRST, SLOWER, WITH_MILESTONE, a_weekly_program, at, moved, took

VIEW = Viewpoint(terms=DependencyTerms(), now=NOW, today=TODAY)
TOLD = FIRST + timedelta(weeks=3)  # fifteen items are finished by then, and four weeks are complete
LAST = date(2026, 11, 9)
MONDAYS = [TOLD + timedelta(weeks=place) for place in range(12)]


async def backtest(database: Database, question: BacktestQuestion | None = None) -> Answer[BacktestData]:
    return await get_backtest(database, KEY, view=VIEW, historians=HISTORIANS, question=question or BacktestQuestion())


def happened(origin: date) -> int:
    """Working days until all that was open then was done; the milestone is reached on a Friday."""
    return 5 if origin == WITH_MILESTONE else took(origin)


def promises(of: ModelRecord, question: str) -> list[PromiseData]:
    return [each for each in of.promises if each.question == question]


async def test_every_monday_is_asked_by_what_was_known_on_it(database: Database) -> None:
    """Until the weeks became longer everything ever took three days, so that nothing else could be promised."""
    await a_weekly_program(database)

    data = (await backtest(database)).data
    ours = data.models[0]

    told = promises(ours, "open_scope")
    assert (data.origins, data.first_origin, data.last_origin) == (15, FIRST, LAST)
    assert (ours.model, ours.origins, ours.skipped) == ("dependencies", 12, 3)
    assert [each.origin for each in told] == MONDAYS
    before = [each for each in told if each.origin <= SLOWER]
    assert [(each.p50, each.p85, each.p95) for each in before] == [(3, 3, 3)] * len(before)
    assert [each.happened for each in told] == list(map(happened, MONDAYS))
    assert all(each.p95 > 3 for each in told if each.origin > SLOWER)


async def test_of_the_open_items_so_many_were_finished_in_four_weeks(database: Database) -> None:
    """Asked of what was open alone: what came later does not count, though it was finished in those weeks."""
    await a_weekly_program(database)

    told = promises((await backtest(database)).data.models[0], "open_finished")

    assert [each.origin for each in told] == [day for day in MONDAYS if day + timedelta(weeks=4) <= TODAY]
    for each in told:
        expected = EACH_WEEK + (each.origin == WITH_MILESTONE)
        assert (each.p50, each.p95, each.happened, each.kept_p95) == (expected, expected, expected, True)


async def test_what_was_in_progress_on_a_monday_is_asked_by_itself(sqlite_database: Database) -> None:
    """One story that is begun on the first of September and never done: older than all that was ever finished, it is
    taken to begin anew, so that four weeks are always promised to be enough."""
    await a_weekly_program(sqlite_database)
    begun = at(date(2026, 9, 1), 9)
    story: Row = {"status_id": "3", "status": "In Progress", "status_category": "in_progress", "started_at": begun}
    await add_members(sqlite_database, an_item("800", created_at=begun, updated_at=begun, **story))
    async with sqlite_database.transaction() as uow:
        await uow.connection.execute(insert(item_changes), [moved("800", 1, begun, TO_DO, DOING)])

    told = promises((await backtest(sqlite_database)).data.models[0], "begun_finished")

    asked = [day for day in MONDAYS if begun.date() < day and day + timedelta(weeks=4) <= TODAY]
    assert [(each.origin, each.p50, each.p95, each.happened) for each in told] == [(day, 1, 1, 0) for day in asked]


async def test_a_milestone_is_promised_from_the_day_on_which_it_waits_for_something(database: Database) -> None:
    await a_weekly_program(database)

    (told,) = promises((await backtest(database)).data.models[0], "milestones")

    assert (told.origin, told.p50, told.p95, told.happened, told.kept_p95) == (WITH_MILESTONE, 3, 3, 5, False)


async def test_both_models_are_asked_about_the_same_items_and_the_nearer_one_is_named(database: Database) -> None:
    """Throughput sees a first week without any completion, and holds a late end possible until it has passed."""
    await a_weekly_program(database)

    data = (await backtest(database)).data
    theirs = data.models[1]

    first, *_ = told = promises(theirs, "open_scope")
    assert (theirs.model, theirs.origins, theirs.skipped) == ("throughput", 12, 3)
    assert (first.origin, first.p50, first.p85, first.p95, first.happened) == (TOLD, 5, 10, 15, 3)
    assert [each.happened for each in told] == list(map(happened, MONDAYS))
    finished, scope = data.comparisons
    assert (finished.question, finished.promises, finished.better) == ("open_finished", 9, None)
    assert (scope.question, scope.promises, scope.better) == ("open_scope", 12, "dependencies")
    assert scope.dependencies is not None
    assert scope.throughput is not None
    assert 0 < scope.dependencies < scope.throughput
    assert scope.message == "The forecast by dependencies told better when all open work is done (12 promises of both)."
    assert finished.message == (
        "Which of the two tells better how many of the open items four weeks finish cannot be said "
        "(9 promises of both)."
    )


async def test_a_badge_is_earned_by_the_same_rules_as_that_of_the_throughput(sqlite_database: Database) -> None:
    """Twelve promises are too few, however well they were kept."""
    await a_weekly_program(sqlite_database)

    ours = (await backtest(sqlite_database)).data.models[0]

    assert (ours.badge, ours.question) == ("insufficient", None)
    assert ours.message == "Too few past forecasts are decided to tell how far this one can be trusted (12 of 20)."


async def test_fewer_mondays_are_asked_where_somebody_says_so_and_each_is_told(sqlite_database: Database) -> None:
    await a_weekly_program(sqlite_database)
    told: list[tuple[int, int]] = []

    answer = await get_backtest(
        sqlite_database,
        KEY,
        view=VIEW,
        historians=HISTORIANS,
        question=BacktestQuestion(origins=8),
        progress=lambda done, of: told.append((done, of)),
    )

    assert (answer.data.origins, answer.data.first_origin) == (8, LAST - timedelta(weeks=7))
    assert told == [(done, 8) for done in range(9)]


async def test_the_same_question_has_the_same_answer(sqlite_database: Database) -> None:
    await a_weekly_program(sqlite_database)

    assert await backtest(sqlite_database) == await backtest(sqlite_database)


async def test_what_cannot_be_asked_is_refused(sqlite_database: Database) -> None:
    with pytest.raises(UnknownProgram):
        await backtest(sqlite_database)
    with pytest.raises(InvalidQuery, match="origins: must be between 8 and 104, not 7"):
        await backtest(sqlite_database, BacktestQuestion(origins=7))
    with pytest.raises(InvalidQuery, match="weeks: must be between 4 and 104, not 3"):
        await backtest(sqlite_database, BacktestQuestion(weeks=3))


async def test_a_program_without_items_has_no_mondays(sqlite_database: Database) -> None:
    await add_source(sqlite_database)
    await add_program(sqlite_database)

    data = (await backtest(sqlite_database)).data

    assert (data.origins, data.first_origin, [each.badge for each in data.models]) == (0, None, ["insufficient"] * 2)
