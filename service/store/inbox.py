"""The inbox of deliveries: put down before the tool gets its answer, each once, and kept until it is applied."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Column, ColumnElement, Text, case, delete, func, select, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.deliveries import Delivery
from service.store.bulk import fetch, run, within
from service.store.delays import Delays
from service.store.tables.webhooks import webhook_counters, webhook_inbox


class State(StrEnum):
    WAITING = "waiting"
    APPLIED = "applied"
    FAILED = "failed"  # tried too often; the next census makes it good


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery to be applied. `attempts` were begun before."""

    id: int
    native_ids: tuple[str, ...]
    deleted_ids: tuple[str, ...]
    scope_id: str | None
    attempts: int


@dataclass(frozen=True, slots=True)
class InboxStanding:
    """Of one source, what people are told. `missed` None: no census has counted yet; `changed` is of how many.

    `failed_why` is what stopped one of those that were given up.
    """

    received: int = 0
    repeated: int = 0
    refused: int = 0
    ignored: int = 0
    last_event_at: datetime | None = None
    last_refused_at: datetime | None = None
    missed: int | None = None
    changed: int | None = None
    waiting: int = 0
    oldest_waiting_at: datetime | None = None
    failed: int = 0
    failed_why: str | None = None


@dataclass(frozen=True, slots=True)
class Untold:
    """Of the `changed` items, `missed` were named by no delivery."""

    missed: int
    changed: int


@dataclass(frozen=True, slots=True)
class _Left:
    """Deliveries of one source in one state that are not applied."""

    number: int = 0
    oldest: datetime | None = None
    why: str | None = None


class Inbox:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, source: str, delivery: Delivery, *, key: str, now: datetime) -> bool:
        """Put one down; False when one with this key was there already."""
        added = await run(
            self._connection,
            "INSERT INTO webhook_inbox (source, dedupe_key, received_at, occurred_at, event, native_ids, deleted_ids, "
            "scope_id, state, attempts, due_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting', 0, ?) "
            "ON CONFLICT (source, dedupe_key) DO NOTHING",
            (
                source, key, now, delivery.occurred_at, delivery.event, json.dumps(delivery.native_ids),
                json.dumps(delivery.deleted_ids), delivery.scope_id, now,
            ),
        )  # fmt: skip
        return added == 1

    async def due(self, source: str, *, now: datetime, limit: int) -> list[Waiting]:
        """Those tried least often come first, so that what cannot be applied holds up nothing new."""
        c = webhook_inbox.c
        query = (
            select(c.id, c.native_ids, c.deleted_ids, c.scope_id, c.attempts)
            .where(c.source == source, c.state == State.WAITING, c.due_at <= now)
            .order_by(c.attempts, c.id)
            .limit(limit)
        )
        return [
            Waiting(row.id, tuple(row.native_ids), tuple(row.deleted_ids), row.scope_id, row.attempts)
            for row in await self._connection.execute(query)
        ]

    async def begin(self, ids: Sequence[int], *, again_at: datetime) -> None:
        """Count an attempt before it is made: one that kills the process is not made for ever."""
        c = webhook_inbox.c
        statement = update(webhook_inbox).where(c.id.in_(ids))
        await self._connection.execute(statement.values(attempts=c.attempts + 1, due_at=again_at))

    async def applied(self, ids: Sequence[int], *, now: datetime) -> None:
        """From now on answers show what they told; how long that took is counted."""
        c = webhook_inbox.c
        statement = update(webhook_inbox).where(c.id.in_(ids)).values(state=State.APPLIED, error=None)
        taken: defaultdict[str, list[timedelta]] = defaultdict(list)
        for source, received_at in await self._connection.execute(statement.returning(c.source, c.received_at)):
            taken[source].append(now - received_at)
        for source, delays in taken.items():
            await Delays(self._connection).add(source, delays)

    async def not_applied(self, ids: Sequence[int], *, error: str, most_attempts: int) -> None:
        """Say why; those tried so often are given up."""
        c = webhook_inbox.c
        state = case((c.attempts >= most_attempts, State.FAILED.value), else_=State.WAITING.value)
        await self._connection.execute(
            update(webhook_inbox).where(c.id.in_(ids)).values(state=state, error=error[:500])
        )

    async def forget(self, source: str, *, before: datetime) -> None:
        """Drop what was received before and needs nothing any more; no tool repeats a delivery so late."""
        c = webhook_inbox.c
        old = delete(webhook_inbox).where(c.source == source, c.received_at < before, c.state != State.WAITING)
        await self._connection.execute(old)

    async def homes(self, source: str, native_ids: Iterable[str]) -> dict[str, str]:
        """native id → the scope it was stored under, for those that are stored."""
        rows = await fetch(
            self._connection,
            "SELECT native_id, scope_id FROM raw_records WHERE source = ? AND kind IN ('issue', 'task') "  # noqa: S608
            f"AND {within(self._connection, 'native_id')}",
            (source, list(native_ids)),
        )
        return {native_id: scope_id or "" for native_id, scope_id in rows}

    async def count_untold(
        self, source: str, *, found_since: datetime, changed_after: datetime, changed_before: datetime
    ) -> Untold:
        """Of the items that changed in between, those that were written since `found_since` though none named them."""
        c = webhook_inbox.c
        told = select(c.native_ids).where(c.source == source, c.received_at >= changed_after)
        named = {each for row in await self._connection.execute(told) for each in row.native_ids}
        rows = await fetch(
            self._connection,
            "SELECT r.native_id FROM raw_records r JOIN work_items w ON w.source = r.source "
            "AND w.native_id = r.native_id WHERE r.source = ? AND r.kind IN ('issue', 'task') "
            "AND r.fetched_at >= ? AND w.updated_at > ? AND w.updated_at < ?",
            (source, found_since, changed_after, changed_before),
        )
        ((changed,),) = await fetch(
            self._connection,
            "SELECT count(*) FROM work_items WHERE source = ? AND tombstone IS NULL "
            "AND updated_at > ? AND updated_at < ?",
            (source, changed_after, changed_before),
        )
        return Untold(missed=sum(row[0] not in named for row in rows), changed=changed)

    async def standing(self) -> dict[str, InboxStanding]:
        """By source, of those that ever got something."""
        inbox = webhook_inbox.c
        oldest, why = func.min(inbox.received_at), func.max(inbox.error)
        counted = select(inbox.source, inbox.state, func.count(), oldest, why).where(inbox.state != State.APPLIED)
        left = {
            (source, state): _Left(*values)
            for source, state, *values in await self._connection.execute(counted.group_by(inbox.source, inbox.state))
        }
        return {
            row.source: InboxStanding(
                received=row.received,
                repeated=row.repeated,
                refused=row.refused,
                ignored=row.ignored,
                last_event_at=row.last_event_at,
                last_refused_at=row.last_refused_at,
                missed=row.missed,
                changed=row.changed,
                waiting=(waiting := left.get((row.source, State.WAITING), _Left())).number,
                oldest_waiting_at=waiting.oldest,
                failed=(failed := left.get((row.source, State.FAILED), _Left())).number,
                failed_why=failed.why,
            )
            for row in await self._connection.execute(select(webhook_counters))
        }

    async def hours(self, *, since: datetime) -> dict[str, list[datetime]]:
        """source → the hours since then in which a delivery came, ascending: a few hundred at most."""
        c = webhook_inbox.c
        hour = _hour(self._connection, c.received_at)
        query = select(c.source, hour).where(c.received_at >= since).distinct().order_by(c.source, hour)
        found: defaultdict[str, list[datetime]] = defaultdict(list)
        for source, text in await self._connection.execute(query):
            found[source].append(datetime.fromisoformat(f"{text}:00+00:00"))
        return dict(found)


