"""When everything can be done: the critical path of a program, and the floats of all its open items."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from service.domain.errors import InvalidQuery
from service.domain.schedule import Path
from service.programs.answers import Answer, ProgramRef
from service.programs.cache import Beside
from service.programs.cursors import DEFAULT_LIMIT, checked_limit, read_cursor, write_cursor
from service.programs.dependency_answers import CriticalPathData, PathData, ScheduledItem
from service.programs.dependency_faces import url_of
from service.programs.dependency_network import ProgramNetwork
from service.programs.dependency_terms import Viewpoint
from service.programs.networks import network_of
from service.programs.program_plan import ProgramPlan, plan_of
from service.store.engine import Database
from service.store.faces import Face, Faces

NOTHING_LEFT = "nothing_left"


async def get_critical_path(
    database: Database,
    key: str,
    *,
    view: Viewpoint,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Answer[CriticalPathData]:
    """The paths, and one page of all open items by their float. Raises UnknownProgram or InvalidQuery."""
    checked_limit(limit)
    after = _place(read_cursor("floats", cursor, parts=2))
    known = await network_of(database, key, view)
    asked = known.network
    plan = await plan_in_thread(asked)
    rest = [place for place in plan.open_places if after is None or _order(plan, place) > after]
    page = rest[:limit]
    found = plan.paths(within=view.terms.near_critical_days)
    least = max(min((path.total_float for path in found), default=0), 0)
    shown = {place for path in found for place in plan.through(path)}.union(page)
    async with database.reading() as uow:
        faces = await Faces(uow.connection).of([asked.network.items[place].uid for place in shown])
    data = CriticalPathData(
        program=ProgramRef(asked.program.key, asked.program.name),
        finish=plan.finish,
        target=asked.program.target,
        float_to_target=plan.float_to_target if plan.open_places else None,
        reason=None if plan.open_places else NOTHING_LEFT,
        near_within=view.terms.near_critical_days,
        paths=_paths(plan, [path for path in found if path.total_float <= least], faces),
        near_critical=_paths(plan, [path for path in found if path.total_float > least], faces),
        items=tuple(scheduled(plan, place, faces) for place in page),
        next_cursor=write_cursor("floats", *map(str, _order(plan, page[-1]))) if len(rest) > limit else None,
    )
    return known.answer(data)


async def plan_in_thread(asked: ProgramNetwork) -> ProgramPlan:
    """Computed once for each network that is kept, off the event loop."""
    found = _plans.get(asked)
    if found is None:
        found = await asyncio.to_thread(plan_of, asked)
        _plans.put(asked, found)
    return found


def scheduled(plan: ProgramPlan, place: int, faces: Mapping[str, Face]) -> ScheduledItem:
    item, result = plan.items[place], plan.schedule
    (early_first, early_last), (late_first, late_last) = plan.early_days, plan.late_days
    return ScheduledItem(
        uid=item.uid,
        key=item.key,
        title=item.title,
        source=item.source,
        project=plan.asked.project(item),
        team=item.team,
        url=url_of(item, faces),
        milestone=item.milestone,
        duration_days=int(plan.activities.durations[place]),
        early_start=early_first[place],
        early_finish=early_last[place],
        late_start=late_first[place],
        late_finish=late_last[place],
        total_float=int(result.total_float[place]),
        free_float=int(result.free_float[place]),
        slack_to_finish=int(result.finish_float[place]),
        critical=bool(result.critical[place]),
    )


def _paths(plan: ProgramPlan, found: Sequence[Path], faces: Mapping[str, Face]) -> tuple[PathData, ...]:
    return tuple(
        PathData(path.total_float, tuple(scheduled(plan, place, faces) for place in plan.through(path)))
        for path in found
    )


def _order(plan: ProgramPlan, place: int) -> tuple[int, str]:
    return int(plan.schedule.total_float[place]), plan.items[place].uid


def _place(parts: Sequence[str] | None) -> tuple[int, str] | None:
    if parts is None:
        return None
    spare, uid = parts
    if not spare.removeprefix("-").isdecimal():
        raise InvalidQuery("cursor", "this is no cursor of this list; start again without one.")
    return int(spare), uid


_plans: Beside[ProgramPlan] = Beside("plan")
