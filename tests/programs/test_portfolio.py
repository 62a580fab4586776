"""All programs on one page: the numbers of their own answers, kept until something that they rest on changes."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from msgspec import UNSET
from sqlalchemy import insert, update

from service.domain.progress import MissingWeight
from service.programs import portfolio as module
from service.programs.dependencies import list_dependencies
from service.programs.health import get_health
from service.programs.health_answers import PortfolioData, PortfolioRow
from service.programs.overrides import Decision, override
from service.programs.portfolio import Terms, get_portfolio
from service.programs.read import get_rollup, list_programs
from service.store.engine import Database
from service.store.tables.items import work_items
from service.store.tables.reference import iterations
from service.store.tables.sources import sources
from tests.builders.items import SOURCE
from tests.programs.portfolio import KEY, NOW, SYNCED, TODAY, add_program, change
from tests.programs.test_health import a_program, link, say, well
from tests.programs.waiting import OTHER, a_waiting_program, view


async def page(database: Database, **values: Any) -> PortfolioData:
    return (await get_portfolio(database, **({"view": view()} | values))).data


async def row(database: Database, key: str = KEY, **values: Any) -> PortfolioRow:
    (found,) = [each for each in (await page(database, **values)).programs if each.key == key]
    return found


class Computing:
    """Which programs are computed, and not taken from what is kept."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.keys: list[str] = []
        compute = module._computed

        async def noting(database: Database, program: Any, *rest: Any) -> Any:
            self.keys.append(program.key)
            return await compute(database, program, *rest)

        monkeypatch.setattr(module, "_computed", noting)

    def since(self) -> list[str]:
        found, self.keys = self.keys, []
        return found


@pytest.fixture
def computing(monkeypatch: pytest.MonkeyPatch) -> Computing:
    return Computing(monkeypatch)


async def test_a_row_says_what_the_programs_own_answers_say(database: Database) -> None:
    await a_waiting_program(database)
    found = await row(database)
    rollup = (await get_rollup(database, KEY, now=NOW, today=TODAY)).data
    health = (await get_health(database, KEY, view=view())).data
    edges = await list_dependencies(database, KEY, view=view())

    assert (found.items, found.countable) == (rollup.scope.items, rollup.scope.countable)
    assert (found.progress.count, found.progress.points) == (rollup.progress.count, rollup.progress.points)
    assert rollup.progress.count is not UNSET
    assert found.dates.rolled_due == rollup.dates.rolled_due
    assert (found.health.computed, found.health.effective) == (health.computed, health.effective)
    assert found.health.data_quality == health.data_quality.score
    assert (found.dependencies.score, found.dependencies.counts) == (
        edges.data.health.score,
        edges.data.health.counts,
    )
    assert found.freshness.as_of == edges.as_of


async def test_programs_stand_in_the_order_of_their_file_and_are_counted_by_colour(database: Database) -> None:
    await a_waiting_program(database)
    found = await page(database)

    assert [each.key for each in found.programs] == [KEY, OTHER]
    assert found.health == {"red": 0, "amber": 0, "green": 0, "grey": 2}


async def test_who_is_limited_to_programs_sees_those_and_their_sources_alone(database: Database) -> None:
    await a_waiting_program(database)
    answer = await get_portfolio(database, view=view(), among={OTHER})

    assert [each.key for each in answer.data.programs] == [OTHER]
    listed = await list_programs(database, now=NOW, among={OTHER})
    assert [each.name for each in answer.sources] == [each.name for each in listed.sources]
    assert (await get_portfolio(database, view=view(), among=())).data.programs == ()


async def test_nothing_is_computed_twice_while_nothing_changes(database: Database, computing: Computing) -> None:
    await a_waiting_program(database)
    first = await page(database)
    assert computing.since() == [KEY, OTHER]

    assert await page(database) == first
    assert computing.since() == []


