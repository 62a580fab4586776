"""What counts in a program and when it is planned, now or as it was at a moment: what a baseline keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.history import Aspect
from connectors.items import Facet
from service.domain.baseline import BaselineItem, planned
from service.domain.dates import ProgramDates
from service.domain.errors import InvalidChange, InvalidQuery
from service.domain.notices import Notice
from service.domain.program_history import ProgramThen
from service.domain.status import StatusCategory
from service.programs.dependency_terms import Viewpoint
from service.programs.historians import Historians
from service.programs.past import IN_ROLLUPS, history_of, moment_of, past_notices, program_at, refuse_before_all
from service.store.baselines import Baselines, slot
from service.store.planning import planning
from service.store.program_items import ProgramItems, ProgramRow

_ASPECTS = IN_ROLLUPS | {Aspect.ITERATION, Aspect.RELEASE}


async def present(connection: AsyncConnection, program: ProgramRow, *, zone: ZoneInfo) -> tuple[BaselineItem, ...]:
    """What a baseline taken now would keep."""
    items = await ProgramItems(connection).rollup_items(program.key)
    slots = await Baselines(connection).slots(program.key, await planning(connection, zone=zone))
    return planned(items, slots, program=_dates(program), count_subtasks=program.count_subtasks)


@dataclass(frozen=True, slots=True)
class PlannedThen:
    """`items` are what a baseline of then would have kept, `members` all that were in the program, counted or not."""

    items: tuple[BaselineItem, ...]
    members: Mapping[str, StatusCategory]  # by uid
    notices: tuple[Notice, ...]


async def planned_at(
    connection: AsyncConnection, program: ProgramRow, moment: datetime, *, zone: ZoneInfo, historians: Historians
) -> PlannedThen:
    """What counted at a moment and when it was planned, and how far that can be believed.

    Start and target of the program are those of its file today: nobody keeps earlier ones. Raises InvalidQuery for a
    moment at which nothing was there.
    """
    history = await history_of(connection, program.key, since=moment, historians=historians, aspects=_ASPECTS)
    then = await program_at(connection, history, moment)
    if not then.items:
        await refuse_before_all(connection, program.key, moment)
    known = await planning(connection, zone=zone)
    slots = await Baselines(connection).slots(program.key, known)
    touched = {uid: slot(plan) for uid, plan in known.plans(_slots_then(then)).items()}
    slots = {uid: each for uid, each in slots.items() if uid not in then.pasts} | touched
    return PlannedThen(
        items=planned(then.items, slots, program=_dates(program), count_subtasks=program.count_subtasks),
        members={item.uid: item.status_category for item in then.items},
        notices=tuple(past_notices(history, then)),
    )


async def planned_then(
    connection: AsyncConnection, program: ProgramRow, moment: datetime, *, zone: ZoneInfo, historians: Historians
) -> PlannedThen:
    """The same for a baseline that is taken as of a moment: raises InvalidChange where `planned_at` refuses."""
    try:
        return await planned_at(connection, program, moment, zone=zone, historians=historians)
    except InvalidQuery as error:
        raise _of_body(error) from None


def moment_in_body(text: str, view: Viewpoint) -> datetime:
    """A date (the end of that day) or a moment, not in the future. Raises InvalidChange."""
    try:
        return moment_of(text, zone=view.terms.zone, now=view.now)
    except InvalidQuery as error:
        raise _of_body(error) from None


def _slots_then(then: ProgramThen) -> Iterator[tuple[str, str, str, str, str]]:
    """Rows as `Planning.plans` reads them, of the items that were touched since."""
    for uid, past in then.pasts.items():
        source = uid.partition(":")[0]
        yield from ((uid, source, Facet.ITERATION.value, each, each) for each in past.state.iterations)
        yield from ((uid, source, Facet.RELEASE.value, each, each) for each in past.state.releases)


def _of_body(error: InvalidQuery) -> InvalidChange:
    return InvalidChange(error.parameter, error.message.removeprefix(f"{error.parameter}: "))


def _dates(program: ProgramRow) -> ProgramDates:
    return ProgramDates(program.start, program.target)
