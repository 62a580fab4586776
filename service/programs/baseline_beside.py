"""What a baseline is compared with: the items of a program and where those of the baseline stand, now or then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.baseline import BaselineItem
from service.domain.notices import Notice
from service.domain.status import StatusCategory
from service.domain.variance import UNMAPPED, Absent, Actual
from service.programs.dependency_terms import Viewpoint
from service.programs.lives import Lives
from service.programs.planned_scope import PlannedThen, planned_at, present
from service.store.baselines import Baselines, Grave, Standing
from service.store.program_items import ProgramRow


@dataclass(frozen=True, slots=True)
class Beside:
    """`actuals` is by uid, of all that stand on either side; `absent` of those that are not in the program."""

    items: tuple[BaselineItem, ...]
    actuals: Mapping[str, Actual]
    absent: Mapping[str, Absent]
    notices: tuple[Notice, ...] = ()


async def beside_now(
    connection: AsyncConnection, program: ProgramRow, before: Sequence[BaselineItem], *, zone: ZoneInfo
) -> Beside:
    items = await present(connection, program, zone=zone)
    standings = await Baselines(connection).standings(program.key, _uids(before, items))
    actuals = {uid: Actual(_day(each.started_at, zone), _day(each.done_at, zone)) for uid, each in standings.items()}
    return Beside(items, actuals, _absent(standings, items))


async def beside_then(
    connection: AsyncConnection, program: ProgramRow, before: Sequence[BaselineItem], lives: Lives, view: Viewpoint
) -> Beside:
    """At the view's moment. `lives` are cut to it: they tell when that was done which was done again later.

    Raises InvalidQuery for a moment at which nothing was there.
    """
    moment, zone = view.moment, view.terms.zone
    then = await planned_at(connection, program, moment, zone=zone, historians=view.historians)
    store, uids = Baselines(connection), _uids(before, then.items)
    today, graves = await store.standings(program.key, uids), await store.graves(uids)
    done_on = {life.uid: life.done_on for life in lives.every}
    actuals = {
        uid: Actual(_day(_by(each.started_at, moment), zone), _day(_by(each.done_at, moment), zone) or done_on.get(uid))
        for uid, each in today.items()
    }
    return Beside(then.items, actuals, _absent(_standings_then(today, graves, then, moment), then.items), then.notices)


def _standings_then(
    today: Mapping[str, Standing], graves: Sequence[Grave], then: PlannedThen, moment: datetime
) -> dict[str, Standing]:
    """What became of them by then; of what is gone and nobody knows since when, it was gone."""
    dug: defaultdict[str, list[Grave]] = defaultdict(list)
    for grave in graves:
        dug[grave.uid].append(grave)
    return {
        uid: each._replace(
            category=then.members.get(uid, each.category),
            tombstone=None if uid in then.members else _tombstone(each, dug.get(uid, ()), moment),
            member=uid in then.members,
        )
        for uid, each in today.items()
    }


def _tombstone(today: Standing, graves: Sequence[Grave], moment: datetime) -> str | None:
    held = next((grave.reason for grave in graves if grave.holds(moment)), None)
    told = any(grave.restored_at is None for grave in graves)
    return held if held is not None or told else today.tombstone


def _absent(standings: Mapping[str, Standing], items: Sequence[BaselineItem]) -> dict[str, Absent]:
    held = {item.uid for item in items}
    return {uid: _why(each) for uid, each in standings.items() if uid not in held}


def _why(standing: Standing) -> Absent:
    category = StatusCategory(standing.category)
    if standing.tombstone is not None:
        return Absent(standing.tombstone, category)
    if standing.member:
        return Absent("cancelled" if category is StatusCategory.CANCELLED else "subtask", category)
    return Absent(UNMAPPED, category)


def _uids(*sides: Sequence[BaselineItem]) -> Collection[str]:
    return {item.uid for side in sides for item in side}


def _by(happened_at: datetime | None, moment: datetime) -> datetime | None:
    """What happened later had not happened."""
    return happened_at if happened_at is not None and happened_at <= moment else None


def _day(moment: datetime | None, zone: ZoneInfo) -> date | None:
    return None if moment is None else moment.astimezone(zone).date()
