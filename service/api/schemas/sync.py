"""Sync runs as they are told."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from service.programs.answers import Remark


class RunReason(Struct, frozen=True):
    code: str
    message: str
    scope: str | None


class SyncRun(Struct, frozen=True):
    """One run of one source. Counts are of items, `requests` of calls to the tool."""

    id: int
    source: str
    trigger: str  # manual | schedule | api | webhook | replay
    mode: str  # incremental | census | full
    status: str  # running | complete | partial | failed | abandoned
    started_at: datetime
    finished_at: datetime | None
    fetched: int
    changed: int
    unchanged: int
    rejected: int
    requests: int
    reasons: tuple[RunReason, ...]


class SyncRunList(Struct, frozen=True):
    """Newest first."""

    sync_runs: tuple[SyncRun, ...]
    next_cursor: str | None


class RunScope(Struct, frozen=True):
    key: str
    status: str  # running | complete | failed
    listed: int | None
    fetched: int
    rejected: int
    error: Remark | None


class SyncRunDetail(Struct, frozen=True):
    run: SyncRun
    scopes: tuple[RunScope, ...]


class StartedRun(Struct, frozen=True):
    """`run` is null only when the run's row is not written yet; its number is known already."""

    id: int
    run: SyncRun | None
