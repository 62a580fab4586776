"""A history that is kept and of which only what changed is read again tells what one that is read anew would tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.items import Facet
from connectors.jira.config import JiraOptions
from connectors.jira.historian import JiraHistorian
from service.domain.program_history import ProgramHistory
from service.programs import kept_histories
from service.programs.cache import cache_of
from service.programs.historians import Historians
from service.programs.past import history_of
from service.programs.read import get_rollup
from service.programs.trend import get_scope
from service.store.engine import Database
from service.store.network_changes import NetworkChanges
from service.store.tables.items import item_changes, item_facets, pending_details, tombstones, work_items
from tests.builders.items import CREATED, SOURCE, insert_alias, insert_facets
from tests.builders.planning import insert_change
from tests.programs.histories import POINTS, add_reference
from tests.programs.portfolio import KEY, NOW, TODAY
from tests.programs.upheaval import ALL, RARER, VALUES, Upheaval, a_busy_program

UTC_ZONE = ZoneInfo("UTC")
FOUR = f"{SOURCE}:4"
LONG_AGO, LATELY = NOW - timedelta(days=40), NOW - timedelta(days=9)


class _Apart(JiraHistorian):
    """Of a tool whose histories are read after its items."""

    comes_apart = True


def _historians(kind: type[JiraHistorian]) -> Historians:
    def build(payloads: Mapping[str, bytes]) -> JiraHistorian:
        return kind(payloads, options=JiraOptions())

    return Historians({SOURCE: build})


async def _a_status_is_told(random: Random, connection: AsyncConnection) -> None:
    uid, before = random.choice(ALL), random.choice((("1", "Open"), ("3", "In Progress"), ("99", "Forgotten")))
    await _told(random, connection, uid, "status", before, ("6", "Closed"))


async def _an_estimate_is_told(random: Random, connection: AsyncConnection) -> None:
    points = random.choice((None, "3", "8"))
    await _told(random, connection, random.choice(ALL), POINTS, (None, points), (None, "5"))


async def _a_parent_is_told_by_its_key(random: Random, connection: AsyncConnection) -> None:
    key = (
        await connection.execute(select(work_items.c.key).where(work_items.c.uid == random.choice(ALL)))
    ).scalar_one()
    await _told(random, connection, random.choice(ALL), "parent", (None, key), (None, None))


async def _told(
    random: Random,
    connection: AsyncConnection,
    uid: str,
    field: str,
    before: tuple[str | None, str | None],
    after: tuple[str | None, str | None],
) -> None:
    """As a sync writes it: with the item's row."""
    (from_value, from_text), (to_value, to_text) = before, after
    at = NOW - timedelta(hours=random.randrange(1, 900))
    number = f"{random.randrange(10**9)}"
    await insert_change(
        connection, uid, number, field, from_value, to_value, at=at, from_text=from_text, to_text=to_text
    )
    await connection.execute(update(work_items).where(work_items.c.uid == uid).values(updated_at=at))


async def _a_history_is_forgotten(random: Random, connection: AsyncConnection) -> None:
    uid = random.choice(ALL)
    await connection.execute(delete(item_changes).where(item_changes.c.item_uid == uid))
    await connection.execute(update(work_items).where(work_items.c.uid == uid).values(updated_at=NOW))


async def _a_completion_has_no_history(random: Random, connection: AsyncConnection) -> None:
    uid, at = random.choice(ALL), NOW - timedelta(days=random.randrange(1, 50))
    done = {"status_category": "done", "done_at": at, "updated_at": CREATED}
    await connection.execute(update(work_items).where(work_items.c.uid == uid).values(**done))


async def _an_item_stands_in_another_project_too(random: Random, connection: AsyncConnection) -> None:
    uid = random.choice(ALL)
    facet = item_facets.c
    await connection.execute(delete(item_facets).where(facet.item_uid == uid, facet.facet == str(Facet.PROJECT)))
    await insert_facets(connection, uid, Facet.PROJECT, *random.sample(["1", "3", "4"], 2))
    await connection.execute(update(work_items).where(work_items.c.uid == uid).values(updated_at=NOW))


