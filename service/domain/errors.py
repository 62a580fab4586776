"""What a question to Interlock can get wrong. Each error says who, what, and what to do next.

InterlockError
├── UnknownProgram    no program has this key
├── UnknownItem       no live item has this uid, key or former key
├── UnknownSource     no source has this name
├── UnknownSuggestion no suggested edge has this id
├── UnknownBaseline   no baseline of the program has this name or number
├── BaselineExists    the program has a baseline of this name
└── InvalidQuery      a parameter has a value that means nothing here
    ├── InvalidDecision   so has a part of what was decided
    └── InvalidChange     so has a part of a change to a plan
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

Choice = TypeVar("Choice", bound=StrEnum)


class InterlockError(Exception):
    """`message` is the sentence a person reads; `code` is stable."""

    code = "error"

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class UnknownProgram(InterlockError):
    code = "unknown_program"

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"There is no program {key}; GET /api/v1/programs lists the keys.")


class UnknownItem(InterlockError):
    """`tombstone` is the reason when the item was here once: gone, archived, access_lost, out_of_scope."""

    code = "unknown_item"

    def __init__(self, uid: str, *, tombstone: str | None = None) -> None:
        self.uid = uid
        self.tombstone = tombstone
        advice = (
            f"it left its tool's listing ({tombstone})."
            if tombstone
            else "ids are written source:native-id or source:KEY."
        )
        super().__init__(f"There is no item {uid}; {advice}")


class UnknownSource(InterlockError):
    code = "unknown_source"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"There is no source {name}; GET /api/v1/sources lists the names.")


class UnknownSuggestion(InterlockError):
    code = "unknown_suggestion"

    def __init__(self, suggestion_id: str) -> None:
        self.id = suggestion_id
        super().__init__(
            f"There is no suggested edge {suggestion_id}; it may have ended with the pointers it rested on. "
            "GET /api/v1/mapping/suggestions lists them."
        )


class UnknownBaseline(InterlockError):
    code = "unknown_baseline"

    def __init__(self, program: str, baseline: str) -> None:
        self.program = program
        self.baseline = baseline
        super().__init__(
            f"{program} has no baseline {baseline}; GET /api/v1/programs/{program}/baselines lists them, "
            "and a POST to the same path takes one."
        )


class BaselineExists(InterlockError):
    code = "baseline_exists"

    def __init__(self, program: str, name: str) -> None:
        self.program = program
        self.name = name
        super().__init__(f"{program} has a baseline {name} already, and a baseline never changes; take another name.")


class InvalidQuery(InterlockError):
    """`parameter` is the one to change; `allowed` lists what it may be, when that can be listed."""

    code = "invalid_query"
    place = "query"  # of the request

    def __init__(self, parameter: str, message: str, allowed: tuple[str, ...] = ()) -> None:
        self.parameter = parameter
        self.allowed = allowed
        choices = f" Allowed: {', '.join(allowed)}." if allowed else ""
        super().__init__(f"{parameter}: {message}{choices}")


class InvalidDecision(InvalidQuery):
    """`parameter` is a member of the body."""

    code = "invalid_decision"
    place = "body"


class InvalidChange(InvalidQuery):
    """`parameter` is the path of a member of the body."""

    code = "invalid_change"
    place = "body"


def one_of(kind: type[Choice], parameter: str, value: str) -> Choice:
    """The member that `value` names, or InvalidQuery with all that could have been said."""
    try:
        return kind(value)
    except ValueError:
        raise InvalidQuery(parameter, f"{value!r} is not known.", tuple(kind)) from None
