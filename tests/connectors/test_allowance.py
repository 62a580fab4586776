"""What tools say of their limits, in every spelling that was seen, and what a 429 then means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.allowance import Allowance, read_allowance
from connectors.answers import QUOTA_PAUSE, Answer, refusal
from connectors.errors import SourceThrottled

DATE = "Thu, 26 Mar 2026 15:45:00 GMT"
RESET = datetime(2026, 3, 26, 16, 0, tzinfo=UTC)


def refused(status: int = 429, **headers: str) -> SourceThrottled:
    named = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    error = refusal("acme", Answer("GET /issue", status, {"date": DATE, **named}, b""))
    assert isinstance(error, SourceThrottled)
    return error


@pytest.mark.parametrize("text", ["2026-03-26T16:00Z", "2026-03-26T16:00:00Z", "2026-03-26T18:00:00.000+02:00"])
def test_the_reset_is_read_with_and_without_seconds(text: str) -> None:
    headers = {"x-ratelimit-limit": "350", "x-ratelimit-remaining": "349", "x-ratelimit-reset": text}
    assert read_allowance(headers) == Allowance(350, 349, RESET)


@pytest.mark.parametrize("text", ["", "soon", "1774540800", "2026-03-26T16:00"])
def test_a_reset_that_cannot_be_placed_in_time_is_left_out(text: str) -> None:
    assert read_allowance({"x-ratelimit-limit": "350", "x-ratelimit-reset": text}) == Allowance(350)


def test_an_answer_without_a_word_of_limits_says_nothing() -> None:
    assert read_allowance({"date": DATE}) is None


def test_twins_that_are_not_enforced_yet_are_shown_and_neither_spent_nor_near_their_end() -> None:
    headers = {
        "x-beta-ratelimit-limit": "65000",
        "x-beta-ratelimit-remaining": "0",
        "x-beta-ratelimit-nearlimit": "true",
        "x-beta-ratelimit-reset": "2026-03-26T16:00Z",
    }
    assert read_allowance(headers) == Allowance(limit=65_000, resets_at=RESET)


@pytest.mark.parametrize("reason", ["jira-quota-global-based", "jira-quota-tenant-based"])
def test_a_spent_quota_pauses_until_its_reset(reason: str) -> None:
    error = refused(ratelimit_reason=reason, x_ratelimit_remaining="0", x_ratelimit_reset="2026-03-26T16:00Z")
    assert (error.retry_after, error.is_spent) == (timedelta(minutes=15), True)
    assert error.allowance == Allowance(None, 0, RESET)


def test_a_spent_quota_that_does_not_say_until_when_pauses_for_a_minute() -> None:
    assert refused(ratelimit_reason="jira-quota-tenant-based").retry_after == QUOTA_PAUSE


def test_nothing_remaining_and_a_reset_pause_without_a_reason_too() -> None:
    error = refused(x_ratelimit_remaining="0", x_ratelimit_reset="2026-03-26T15:50:00Z")
    assert (error.retry_after, error.is_spent) == (timedelta(minutes=5), True)


def test_a_burst_only_slows_whatever_its_bucket_says() -> None:
    error = refused(
        ratelimit_reason="jira-burst-based", x_ratelimit_remaining="0", x_ratelimit_reset="2026-03-26T16:00Z"
    )
    assert (error.retry_after, error.is_spent) == (None, False)


def test_retry_after_goes_before_every_other_word_and_a_twin_of_it_counts_for_nothing() -> None:
    assert refused(
        retry_after="7", ratelimit_reason="jira-quota-global-based", x_ratelimit_reset="2026-03-26T16:00Z"
    ).retry_after == timedelta(seconds=7)
    assert refused(retry_after="Thu, 26 Mar 2026 15:45:09 GMT").retry_after == timedelta(seconds=9)
    assert refused(beta_retry_after="3600").retry_after is None


def test_a_gateway_that_gives_no_time_leaves_it_to_us() -> None:
    error = refused(x_failure_category="FAILURE_CLIENT_RATE_LIMIT")
    assert (error.retry_after, error.is_spent, error.allowance) == (None, False, None)
