"""One request as a handler sees it, one answer as it leaves, and how the vendor words a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

Json = dict[str, Any]


@dataclass(slots=True)
class Call:
    """`path` is without the context path; `account` is None for an anonymous caller."""

    method: str
    path: str
    names: Mapping[str, str]
    query: Mapping[str, str]
    content: bytes
    account: str | None = None
    lie: str | None = None  # the value of a faults.Act that alters paging

    @property
    def version(self) -> str:
        """The version of the REST API in the path: "3", "2" or "latest"."""
        parts = self.path.split("/")
        return parts[3] if len(parts) > 3 else ""

    def body(self, known: set[str]) -> Json:
        """The JSON object of the body; Jira refuses a property it does not know."""
        try:
            body = msgspec.json.decode(self.content or b"{}")
        except msgspec.DecodeError:
            raise Refusal(400, "There was an error parsing JSON. Check that your request body is valid.") from None
        if not isinstance(body, dict):
            raise Refusal(400, "Invalid request payload. Refer to the REST API documentation and try again.")
        for name in body:
            if name not in known:
                raise Refusal(400, f'Unrecognized field "{name}" (known properties: {", ".join(sorted(known))})')
        return body

    def number(self, name: str, default: int) -> int:
        return as_number(self.query.get(name), name, default)


@dataclass(slots=True)
class Answer:
    """`body` is complete JSON (or, with another content type, whatever it says)."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json;charset=UTF-8"


class Refusal(Exception):
    """An answer of the vendor's error shape: {"errorMessages": […], "errors": {…}}."""

    def __init__(
        self, status: int, *messages: str, errors: Json | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(*messages)
        self.answer = Answer(
            status,
            msgspec.json.encode({"errorMessages": list(messages), "errors": errors or {}}),
            dict(headers or {}),
        )


def as_number(value: Any, name: str, default: int) -> int:
    """A whole number of zero or more, however the caller wrote it; refuses anything else."""
    if value is None or value == "":
        return default
    if isinstance(value, bool) or not str(value).isdigit():
        raise Refusal(400, f"The value '{value}' is not valid for the parameter '{name}'.")
    return int(value)


def as_list(value: Any, name: str) -> list[Any]:
    """Where the vendor wants a JSON array and nothing else."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refusal(400, f"Invalid request payload: '{name}' must be an array.")
    return value


def as_text(value: Any, name: str) -> str:
    """Where the vendor wants a string and nothing else."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refusal(400, f"Invalid request payload: '{name}' must be a string.")
    return value


def names_in(text: str | None) -> list[str]:
    """The members of a comma-separated parameter."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]
