"""The fast path writes what SQLAlchemy would have written, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import select

from service.store.bulk import ROWS_AT_A_TIME, delete_where_in, fetch, fetch_many, insert, upsert
from service.store.engine import Database
from service.store.tables import items, reference, sources, to_text

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RELEASE = ("source", "native_id", "name", "release", "released", "archived")
PERSON = ("source", "native_id", "name", "email", "active")
KEY = ("source", "native_id")


async def _all(database: Database, *columns: Any) -> list[tuple[Any, ...]]:
    async with database.reading() as uow:
        return [tuple(row) for row in await uow.connection.execute(select(*columns).order_by(*columns))]


async def test_awkward_values_survive_the_fast_path(database: Database) -> None:
    text = "tab\t newline\n back\\slash \\N 'quote' \"double\" ünï☃"
    async with database.transaction() as uow:
        rows = [("s", "1", text, date(2026, 2, 28), True, False), ("s", "2", "", None, False, True)]
        await insert(uow.connection, reference.releases, RELEASE, rows)
    c = reference.releases.c
    assert await _all(database, c.native_id, c.name, c.release, c.released) == [
        ("1", text, date(2026, 2, 28), True),
        ("2", "", None, False),
    ]


async def test_moments_of_any_zone_and_json_come_back_as_they_were(database: Database) -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=9)))
    columns = ("source", "native_id", "key", "name", "state", "cursor", "error")
    async with database.transaction() as uow:
        await upsert(uow.connection, sources.sources, ("name", "kind", "url"), [("s", "k", "u")], key=("name",))
        rows = [("s", "1", "A", "A", "live", elsewhere, {"code": "x", "list": [1, None]})]
        await upsert(uow.connection, sources.scopes, columns, rows, key=KEY)
    c = sources.scopes.c
    async with database.reading() as uow:
        row = (await uow.connection.execute(select(c.cursor, c.error))).one()
    assert (row.cursor, row.error) == (NOON, {"code": "x", "list": [1, None]})


def test_the_text_of_a_moment_is_utc_and_sorts_as_time_does() -> None:
    assert to_text(NOON) == "2026-03-01T12:00:00.000000Z"
    assert to_text(NOON.astimezone(timezone(timedelta(hours=-11)))) == "2026-03-01T12:00:00.000000Z"
    assert to_text(NOON + timedelta(microseconds=5)) == "2026-03-01T12:00:00.000005Z"


async def test_an_upsert_overwrites_keeps_what_is_known_or_leaves_alone(database: Database) -> None:
    async with database.transaction() as uow:

        async def write(name: str, email: str | None, **options: Any) -> None:
            rows = [("s", "1", name, email, True)]
            await upsert(uow.connection, reference.people, PERSON, rows, key=KEY, **options)

        async def stored() -> tuple[Any, ...]:
            return (await fetch(uow.connection, "SELECT name, email FROM people", ()))[0]

        await write("Pat", "pat@example.com")
        await write("Patricia", None, keep_known=("email",))
        assert await stored() == ("Patricia", "pat@example.com")
        await write("Nobody", None, update=())
        assert await stored() == ("Patricia", "pat@example.com")
        await write("Sam", None, only_if_changed=("active",))
        assert await stored() == ("Patricia", "pat@example.com")
        await write("Sam", None, only_if_changed=("name", "email"))
        assert await stored() == ("Sam", None)


async def test_deleting_by_a_long_list_takes_exactly_those_rows(database: Database) -> None:
    columns = ("source", "key", "item_uid")
    rows = [("s", f"K-{n:05}", "s:1") for n in range(5_000)]
    async with database.transaction() as uow:
        await insert(uow.connection, items.item_aliases, columns, rows)
        await delete_where_in(uow.connection, items.item_aliases, "key", [row[1] for row in rows[1:]])
    assert await _all(database, items.item_aliases.c.key) == [("K-00000",)]


async def test_thousands_of_rows_arrive_whole_and_leave_the_connection_ready(database: Database) -> None:
    wanted = [(f"K-{number:05}",) for number in range(2 * ROWS_AT_A_TIME + 1)]
    query = "SELECT key FROM item_aliases WHERE source = ? ORDER BY key"
    async with database.transaction() as uow:
        rows = [("s", key, "s:1") for (key,) in wanted]
        await insert(uow.connection, items.item_aliases, ("source", "key", "item_uid"), rows)
    async with database.reading() as uow:
        for _ in range(2):
            assert await fetch_many(uow.connection, query, ["s"]) == wanted
        assert await fetch_many(uow.connection, query, ["other"]) == []
