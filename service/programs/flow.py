"""How the work of a program flows, as a whole or by workstream, project or team; never by person."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from service.domain.errors import InvalidQuery, one_of
from service.domain.escapes import Release
from service.domain.flow import Aged, Window, ageing, bulk_created, bulk_done, usual_by_type, window_of
from service.domain.lives import ItemLife
from service.domain.notices import Notice, counted
from service.domain.steadiness import Period
from service.domain.throughput import WINDOW, BulkDay
from service.programs.answers import Answer, ProgramRef
from service.programs.dependency_terms import Viewpoint
from service.programs.envelope import enveloped
from service.programs.flow_answers import AgedItem, BulkDayData, FlowData, FlowWindow
from service.programs.flow_groups import Named, Yardstick, group_data
from service.programs.flow_terms import FlowTerms
from service.programs.forecast import MOST_WEEKS, then_of
from service.programs.lives import Lives, lives_of
from service.programs.past import MAPPING_OF_TODAY
from service.store.engine import Database
from service.store.faces import Faces, ProjectName
from service.store.released import released
from service.store.sprint_periods import sprint_periods

FEWEST_WEEKS: Final = 1
AGED_SHOWN: Final = 50
USUAL: Final = FlowTerms()


class FlowBy(StrEnum):
    """What the rows stand for."""

    PROGRAM = "program"
    WORKSTREAM = "workstream"
    PROJECT = "project"
    TEAM = "team"


class FlowQuestion(NamedTuple):
    """`without_bulk_days` leaves out completions of days on which unusually many items were finished at once."""

    by: str = FlowBy.PROGRAM
    weeks: int = WINDOW
    without_bulk_days: bool = False


async def get_flow(
    database: Database,
    key: str,
    *,
    view: Viewpoint,
    terms: FlowTerms = USUAL,
    question: FlowQuestion | None = None,
    as_of: datetime | None = None,
) -> Answer[FlowData]:
    """As it was known at a moment of the past, where one is given. Raises UnknownProgram or InvalidQuery."""
    asked = question or FlowQuestion()
    by = one_of(FlowBy, "by", asked.by)
    if not FEWEST_WEEKS <= asked.weeks <= MOST_WEEKS:
        raise InvalidQuery("weeks", f"must be between {FEWEST_WEEKS} and {MOST_WEEKS}, not {asked.weeks}.")
    known = await lives_of(database, key, view, terms)
    async with database.reading() as uow:
        sprints = await sprint_periods(uow.connection, view.terms.zone)
        releases = await released(uow.connection)
        projects = await Faces(uow.connection).projects() if by is FlowBy.PROJECT else {}
    then = None if as_of is None else then_of(as_of, view)
    lives = known.lives if then is None else known.lives.before(then.known_before)
    today = view.today if then is None else then.day
    window = window_of(lives.every, today=today, weeks=asked.weeks, calendar=view.terms.calendar)
    program = known.grounds.program
    ref = ProgramRef(program.key, program.name)
    data = await asyncio.to_thread(_computed, lives, ref, asked, _Told(window, sprints, releases, projects, terms))
    notices = (*(() if then is None else (MAPPING_OF_TODAY,)), *_notices(data, lives), *known.backlog)
    return enveloped(data, sources=known.grounds.sources, now=view.now, notices=notices, as_of=as_of)


class _Told(NamedTuple):
    """What was read beside the lives."""

    window: Window
    sprints: Sequence[Period]
    released: Sequence[Release]
    projects: Mapping[tuple[str, str], ProjectName]
    terms: FlowTerms


def work_in_progress(lives: Lives, view: Viewpoint, *, weeks: int = WINDOW) -> tuple[Aged, ...]:
    """How old it is beside what was finished in the last weeks, of a whole program; the oldest first."""
    window = window_of(lives.every, today=view.today, weeks=weeks, calendar=view.terms.calendar)
    return ageing(lives.every, usual_by_type(lives.every, window), today=view.today)


def _computed(
    lives: Lives,
    program: ProgramRef,
    asked: FlowQuestion,
    told: _Told,
) -> FlowData:
    window, every, by = told.window, lives.every, FlowBy(asked.by)
    done, created = bulk_done(every, window), bulk_created(every, window)
    without = frozenset(bulk.day for bulk in done) if asked.without_bulk_days else frozenset[date]()
    yardstick = Yardstick(
        window=window,
        sprints=told.sprints,
        released=told.released,
        terms=told.terms,
        usual=usual_by_type((life for life in every if life.done_on not in without), window),
        without=without,
        flagged_ever=any(life.blocked or life.depends for life in every),
    )
    return FlowData(
        program=program,
        by=by,
        window=FlowWindow(window.first, window.until - timedelta(days=1), window.weeks),
        bulk_days=(*_bulk(done, "done", left_out=asked.without_bulk_days), *_bulk(created, "created", left_out=False)),
        ageing=tuple(map(_aged, ageing(every, yardstick.usual, today=window.today)[:AGED_SHOWN])),
        groups=tuple(
            group_data(by, named, members, yardstick) for named, members in _grouped(every, by, program, told.projects)
        ),
    )


def _grouped(
    every: Sequence[ItemLife], by: FlowBy, program: ProgramRef, projects: Mapping[tuple[str, str], ProjectName]
) -> list[tuple[Named, list[ItemLife]]]:
    """By name, what has none last. An item of several projects stands in each of them."""
    if by is FlowBy.PROGRAM:
        return [(Named(program.key, program.name, 0), list(every))]
    members: defaultdict[tuple[str, str] | str | None, list[ItemLife]] = defaultdict(list)
    for life in every:
        for place in _places(life, by):
            members[place].append(life)
    found = [
        (_named(place, projects, shared=sum(len(life.homes) > 1 for life in each) if by is FlowBy.PROJECT else 0), each)
        for place, each in members.items()
    ]
    return sorted(found, key=lambda pair: (pair[0].key is None, pair[0].key or "", pair[0].name or ""))


def _places(life: ItemLife, by: FlowBy) -> Iterable[tuple[str, str] | str | None]:
    match by:
        case FlowBy.WORKSTREAM:
            return (life.workstream,)
        case FlowBy.TEAM:
            return (life.team,)
        case _:
            return [(life.source, home) for home in life.homes or (life.project_id,)]


def _named(
    place: tuple[str, str] | str | None, projects: Mapping[tuple[str, str], ProjectName], *, shared: int
) -> Named:
    if isinstance(place, tuple):
        project = projects.get(place)
        return Named(place[1], None, shared) if project is None else Named(project.key, project.name, shared)
    return Named(place, place, shared)


def _aged(told: Aged) -> AgedItem:
    life = told.life
    return AgedItem(
        uid=life.uid,
        key=life.called,
        item_type=life.item_type,
        team=life.team,
        workstream=life.workstream,
        started=life.started_on,
        age_days=told.days,
        usual_days=told.usual,
        small_sample=told.small_sample,
        state=told.state,
    )


def _bulk(days: Iterable[BulkDay], what: str, *, left_out: bool) -> Iterable[BulkDayData]:
    return (BulkDayData(bulk.day, bulk.items, what, left_out) for bulk in days)


def _notices(data: FlowData, lives: Lives) -> Iterable[Notice]:
    undated = sum(not life.is_open and life.done_on is None and life.left_on is None for life in lives.every)
    if undated:
        yield Notice(
            "done_undated", f"Nobody knows when {counted(undated, 'done item')} were finished; no week counts them."
        )
    for bulk in data.bulk_days:
        said = "left out" if bulk.left_out else "counted"
        yield Notice(
            f"bulk_{bulk.what}", f"{bulk.items} items were {bulk.what} on {bulk.day} at once; they are {said}."
        )