async def _an_item_is_found_gone(random: Random, connection: AsyncConnection) -> None:
    uid, at = random.choice(ALL), NOW - timedelta(days=random.randrange(1, 30))
    await connection.execute(insert(tombstones), [{"item_uid": uid, "reason": "gone", "found_at": at}])
    await connection.execute(update(work_items).where(work_items.c.uid == uid).values(tombstone="gone"))


async def _the_gone_are_restored(_random: Random, connection: AsyncConnection) -> None:
    still = tombstones.c.restored_at.is_(None)
    await connection.execute(update(tombstones).where(still).values(restored_at=NOW - timedelta(hours=2)))
    await connection.execute(update(work_items).values(tombstone=None))


async def _a_history_is_still_to_be_read(random: Random, connection: AsyncConnection) -> None:
    uid = random.choice(ALL)
    known = await connection.execute(select(pending_details.c.item_uid).where(pending_details.c.item_uid == uid))
    if known.first() is None:
        row = {"item_uid": uid, "source": SOURCE, "updated_at": NOW}
        await connection.execute(insert(pending_details), [row])


async def _a_history_was_read_and_says_nothing(_random: Random, connection: AsyncConnection) -> None:
    await connection.execute(delete(pending_details))


HISTORIES: Sequence[Upheaval] = (
    _a_status_is_told,
    _an_estimate_is_told,
    _a_parent_is_told_by_its_key,
    _a_history_is_forgotten,
    _a_completion_has_no_history,
    _an_item_stands_in_another_project_too,
    _an_item_is_found_gone,
    _the_gone_are_restored,
    _a_history_is_still_to_be_read,
    _a_history_was_read_and_says_nothing,
)


async def _answers(database: Database, historians: Historians) -> list[Any]:
    cache_of(database).rollups.clear()  # by the program's revision, which none of these changes moves
    answers: list[Any] = []
    for moment, by in ((LONG_AGO, "project"), (LATELY, "project"), (LATELY, "epic")):
        asked = get_rollup(database, KEY, by=by, now=NOW, today=TODAY, as_of=moment, historians=historians)
        answers.append(await asked)
    since = (NOW - timedelta(days=20)).date()
    answers.append(await get_scope(database, KEY, since=since, zone=UTC_ZONE, now=NOW, historians=historians))
    return [(each.data, each.warnings) for each in answers]


async def _from_scratch(database: Database, historians: Historians) -> list[Any]:
    """As a process that has just begun would answer."""
    return await _answers(Database(database.url, database.engine), historians)


@pytest.fixture
async def busy(database: Database) -> Database:
    await a_busy_program(database, Random(7))
    await add_reference(database)
    async with database.transaction() as uow:
        random = Random(8)
        await uow.connection.execute(update(work_items).values(created_at=NOW - timedelta(days=60)))
        for _ in range(40):
            await random.choice(HISTORIES[:3])(random, uow.connection)
    return database


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Grows each time a program's history is read whole."""
    done: list[datetime] = []
    read = history_of

    async def reading(*args: Any, **told: Any) -> ProgramHistory:
        if told.get("among") is None:
            done.append(told["since"])
        return await read(*args, **told)

    monkeypatch.setattr(kept_histories, "history_of", reading)
    return done


@pytest.mark.parametrize("kind", [JiraHistorian, _Apart])
async def test_after_whatever_happened_the_past_is_that_of_a_process_that_has_just_begun(
    busy: Database, kind: type[JiraHistorian]
) -> None:
    random, historians = Random(kind.__name__), _historians(kind)
    happened: list[str] = []
    for _ in range(25):
        async with busy.transaction() as uow:
            for _ in range(random.choice((1, 1, 2, 3))):
                happens: Upheaval = random.choice(random.choice((HISTORIES, HISTORIES, VALUES, RARER)))
                happened.append(happens.__name__)
                await happens(random, uow.connection)
        assert await _answers(busy, historians) == await _from_scratch(busy, historians), happened[-3:]


