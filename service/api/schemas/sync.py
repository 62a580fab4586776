"""Sources and sync runs as they are told."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from service.programs.answers import Remark


class ScopeData(Struct, frozen=True):
    """One project of a source. `listed` is how many items its last complete listing named."""

    key: str
    name: str
    state: str  # live | archived | gone | out_of_scope
    listed: int | None
    last_complete_sync: datetime | None
    error: Remark | None


class Capability(Struct, frozen=True):
    """Something of the tool that is used where the account's plan and rights allow it; `reason` says why not."""

    name: str
    available: bool
    reason: str | None


class Details(Struct, frozen=True):
    """Items whose history costs requests one by one, read in the background: of how many, of how many already."""

    wanted: int
    read: int


class Webhook(Struct, frozen=True):
    """What the tool delivers by itself between the runs. `refused` and `ignored` count since the beginning.

    `waiting` and `failed` are deliveries not applied yet, and given up; the next run makes those good. `refused` came
    without proof. `ignored` are items of projects that are not pulled. `missed_last_night` are the changes that the
    last census found and no delivery had told; null where none has counted yet.
    """

    configured: bool
    last_event_at: datetime | None
    waiting: int
    failed: int
    refused: int
    ignored: int
    missed_last_night: int | None


class SourceData(Struct, frozen=True):
    """`configured` is false for one that is only remembered; `kind` is null before the first sync."""

    name: str
    kind: str | None
    url: str | None
    edition: str | None
    version: str | None
    configured: bool
    running: bool
    last_complete_sync: datetime | None
    lag_seconds: int | None
    complete: bool
    reasons: tuple[Remark, ...]
    last_run: int | None
    scopes: tuple[ScopeData, ...]
    capabilities: tuple[Capability, ...]
    details: Details
    webhook: Webhook


class SourceList(Struct, frozen=True):
    sources: tuple[SourceData, ...]
    next_cursor: str | None


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
