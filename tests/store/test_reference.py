"""Who or what is called differently now: rules that name it must look at its items again; and what was stated."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from sqlalchemy import insert, select

from connectors.contract import ReferenceData
from connectors.items import Facet, SourcePerson, SourceRelease, SourceStatusUpdate
from service.store.engine import Database
from service.store.reference import Reference
from service.store.tables.items import item_facets
from service.store.tables.programs import pending_assignments
from service.store.tables.reference import people, status_updates
from tests.builders.items import an_item as a_stored_item
from tests.builders.items import insert_items
from tests.builders.planning import insert_release, plan_in
from tests.store.builders import an_item

SOURCE = "acme-jira"
ANA = SourcePerson(native_id="u1", name="Ana Lima", email="ana@example.com", active=True)
BEN = SourcePerson(native_id="u2", name="Ben Ode", email=None, active=True)


@pytest.fixture
async def store(database: Database) -> Database:
    """Ana has items 1 and 2, Ben has 3; in another tool a stranger with Ana's id has 4."""
    async with database.transaction() as uow:
        await insert_items(
            uow.connection,
            a_stored_item(1, assignee_id="u1"),
            a_stored_item(2, assignee_id="u1"),
            a_stored_item(3, assignee_id="u2"),
            a_stored_item(4, uid="other:4", source="other", assignee_id="u1"),
        )
        await uow.connection.execute(
            insert(people), [{"source": SOURCE, **msgspec.structs.asdict(p)} for p in (ANA, BEN)]
        )
        await uow.connection.execute(pending_assignments.delete())
    return database


async def _mentioned(database: Database, *mentioned: SourcePerson) -> set[str]:
    """What waits to be assigned after an item came that mentions these people."""
    async with database.transaction() as uow:
        await Reference(uow.connection).embedded(SOURCE, [an_item("9", people=mentioned)])
        return set((await uow.connection.execute(select(pending_assignments.c.item_uid))).scalars())


async def test_a_new_name_sends_every_item_of_the_person_to_be_assigned_again(store: Database) -> None:
    assert await _mentioned(store, msgspec.structs.replace(ANA, name="Ana Reis"), BEN) == {"acme-jira:1", "acme-jira:2"}


async def test_a_new_address_does_so_as_well(store: Database) -> None:
    assert await _mentioned(store, msgspec.structs.replace(BEN, email="ben@example.com")) == {"acme-jira:3"}


async def test_people_as_they_were_send_nothing(store: Database) -> None:
    assert await _mentioned(store, ANA, BEN) == set()


async def test_an_address_that_a_mention_leaves_out_is_no_change(store: Database) -> None:
    assert await _mentioned(store, msgspec.structs.replace(ANA, email=None)) == set()


async def test_someone_new_sends_nothing(store: Database) -> None:
    assert await _mentioned(store, msgspec.structs.replace(ANA, native_id="u7", name="Noa")) == set()


async def test_a_release_has_its_new_name_where_it_is_planned_for_and_where_a_defect_affects_it(
    store: Database,
) -> None:
    async with store.transaction() as uow:
        await insert_release(uow.connection, "7", None)
        await plan_in(uow.connection, "acme-jira:1", Facet.RELEASE, "7")
        await plan_in(uow.connection, "acme-jira:2", Facet.AFFECTED, "7")
        renamed = [SourceRelease("7", "Cart 8")]

        await Reference(uow.connection).embedded(SOURCE, [an_item("9", releases=renamed)])

        called = select(item_facets.c.item_uid, item_facets.c.facet, item_facets.c.value).order_by(item_facets.c.facet)
        assert [tuple(row) for row in await uow.connection.execute(called)] == [
            ("acme-jira:2", "affected", "Cart 8"),
            ("acme-jira:1", "release", "Cart 8"),
        ]
        waiting = set((await uow.connection.execute(select(pending_assignments.c.item_uid))).scalars())
    assert waiting == {"acme-jira:1", "acme-jira:2"}


def a_word(number: int, status: str, *, project: str = "1", said: datetime | None = None) -> SourceStatusUpdate:
    at = said or datetime(2026, 11, number, 9, tzinfo=UTC)
    return SourceStatusUpdate(f"s{number}", "project", project, status, created_at=at)


async def _stated(database: Database, *current: SourceStatusUpdate, source: str = SOURCE) -> list[tuple[str, str]]:
    """(project, status) of all that is kept of a source after it said these, the oldest first."""
    async with database.transaction() as uow:
        await Reference(uow.connection).store(source, ReferenceData((), (), (), (), (), status_updates=current))
        told = status_updates.c
        query = select(told.parent_id, told.status).where(told.source == source).order_by(told.created_at)
        return [(project, status) for project, status in await uow.connection.execute(query)]


async def test_a_new_word_keeps_those_before_it(database: Database) -> None:
    await _stated(database, a_word(2, "on_track"), a_word(3, "at_risk", project="9"))
    await _stated(database, a_word(2, "on_track"), source="other")

    assert await _stated(database, a_word(9, "off_track"), a_word(3, "at_risk", project="9")) == [
        ("1", "on_track"),
        ("9", "at_risk"),
        ("1", "off_track"),
    ]
    assert len(await _stated(database, a_word(9, "off_track"), a_word(3, "at_risk", project="9"))) == 3


async def test_a_word_that_was_taken_back_goes_and_one_that_was_corrected_is_corrected(database: Database) -> None:
    await _stated(database, a_word(2, "on_track"))
    await _stated(database, a_word(9, "off_track"))

    assert await _stated(database, a_word(2, "at_risk")) == [("1", "at_risk")]


async def test_of_what_has_no_word_any_more_none_is_kept(database: Database) -> None:
    """Else the one before would seem to hold."""
    await _stated(database, a_word(2, "on_track"))
    await _stated(database, a_word(9, "off_track"), a_word(3, "at_risk", project="9"))

    assert await _stated(database, a_word(3, "at_risk", project="9")) == [("9", "at_risk")]


async def test_a_word_without_a_moment_has_none_before_it(database: Database) -> None:
    await _stated(database, a_word(2, "on_track"))

    undated = msgspec.structs.replace(a_word(9, "off_track"), created_at=None)
    assert await _stated(database, undated) == [("1", "off_track")]
    assert await _stated(database, a_word(10, "on_track")) == [("1", "on_track")]


async def test_another_tool_may_number_its_words_alike(database: Database) -> None:
    await _stated(database, a_word(2, "on_track", project="5"), source="other")
    await _stated(database, a_word(9, "off_track", project="5"), source="other")
    await _stated(database, a_word(2, "on_track"))

    assert await _stated(database, a_word(9, "at_risk")) == [("1", "on_track"), ("1", "at_risk")]
    assert await _stated(database) == []
    assert await _stated(database, a_word(9, "off_track", project="5"), source="other") == [
        ("5", "on_track"),
        ("5", "off_track"),
    ]
