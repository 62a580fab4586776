"""Plans of the example: sprints and what is carried over, due dates that slip, releases that move."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from connectors.sandbox import portfolio_schema as schema
from connectors.sandbox.portfolio_calendar import (
    PAST_SPRINTS,
    Sprint,
    later,
    soon,
    sprint_at,
    workday_near,
    working_between,
)
from connectors.sandbox.portfolio_tree import Draft, Event
from connectors.sandbox.portfolio_world import World

_MOST_CARRIES = 3
_DATED = 0.38
_RELEASED = 0.45


def plan_sprints(
    rng: Random,
    draft: Draft,
    *,
    start: datetime | None,
    done: datetime | None,
    by: dict[str, Any],
    world: World,
) -> None:
    """Work is planned into the sprint in which it starts, and carried over while it is not done."""
    sprints = world.sprints.get(draft.project)
    if sprints is None:
        return
    if start is None:
        _plan_ahead(rng, draft, sprints, by, world)
        return
    index = sprint_at(sprints, start)
    _set(draft, _planning(rng, draft, sprints[index], start), by, {schema.SPRINT: [sprints[index].id]})
    _carry_over(draft, sprints, index, until=done or world.now, by=by)


def _planning(rng: Random, draft: Draft, sprint: Sprint, start: datetime) -> datetime:
    meeting = (sprint.start or start) - timedelta(days=rng.choice((0, 3)), minutes=rng.randint(5, 85))
    return min(max(meeting, draft.created + timedelta(minutes=2)), start)


def _carry_over(draft: Draft, sprints: list[Sprint], index: int, *, until: datetime, by: dict[str, Any]) -> None:
    held = [sprints[index].id]
    for sprint, following in zip(sprints[index : index + _MOST_CARRIES], sprints[index + 1 :], strict=False):
        if sprint.completed is None or sprint.completed >= until:
            return
        held = [*held, following.id]
        _set(draft, sprint.completed + timedelta(seconds=20), by, {schema.SPRINT: held})


def _plan_ahead(rng: Random, draft: Draft, sprints: list[Sprint], by: dict[str, Any], world: World) -> None:
    """Work that has not begun: some is in the running sprint or a coming one, some was taken out again."""
    plan = rng.choices((PAST_SPRINTS, PAST_SPRINTS + 1, PAST_SPRINTS + 2, None), weights=(20, 24, 10, 46))[0]
    moment = min(later(rng, draft.created, days=rng.uniform(1, 9)), world.now - timedelta(minutes=15))
    if plan is not None:
        active = sprints[PAST_SPRINTS].start or world.now
        _set(draft, max(moment, active - timedelta(days=2)), by, {schema.SPRINT: [sprints[plan].id]})
    elif rng.random() < 0.25:
        tried = sprints[sprint_at(sprints, moment)]
        _set(draft, moment, by, {schema.SPRINT: [tried.id]})
        _set(draft, soon(rng, moment), by, {schema.SPRINT: None})


def plan_dates(
    rng: Random,
    draft: Draft,
    *,
    start: datetime | None,
    done: datetime | None,
    by: dict[str, Any],
    world: World,
) -> None:
    """Due dates on a share of the work; a third of them slips, once to three times."""
    if rng.random() >= _DATED:
        return
    goal = done or world.now + timedelta(days=rng.uniform(-12, 60))
    due = workday_near((goal + timedelta(days=rng.uniform(-4, 9))).date())
    if due <= draft.created.date():
        due = workday_near(draft.created.date() + timedelta(days=rng.randint(3, 12)))
    if rng.random() < 0.7:
        begin = (start or goal - timedelta(days=rng.uniform(6, 20))).date()
        draft.fields[schema.START] = workday_near(min(begin, due)).isoformat()
    slip_to(
        draft,
        due,
        slips=rng.choices((0, 1, 2, 3), weights=(66, 22, 8, 4))[0],
        until=min(done or world.now, world.now),
        by=by,
        rng=rng,
    )


def slip_to(draft: Draft, due: date, *, slips: int, until: datetime, by: dict[str, Any], rng: Random) -> None:
    """End at `due`, having promised an earlier day up to `slips` times.

    A promise is given up before its day comes and before `until`; what leaves no time for that was never promised.
    """
    promises, broken, latest = [due], [], until
    for _ in range(slips):
        promise = workday_near(promises[0] - timedelta(days=rng.choice((7, 7, 10, 14))))
        latest = min(latest, datetime.combine(promise, time(16), UTC))
        moment = working_between(draft.created, latest, rng.uniform(0.6, 0.95))
        if moment <= draft.created or latest <= draft.created:
            break
        broken.append((moment, promises[0]))
        promises.insert(0, promise)
        latest = moment
    draft.fields["duedate"] = promises[0].isoformat()
    for moment, promise in broken:
        _set(draft, moment, by, {"duedate": promise.isoformat()})


def plan_release(rng: Random, draft: Draft, *, done: datetime | None, by: dict[str, Any], world: World) -> None:
    """A fix version for nearly half of the work, sometimes a later one in the end; affected ones for bugs."""
    versions = world.versions.get(draft.project)
    if not versions or draft.moved_from or rng.random() >= _RELEASED:
        return
    day = (done or world.now).date().isoformat()
    fitting = [row for row in versions if row.get("releaseDate", "9999") >= day]
    moment = min(later(rng, draft.created, days=2), world.now - timedelta(minutes=10))
    _set(draft, moment, by, {"fixVersions": [_shown(fitting[0])]})
    if rng.random() < 0.12 and len(fitting) > 1:
        _set(draft, later(rng, moment, days=9), by, {"fixVersions": [_shown(fitting[1])]})
    if draft.type == "Bug":
        draft.fields["versions"] = [_shown(rng.choice(versions[:5]))]


def _shown(version: dict[str, Any]) -> dict[str, Any]:
    """A version as issues show it."""
    shown = ("id", "name", "archived", "released", "releaseDate")
    return {name: version[name] for name in shown if name in version}


def plan_term(rng: Random, draft: Draft, *, by: dict[str, Any], world: World) -> None:
    """Start, due and target dates of an epic or initiative."""
    if draft.level == 1 and rng.random() < 0.12:
        return
    begin = workday_near((draft.created + timedelta(days=rng.uniform(1, 20))).date())
    if draft.finished is not None:
        end = workday_near((draft.finished + timedelta(days=rng.uniform(-10, 12))).date())
    else:
        reach = rng.uniform(60, 170) if draft.level > 1 else rng.uniform(-10, 100)
        end = workday_near(world.today + timedelta(days=reach))
    end = max(end, workday_near(begin + timedelta(days=5)))
    draft.fields[schema.START] = begin.isoformat()
    if rng.random() < 0.8:
        draft.fields[schema.TARGET_START] = begin.isoformat()
        draft.fields[schema.TARGET_END] = workday_near(end - timedelta(days=rng.choice((0, 0, 7)))).isoformat()
    slip_to(
        draft,
        end,
        slips=rng.choices((0, 1, 2), weights=(55, 32, 13))[0],
        until=draft.finished or world.now,
        by=by,
        rng=rng,
    )


def _set(draft: Draft, moment: datetime, by: dict[str, Any], changes: dict[str, Any]) -> None:
    draft.events.append(Event(max(moment, draft.created + timedelta(seconds=1)), by, changes))
