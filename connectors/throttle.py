"""The request budget of one source: how many requests may be in flight, whose turn is next, and when none may leave.

Every request of a source passes here, whoever asked for it: the nightly run, a delivery, a person. The number in
flight starts at the limit, halves when the tool pushes back (429, 504) or says that its quota is nearly spent, and
grows by one after a calm stretch. Places are given in the order of asking, but `urgent` requests go before others.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from datetime import timedelta

from connectors.allowance import Allowance
from connectors.answers import is_quota
from connectors.errors import SourceThrottled, SourceUnavailable

Sleep = Callable[[float], Awaitable[None]]
Turn = asyncio.Future[None]

LONGEST_PAUSE = timedelta(hours=1)  # hourly quotas return within it; nobody waits longer, they are told instead
CALM_STRETCH = 20  # answers in a row without push-back before one more request may be in flight
URGENT_IN_A_ROW = 7  # then one place goes to who is not in a hurry, and waits: a storm does not stop a nightly run

_is_urgent: ContextVar[bool] = ContextVar("connectors_urgent", default=False)


@contextmanager
def urgent() -> Iterator[None]:
    """Requests of the block, and of every task begun in it, take the next free place of their budget."""
    before = _is_urgent.set(True)
    try:
        yield
    finally:
        _is_urgent.reset(before)


class Budget:
    """`limit` is the most that may ever be in flight; `allowed` is what may be now.

    A request that has its place keeps it while the tool wants to be left alone, and leaves when that is over.
    """

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
        self.allowance: Allowance | None = None
        self._clock = clock
        self._sleep = sleep
        self._paused_until = clock()
        self._cause: SourceThrottled | None = None
        self._push_back: str | None = None
        self._calm = 0
        self._halvings = 0
        self._urgent: deque[Turn] = deque()
        self._patient: deque[Turn] = deque()
        self._urgent_in_a_row = 0

    @property
    def waiting(self) -> int:
        return sum(not turn.done() for turn in (*self._urgent, *self._patient))

    @property
    def pause_left(self) -> timedelta:
        """How long no request leaves from now on; zero when the way is free."""
        return timedelta(seconds=max(0.0, self._paused_until - self._clock()))

    @property
    def push_back(self) -> str | None:
        """The tool's word for why there is a pause, or fewer requests than the limit; None when there is neither."""
        return self._push_back if self.pause_left or self.allowed < self.limit else None

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """One request's place. What the request raises inside teaches the budget; it is raised on unchanged.

        Raises SourceThrottled at once, without a request, while the tool wants to be left alone for very long.
        """
        await self._take_a_place()
        try:
            await self._wait_out_the_pause()
            self.requests += 1
            halvings = self._halvings
            try:
                yield
            except (SourceThrottled, SourceUnavailable) as error:
                self._learn(error, halvings)
                raise
            else:
                self._grow()
        finally:
            self.in_flight -= 1
            self._give_places()

    def pause(self, wait: timedelta, *, cause: SourceThrottled | None = None) -> None:
        """No request of this source leaves for `wait`; a longer pause already running is kept."""
        until = self._clock() + wait.total_seconds()
        if until > self._paused_until:
            self._paused_until, self._cause = until, cause

    def hear(self, allowance: Allowance | None) -> None:
        """What an answer said of the tool's limits: near its end, half as many requests go on until that is over."""
        if allowance is None:
            return
        was_near = self.allowance is not None and self.allowance.is_near_its_end
        self.allowance = allowance
        if allowance.is_near_its_end:
            self._push_back = self._push_back or "near the limit"
            self._calm = 0
            if not was_near:
                self._halve(self._halvings)

    async def _take_a_place(self) -> None:
        if self.in_flight < self.allowed:  # nobody waits then: places are given away as they come free
            self.in_flight += 1
            return
        turn: Turn = asyncio.get_running_loop().create_future()
        (self._urgent if _is_urgent.get() else self._patient).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # the place was given at the very moment
                self.in_flight -= 1
                self._give_places()
            raise

    def _give_places(self) -> None:
        while self.in_flight < self.allowed and (turn := self._next()) is not None:
            self.in_flight += 1
            turn.set_result(None)

    def _next(self) -> Turn | None:
        """In the order of asking, the urgent first; a cancelled waiter is done."""
        for queue in (self._urgent, self._patient):
            while queue and queue[0].done():
                queue.popleft()
        if not self._patient:
            self._urgent_in_a_row = 0
            return self._urgent.popleft() if self._urgent else None
        if self._urgent and self._urgent_in_a_row < URGENT_IN_A_ROW:
            self._urgent_in_a_row += 1
            return self._urgent.popleft()
        self._urgent_in_a_row = 0
        return self._patient.popleft()

    async def _wait_out_the_pause(self) -> None:
        while left := self.pause_left:
            if self._cause is not None and left > LONGEST_PAUSE:
                cause = self._cause
                raise SourceThrottled(cause.source, cause.message, retry_after=left, reason=cause.reason)
            await self._sleep(left.total_seconds())

    def _learn(self, error: SourceThrottled | SourceUnavailable, halvings: int) -> None:
        """A quota or a Retry-After holds the whole source; push-back without one only slows it down."""
        if isinstance(error, SourceThrottled):
            self.throttled += 1
            self._push_back = error.reason or "too many requests"
            self.allowance = error.allowance or self.allowance
            if error.retry_after is not None:
                self.pause(error.retry_after, cause=error)
            if not error.is_spent and not is_quota(error.reason):  # fewer at a time would not bring a quota back
                self._halve(halvings)
        elif error.status == 504:
            self._push_back = "gateway time-outs"
            self._halve(halvings)

    def _halve(self, halvings: int) -> None:
        """Once per wave: requests that left before the last halving say nothing new."""
        self._calm = 0
        if halvings == self._halvings:
            self._halvings += 1
            self.allowed = max(1, self.allowed // 2)

    def _grow(self) -> None:
        if self.allowance is not None and self.allowance.is_near_its_end:
            return
        self._calm += 1
        if self._calm >= CALM_STRETCH and self.allowed < self.limit:
            self._calm = 0
            self.allowed += 1
