"""The body of every failure (RFC 9457), with the members that some problems add."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType, field


class ProblemError(Struct, frozen=True):
    """One thing that is wrong: a parameter of the request, or a place in a programs file."""

    message: str
    parameter: str | UnsetType = UNSET
    in_: str | UnsetType = field(default=UNSET, name="in")  # query | path | body
    allowed: list[str] | UnsetType = UNSET
    line: int | UnsetType = UNSET
    path: str | UnsetType = UNSET


class ProblemDetails(Struct, frozen=True):
    """`type` names the kind of problem and is stable; `detail` says who, what, and what next."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[ProblemError] | UnsetType = UNSET
    allowed: list[str] | UnsetType = UNSET
