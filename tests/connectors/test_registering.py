"""Which registered webhook is the wanted one, and what is done when the answer to making one is lost."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from connectors.contract import RegisteredWebhook, WantedWebhook
from connectors.errors import SourceMisconfigured, SourceUnavailable
from connectors.registering import made_once, suits, told_moment

WANTED = WantedWebhook("10", ("task changed", "task added"), "project in (1, 2)")
ADDRESS = "https://interlock.example/webhooks/asana/acme/n"


def found(**values: object) -> RegisteredWebhook:
    fields: dict[str, object] = {
        "native_id": "1",
        "address": ADDRESS,
        "scope_id": "10",
        "events": ("task added", "task changed", "story added"),
        "filter": "project IN (1,2)",
    }
    return RegisteredWebhook(**(fields | values))  # type: ignore[arg-type]


def test_the_wanted_one_may_tell_of_more_and_word_its_filter_in_another_way() -> None:
    assert suits(found(), WANTED)


@pytest.mark.parametrize(
    "different",
    [
        {"scope_id": "11"},
        {"scope_id": None},
        {"events": ("task added",)},
        {"filter": "project in (1)"},
        {"active": False},
    ],
    ids=["another scope", "no scope", "an event less", "another filter", "switched off"],
)
def test_what_tells_of_something_else_is_not_the_wanted_one(different: dict[str, object]) -> None:
    assert not suits(found(**different), WANTED)


async def test_a_webhook_whose_answer_was_lost_is_found_instead_of_made_again() -> None:
    attempts = 0

    async def make() -> RegisteredWebhook:
        nonlocal attempts
        attempts += 1
        raise SourceUnavailable("acme", "The answer was cut off.")

    async def registered() -> Sequence[RegisteredWebhook]:
        return [found(native_id="8", address=f"{ADDRESS}x"), found(native_id="9")]

    made = await made_once(make, registered, wanted=WANTED, address=ADDRESS)
    assert (made.native_id, attempts) == ("9", 1)


async def test_a_webhook_that_was_not_made_fails_as_it_failed() -> None:
    async def make() -> RegisteredWebhook:
        raise SourceUnavailable("acme", "No answer in time.")

    async def registered() -> Sequence[RegisteredWebhook]:
        return [found(active=False)]

    with pytest.raises(SourceUnavailable, match=r"acme: No answer in time\."):
        await made_once(make, registered, wanted=WANTED, address=ADDRESS)


def test_an_unreadable_moment_of_a_webhook_is_said_to_be_one() -> None:
    assert told_moment("acme", None, what="expirationDate") is None
    with pytest.raises(SourceMisconfigured) as refused:
        told_moment("acme", "soon", what="expirationDate")
    assert refused.value.message == "A webhook has an unexpected shape (expirationDate: cannot read 'soon')."