async def test_each_change_alone_is_seen_in_the_past_at_once(busy: Database) -> None:
    random, historians = Random(1), _historians(_Apart)
    for happens in (*HISTORIES, *random.sample([*VALUES, *RARER], 10)):
        async with busy.transaction() as uow:
            await happens(random, uow.connection)
        assert await _answers(busy, historians) == await _from_scratch(busy, historians), happens.__name__


async def test_what_a_sync_brings_of_some_items_is_read_of_these_alone(busy: Database, whole: list[datetime]) -> None:
    historians = _historians(JiraHistorian)
    async with busy.transaction() as uow:  # nobody goes by a name
        await uow.connection.execute(delete(item_changes).where(item_changes.c.field_id == "parent"))
    before = await _answers(busy, historians)
    read = len(whole)

    async with busy.transaction() as uow:
        await _told(Random(2), uow.connection, f"{SOURCE}:4", "status", ("1", "Open"), ("3", "In Progress"))
        row = update(work_items).where(work_items.c.uid == f"{SOURCE}:5")
        await uow.connection.execute(row.values(points=21.0, due=date(2027, 1, 4), tombstone="gone"))
    after = await _answers(busy, historians)

    assert len(whole) == read
    assert after != before
    assert after == await _from_scratch(busy, historians)


async def test_a_parent_that_is_told_by_its_key_is_whoever_has_that_key_by_now(
    busy: Database, whole: list[datetime]
) -> None:
    """A key that was nobody's when the history was read, and is found to be a former one of PAY-6."""
    historians = _historians(JiraHistorian)
    async with busy.transaction() as uow:
        children = select(work_items.c.uid).where(work_items.c.parent_uid == f"{SOURCE}:6")
        assert (await uow.connection.execute(children)).first() is None
        await insert_change(
            uow.connection, f"{SOURCE}:4", "p", "parent", None, None, at=NOW - timedelta(days=1), from_text="OLD-6"
        )
        await uow.connection.execute(update(work_items).where(work_items.c.uid == f"{SOURCE}:4").values(updated_at=NOW))
    before = await _answers(busy, historians)
    read = len(whole)

    async with busy.transaction() as uow:
        await insert_alias(uow.connection, "OLD-6", f"{SOURCE}:6")
    after = await _answers(busy, historians)

    assert len(whole) == read
    assert after != before
    assert after == await _from_scratch(busy, historians)


async def test_of_what_is_read_again_the_other_projects_are_too(busy: Database, whole: list[datetime]) -> None:
    historians = _historians(JiraHistorian)
    async with busy.transaction() as uow:  # nobody goes by a name, and PAY-4 has been what it is all the time
        story = item_changes.c
        await uow.connection.execute(
            delete(item_changes).where(or_(story.field_id == "parent", story.item_uid == FOUR))
        )
    before = await _answers(busy, historians)
    read = len(whole)

    async with busy.transaction() as uow:
        await insert_facets(uow.connection, FOUR, Facet.PROJECT, "1", "4")
        await uow.connection.execute(update(work_items).where(work_items.c.uid == FOUR).values(updated_at=NOW))
    after = await _answers(busy, historians)

    assert len(whole) == read
    assert after != before
    assert after == await _from_scratch(busy, historians)


async def test_who_is_far_behind_reads_the_past_whole(
    busy: Database, whole: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.store.network_changes.KEPT", 1)
    historians = _historians(JiraHistorian)
    await _answers(busy, historians)
    read = len(whole)

    async with busy.transaction() as uow:
        await NetworkChanges(uow.connection).trim()
    await _answers(busy, historians)

    assert len(whole) > read


async def test_what_many_changed_is_read_whole(
    busy: Database, whole: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_histories, "FEW", 3)
    historians = _historians(JiraHistorian)
    await _answers(busy, historians)
    read = len(whole)

    async with busy.transaction() as uow:
        await uow.connection.execute(update(work_items).values(points=1.0))
    after = await _answers(busy, historians)

    assert len(whole) > read
    assert after == await _from_scratch(busy, historians)
