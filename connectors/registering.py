"""What registering a webhook has in common at all tools: which one suits, and what is done when an answer is lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from connectors.contract import RegisteredWebhook, WantedWebhook
from connectors.errors import PayloadUnreadable, SourceError, SourceMisconfigured, SourceUnavailable
from connectors.timestamps import parse_optional_moment


def suits(found: RegisteredWebhook, wanted: WantedWebhook) -> bool:
    """It tells of the same scope through the same filter, and of every wanted event, and is not switched off."""
    return (
        found.active
        and found.scope_id == wanted.scope_id
        and set(wanted.events) <= set(found.events)
        and _words(found.filter) == _words(wanted.filter)
    )


async def made_once(
    make: Callable[[], Awaitable[RegisteredWebhook]],
    registered: Callable[[], Awaitable[Sequence[RegisteredWebhook]]],
    *,
    wanted: WantedWebhook,
    address: str,
) -> RegisteredWebhook:
    """What `make` made. Where its answer was lost it may have been a yes, so the tool is asked what there is."""
    try:
        return await make()
    except SourceUnavailable:
        for found in await registered():
            if found.address == address and suits(found, wanted):
                return found
        raise


def without(error: SourceError, secret: str) -> SourceError:
    """The error without a secret that the tool repeats, as it does with the address that it was given."""
    error.message = error.message.replace(secret, "***")
    error.args = (f"{error.source}: {error.message}",)
    return error


def told_moment(source: str, said: object, *, what: str) -> datetime | None:
    """Aware UTC; None where the tool does not say. Raises SourceMisconfigured."""
    try:
        return parse_optional_moment(said, what=what)
    except PayloadUnreadable as error:
        raise SourceMisconfigured(source, f"A webhook has an unexpected shape ({error}).") from None


def _words(text: str | None) -> list[str]:
    """Tools give a filter back with other blanks and letters than it was given with."""
    return (text or "").casefold().replace(",", " ").split()
