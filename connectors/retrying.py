"""The one retry layer. Every request to a tool, through our HTTP client or a vendor's SDK, is called from here.

A small loop of our own rather than a library's: the wait may be dictated by the tool and is then shared by all
requests of the source, and an answer that was too heavy deserves less patience than an outage.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import structlog

from connectors.answers import AnswerTooHeavy
from connectors.errors import SourceError, SourceThrottled, SourceUnavailable
from connectors.throttle import LONGEST_PAUSE, Budget, Sleep

log = structlog.get_logger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """How often and how long. The defaults follow Atlassian's rate-limiting page: 2 s doubling to 30 s, four times."""

    retries: int = 4
    throttled_retries: int = 10  # the tool is alive and told us to wait: that is no failure
    heavy_retries: int = 1  # of a request that can ask for less instead
    first: timedelta = timedelta(seconds=2)
    longest: timedelta = timedelta(seconds=30)


class Retrying:
    """Runs operations within a budget until they succeed, are refused, or patience ends.

    `jitter` returns a factor for our own waits; a wait that the tool asked for is obeyed exactly.
    """

    def __init__(
        self,
        budget: Budget,
        *,
        patience: Patience | None = None,
        sleep: Sleep = asyncio.sleep,
        jitter: Callable[[], float] = lambda: random.uniform(0.7, 1.3),  # noqa: S311 - spreads load, hides nothing
    ) -> None:
        self.budget = budget
        self.patience = patience or Patience()
        self.retries = 0
        self._sleep = sleep
        self._jitter = jitter

    async def call(self, operation: Callable[[], Awaitable[T]], *, can_ask_for_less: bool = False) -> T:
        """The operation's result; raises its last SourceError. Each attempt takes its own place in the budget."""
        throttled = failed = 0
        while True:
            try:
                async with self.budget.slot():
                    return await operation()
            except SourceThrottled as error:
                throttled += 1
                if throttled > self.patience.throttled_retries or self._is_too_long(error.retry_after):
                    raise
                wait = None if error.retry_after is not None else self._back_off(throttled)
                await self._before_next(error, wait)
            except SourceUnavailable as error:
                failed += 1
                heavy = can_ask_for_less and isinstance(error, AnswerTooHeavy)
                if failed > (self.patience.heavy_retries if heavy else self.patience.retries):
                    raise
                await self._before_next(error, self._back_off(failed))

    async def _before_next(self, error: SourceError, wait: float | None) -> None:
        """None: the budget itself is paused for as long as the tool asked, and holds the next attempt back."""
        self.retries += 1
        log.info("request_retried", source=error.source, code=error.code, reason=error.message, wait_seconds=wait)
        if wait is not None:
            await self._sleep(wait)

    def _back_off(self, attempt: int) -> float:
        wait: timedelta = min(self.patience.first * (1 << (attempt - 1)), self.patience.longest)
        return wait.total_seconds() * self._jitter()

    def _is_too_long(self, pause: timedelta | None) -> bool:
        return pause is not None and pause > LONGEST_PAUSE
