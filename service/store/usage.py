"""What each source has asked of its tool: totals over every process, and the state of the one that counted last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.contract import Usage
from service.store.bulk import run
from service.store.tables.operations import source_usage


@dataclass(frozen=True, slots=True)
class StoredUsage:
    """Counts since `since`. `state` is what one process saw at `counted_at`: its limits are the tool's latest word."""

    since: datetime
    requests: int
    retries: int
    throttled: int
    bytes_received: int
    counted_at: datetime
    state: Usage


class UsageTotals:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, source: str, usage: Usage, *, before: Usage, now: datetime) -> None:
        """What was asked since the process wrote `before`."""
        await run(
            self._connection,
            "INSERT INTO source_usage (source, since, requests, retries, throttled, bytes_received, counted_at, state) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source) DO UPDATE SET "
            "requests = source_usage.requests + excluded.requests, "
            "retries = source_usage.retries + excluded.retries, "
            "throttled = source_usage.throttled + excluded.throttled, "
            "bytes_received = source_usage.bytes_received + excluded.bytes_received, "
            "counted_at = excluded.counted_at, state = excluded.state",
            (
                source,
                now,
                usage.requests - before.requests,
                usage.retries - before.retries,
                usage.throttled - before.throttled,
                usage.bytes_received - before.bytes_received,
                now,
                msgspec.json.encode(usage).decode(),
            ),
        )

    async def all(self) -> dict[str, StoredUsage]:
        """By source, of those that ever counted."""
        c = source_usage.c
        query = select(
            c.source, c.since, c.requests, c.retries, c.throttled, c.bytes_received, c.counted_at, c.state
        ).order_by(c.source)
        return {
            row[0]: StoredUsage(*row[1:7], msgspec.json.decode(row[7], type=Usage))
            for row in await self._connection.execute(query)
        }