class Counters:
    """What is counted about the deliveries of a source."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def received(self, source: str, *, now: datetime, repeated: bool = False) -> None:
        await self._count(source, received=1, repeated=int(repeated), last_event_at=now)

    async def refused(self, source: str, *, now: datetime, deliveries: int = 1) -> None:
        await self._count(source, refused=deliveries, last_refused_at=now)

    async def ignored(self, source: str, items: int) -> None:
        await self._count(source, ignored=items)

    async def missed(self, source: str, untold: Untold) -> None:
        c = webhook_counters.c
        statement = update(webhook_counters).where(c.source == source)
        await self._connection.execute(statement.values(missed=untold.missed, changed=untold.changed))

    async def first_heard(self, source: str) -> datetime | None:
        """When the oldest delivery that is still kept came; None when there is none."""
        c = webhook_inbox.c
        query = select(c.received_at).where(c.source == source).order_by(c.received_at).limit(1)
        return (await self._connection.execute(query)).scalar_one_or_none()

    async def _count(
        self,
        source: str,
        *,
        received: int = 0,
        repeated: int = 0,
        refused: int = 0,
        ignored: int = 0,
        last_event_at: datetime | None = None,
        last_refused_at: datetime | None = None,
    ) -> None:
        await run(
            self._connection,
            "INSERT INTO webhook_counters "
            "(source, received, repeated, refused, ignored, last_event_at, last_refused_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source) DO UPDATE SET "
            "received = webhook_counters.received + excluded.received, "
            "repeated = webhook_counters.repeated + excluded.repeated, "
            "refused = webhook_counters.refused + excluded.refused, "
            "ignored = webhook_counters.ignored + excluded.ignored, "
            "last_event_at = COALESCE(excluded.last_event_at, webhook_counters.last_event_at), "
            "last_refused_at = COALESCE(excluded.last_refused_at, webhook_counters.last_refused_at)",
            (source, received, repeated, refused, ignored, last_event_at, last_refused_at),
        )


def _hour(connection: AsyncConnection, moment: Column[datetime]) -> ColumnElement[str]:
    """The hour a moment lies in, as "2026-11-20T02" in UTC."""
    if connection.dialect.name == "sqlite":
        return func.substr(type_coerce(moment, Text), 1, 13)
    return func.to_char(func.timezone("UTC", moment), 'YYYY-MM-DD"T"HH24')
