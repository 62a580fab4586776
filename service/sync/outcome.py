"""The verdict of a run: complete, partial or failed, with what and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from connectors.contract import Extent


class Mode(StrEnum):
    """How much of each scope a run reads. A scope that was never read to its end is read whole in every mode."""

    INCREMENTAL = "incremental"  # what changed since its cursor
    CENSUS = "census"  # every id, which proves what exists, and whatever is not stored as it is listed
    FULL = "full"  # every item


class RunStatus(StrEnum):
    RUNNING = "running"
    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"
    ABANDONED = "abandoned"  # its process died; the next run found it


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a run is not complete. `scope` is the key of the scope concerned, None for the whole source."""

    code: str
    message: str
    scope: str | None = None


@dataclass(slots=True)
class ScopeResult:
    """What one scope came to. The listing's part is set once it was followed to its end."""

    scope_id: str
    key: str
    fetched: int = 0
    rejected: int = 0
    extent: Extent = Extent.CHANGES
    listed: Collection[str] = ()
    marks: Mapping[str, str] = field(default_factory=dict)
    token: str | None = None
    missing_ids: list[str] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)  # there, but poisoned: native id → what the tool answers
    error: Reason | None = None
    loss_accepted: bool = False  # somebody expects much of it to be gone

    @property
    def census(self) -> int | None:
        """How many items the scope has, where the listing named them all."""
        return None if self.extent is Extent.CHANGES else len(self.listed)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One finished run, as the terminal and the API show it."""

    run_id: int
    source: str
    status: RunStatus
    mode: Mode
    fetched: int
    changed: int
    unchanged: int
    rejected: int
    requests: int
    reasons: tuple[Reason, ...]
    started_at: datetime
    finished_at: datetime


def verdict(results: list[ScopeResult], reasons: list[Reason]) -> RunStatus:
    """Complete only when nothing is known to be missing; failed when not one scope came in."""
    failed = [result for result in results if result.error is not None]
    if results and len(failed) == len(results):
        return RunStatus.FAILED
    return RunStatus.PARTIAL if reasons else RunStatus.COMPLETE
