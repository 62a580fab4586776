"""The tree of the example: initiatives, epics, stories and sub-tasks, each with its title and first moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from connectors.sandbox import portfolio_text as text
from connectors.sandbox.portfolio_calendar import YEAR, later, morning_of, working_moment

SHARES = {"PAY": 0.27, "CART": 0.25, "APP": 0.18, "OPS": 0.16, "LOYAL": 0.14}
_SUBTASK_SHARE = 0.14
_WORK_PER_EPIC = 12
_FIRST_ID = 10001
# which initiative an epic of a project serves, by its place in the list; None: none at all
_SERVES: dict[str, tuple[int | None, ...]] = {
    "PAY": (0, 0, 0, 0, None),
    "CART": (0, 0, 3, 3, None),
    "APP": (4, 4, 1, 0, None),
    "OPS": (2, 2, 2, 2, 0),
    "LOYAL": (1, 1, 1, 1, 1),
}


@dataclass(frozen=True)
class Event:
    """Something one person did to an issue: new field values, and items that belong to no field."""

    moment: datetime
    author: dict[str, Any]
    changes: dict[str, Any] = field(default_factory=dict)
    items: tuple[dict[str, Any], ...] = ()


@dataclass(eq=False)
class Draft:
    """An issue in the making: where it hangs, what it says at its creation, and what happens to it."""

    project: str
    type: str
    level: int
    title: str
    created: datetime
    parent: Draft | None = None
    settled: bool = False  # an epic that is behind us
    ahead: bool = False  # an epic that nobody has begun
    moved_from: str | None = None
    id: str = ""
    key: str = ""
    former_key: str | None = None
    started: datetime | None = None
    finished: datetime | None = None
    cancelled: bool = False
    fields: dict[str, Any] = field(default_factory=dict)
    links: list[dict[str, Any]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @property
    def open(self) -> bool:
        return self.finished is None and not self.cancelled

    @property
    def reference(self) -> dict[str, Any]:
        return {"id": self.id, "key": self.key}


def grow_tree(rng: Random, *, issues: int, today: date) -> list[Draft]:
    """Exactly `issues` drafts, numbered in the order of their creation."""
    now = morning_of(today)
    aside = [*_aside(rng, "OLD", max(4, issues // 60), now), *_aside(rng, "SEC", 2, now)]
    initiatives = [_initiative(rng, nth, now) for nth in range(max(3, issues // 180))]
    left = issues - len(aside) - len(initiatives)
    drafts: list[Draft] = [*initiatives, *aside]
    for project, count in _split(left).items():
        drafts += _project(rng, project, count, initiatives=initiatives, now=now)
    _move_some(rng, drafts)
    return _numbered(drafts)


def _split(count: int) -> dict[str, int]:
    counts = {project: int(count * share) for project, share in SHARES.items()}
    counts["PAY"] += count - sum(counts.values())
    return counts


def _initiative(rng: Random, nth: int, now: datetime) -> Draft:
    phase, index = divmod(nth, len(text.INITIATIVES))
    project, title = text.INITIATIVES[index]
    created = working_moment(rng, (now - YEAR).date() + timedelta(days=rng.randrange(5)))
    name = title if phase == 0 else f"{title}, phase {phase + 1}"
    return Draft(project=project, type="Initiative", level=2, title=name, created=created)


def _project(rng: Random, project: str, count: int, *, initiatives: list[Draft], now: datetime) -> list[Draft]:
    subtasks = int(count * _SUBTASK_SHARE)
    epics = [
        _epic(rng, project, nth, initiatives=initiatives, now=now)
        for nth in range(max(2, (count - subtasks) // (_WORK_PER_EPIC + 1)))
    ]
    work = [_work(rng, project, epics, now) for _ in range(count - subtasks - len(epics))]
    parents = [draft for draft in work if draft.type != "Bug"] or work
    return [*epics, *work, *(_subtask(rng, rng.choice(parents), now) for _ in range(subtasks))]


def _epic(rng: Random, project: str, nth: int, *, initiatives: list[Draft], now: datetime) -> Draft:
    created = working_moment(rng, (now - YEAR).date() + timedelta(days=8 + int(rng.random() ** 2 * 280)))
    place = rng.choice(_SERVES[project])
    same = [] if place is None else initiatives[place :: len(text.INITIATIVES)]
    mood = rng.random()
    return Draft(
        project=project,
        type="Epic",
        level=1,
        title=text.epic_title(rng, project, nth=nth),
        created=created,
        parent=rng.choice(same) if same else None,
        settled=mood < 0.45 and (now - created).days > 200,
        ahead=mood > 0.88,
    )


def _work(rng: Random, project: str, epics: list[Draft], now: datetime) -> Draft:
    epic = rng.choice(epics) if rng.random() < 0.9 else None
    born = epic.created if epic else now - YEAR + timedelta(days=10)
    reach = 110.0 if epic and epic.settled else 220.0
    span = max(1.0, min(reach, (now - born).days - 2.0))
    created = _not_yet(later(rng, born, days=rng.random() ** 1.3 * span), parent=epic, now=now)
    kind = rng.choices(("Story", "Task", "Bug"), weights=(50, 26, 24))[0]
    title = text.work_title(rng, project, bug=kind == "Bug")
    return Draft(project=project, type=kind, level=0, title=title, created=created, parent=epic)


def _subtask(rng: Random, parent: Draft, now: datetime) -> Draft:
    created = _not_yet(later(rng, parent.created, days=rng.expovariate(1 / 6)), parent=parent, now=now)
    title = text.subtask_title(rng)
    return Draft(project=parent.project, type="Sub-task", level=-1, title=title, created=created, parent=parent)


def _aside(rng: Random, project: str, count: int, now: datetime) -> Iterable[Draft]:
    for _ in range(count):
        created = working_moment(rng, (now - YEAR + timedelta(days=rng.randrange(60))).date())
        title = text.work_title(rng, project, bug=False)
        yield Draft(project=project, type="Task", level=0, title=title, created=created)


def _not_yet(moment: datetime, *, parent: Draft | None, now: datetime) -> datetime:
    """The moment, but neither in the future nor before the parent was there."""
    moment = min(moment, now - timedelta(hours=2))
    return max(moment, parent.created + timedelta(minutes=3)) if parent else moment


def _move_some(rng: Random, drafts: list[Draft]) -> None:
    """A few bugs were first filed with the web shop and then moved to the team that could fix them."""
    parents = {id(draft.parent) for draft in drafts if draft.parent}
    for draft in [draft for draft in drafts if draft.type == "Bug" and draft.project in ("PAY", "APP")]:
        if id(draft) not in parents and rng.random() < 0.03:
            draft.moved_from = "CART"
    if not any(draft.moved_from for draft in drafts):
        leaf = next(d for d in drafts if d.project == "PAY" and d.level == 0 and id(d) not in parents)
        leaf.moved_from = "CART"


def _numbered(drafts: list[Draft]) -> list[Draft]:
    """Ids and keys in the order of creation; a moved issue got its present key last."""
    drafts = sorted(drafts, key=lambda draft: draft.created)
    numbers: Counter[str] = Counter()
    for offset, draft in enumerate(drafts):
        draft.id = str(_FIRST_ID + offset)
        draft.key = _next_key(numbers, draft.moved_from or draft.project)
    for draft in drafts:
        if draft.moved_from:
            draft.former_key, draft.key = draft.key, _next_key(numbers, draft.project)
    return drafts


def _next_key(numbers: Counter[str], project: str) -> str:
    numbers[project] += 1
    return f"{project}-{numbers[project]}"
