"""What dependency health sees of an item: only what decides a status, a date or a path."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from service.domain.status import StatusCategory


class Presence(StrEnum):
    """Whether an end of an edge can be seen, and if not, why."""

    LIVE = "live"
    STUB = "stub"  # known from links alone, never asked for
    HIDDEN = "hidden"  # asked for, and not readable
    GONE = "gone"
    ARCHIVED = "archived"
    ACCESS_LOST = "access_lost"
    OUT_OF_SCOPE = "out_of_scope"
    UNKNOWN = "unknown"  # named by a programs file, and nobody knows it


class Iteration(Struct, frozen=True, gc=False):
    """The sprint an item is planned in: of several, the latest that is not closed, else the latest."""

    name: str
    start: date | None
    end: date | None


class NetworkItem(Struct, frozen=True, gc=False):
    """One end of an edge, or a member of the program. None means that the tool did not say, never zero.

    `countable` and `member` are those of the program in question. Dates are days of the program's time zone.
    """

    uid: str
    key: str
    title: str
    source: str
    project_id: str
    presence: Presence = Presence.LIVE
    member: bool = True
    countable: bool = True
    item_type: str = ""
    level: int = 0  # -1 sub-task, 0 standard, 1 epic, 2 and more above
    milestone: bool = False
    status: str = ""
    status_category: StatusCategory | None = None  # None: nobody knows
    parent_uid: str | None = None
    team: str | None = None
    workstream: str | None = None
    assignee_id: str | None = None
    start: date | None = None
    due: date | None = None
    iteration: Iteration | None = None
    release: date | None = None  # the earliest release date among its fix versions
    created_at: datetime | None = None
    started_at: datetime | None = None
    done_at: datetime | None = None
    points: float | None = None
    remaining_seconds: int | None = None  # of work; the original estimate less what was spent where no more is said
    slips: int = 0  # how often its due date, sprint or release moved later in the last 30 days
