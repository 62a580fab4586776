"""The request budget: never above its limit, slower after push-back, silent for as long as the tool asks."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from connectors.errors import SourceThrottled, SourceUnavailable
from connectors.throttle import CALM_STRETCH, Budget
from tests.connectors.time import FakeTime


async def fail(budget: Budget, error: SourceThrottled | SourceUnavailable) -> None:
    with pytest.raises(type(error)):
        async with budget.slot():
            raise error


def throttled(seconds: float | None = None, reason: str | None = None) -> SourceThrottled:
    wait = None if seconds is None else timedelta(seconds=seconds)
    return SourceThrottled("acme", "slow down", retry_after=wait, reason=reason)


async def succeed(budget: Budget, times: int) -> None:
    for _ in range(times):
        async with budget.slot():
            pass


async def test_never_more_requests_are_in_flight_than_allowed() -> None:
    budget, most = Budget(3), 0

    async def request() -> None:
        nonlocal most
        async with budget.slot():
            most = max(most, budget.in_flight)
            await asyncio.sleep(0)

    await asyncio.gather(*(request() for _ in range(50)))

    assert (most, budget.in_flight, budget.requests) == (3, 0, 50)


async def test_a_429_halves_what_may_be_in_flight_and_calm_brings_it_back_one_by_one() -> None:
    budget = Budget(8)

    await fail(budget, throttled())
    halved = budget.allowed
    await succeed(budget, CALM_STRETCH)
    after_one_stretch = budget.allowed
    await succeed(budget, 10 * CALM_STRETCH)

    assert (halved, after_one_stretch, budget.allowed) == (4, 5, 8)


async def test_a_504_halves_too_and_one_request_always_remains() -> None:
    budget = Budget(4)

    for _ in range(5):
        await fail(budget, SourceUnavailable("acme", "gateway timeout", status=504))

    assert budget.allowed == 1


async def test_one_wave_of_429_halves_only_once() -> None:
    """Eight requests that left together and were refused together are one piece of news."""
    budget = Budget(8)
    everyone_left = asyncio.Barrier(8)

    async def request() -> None:
        async with budget.slot():
            await everyone_left.wait()
            raise throttled()

    await asyncio.gather(*(request() for _ in range(8)), return_exceptions=True)

    assert budget.allowed == 4


async def test_retry_after_holds_every_request_of_the_source_for_exactly_that_long() -> None:
    time = FakeTime()
    budget = Budget(8, clock=time.now, sleep=time.sleep)
    await fail(budget, throttled(7))
    left_at = []

    async def request() -> None:
        async with budget.slot():
            left_at.append(time.now())

    await asyncio.gather(request(), request(), request())

    assert left_at == [7, 7, 7]


async def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    time = FakeTime()
    budget = Budget(8, clock=time.now, sleep=time.sleep)
    budget.pause(timedelta(seconds=60))
    budget.pause(timedelta(seconds=5))

    await succeed(budget, 1)

    assert time.now() == 60


async def test_a_spent_quota_pauses_the_source_without_slowing_it_afterwards() -> None:
    time = FakeTime()
    budget = Budget(8, clock=time.now, sleep=time.sleep)

    await fail(budget, throttled(60, "jira-quota-tenant-based"))
    await succeed(budget, 1)

    assert (time.now(), budget.allowed) == (60, 8)


async def test_a_burst_without_retry_after_slows_the_source_without_pausing_it() -> None:
    time = FakeTime()
    budget = Budget(8, clock=time.now, sleep=time.sleep)

    await fail(budget, throttled(reason="jira-burst-based"))
    await succeed(budget, 1)

    assert (time.now(), budget.allowed) == (0, 4)


async def test_a_cancelled_waiter_does_not_keep_others_from_their_turn() -> None:
    budget = Budget(1)
    holds, may_end = asyncio.Event(), asyncio.Event()

    async def holder() -> None:
        async with budget.slot():
            holds.set()
            await may_end.wait()

    first = asyncio.create_task(holder())
    await holds.wait()
    second, third = (asyncio.create_task(succeed(budget, 1)) for _ in range(2))
    await asyncio.sleep(0)
    second.cancel()
    may_end.set()

    await asyncio.wait_for(asyncio.gather(first, third), timeout=5)
    assert budget.in_flight == 0


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one request"):
        Budget(0)
