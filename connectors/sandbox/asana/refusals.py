"""How Asana words a refusal: {"errors": [{"message", "help"}]}."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from connectors.sandbox.calls import Answer

HELP = (
    "For more information on API status codes and how to handle them, read the docs on errors: "
    "https://developers.asana.com/docs/errors"
)
TOO_MANY = "You've made too many requests and hit a rate limit. Please retry after the given amount of time."
STALE_SYNC = (
    "Sync token invalid or too old. If you are attempting to keep resources in sync, you must fetch the full dataset "
    "for this query now and use the new sync token for the next sync."
)
UNPAID = "The requested feature is only available to premium users. Please upgrade to use it."
TOO_LARGE = "The result is too large. You should use pagination (may require specifying a workspace)"


class Refusal(Exception):
    """An answer of the vendor's error shape; `more` stands beside `errors`."""

    def __init__(self, status: int, message: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(message)
        self.answer = Answer(status, error_body(message, **more), dict(headers or {}))


def error_body(message: str, *, phrase: str | None = None, **more: Any) -> bytes:
    """A `phrase` comes with server errors alone."""
    error = {"message": message, "help": HELP} | ({"phrase": phrase} if phrase else {})
    return msgspec.json.encode({"errors": [error], **more})


def bad_request(message: str) -> Refusal:
    return Refusal(400, message)


def unknown(kind: str, gid: str) -> Refusal:
    return Refusal(404, f"{kind}: Unknown object: {gid}")


def forbidden(kind: str) -> Refusal:
    return Refusal(403, f"You do not have access to this {kind}.")


def unpaid() -> Refusal:
    return Refusal(402, UNPAID)


def too_many(seconds: int) -> Refusal:
    return Refusal(429, TOO_MANY, headers={"Retry-After": str(seconds)})
