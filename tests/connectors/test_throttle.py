"""The request budget: never above its limit, slower after push-back, silent for as long as the tool asks."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta

import pytest

from connectors.allowance import Allowance
from connectors.errors import SourceThrottled, SourceUnavailable
from connectors.throttle import CALM_STRETCH, URGENT_IN_A_ROW, Budget, urgent
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


class Queue:
    """Requests that each note their name when they get their place, behind one that holds the only place."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.order: list[str] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._may_end = asyncio.Event()

    async def hold(self) -> None:
        self._begin(self._holder())
        await asyncio.sleep(0)

    async def ask(self, name: str, *, in_a_hurry: bool = False) -> asyncio.Task[None]:
        if in_a_hurry:
            with urgent():  # what begins inside stays urgent
                task = self._begin(self._request(name))
        else:
            task = self._begin(self._request(name))
        await asyncio.sleep(0)
        return task

    async def served(self) -> list[str]:
        self._may_end.set()
        async with asyncio.timeout(5):
            await asyncio.gather(*self._tasks, return_exceptions=True)
        assert (self.budget.in_flight, self.budget.waiting) == (0, 0)
        return self.order

    def _begin(self, coroutine: Coroutine[None, None, None]) -> asyncio.Task[None]:
        self._tasks.append(asyncio.create_task(coroutine))
        return self._tasks[-1]

    async def _holder(self) -> None:
        async with self.budget.slot():
            await self._may_end.wait()

    async def _request(self, name: str) -> None:
        async with self.budget.slot():
            self.order.append(name)


async def test_places_are_given_in_the_order_of_asking_and_first_to_who_is_in_a_hurry() -> None:
    queue = Queue(Budget(1))
    await queue.hold()
    for name in ("first", "second"):
        await queue.ask(name)
    await queue.ask("delivery", in_a_hurry=True)
    await queue.ask("third")
    await queue.ask("another delivery", in_a_hurry=True)

    assert queue.budget.waiting == 5
    assert await queue.served() == ["delivery", "another delivery", "first", "second", "third"]


async def test_however_many_are_in_a_hurry_the_others_get_every_eighth_place() -> None:
    queue = Queue(Budget(1))
    await queue.hold()
    for number in range(20):
        await queue.ask("hurried", in_a_hurry=True)
        await queue.ask(f"patient {number}")

    order = await queue.served()

    waits = [order.index(f"patient {number}") for number in range(2)]
    assert waits == [URGENT_IN_A_ROW, 2 * URGENT_IN_A_ROW + 1]


async def test_nobody_overtakes_those_who_wait_when_a_place_comes_free() -> None:
    """A newcomer that finds a free place in the moment between two tasks would starve who waits."""
    queue = Queue(Budget(1))
    await queue.hold()
    await queue.ask("waiting")
    queue._may_end.set()
    await asyncio.sleep(0)
    await queue.ask("newcomer")

    assert await queue.served() == ["waiting", "newcomer"]


async def test_a_waiter_cancelled_at_the_moment_it_gets_its_place_gives_it_on() -> None:
    queue = Queue(Budget(1))
    await queue.hold()
    cancelled = await queue.ask("cancelled")
    await queue.ask("next")
    queue._may_end.set()
    await asyncio.sleep(0)  # the holder ends and gives its place away
    cancelled.cancel()

    assert await queue.served() == ["next"]


async def test_an_allowance_near_its_end_halves_once_and_growth_waits_until_it_is_renewed() -> None:
    budget = Budget(8)
    for remaining in (190, 180, 170):
        budget.hear(Allowance(limit=1000, remaining=remaining, is_near_its_end=True))
    await succeed(budget, 3 * CALM_STRETCH)
    near = budget.allowed, budget.push_back
    budget.hear(Allowance(limit=1000, remaining=1000))
    await succeed(budget, 4 * CALM_STRETCH)

    assert near == (4, "near the limit")
    assert (budget.allowed, budget.push_back) == (8, None)


async def test_a_spent_allowance_pauses_and_its_numbers_are_told() -> None:
    time = FakeTime()
    budget = Budget(8, clock=time.now, sleep=time.sleep)
    allowance = Allowance(limit=65_000, remaining=0)
    await fail(
        budget,
        SourceThrottled("acme", "spent", retry_after=timedelta(minutes=5), allowance=allowance, is_spent=True),
    )

    assert (budget.allowed, budget.pause_left, budget.allowance) == (8, timedelta(minutes=5), allowance)
    assert budget.push_back == "too many requests"
    await succeed(budget, 1)
    assert time.now() == 300
    assert budget.push_back is None