async def test_a_changed_item_computes_its_program_anew(database: Database, computing: Computing) -> None:
    await a_program(database, well(1, due=date(2026, 11, 2)), well(2))
    await add_program(database, "NEXT", position=1)
    assert (await row(database)).health.computed == "red"
    await change(database, f"{SOURCE}:1", due=date(2026, 12, 1))
    computing.since()

    assert (await row(database)).health.computed == "green"
    assert KEY in computing.since()


async def test_a_far_end_in_another_program_computes_who_waits_for_it_anew(
    database: Database, computing: Computing
) -> None:
    """Item 20 is in the other program alone, whose edge leads here; only its own row changes by itself."""
    await a_waiting_program(database)
    before = (await row(database)).dependencies
    computing.since()
    async with database.transaction() as uow:
        changed = update(work_items).where(work_items.c.uid == f"{SOURCE}:20")
        await uow.connection.execute(changed.values(status_category="done", updated_at=NOW))

    assert (await row(database)).dependencies != before
    assert KEY in computing.since()


async def test_another_day_another_term_and_a_moved_sprint_compute_all_anew(
    database: Database, computing: Computing
) -> None:
    await a_waiting_program(database)
    await page(database)
    computing.since()

    await page(database, view=view(today=TODAY + timedelta(days=1)))
    assert computing.since() == [KEY, OTHER]
    await page(database, terms=Terms(missing=MissingWeight.ZERO))
    assert computing.since() == [KEY, OTHER]
    async with database.transaction() as uow:
        sprint = {"source": SOURCE, "native_id": "9", "name": "Sprint 9", "state": "active", "start": SYNCED}
        await uow.connection.execute(insert(iterations), [sprint | {"end": SYNCED + timedelta(days=14)}])
    await page(database, terms=Terms(missing=MissingWeight.ZERO))
    assert computing.since() == [KEY, OTHER]


async def test_what_people_say_and_decide_is_seen_without_computing_anything(
    database: Database, computing: Computing
) -> None:
    await a_program(database, well(1, due=date(2026, 11, 2)), well(2))
    await page(database)
    computing.since()
    await say(database, "on_track")
    told = (await row(database)).health
    await override(database, KEY, Decision("amber", "Known."), author="pat", view=view())
    decided = (await row(database)).health

    assert (told.stated, told.disagreement, told.effective) == ("green", "watermelon", "red")
    assert (decided.override, decided.effective, decided.computed) == ("amber", "amber", "red")
    assert computing.since() == []


async def test_an_override_is_over_when_its_time_is(database: Database) -> None:
    await a_program(database, well(1), well(2))
    await override(database, KEY, Decision("red", "Wait.", TODAY), author="pat", view=view())

    assert (await row(database)).health.effective == "red"
    assert (await row(database, view=view(today=TODAY + timedelta(days=1)))).health.override is None


async def test_a_source_that_was_never_complete_is_in_doubt(database: Database) -> None:
    await a_program(database, well(1))
    await link(database, "10", 1, 1201)
    async with database.transaction() as uow:
        await uow.connection.execute(update(sources).values(last_complete_sync=None))
    fresh = (await row(database)).freshness

    assert (fresh.as_of, fresh.lag_seconds, fresh.complete, fresh.in_doubt) == (None, None, False, (SOURCE,))


async def test_without_programs_the_page_is_empty(database: Database) -> None:
    found = await page(database)

    assert (found.programs, sum(found.health.values())) == ((), 0)


async def test_who_has_no_patience_gets_the_rows_that_are_there(database: Database, computing: Computing) -> None:
    await a_waiting_program(database)
    nothing = await page(database, patience=0.0)
    assert (nothing.programs, computing.since()) == ((), [])
    await page(database, among={OTHER})

    assert [each.key for each in (await page(database, patience=0.0)).programs] == [OTHER]


async def test_two_who_ask_at_once_compute_nothing_twice(database: Database, computing: Computing) -> None:
    await a_waiting_program(database)
    one, other = await asyncio.gather(page(database), page(database))

    assert one == other
    assert sorted(computing.since()) == [KEY, OTHER]
