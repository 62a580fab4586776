"""How long applied deliveries took, from their arrival until answers showed them; counted in buckets.

In the database, because the process that applies them is seldom the one that is asked for metrics.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.bulk import run
from service.store.tables.operations import delivery_delays

BOUNDS = (0.25, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)  # seconds; "within seconds" is the promise
BEYOND = "+Inf"


class Delays:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, source: str, delays: Iterable[timedelta]) -> None:
        grouped: defaultdict[str, list[float]] = defaultdict(list)
        for delay in delays:
            seconds = max(0.0, delay.total_seconds())
            grouped[_bound(seconds)].append(seconds)
        for bound, taken in sorted(grouped.items()):
            await run(
                self._connection,
                "INSERT INTO delivery_delays (source, bound, deliveries, seconds) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (source, bound) DO UPDATE SET "
                "deliveries = delivery_delays.deliveries + excluded.deliveries, "
                "seconds = delivery_delays.seconds + excluded.seconds",
                (source, bound, len(taken), sum(taken)),
            )

    async def all(self) -> dict[str, dict[str, tuple[int, float]]]:
        """source → bound → (deliveries that fit no smaller bound, their seconds together)."""
        c = delivery_delays.c
        found: defaultdict[str, dict[str, tuple[int, float]]] = defaultdict(dict)
        for source, bound, deliveries, seconds in await self._connection.execute(
            select(c.source, c.bound, c.deliveries, c.seconds)
        ):
            found[source][bound] = (deliveries, seconds)
        return dict(found)


def _bound(seconds: float) -> str:
    place = bisect_left(BOUNDS, seconds)
    return str(BOUNDS[place]) if place < len(BOUNDS) else BEYOND
