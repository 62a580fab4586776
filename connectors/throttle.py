"""The request budget of one source: how many requests may be in flight, and when none may leave at all.

Every request of a source passes here, whoever asked for it: the nightly run, a webhook, a person. The number in
flight starts at the limit, halves when the tool pushes back (429, 504) and grows by one after a calm stretch.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from connectors.answers import is_quota
from connectors.errors import SourceThrottled, SourceUnavailable

Sleep = Callable[[float], Awaitable[None]]

LONGEST_PAUSE = timedelta(hours=1)  # hourly quotas return within it; nobody waits longer, they are told instead
CALM_STRETCH = 20  # answers in a row without push-back before one more request may be in flight


class Budget:
    """`limit` is the most that may ever be in flight; `allowed` is what may be now."""

    def __init__(
        self,
        limit: int = 8,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        if limit < 1:
            raise ValueError("a source needs at least one request in flight")
        self.limit = limit
        self.allowed = limit
        self.in_flight = 0
        self.requests = 0
        self.throttled = 0
        self._clock = clock
        self._sleep = sleep
        self._paused_until = clock()
        self._cause: SourceThrottled | None = None
        self._calm = 0
        self._halvings = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """One request's place. What the request raises inside teaches the budget; it is raised on unchanged.

        Raises SourceThrottled at once, without a request, while the tool wants to be left alone for very long.
        """
        halvings = await self._enter()
        try:
            yield
        except (SourceThrottled, SourceUnavailable) as error:
            self._learn(error, halvings)
            raise
        else:
            self._grow()
        finally:
            self._leave()

    def pause(self, wait: timedelta, *, cause: SourceThrottled | None = None) -> None:
        """No request of this source leaves for `wait`; a longer pause already running is kept."""
        until = self._clock() + wait.total_seconds()
        if until > self._paused_until:
            self._paused_until, self._cause = until, cause

    async def _enter(self) -> int:
        while True:
            if (left := self._paused_until - self._clock()) > 0:
                self._refuse_to_wait(timedelta(seconds=left))
                await self._sleep(left)
            elif self.in_flight >= self.allowed:
                await self._turn()
            else:
                self.in_flight += 1
                self.requests += 1
                return self._halvings

    def _refuse_to_wait(self, left: timedelta) -> None:
        if self._cause is not None and left > LONGEST_PAUSE:
            cause = self._cause
            raise SourceThrottled(cause.source, cause.message, retry_after=left, reason=cause.reason)

    async def _turn(self) -> None:
        """Returns when a place may be free; the caller looks again, others may have been quicker."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn

    def _leave(self) -> None:
        self.in_flight -= 1
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # a cancelled waiter is done
                turn.set_result(None)

    def _learn(self, error: SourceThrottled | SourceUnavailable, halvings: int) -> None:
        """A quota or a Retry-After holds the whole source; push-back without one only slows it down."""
        if isinstance(error, SourceThrottled):
            self.throttled += 1
            if error.retry_after is not None:
                self.pause(error.retry_after, cause=error)
            if not is_quota(error.reason):  # fewer at a time would not bring a spent quota back
                self._halve(halvings)
        elif error.status == 504:
            self._halve(halvings)

    def _halve(self, halvings: int) -> None:
        """Once per wave: requests that left before the last halving say nothing new."""
        self._calm = 0
        if halvings == self._halvings:
            self._halvings += 1
            self.allowed = max(1, self.allowed // 2)

    def _grow(self) -> None:
        self._calm += 1
        if self._calm >= CALM_STRETCH and self.allowed < self.limit:
            self._calm = 0
            self.allowed += 1
