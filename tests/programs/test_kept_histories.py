"""A history that reaches further back than a question serves it all the same: no answer shows that it was kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, update

from service.programs import kept_histories
from service.programs.answers import Answer
from service.programs.cache import AnswerCache, KeptHistory, Recent, cache_of
from service.programs.historians import NO_HISTORIANS, Historians
from service.programs.kept_histories import ready_histories
from service.programs.read import get_rollup
from service.programs.trend import get_scope, get_trend
from service.store.engine import Database
from service.store.tables.items import work_items
from service.store.tables.programs import programs
from tests.builders.items import SOURCE
from tests.programs.histories import HISTORIANS, POINTS, a_past, add_change, add_grave, day, on
from tests.programs.portfolio import KEY, NOW, TODAY, add_program

UTC_ZONE = ZoneInfo("UTC")
DAYS = ((11, 1), (11, 4), (11, 7), (11, 12))


async def _rollup(database: Database, month: int, number: int, told: Historians = HISTORIANS) -> Answer[Any]:
    return await get_rollup(database, KEY, now=NOW, today=TODAY, as_of=on(month, number, 9), historians=told)


async def _trend(database: Database, month: int, number: int, told: Historians = HISTORIANS) -> Answer[Any]:
    return await get_trend(database, KEY, since=day(month, number), zone=UTC_ZONE, now=NOW, historians=told)


async def _scope(database: Database, month: int, number: int, told: Historians = HISTORIANS) -> Answer[Any]:
    return await get_scope(database, KEY, since=day(month, number), zone=UTC_ZONE, now=NOW, historians=told)


async def _ready(database: Database) -> None:
    await ready_histories(database, now=NOW, historians=HISTORIANS)


def _forget(kept: AnswerCache) -> None:
    kept.rollups.clear()
    kept.histories.clear()


@pytest.fixture
async def past(database: Database) -> Database:
    """PAY-12 contradicts itself until the 3rd; PAY-15 was away for a day; nobody knows how CART-16 came to be done."""
    await a_past(database)
    await add_change(database, 12, on(11, 2), POINTS, "5", "13")
    await add_change(database, 12, on(11, 3), POINTS, "3", "8")
    await add_grave(database, 15, on(11, 6), on(11, 7))
    async with database.transaction() as uow:
        sixteen = work_items.c.uid == f"{SOURCE}:16"
        done = {"status_category": "done", "done_at": on(11, 9), "updated_at": on(9, 1)}
        await uow.connection.execute(update(work_items).where(sixteen).values(**done))
    return database


@pytest.mark.parametrize("told", [HISTORIANS, NO_HISTORIANS], ids=["told", "untold"])
@pytest.mark.parametrize("question", [_rollup, _trend, _scope])
async def test_from_the_first_day_on_and_back_to_it_every_answer_is_the_same(
    past: Database, question: Callable[..., Awaitable[Answer[Any]]], told: Historians
) -> None:
    alone = []
    for each in DAYS:
        _forget(cache_of(past))
        alone.append(await question(past, *each, told))
    _forget(cache_of(past))
    together = [await question(past, *each, told) for each in DAYS]
    (kept,) = cache_of(past).histories.values()

    assert kept.history.since < on(*DAYS[0])
    assert [each.data for each in together] == [each.data for each in alone]
    assert [each.warnings for each in together] == [each.warnings for each in alone]
    assert len({str(each.warnings) for each in alone}) > 1


async def test_a_burn_up_says_of_how_many_items_nobody_knows_how_they_came_to_be_done(past: Database) -> None:
    before, after = await _trend(past, 11, 7), await _trend(past, 11, 12)

    assert [(point.date.day, point.count.done) for point in before.data.trend[:4]] == [(7, 0), (8, 0), (9, 1), (10, 2)]
    told = {each.code: each.message for each in before.warnings}
    assert told["untold_completions"] == (
        "No change tells how 1 item came to be done; before that they count as to do."
    )
    assert "untold_completions" not in {each.code for each in after.warnings}


async def test_a_trend_is_drawn_from_the_history_that_a_roll_up_has_read(past: Database) -> None:
    await _rollup(past, 10, 20)
    (read,) = cache_of(past).histories.values()

    await _trend(past, 11, 1)
    (kept,) = cache_of(past).histories.values()

    assert kept.history is read.history


async def test_histories_are_kept_as_far_as_there_is_room(past: Database) -> None:
    await _trend(past, 11, 1)
    (kept,) = cache_of(past).histories.values()
    room = kept.history.size * 2 + 1
    found: Recent[int, KeptHistory] = Recent(8, weigh=attrgetter("history.size"), most=room)
    for number in range(3):
        found.put(number, kept)
    too_large: Recent[int, KeptHistory] = Recent(8, weigh=attrgetter("history.size"), most=1)
    too_large.put(1, kept)

    assert kept.history.size == 7 + 5  # items and changes
    assert [found.get(number) is not None for number in range(3)] == [False, True, True]
    assert too_large.get(1) is kept


async def test_a_year_is_read_before_somebody_asks_and_every_question_finds_it(past: Database) -> None:
    asked = [await question(past, 11, 4) for question in (_rollup, _trend, _scope)]
    _forget(cache_of(past))
    await _ready(past)
    (read,) = cache_of(past).histories.values()

    again = [await question(past, 11, 4) for question in (_rollup, _trend, _scope)]
    await get_rollup(past, KEY, by="team", now=NOW, today=TODAY, as_of=on(11, 2), historians=HISTORIANS)
    await get_trend(past, KEY, since=TODAY - timedelta(days=365), zone=UTC_ZONE, now=NOW, historians=HISTORIANS)
    (kept,) = cache_of(past).histories.values()

    assert [each.data for each in again] == [each.data for each in asked]
    assert kept.history is read.history


async def test_what_changed_is_read_before_somebody_asks_too(past: Database) -> None:
    await _ready(past)
    await add_change(past, 11, on(11, 11), POINTS, "2", "5")
    await _ready(past)
    (read,) = cache_of(past).histories.values()

    told = await _rollup(past, 11, 10)
    (kept,) = cache_of(past).histories.values()

    assert kept.history is read.history
    assert told.data.progress.points.in_progress == 2


@pytest.fixture
async def three(past: Database) -> Database:
    for position, key in enumerate(("SECOND", "THIRD"), start=1):
        await add_program(past, key, position=position)
    return past


@pytest.mark.parametrize(
    ("room", "read"),
    [((4, 1_000), (KEY, "SECOND")), ((32, 20), (KEY,))],
    ids=["of their number", "of their size"],
)
async def test_histories_are_read_ahead_until_half_of_the_room_is_taken(
    three: Database, monkeypatch: pytest.MonkeyPatch, room: tuple[int, int], read: tuple[str, ...]
) -> None:
    number, most = room
    cache = AnswerCache(histories=Recent(number, weigh=attrgetter("history.size"), most=most))
    monkeypatch.setattr(kept_histories, "cache_of", lambda _: cache)
    await _ready(three)
    await _ready(three)

    assert cache.histories.keys() == read


async def test_a_program_larger_than_what_is_read_ahead_is_left_to_those_who_ask(
    past: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_histories, "LARGEST", 3)
    await _trend(past, 11, 1)
    (asked,) = cache_of(past).histories.values()
    await add_change(past, 11, on(11, 11), POINTS, "2", "5")
    await _ready(past)

    assert cache_of(past).histories.values() == (asked,)


async def test_what_people_asked_last_stays_longest_whatever_is_read_ahead(three: Database) -> None:
    kept = cache_of(three).histories
    for key in ("THIRD", KEY, "SECOND"):
        await get_trend(three, key, since=day(11, 1), zone=UTC_ZONE, now=NOW, historians=HISTORIANS)
    await _ready(three)

    assert kept.keys() == ("THIRD", KEY, "SECOND")


async def test_a_program_that_is_no_more_is_not_read_again(three: Database) -> None:
    await _ready(three)
    async with three.transaction() as uow:
        await uow.connection.execute(delete(programs).where(programs.c.key == "SECOND"))
    before = {key: cache_of(three).histories.get(key) for key in (KEY, "SECOND")}
    await add_change(three, 11, on(11, 11), POINTS, "2", "5")
    await _ready(three)
    after = {key: cache_of(three).histories.get(key) for key in (KEY, "SECOND")}

    assert (after[KEY] is before[KEY], after["SECOND"] is before["SECOND"]) == (False, True)
