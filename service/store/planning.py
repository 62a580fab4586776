"""The sprints and releases that plans name, as days, and how a plan that moved later is recognised in a history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct, convert
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.items import Facet
from service.domain.network import Iteration
from service.domain.slips import DUE_FIELDS, RELEASE_FIELD, PlanMove, slips
from service.store.bulk import fetch, within

Rank = tuple[bool, str, str]


class Sprint(Struct, frozen=True):
    """`rank` orders sprints: what is not closed after what is, then by its end; without dates it is a future one."""

    iteration: Iteration
    rank: Rank


class Plan(NamedTuple):
    """The sprint an item is planned in (see Iteration) and the earliest day among its releases."""

    iteration: Iteration | None
    release: date | None


class Planning(Struct, frozen=True):
    """Of all sources, by source and native id. Changes without any item changing: a sprint is prolonged."""

    sprints: dict[str, dict[str, Sprint]]
    releases: dict[str, dict[str, date]]
    sprint_fields: tuple[str, ...]

    def plans(self, rows: Iterable[Sequence[Any]]) -> dict[str, Plan]:
        """uid → its plan, from rows (uid, source, facet, native id, name) of sprints and releases."""
        sprints: dict[str, list[Sprint]] = defaultdict(list)
        days: dict[str, list[date]] = defaultdict(list)
        for uid, source, facet, native_id, name in rows:
            if facet == Facet.ITERATION:
                known = self.sprints.get(source, {}).get(native_id)
                sprints[uid].append(known or Sprint(Iteration(name, None, None), (False, "", native_id)))
            elif (day := self.releases.get(source, {}).get(native_id)) is not None:
                days[uid].append(day)
        return {uid: _plan(sprints.get(uid, ()), days.get(uid, ())) for uid in sprints.keys() | days.keys()}

    def iteration_ends(self, source: str) -> dict[str, date]:
        told = self.sprints.get(source, {}).items()
        return {native_id: sprint.iteration.end for native_id, sprint in told if sprint.iteration.end is not None}


async def planning(connection: AsyncConnection, *, zone: ZoneInfo) -> Planning:
    """Three small queries. `zone` is where the day of a sprint's moment is taken."""
    sprints: dict[str, dict[str, Sprint]] = defaultdict(dict)
    for source, native_id, name, state, *moments in await fetch(connection, _SPRINTS, ()):
        start, end = (_day(each, zone) for each in moments)
        rank = (state != "closed", str(end or start or date.max), native_id.rjust(20, "0"))
        sprints[source][native_id] = Sprint(Iteration(name, start, end), rank)
    releases: dict[str, dict[str, date]] = defaultdict(dict)
    for source, native_id, day in await fetch(connection, _RELEASES, ()):
        releases[source][native_id] = convert(day, date)
    return Planning(dict(sprints), dict(releases), await sprint_fields(connection))


async def sprint_fields(connection: AsyncConnection) -> tuple[str, ...]:
    """Ids of the fields by which histories tell a sprint."""
    fields = await fetch(connection, "SELECT DISTINCT native_id FROM fields WHERE role = 'sprint' ORDER BY 1", ())
    return tuple(native_id for (native_id,) in fields)


async def slips_since(
    connection: AsyncConnection,
    uids: Collection[str],
    moment: datetime,
    *,
    planning: Planning,
    until: datetime | None = None,
) -> dict[str, int]:
    """uid → how often its plan moved later since then (and not after `until`), of those whose plan did."""
    if not uids:
        return {}
    fields = sorted({*DUE_FIELDS, RELEASE_FIELD, *planning.sprint_fields})
    statement = (
        "SELECT item_uid, change_id, field_id, from_value, to_value FROM item_changes "  # noqa: S608
        f"WHERE {within(connection, 'item_uid')} AND at >= ? AND {within(connection, 'field_id')}"
        f"{'' if until is None else ' AND at <= ?'}"
    )
    moves: dict[str, list[PlanMove]] = defaultdict(list)
    asked = [sorted(uids), moment, fields, *([] if until is None else [until])]
    for uid, *move in await fetch(connection, statement, asked):
        moves[uid].append(PlanMove(*move))
    ends = {source: planning.iteration_ends(source) for source in {_source(uid) for uid in moves}}
    counted = {
        uid: slips(each, iteration_ends=ends[_source(uid)], releases=planning.releases.get(_source(uid), {}))
        for uid, each in moves.items()
    }
    return {uid: number for uid, number in counted.items() if number}


def _plan(sprints: Sequence[Sprint], days: Sequence[date]) -> Plan:
    latest = max(sprints, key=lambda each: each.rank, default=None)
    return Plan(None if latest is None else latest.iteration, min(days, default=None))


def _day(moment: Any, zone: ZoneInfo) -> date | None:
    return None if moment is None else convert(moment, datetime).astimezone(zone).date()


def _source(uid: str) -> str:
    return uid.partition(":")[0]


_SPRINTS = 'SELECT source, native_id, name, state, "start", "end" FROM iterations ORDER BY source, native_id'
_RELEASES = "SELECT source, native_id, release FROM releases WHERE release IS NOT NULL ORDER BY source, native_id"
