"""When things happen in the example year: working hours, sprints, releases. All times are aware UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

YEAR = timedelta(days=364)
SPRINT = timedelta(days=14)
PAST_SPRINTS = 26
FUTURE_SPRINTS = 2
_SATURDAY = 5
_WORKING_SHARE = 10 / 24


def jira_time(moment: datetime) -> str:
    """As Jira writes it in issue bodies: `2026-09-27T10:03:11.123+0000`."""
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "+0000"


def agile_time(moment: datetime) -> str:
    """As sprints write it: `2026-09-27T10:03:11.123Z`."""
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def morning_of(today: date) -> datetime:
    """The moment at which the example is looked at; nothing in it happens later."""
    return datetime.combine(today, time(6), UTC)


def working_moment(rng: Random, day: date) -> datetime:
    """Some moment between eight and six on that day, or on the Monday after when it falls on a weekend."""
    day = _next_workday(day)
    seconds = rng.randrange(8 * 3600, 18 * 3600)
    return datetime.combine(day, time(), UTC) + timedelta(seconds=seconds, milliseconds=rng.randrange(1000))


def later(rng: Random, moment: datetime, *, days: float) -> datetime:
    """A working moment about `days` later, always after `moment`."""
    then = working_moment(rng, (moment + timedelta(days=days)).date())
    return then if then > moment else soon(rng, moment)


def soon(rng: Random, moment: datetime) -> datetime:
    """Minutes later, the same person still at the desk."""
    return moment + timedelta(minutes=rng.randint(2, 50), seconds=rng.randrange(60))


def working_between(begin: datetime, end: datetime, share: float) -> datetime:
    """That share of the way from `begin` to `end`, in working hours where there are any in between."""
    moment = begin + (end - begin) * share
    into_the_day = moment - datetime.combine(moment.date(), time(), UTC)
    day = datetime.combine(_next_workday(moment.date()), time(8), UTC)
    at_work = day + into_the_day * _WORKING_SHARE
    return at_work if begin < at_work < end else moment


def workday_near(day: date) -> date:
    """Due dates fall on working days."""
    return _next_workday(day)


def _next_workday(day: date) -> date:
    past_friday = day.weekday() - _SATURDAY
    return day if past_friday < 0 else day + timedelta(days=2 - past_friday)


@dataclass(frozen=True)
class Sprint:
    """Two weeks of one board. `start` and `end` are None while nobody has planned a future sprint."""

    id: int
    name: str
    state: str  # closed | active | future
    board_id: int
    start: datetime | None
    end: datetime | None
    completed: datetime | None
    goal: str

    def value(self) -> dict[str, Any]:
        """As `/board/{id}/sprint` shows it; dates that are not set are absent."""
        shown: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "boardId": self.board_id,
            "originBoardId": self.board_id,
            "goal": self.goal,
        }
        dates = {"startDate": self.start, "endDate": self.end, "completeDate": self.completed}
        return shown | {name: agile_time(moment) for name, moment in dates.items() if moment}


def make_sprints(rng: Random, *, project: str, board_id: int, first_id: int, today: date) -> list[Sprint]:
    """A year of closed sprints, the one that runs today, and two to come, oldest first."""
    yesterday = today - timedelta(days=1)
    monday = yesterday - timedelta(days=yesterday.weekday())
    active_start = monday if monday.isocalendar().week % 2 else monday - timedelta(days=7)
    first = active_start - PAST_SPRINTS * SPRINT
    return [
        _sprint(rng, project=project, board_id=board_id, id=first_id + n, number=n, first=first)
        for n in range(PAST_SPRINTS + 1 + FUTURE_SPRINTS)
    ]


def _sprint(rng: Random, *, project: str, board_id: int, id: int, number: int, first: date) -> Sprint:
    start = datetime.combine(first + number * SPRINT, time(9, 30), UTC)
    end = start + SPRINT - timedelta(minutes=30)
    closed, future = number < PAST_SPRINTS, number > PAST_SPRINTS
    unplanned = number == PAST_SPRINTS + FUTURE_SPRINTS
    return Sprint(
        id=id,
        name=_sprint_name(project, number + 1),
        state="closed" if closed else "future" if future else "active",
        board_id=board_id,
        start=None if unplanned else start,
        end=None if unplanned else end,
        completed=end + timedelta(minutes=rng.randint(1, 20)) if closed else None,
        goal=rng.choice(("Finish what is open", "Ready for the pilot", "Fewer open bugs", "")),
    )


def _sprint_name(project: str, number: int) -> str:
    if project == "CART" and number == 20:
        return "CART Sprint 20 [peak season, returns]"
    return f"{project} Sprint {number}"


def sprint_at(sprints: list[Sprint], moment: datetime) -> int:
    """The index of the sprint that runs at `moment`; before the first one it is the first."""
    for index in range(min(PAST_SPRINTS, len(sprints) - 1), 0, -1):
        start = sprints[index].start
        if start is not None and start <= moment:
            return index
    return 0


def make_versions(*, project: str, project_id: str, first_id: int, today: date) -> list[dict[str, Any]]:
    """A release every six weeks: the past ones are out, one is late, the oldest is archived, one has no date."""
    versions: list[dict[str, Any]] = []
    for number in range(10):
        release = workday_near(today - timedelta(days=300) + number * timedelta(days=42))
        released = release < today - timedelta(days=20)
        versions.append(
            {
                "id": str(first_id + number),
                "name": f"{project.title()} {number // 4 + 1}.{number % 4}",
                "projectId": int(project_id),
                "archived": number == 0,
                "released": released,
                "overdue": not released and release < today,
                "startDate": (release - timedelta(days=42)).isoformat(),
                "releaseDate": release.isoformat(),
            }
        )
    return [*versions, _someday(project, project_id, first_id + len(versions))]


def _someday(project: str, project_id: str, id: int) -> dict[str, Any]:
    name = f"{project.title()} later"
    return {"id": str(id), "name": name, "projectId": int(project_id), "archived": False, "released": False}
