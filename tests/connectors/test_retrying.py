"""One retry layer: what is worth asking again, how long it waits, and when it gives up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from connectors.answers import AnswerTooHeavy
from connectors.errors import (
    AuthenticationFailed,
    ListingBroken,
    PermissionDenied,
    SourceError,
    SourceMisconfigured,
    SourceThrottled,
    SourceUnavailable,
)
from connectors.retrying import Patience, Retrying
from connectors.throttle import Budget
from tests.connectors.time import FakeTime

OUTAGE = SourceUnavailable("acme", "bad gateway", status=502)
HEAVY = AnswerTooHeavy("acme", "gateway timeout", status=504)


def throttled(wait: timedelta | None) -> SourceThrottled:
    return SourceThrottled("acme", "too many", retry_after=wait)


class Tool:
    """Fails with the given errors in turn, then answers."""

    def __init__(self, *errors: SourceError) -> None:
        self.errors = list(errors)
        self.asked = 0

    async def __call__(self) -> str:
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


def retrying(time: FakeTime, *, patience: Patience | None = None) -> Retrying:
    budget = Budget(8, clock=time.now, sleep=time.sleep)
    return Retrying(budget, patience=patience, sleep=time.sleep, jitter=lambda: 1.0)


async def test_an_outage_is_waited_out_with_doubling_pauses() -> None:
    time, tool = FakeTime(), Tool(OUTAGE, OUTAGE, OUTAGE)
    subject = retrying(time)

    assert await subject.call(tool) == "answer"
    assert (time.slept, subject.retries, subject.budget.requests) == ([2, 4, 8], 3, 4)


async def test_patience_ends_after_four_retries() -> None:
    time, tool = FakeTime(), Tool(*[OUTAGE] * 9)

    with pytest.raises(SourceUnavailable):
        await retrying(time).call(tool)

    assert (tool.asked, time.slept) == (5, [2, 4, 8, 16])


async def test_no_pause_of_ours_is_longer_than_half_a_minute() -> None:
    time, tool = FakeTime(), Tool(*[OUTAGE] * 6)

    await retrying(time, patience=Patience(retries=6)).call(tool)

    assert time.slept == [2, 4, 8, 16, 30, 30]


async def test_retry_after_is_obeyed_to_the_second() -> None:
    time, tool = FakeTime(), Tool(throttled(timedelta(seconds=17)))

    await retrying(time).call(tool)

    assert time.now() == 17


async def test_a_429_without_retry_after_backs_off_like_an_outage() -> None:
    time, tool = FakeTime(), Tool(throttled(None), throttled(None))

    await retrying(time).call(tool)

    assert time.slept == [2, 4]


async def test_being_told_to_wait_is_no_failure_and_gets_more_patience() -> None:
    time, tool = FakeTime(), Tool(*[throttled(timedelta(seconds=2))] * 10)

    assert await retrying(time).call(tool) == "answer"


async def test_a_pause_of_more_than_an_hour_is_reported_instead_of_slept() -> None:
    time, tool = FakeTime(), Tool(throttled(timedelta(hours=2)))

    with pytest.raises(SourceThrottled):
        await retrying(time).call(tool)

    assert time.now() == 0


async def test_during_such_a_pause_nothing_is_asked_and_nobody_waits() -> None:
    """The next scope hears of it at once instead of sleeping through the night."""
    time, tool = FakeTime(), Tool(throttled(timedelta(hours=2)))
    subject = retrying(time)

    for _ in range(2):
        with pytest.raises(SourceThrottled):
            await subject.call(tool)

    assert (tool.asked, time.now()) == (1, 0)


async def test_an_answer_too_heavy_is_given_up_early_when_less_can_be_asked_for() -> None:
    time, tool = FakeTime(), Tool(*[HEAVY] * 9)

    with pytest.raises(AnswerTooHeavy):
        await retrying(time).call(tool, can_ask_for_less=True)

    assert tool.asked == 2


async def test_an_answer_too_heavy_gets_full_patience_when_less_cannot_be_asked_for() -> None:
    time, tool = FakeTime(), Tool(*[HEAVY] * 4)

    assert await retrying(time).call(tool) == "answer"


@pytest.mark.parametrize("kind", [AuthenticationFailed, PermissionDenied, SourceMisconfigured, ListingBroken])
async def test_a_refusal_is_never_asked_again(kind: Callable[[str, str], SourceError]) -> None:
    tool = Tool(kind("acme", "no"))
    operation: Callable[[], Awaitable[str]] = tool

    with pytest.raises(SourceError, match="acme: no"):
        await retrying(FakeTime()).call(operation)

    assert tool.asked == 1


@pytest.mark.parametrize("lost", [OUTAGE, HEAVY], ids=["outage", "cut off"])
async def test_what_may_have_been_done_is_not_done_again(lost: SourceError) -> None:
    time, tool = FakeTime(), Tool(throttled(timedelta(seconds=3)), lost)

    with pytest.raises(SourceUnavailable):
        await retrying(time).call(tool, once=True)

    assert (tool.asked, time.now()) == (2, 3)  # what the tool put off it has not done
