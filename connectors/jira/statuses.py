"""From Jira's statuses to the four categories, and from a history of statuses to started and done.

Statuses are known by id; a name only helps where a history or an old server gave no usable id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache

from msgspec import Struct

from connectors.items import SourceChange, SourceStatus, StatusCategory
from connectors.jira.config import JiraOptions, fold, folded
from connectors.jira.payloads import StatusCategoryJson, StatusJson

_BY_KEY = {
    "undefined": StatusCategory.TO_DO,
    "new": StatusCategory.TO_DO,
    "indeterminate": StatusCategory.IN_PROGRESS,
    "done": StatusCategory.DONE,
}
_BY_ID = {
    1: StatusCategory.TO_DO,
    2: StatusCategory.TO_DO,
    4: StatusCategory.IN_PROGRESS,
    3: StatusCategory.DONE,
}


def category_of(sent: StatusCategoryJson | None) -> StatusCategory | None:
    """The category as the tool says; None when it said none, or one that this version of Jira invented."""
    if sent is None:
        return None
    return _BY_KEY.get(sent.key or "") or _BY_ID.get(sent.id or 0)


class StatusTable:
    """The categories of one source's statuses, and its rule for what is cancelled."""

    def __init__(self, statuses: Iterable[SourceStatus], options: JiraOptions) -> None:
        self._by_id: dict[str, StatusCategory] = {}
        self._by_name: dict[str, StatusCategory | None] = {}
        for status in statuses:
            self._by_id[status.native_id] = status.category
            self._learn_name(fold(status.name), status.category)
        self._cancels = _membership(options.cancelled_statuses)
        self._dismisses = _membership(options.cancelled_resolutions)

    def _learn_name(self, name: str, category: StatusCategory) -> None:
        # a name that means two things in two projects decides nothing
        known = self._by_name.setdefault(name, category)
        if known is not category:
            self._by_name[name] = None

    def current(self, status: StatusJson) -> StatusCategory | None:
        """As the table of the last discovery says: a stored issue still tells the category its status once had."""
        return self._by_id.get(status.id) or category_of(status.statusCategory)

    def then(self, status_id: str | None, name: str | None) -> StatusCategory | None:
        """The category of a status in a history; deleted statuses are found by name, or not at all."""
        known = self._by_id.get(status_id) if status_id else None
        return known or (self._by_name.get(fold(name)) if name else None)

    def after_cancelled_rule(
        self, category: StatusCategory, *, status: str, resolution: str | None = None
    ) -> StatusCategory:
        if self._cancels(status):
            return StatusCategory.CANCELLED
        dismissed = resolution is not None and category is StatusCategory.DONE and self._dismisses(resolution)
        return StatusCategory.CANCELLED if dismissed else category


def _membership(names: Iterable[str]) -> Callable[[str], bool]:
    """Whether a name is one of these; remembered, because a site has few and every issue and link end asks."""
    known = folded(names)
    return lru_cache(maxsize=1024)(lambda name: fold(name) in known)


class StatusNow(Struct, frozen=True):
    """The snapshot that a replayed history is measured against.

    `category_changed_at` (Cloud) and `resolved_at` are the tool's own moments, used where history is silent.
    """

    status_id: str
    category: StatusCategory
    created_at: datetime
    category_changed_at: datetime | None = None
    resolved_at: datetime | None = None


class Milestones(Struct, frozen=True):
    started_at: datetime | None = None
    done_at: datetime | None = None
    warnings: tuple[str, ...] = ()


# a stay: the moment it began, None when history does not reach back that far, and its category. A plain pair
# because every change of every issue makes one
_Visit = tuple[datetime | None, StatusCategory | None]


def milestones(now: StatusNow, changes: Sequence[SourceChange], *, statuses: StatusTable, complete: bool) -> Milestones:
    """When work started and when it was done, from the status changes in order (definitions.md §0).

    started: the first entry into in_progress; an issue created in progress started when it was created.
    done: the last entry into the category done; moving on to another done status is no new entry.
    The snapshot beats the replay: where history does not end in the current status, or there is none, done
    falls back to the tool's own category change, then its resolution date, then, for an issue whose complete
    history knows no status change, its creation. `complete` says that no history is missing.
    """
    visits = _visits(now, changes, statuses=statuses, complete=complete)
    warnings = ["status_unknown"] if None in [category for _, category in visits] else []
    agrees = not changes or changes[-1].to_value in {now.status_id, None}
    if not agrees:
        warnings.append("status_history_differs")
    done_at = None
    if now.category is StatusCategory.DONE:
        done_at = _last_entry_into_done(visits) if changes and agrees else None
        if done_at is None:
            done_at = now.category_changed_at or now.resolved_at
            if done_at is None and complete and not changes:
                done_at = now.created_at
            warnings.append("done_at_from_snapshot" if done_at else "done_at_unknown")
    return Milestones(_first_start(visits, now), done_at, tuple(warnings))


def _visits(now: StatusNow, changes: Sequence[SourceChange], *, statuses: StatusTable, complete: bool) -> list[_Visit]:
    born = now.created_at if complete else None
    if not changes:
        return [(born, now.category)]
    first = changes[0]
    visits: list[_Visit] = [(born, statuses.then(first.from_value, first.from_text))]
    visits += [(change.at, statuses.then(change.to_value, change.to_text)) for change in changes]
    return visits


def _first_start(visits: Sequence[_Visit], now: StatusNow) -> datetime | None:
    for entered_at, category in visits:
        if category is StatusCategory.IN_PROGRESS:
            # a single visit is the present one, and the tool may know when it began
            return entered_at or (now.category_changed_at if len(visits) == 1 else None)
    # the snapshot is in progress and no history says since when
    return now.category_changed_at if now.category is StatusCategory.IN_PROGRESS else None


def _last_entry_into_done(visits: Sequence[_Visit]) -> datetime | None:
    began = None
    inside = False
    for entered_at, category in visits:
        done = category is StatusCategory.DONE
        if done and not inside:
            began = entered_at
        inside = done
    return began if inside else None
