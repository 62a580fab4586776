"""Items of a baseline and of today, in one word each."""

from __future__ import annotations

from datetime import date
from typing import Any

from service.domain.baseline import BaselineItem, PlannedBy, planned
from service.domain.calendars import WorkingCalendar
from service.domain.dates import ProgramDates
from service.domain.items import RollupItem
from service.domain.scope import Exclusion
from service.domain.status import StatusCategory
from service.domain.variance import Absent, Actual, Comparison

MONDAY = date(2026, 11, 2)
CALENDAR = WorkingCalendar()


def day(number: int) -> date:
    """The n-th working day, from Monday, 2 November 2026, which is day 0."""
    return CALENDAR.add_working_days(MONDAY, number)


def a_kept(uid: str, **values: Any) -> BaselineItem:
    fields: dict[str, Any] = {
        "called": uid.upper(),
        "item_type": "Story",
        "parent_uid": None,
        "category": StatusCategory.TO_DO,
        "excluded": None,
        "points": None,
        "time_seconds": None,
        "start": None,
        "finish": None,
        "planned_by": PlannedBy.OWN,
    }
    return BaselineItem(uid=uid, **(fields | values))


def a_container(uid: str, **values: Any) -> BaselineItem:
    return a_kept(uid, excluded=Exclusion.HAS_CHILDREN, **values)


def done(uid: str, **values: Any) -> BaselineItem:
    return a_kept(uid, category=StatusCategory.DONE, **values)


def a_story(uid: str, **values: Any) -> RollupItem:
    fields: dict[str, Any] = {
        "called": uid.upper(),
        "source": "acme",
        "project_id": "1",
        "item_type": "Story",
        "level": 0,
        "subtask": False,
        "status_category": StatusCategory.TO_DO,
    }
    return RollupItem(uid=uid, **(fields | values))


def compared(
    before: list[BaselineItem],
    now: list[BaselineItem],
    *,
    today: date,
    done_on: dict[str, date] | None = None,
    started_on: dict[str, date] | None = None,
    absent: dict[str, Absent] | None = None,
    calendar: WorkingCalendar = CALENDAR,
) -> Comparison:
    began, ended = started_on or {}, done_on or {}
    actuals = {uid: Actual(began.get(uid), ended.get(uid)) for uid in began.keys() | ended.keys()}
    return Comparison.of(before, now, actuals=actuals, absent=absent or {}, today=today, calendar=calendar)


def rows(*items: RollupItem, target: date | None = None, start: date | None = None) -> dict[str, BaselineItem]:
    return {row.uid: row for row in planned(items, {}, program=ProgramDates(start, target))}
