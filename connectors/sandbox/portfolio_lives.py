"""What happens to each issue of the example in a year of work, as events in no particular order.

Only events that are not later than the moment of looking come true, so a life may be planned beyond it.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from random import Random
from typing import Any

from connectors.sandbox import portfolio_schema as schema
from connectors.sandbox.portfolio_calendar import later, soon, working_between, working_moment
from connectors.sandbox.portfolio_estimates import estimate, track_time
from connectors.sandbox.portfolio_people import team_for
from connectors.sandbox.portfolio_planning import plan_dates, plan_release, plan_sprints, plan_term
from connectors.sandbox.portfolio_text import VOCABULARIES, description
from connectors.sandbox.portfolio_tree import Draft, Event
from connectors.sandbox.portfolio_world import World

_REOPENED = 0.07
_FLAGGED = 0.06
_NO_RESOLUTION = {"LOYAL": 0.4}


def live_all(rng: Random, drafts: list[Draft], world: World) -> None:
    """Work first, then what hangs below it and what stands above it, for those follow the work."""
    for draft in drafts:
        draft.fields = _birth(rng, draft, world)
        if draft.level == 0:
            _live(rng, draft, world)
    for draft in drafts:
        if draft.level < 0:
            _follow(rng, draft, world)
    children: dict[str, list[Draft]] = defaultdict(list)
    for draft in drafts:
        if draft.parent and draft.level >= 0:
            children[draft.parent.id].append(draft)
    for level in (1, 2):
        for draft in drafts:
            if draft.level == level:
                _gather(rng, draft, children[draft.id], world)


def _birth(rng: Random, draft: Draft, world: World) -> dict[str, Any]:
    """The field values at the moment of creation."""
    project = draft.moved_from or draft.project
    words = VOCABULARIES[draft.project]
    reporter = rng.choice(world.users)
    team = team_for(rng, world.teams, draft.project)
    parent_team = draft.parent.fields.get(schema.TEAM) if draft.parent and draft.level < 0 else None
    components = [rng.choice(words.components)] if words.components and rng.random() < 0.6 else []
    return {
        "summary": draft.title,
        "description": description(rng) if draft.level >= 0 else None,
        "status": schema.status(draft.project, "backlog"),
        "issuetype": schema.issue_type(draft.project, draft.type),
        "project": schema.home(project),
        "priority": rng.choices(schema.PRIORITIES, weights=(4, 18, 55, 18, 5))[0],
        "assignee": None,
        "reporter": reporter,
        "creator": reporter,
        "resolution": None,
        "duedate": None,
        "labels": sorted(rng.sample(words.labels, k=min(len(words.labels), rng.choice((0, 0, 1, 1, 2))))),
        "components": [_component(draft.project, name) for name in components],
        "fixVersions": [],
        "versions": [],
        "timeoriginalestimate": None,
        "timeestimate": None,
        "timespent": None,
        schema.TEAM: parent_team or (team.value if rng.random() < 0.8 else None),
        schema.SPRINT: None,
        schema.FLAGGED: None,
        schema.START: None,
        schema.TARGET_START: None,
        schema.TARGET_END: None,
        schema.points_field(draft.project): None,
    }


def _component(project: str, name: str) -> dict[str, Any]:
    place = VOCABULARIES[project].components.index(name)
    return {"id": str(int(schema.PROJECTS[project]["id"]) * 10 + place), "name": name}


def _live(rng: Random, draft: Draft, world: World) -> None:
    """The life of a story, task or bug: it waits, is worked on, and mostly gets done."""
    fate = _fate(rng, draft, world)
    start, done = _work_time(rng, draft, fate, world)
    if fate == "cancelled":
        done = start
    people = _people(rng, draft, world)
    _move(rng, draft, people[0], world)
    _groom(rng, draft, people[0])
    estimate(rng, draft, before=start or world.now, by=people[0])
    plan_dates(rng, draft, start=start, done=done, by=people[0], world=world)
    plan_sprints(rng, draft, start=start, done=done, by=people[0], world=world)
    plan_release(rng, draft, done=done, by=people[0], world=world)
    if fate == "cancelled":
        _cancel(rng, draft, working_moment(rng, (start or world.now).date()), people[0], world)
    elif start is not None:
        _work(rng, draft, start, done, people, world)


def _fate(rng: Random, draft: Draft, world: World) -> str:
    """What will have become of it: done, cancelled, in_progress or to_do; old work is mostly done."""
    age = (world.now - draft.created).days
    if draft.parent and draft.parent.settled:
        weights = (94, 6, 0, 0)
    elif draft.parent and draft.parent.ahead:
        weights = (0, 4, 0, 96)
    elif age > 120:
        weights = (60, 8, 9, 23)
    elif age > 40:
        weights = (44, 5, 19, 32)
    else:
        weights = (24, 2, 22, 52)
    return rng.choices(("done", "cancelled", "in_progress", "to_do"), weights=weights)[0]


def _work_time(rng: Random, draft: Draft, fate: str, world: World) -> tuple[datetime | None, datetime | None]:
    """When work starts and ends; None for what never does."""
    age = (world.now - draft.created) / timedelta(days=1)
    match fate:
        case "to_do":
            return None, None
        case "in_progress":
            ago = min(rng.uniform(0.5, 17), age * 0.9)
            start = working_moment(rng, (world.now - timedelta(days=ago)).date())
            return min(max(start, draft.created + timedelta(minutes=20)), world.now), None
        case _:
            start = later(rng, draft.created, days=min(rng.expovariate(1 / 14), age * 0.8))
            return start, later(rng, start, days=rng.lognormvariate(1.5, 0.8))


def _people(rng: Random, draft: Draft, world: World) -> tuple[dict[str, Any], dict[str, Any]]:
    """Who plans and who does it."""
    team = team_for(rng, world.teams, draft.project)
    return team.members[0], rng.choice(team.members)


def happen(draft: Draft, moment: datetime, by: dict[str, Any], changes: dict[str, Any]) -> None:
    """Note an event; nothing happens to an issue before it exists."""
    draft.events.append(Event(max(moment, draft.created + timedelta(seconds=1)), by, changes))


def _move(rng: Random, draft: Draft, by: dict[str, Any], world: World) -> None:
    if draft.moved_from is None:
        return
    moment = min(later(rng, draft.created, days=3), world.now - timedelta(minutes=30))
    key = {
        "field": "Key",
        "fieldtype": "jira",
        "from": None,
        "fromString": draft.former_key,
        "to": None,
        "toString": draft.key,
    }
    draft.events.append(Event(moment, by, {"project": schema.home(draft.project)}, (key,)))


def _groom(rng: Random, draft: Draft, by: dict[str, Any]) -> None:
    """What planning meetings do to an issue: a better priority, one more label, a place near the top."""
    moment = later(rng, draft.created, days=rng.expovariate(1 / 8))
    if rng.random() < 0.12:
        happen(draft, moment, by, {"priority": rng.choice(schema.PRIORITIES)})
    if rng.random() < 0.10:
        label = rng.choice(VOCABULARIES[draft.project].labels)
        happen(draft, moment, by, {"labels": sorted({*draft.fields["labels"], label})})
    if rng.random() < 0.04:
        happen(draft, soon(rng, moment), by, {"summary": f"{draft.title} (agreed scope)"})


def _work(
    rng: Random,
    draft: Draft,
    start: datetime,
    done: datetime | None,
    people: tuple[dict[str, Any], dict[str, Any]],
    world: World,
) -> None:
    planner, doer = people
    if rng.random() < 0.5:
        ready = working_between(draft.created, start, 0.5)
        happen(draft, ready, planner, {"status": schema.status(draft.project, "ready")})
    if rng.random() < 0.93:
        happen(draft, start - timedelta(seconds=40), doer, {"assignee": doer})
    happen(draft, start, doer, {"status": schema.status(draft.project, "doing")})
    draft.started = start if start <= world.now else None
    _flag(rng, draft, start, doer)
    track_time(rng, draft, start=start, done=done, by=doer, now=world.now)
    if done is None:
        if rng.random() < 0.3:
            happen(draft, soon(rng, start), doer, {"status": schema.status(draft.project, "review")})
        return
    if rng.random() < 0.7:
        review = working_between(start, done, 0.75)
        happen(draft, review, doer, {"status": schema.status(draft.project, "review")})
    _finish(rng, draft, done, planner, world)
    if rng.random() < _REOPENED:
        _reopen(rng, draft, done, doer, world)


def _finish(rng: Random, draft: Draft, done: datetime, by: dict[str, Any], world: World) -> None:
    changes: dict[str, Any] = {"status": schema.status(draft.project, "done")}
    if rng.random() >= _NO_RESOLUTION.get(draft.project, 0.05):
        changes["resolution"] = schema.DONE
    happen(draft, done, by, changes)
    draft.finished = done if done <= world.now else None


def _reopen(rng: Random, draft: Draft, done: datetime, by: dict[str, Any], world: World) -> None:
    """Somebody found it wanting; it goes back to work and mostly gets done again."""
    back = later(rng, done, days=rng.uniform(1, 12))
    if back > world.now:
        return
    happen(draft, back, by, {"status": schema.status(draft.project, "doing"), "resolution": None})
    draft.finished = None
    _finish(rng, draft, later(rng, back, days=rng.uniform(1, 8)), by, world)


def _cancel(rng: Random, draft: Draft, moment: datetime, by: dict[str, Any], world: World) -> None:
    """Most get the status for it; some are closed as done with a resolution that says otherwise."""
    step = "cancelled" if rng.random() < 0.7 else "done"
    resolution = schema.WONT_DO if step == "cancelled" or rng.random() < 0.5 else schema.DUPLICATE
    happen(draft, moment, by, {"status": schema.status(draft.project, step), "resolution": resolution})
    draft.cancelled = moment <= world.now


def _flag(rng: Random, draft: Draft, start: datetime, by: dict[str, Any]) -> None:
    if rng.random() >= _FLAGGED:
        return
    moment = later(rng, start, days=0.6)
    happen(draft, moment, by, {schema.FLAGGED: schema.IMPEDIMENT})
    if rng.random() < 0.75:
        happen(draft, later(rng, moment, days=rng.uniform(1, 6)), by, {schema.FLAGGED: None})


def _follow(rng: Random, draft: Draft, world: World) -> None:
    """A sub-task lives inside its parent: it starts with it and ends with it or shortly before."""
    parent = draft.parent
    if parent is None:
        return
    doer = _people(rng, draft, world)[1]
    if parent.cancelled:
        _cancel(rng, draft, max(event.moment for event in parent.events), doer, world)
        return
    if parent.started is None:
        return
    start = max(parent.started, draft.created + timedelta(minutes=10))
    end = parent.finished or (later(rng, start, days=2) if rng.random() < 0.4 else None)
    happen(draft, start, doer, {"status": schema.status(draft.project, "doing"), "assignee": doer})
    draft.started = start if start <= world.now else None
    if end is not None and rng.random() < 0.96:
        done = max(working_between(start, end, rng.uniform(0.3, 0.95)), start + timedelta(minutes=5))
        track_time(rng, draft, start=start, done=done, by=doer, now=world.now)
        _finish(rng, draft, done, doer, world)


def _gather(rng: Random, draft: Draft, children: list[Draft], world: World) -> None:
    """An epic or initiative starts with its first child and ends after its last one."""
    lead = _people(rng, draft, world)[0]
    happen(draft, soon(rng, draft.created), lead, {"assignee": lead})
    started = min((child.started for child in children if child.started), default=None)
    if started is not None:
        draft.started = max(started, draft.created + timedelta(minutes=55))
        happen(draft, draft.started, lead, {"status": schema.status(draft.project, "doing")})
    ends = [child.finished for child in children if child.finished]
    if draft.started and ends and not any(child.open for child in children):
        last = max(*ends, draft.started)
        if rng.random() < 0.85:
            _finish(rng, draft, min(soon(rng, last), world.now), lead, world)
    plan_term(rng, draft, by=lead, world=world)
