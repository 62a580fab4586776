"""The one retry layer. Every request to a tool, through our HTTP client or a vendor's SDK, is called from here.

A small loop of our own rather than a library's: the wait may be dictated by the tool and is then shared by all
requests of the source, and an answer that was too heavy deserves less patience than an outage.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import structlog

from connectors.answers import AnswerTooHeavy
from connectors.contract import Usage
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

    async def call(
        self, operation: Callable[[], Awaitable[T]], *, can_ask_for_less: bool = False, once: bool = False
    ) -> T:
        """The operation's result; raises its last SourceError. Each attempt takes its own place in the budget.

        `once`: it is not repeated when it may have been done, only when the tool put it off.
        """
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
                if once:
                    raise
                failed += 1
                heavy = can_ask_for_less and isinstance(error, AnswerTooHeavy)
                if failed > (self.patience.heavy_retries if heavy else self.patience.retries):
                    raise
                await self._before_next(error, self._back_off(failed))

    def usage(self, *, bytes_received: int) -> Usage:
        """How the source stands with its tool; a pause is told by our own clock."""
        budget, left = self.budget, self.budget.pause_left
        allowance = budget.allowance
        return Usage(
            requests=budget.requests,
            retries=self.retries,
            throttled=budget.throttled,
            bytes_received=bytes_received,
            in_flight=budget.in_flight,
            waiting=budget.waiting,
            allowed=budget.allowed,
            limit=budget.limit,
            paused_until=datetime.now(UTC) + left if left else None,
            reason=budget.push_back,
            quota_limit=allowance.limit if allowance else None,
            quota_remaining=allowance.remaining if allowance else None,
            quota_resets_at=allowance.resets_at if allowance else None,
        )

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
