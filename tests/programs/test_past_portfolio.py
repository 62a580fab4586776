"""All programs on one page as of an earlier moment: the rows of then, kept beside those of now; who had not begun."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from service.domain.errors import InvalidQuery
from service.programs.answers import Answer
from service.programs.dependencies import list_dependencies
from service.programs.health import get_health
from service.programs.health_answers import PortfolioData, PortfolioRow
from service.programs.overrides import Decision, override
from service.programs.portfolio import get_portfolio
from service.programs.read import get_program, get_rollup, list_programs
from service.store.engine import Database
from tests.builders.items import SOURCE
from tests.programs.histories import HISTORIANS, add_change, on
from tests.programs.portfolio import KEY, NOW, TODAY, add_members, add_program, change
from tests.programs.test_health import moment, well
from tests.programs.test_past_health import a_past, days, say, then
from tests.programs.test_portfolio import Computing, computing
from tests.programs.waiting import OTHER, view
from tests.programs.waiting_past import a_waiting_past

__all__ = ["computing"]  # a fixture


async def page(database: Database, month: int, day: int) -> Answer[PortfolioData]:
    return await get_portfolio(database, view=then(month, day))


async def row(database: Database, month: int, day: int) -> PortfolioRow:
    (found,) = [each for each in (await page(database, month, day)).data.programs if each.key == KEY]
    return found


async def test_a_row_says_what_the_programs_own_answers_say_of_then(database: Database) -> None:
    await a_waiting_past(database)
    when, found = then(11, 10), await row(database, 11, 10)
    as_of = when.as_of
    rollup = (await get_rollup(database, KEY, now=NOW, today=TODAY, as_of=as_of, historians=HISTORIANS)).data
    health = (await get_health(database, KEY, view=when)).data
    edges = (await list_dependencies(database, KEY, view=when)).data.health

    assert (found.items, found.countable) == (rollup.scope.items, rollup.scope.countable)
    assert (found.progress.count, found.progress.points) == (rollup.progress.count, rollup.progress.points)
    assert found.dates.rolled_due == rollup.dates.rolled_due
    assert (found.health.computed, found.health.data_quality) == (health.computed, health.data_quality.score)
    assert (found.dependencies.score, found.dependencies.counts) == (edges.score, edges.counts)
    assert found != (await get_portfolio(database, view=view())).data.programs[0]


async def test_as_of_now_the_page_is_that_of_now(database: Database) -> None:
    await a_waiting_past(database)
    now = await get_portfolio(database, view=view())

    assert (await get_portfolio(database, view=view().at(NOW, HISTORIANS))).data == now.data
    assert now.warnings == ()


async def test_a_program_that_had_not_begun_is_left_out_and_named(database: Database) -> None:
    await a_past(database, well(1, created_at=moment(date(2026, 11, 2))))
    await add_program(database, "NEXT", position=1, name="Next year")
    await add_members(database, well(2, created_at=moment(date(2026, 11, 12))), program="NEXT")
    told = await page(database, 11, 9)

    assert [each.key for each in told.data.programs] == [KEY]
    assert [each.message for each in told.warnings if each.code == "not_begun"] == [
        "Left out, as nothing of it was there yet: Next year."
    ]
    assert [each.key for each in (await page(database, 11, 12)).data.programs] == [KEY, "NEXT"]
    with pytest.raises(InvalidQuery) as refused:
        await page(database, 11, 1)
    assert refused.value.parameter == "as_of"


async def test_what_is_not_computed_in_time_is_left_out_and_named(database: Database) -> None:
    await a_waiting_past(database)
    await get_portfolio(database, view=then(11, 10), among={OTHER})
    hasty = await get_portfolio(database, view=then(11, 10), patience=0.0)

    assert [each.key for each in hasty.data.programs] == [OTHER]
    assert [each.message for each in hasty.warnings if each.code == "not_ready"] == [
        "Left out, as still being computed: Checkout replatform. Ask again."
    ]


async def test_rows_of_then_are_kept_beside_those_of_now(database: Database, computing: Computing) -> None:
    await a_waiting_past(database)
    now, first = await get_portfolio(database, view=view()), await page(database, 11, 10)
    second = await page(database, 11, 9)
    assert computing.since() == [KEY, OTHER] * 3

    assert await get_portfolio(database, view=view()) == now
    assert (await page(database, 11, 10), await page(database, 11, 9)) == (first, second)
    assert computing.since() == []
    await change(database, f"{SOURCE}:2", due=date(2026, 12, 1))
    await page(database, 11, 10)
    assert KEY in computing.since()


async def test_words_and_decisions_are_those_of_then(database: Database) -> None:
    await a_past(database, well(1), well(2))
    await say(database, "s1", "on_track", on(11, 12))
    made = view(today=date(2026, 11, 2))
    await override(database, KEY, Decision("red", "Wait.", date(2026, 11, 6)), author="pat", view=made)
    held, over, heard = [(await row(database, 11, day)).health for day in (5, 9, 12)]

    assert [(each.effective, each.override, each.stated) for each in (held, over, heard)] == [
        ("red", "red", None),
        ("green", None, None),
        ("green", None, "green"),
    ]
    assert "stated_then_unknown" in {each.code for each in (await page(database, 11, 9)).warnings}
    assert "stated_then_unknown" not in {each.code for each in (await page(database, 11, 12)).warnings}


async def test_a_doubt_of_several_programs_is_told_once(database: Database) -> None:
    await a_waiting_past(database)
    told = [each for each in (await page(database, 11, 10)).warnings if each.code == "mapping_of_today"]

    assert [each.message for each in told] == [
        "Checkout replatform: Who belonged to the program then is not known; the members of today stand in for them. "
        "So in 1 more program."
    ]


async def test_a_program_had_as_many_items_as_its_list_of_then(database: Database) -> None:
    """One came on the 12th; one was moved between projects, which is no coming and no going."""
    await a_past(database, well(1), well(2, created_at=moment(date(2026, 11, 12))))
    await add_change(database, 1, on(11, 10), "duedate", *days(date(2026, 12, 4), date(2026, 12, 11)))

    for day, items in ((9, 1), (12, 2)):
        as_of = then(11, day).as_of
        told = await get_program(database, KEY, now=NOW, as_of=as_of, historians=HISTORIANS)
        listed = await list_programs(database, now=NOW, as_of=as_of)
        assert (told.data.program.items, [each.items for each in listed.data.programs]) == (items, [items])
        assert told.as_of == listed.as_of
    with pytest.raises(InvalidQuery):
        await get_program(database, KEY, now=NOW, as_of=on(1, 5, 1) - timedelta(days=1), historians=HISTORIANS)


async def test_what_people_stated_then_stands_beside_a_program_of_then(database: Database) -> None:
    await a_past(database, well(1))
    await say(database, "s1", "on_track", on(11, 2))
    await say(database, "s2", "off_track", on(11, 12))
    told = await get_program(database, KEY, now=NOW, as_of=then(11, 9).as_of, historians=HISTORIANS)

    assert [each.status for each in told.data.stated_health] == ["on_track"]
