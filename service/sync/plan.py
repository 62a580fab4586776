"""Which scopes a run reads, and from when: decided before the first page is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connectors.contract import Scope


class StoredScope(Protocol):
    """What the store knows of a scope."""

    @property
    def state(self) -> str: ...

    @property
    def cursor(self) -> datetime | None: ...

    @property
    def token(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class ScopePlan:
    """`since` None reads everything, and the listing then proves what exists; `token` goes on with a tool's feed."""

    scope: Scope
    since: datetime | None
    token: str | None = None


def plan_scopes(found: Sequence[Scope], stored: Mapping[str, StoredScope], *, full: bool) -> list[ScopePlan]:
    """Live scopes only: an archived project has left every listing and is handled as absence."""
    return [_plan(scope, stored.get(scope.native_id), full=full) for scope in found if not scope.archived]


def _plan(scope: Scope, known: StoredScope | None, *, full: bool) -> ScopePlan:
    if full or known is None or known.state != "live":
        return ScopePlan(scope, None)  # a scope that was archived or gone may have changed without a trace
    return ScopePlan(scope, known.cursor, known.token)
