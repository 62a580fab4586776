"""The inbox keeps each delivery once, hands out what is due, and counts; a handshake is taken once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from connectors.deliveries import Delivery
from service.store.engine import Database
from service.store.inbox import Counters, Inbox, InboxStanding, Untold, Waiting
from service.store.subscriptions import Subscriptions
from service.store.tables.webhooks import webhook_inbox, webhook_subscriptions

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def delivery(*ids: str, deleted: tuple[str, ...] = ()) -> Delivery:
    return Delivery(event="jira:issue_updated", native_ids=ids, deleted_ids=deleted, scope_id="10000", occurred_at=NOW)


async def added(database: Database, key: str, *ids: str, now: datetime = NOW) -> bool:
    async with database.transaction() as uow:
        return await Inbox(uow.connection).add("acme", delivery(*ids), key=key, now=now)


async def due(database: Database, *, now: datetime = NOW, limit: int = 10) -> list[Waiting]:
    async with database.reading() as uow:
        return await Inbox(uow.connection).due("acme", now=now, limit=limit)


async def test_a_delivery_is_put_down_once_however_often_it_comes(database: Database) -> None:
    assert await added(database, "k1", "1")
    assert not await added(database, "k1", "1")
    async with database.transaction() as uow:
        assert await Inbox(uow.connection).add("other", delivery("1"), key="k1", now=NOW)  # another source's own

    (waiting,) = await due(database)
    assert (waiting.native_ids, waiting.deleted_ids, waiting.scope_id, waiting.attempts) == (("1",), (), "10000", 0)


async def test_of_many_that_bring_the_same_at_once_one_is_put_down(database: Database) -> None:
    outcomes = await asyncio.gather(*(added(database, "k1", "1") for _ in range(8)))
    assert sorted(outcomes) == [False] * 7 + [True]


async def test_what_was_tried_waits_behind_what_is_new_and_not_before_its_time(database: Database) -> None:
    await added(database, "old", "1")
    (old,) = await due(database)
    async with database.transaction() as uow:
        await Inbox(uow.connection).begin([old.id], again_at=LATER)
    await added(database, "new", "2")

    assert [each.native_ids for each in await due(database)] == [("2",)]
    assert [(each.native_ids, each.attempts) for each in await due(database, now=LATER)] == [(("2",), 0), (("1",), 1)]


async def test_what_fails_too_often_is_given_up_and_shown(database: Database) -> None:
    await added(database, "k1", "1")
    (one,) = await due(database)
    for _ in range(2):
        async with database.transaction() as uow:
            inbox = Inbox(uow.connection)
            await inbox.begin([one.id], again_at=NOW)
            await inbox.not_applied([one.id], error="Jira is away.", most_attempts=2)
            await Counters(uow.connection).received("acme", now=NOW)

    assert await due(database) == []
    async with database.reading() as uow:
        standing = (await Inbox(uow.connection).standing())["acme"]
        errors = (await uow.connection.execute(select(webhook_inbox.c.error))).scalars().all()
    assert (standing.failed, standing.waiting, errors) == (1, 0, ["Jira is away."])


async def test_what_is_applied_is_kept_for_a_while_so_that_it_is_known_again(database: Database) -> None:
    await added(database, "k1", "1")
    await added(database, "k2", "2")
    (first, _) = await due(database)
    async with database.transaction() as uow:
        await Inbox(uow.connection).applied([first.id], now=LATER)
        await Inbox(uow.connection).forget("acme", before=NOW)
    assert not await added(database, "k1", "1")

    async with database.transaction() as uow:
        await Inbox(uow.connection).forget("acme", before=LATER)

    assert await added(database, "k1", "1")  # forgotten
    assert not await added(database, "k2", "2")  # never while it waits


async def test_counts_add_up_and_remember_the_last_moment(database: Database) -> None:
    async with database.transaction() as uow:
        counters = Counters(uow.connection)
        await counters.received("acme", now=NOW)
        await counters.refused("acme", now=LATER)
        await counters.refused("acme", now=LATER)
        await counters.ignored("acme", 3)
        await counters.missed("acme", Untold(missed=4, changed=9))
    async with database.reading() as uow:
        standing = await Inbox(uow.connection).standing()
    assert standing == {
        "acme": InboxStanding(
            received=1, refused=2, ignored=3, last_event_at=NOW, last_refused_at=LATER, missed=4, changed=9
        )
    }


async def expecting(database: Database, nonce: str) -> None:
    async with database.transaction() as uow:
        await Subscriptions(uow.connection).expect("acme", nonce, scope_id="900", now=NOW, until=LATER)


async def accepted(database: Database, nonce: str, *, now: datetime = NOW, source: str = "acme") -> bool:
    async with database.transaction() as uow:
        return await Subscriptions(uow.connection).accept(source, nonce, sealed_secret=f"sealed-{now}", now=now)


async def test_a_handshake_is_taken_once_only_while_it_is_expected(database: Database) -> None:
    await expecting(database, "nonce")
    assert not await accepted(database, "guessed")
    assert not await accepted(database, "nonce", source="other")
    assert not await accepted(database, "nonce", now=LATER)
    assert sorted(await asyncio.gather(*(accepted(database, "nonce") for _ in range(5)))) == [False] * 4 + [True]
    assert not await accepted(database, "nonce")

    async with database.reading() as uow:
        subscriptions = Subscriptions(uow.connection)
        assert await subscriptions.sealed_secret("acme", "nonce") == f"sealed-{NOW}"
        assert await subscriptions.sealed_secret("acme", "guessed") is None


async def test_the_nonce_itself_is_nowhere_in_the_database(sqlite_database: Database) -> None:
    await expecting(sqlite_database, "nonce-of-the-address")
    async with sqlite_database.reading() as uow:
        rows = (await uow.connection.execute(select(webhook_subscriptions))).all()
    assert len(rows) == 1
    assert "nonce-of-the-address" not in str(rows)
