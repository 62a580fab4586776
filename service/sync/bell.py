"""Wakes whoever applies deliveries in this process. Other processes look into the database by themselves."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress


class Bell:
    """One for each source; rung while nobody waits, it is heard by the next who does."""

    def __init__(self) -> None:
        self._rung: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def ring(self, source: str) -> None:
        self._rung[source].set()

    async def heard(self, source: str, *, at_most: float) -> None:
        """Return when it was rung, or after `at_most` seconds."""
        rung = self._rung[source]
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most):
                await rung.wait()
        rung.clear()
