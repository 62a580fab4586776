"""Baselines of a program: taking one, listing them, and how the program stands against one of them.

`now` and `today` come from the caller's viewpoint, with the calendar by which days are counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from service.domain.baseline import totals
from service.domain.baseline_names import FIRST, LATEST, checked_name, checked_note, folded
from service.domain.errors import BaselineExists, InvalidChange, InvalidQuery, UnknownBaseline, one_of
from service.domain.notices import Notice
from service.domain.progress import Basis
from service.domain.rollup import DEFINITION_VERSION
from service.domain.variance import Comparison
from service.programs.answers import Answer, ProgramRef
from service.programs.baseline_answers import BaselineList, TakenBaseline, VarianceData
from service.programs.baseline_beside import beside_now, beside_then
from service.programs.baseline_shapes import Rank, baseline_data, item_rank, items_data, variance_data
from service.programs.cursors import DEFAULT_LIMIT, checked_limit, read_cursor, read_number, write_cursor
from service.programs.dependency_terms import Viewpoint
from service.programs.envelope import enveloped
from service.programs.freshness import Grounds, grounds_of
from service.programs.historians import NO_HISTORIANS, Historians
from service.programs.lives_then import lives_at
from service.programs.planned_scope import moment_in_body, planned_then, present
from service.store.audit import Audit
from service.store.baselines import BaselineRow, Baselines
from service.store.engine import Database
from service.store.faces import Faces
from service.store.program_items import ProgramItems

LARGEST_NUMBER: Final = 2**31  # above what an id can be
MOST_BASELINES: Final = 200  # of one program: each keeps every item, and none is ever deleted


@dataclass(frozen=True, eq=False)
class Compared:
    """A baseline and how the program stands against it, with what to know before believing it."""

    grounds: Grounds
    baseline: BaselineRow
    comparison: Comparison
    notices: tuple[Notice, ...] = ()


async def take_baseline(  # noqa: PLR0913 - one argument per part of the request
    database: Database,
    key: str,
    *,
    name: str,
    note: str | None = None,
    as_of: str | None = None,
    view: Viewpoint,
    actor: str,
    origin: str | None = None,
    historians: Historians = NO_HISTORIANS,
) -> Answer[TakenBaseline]:
    """Freeze the program as it is now or, `as_of` a date or a moment, as it was then. Audited.

    Raises UnknownProgram, BaselineExists, InvalidChange.
    """
    name, note = checked_name(name), checked_note(note)
    moment = view.now if as_of is None else moment_in_body(as_of, view)
    async with database.reading() as uow:  # one moment, whatever a sync writes meanwhile
        grounds = await grounds_of(uow.connection, key)
        program, zone = grounds.program, view.terms.zone
        notices: Sequence[Notice] = ()
        if as_of is None:
            items = await present(uow.connection, program, zone=zone)
        else:
            then = await planned_then(uow.connection, program, moment, zone=zone, historians=historians)
            items, notices = then.items, then.notices
    sums = totals(items)
    async with database.transaction() as uow:
        store = Baselines(uow.connection)
        if await store.count(key) >= MOST_BASELINES:
            raise InvalidChange("name", f"{key} has {MOST_BASELINES} baselines, and more are not kept.")
        number = await store.add(
            items,
            folded=folded(name),
            program_key=key,
            name=name,
            note=note,
            as_of=moment,
            taken_at=view.now,
            taken_by=actor,
            definition_version=DEFINITION_VERSION,
            program_start=program.start,
            program_target=program.target,
            items=sums.items,
            points=sums.points,
            time_seconds=sums.time_seconds,
            start=sums.start,
            finish=sums.finish,
        )
        if number is None:
            raise BaselineExists(key, name)
        detail = {"baseline": number, "name": name, "as_of": moment.isoformat(), "items": sums.items}
        await Audit(uow.connection).add(
            at=view.now, actor=actor, origin=origin, action="baseline_taken", subject=key, detail=detail
        )
        row = await _found(store, key, str(number), view)
    data = TakenBaseline(ProgramRef(program.key, program.name), baseline_data(row))
    return enveloped(data, sources=grounds.sources, now=view.now, notices=notices)


async def list_baselines(
    database: Database, key: str, *, view: Viewpoint, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Answer[BaselineList]:
    """In the order in which they were taken, without those of a later moment. Raises UnknownProgram or InvalidQuery."""
    checked_limit(limit)
    place = read_cursor("baselines", cursor, parts=1)
    after = 0 if place is None else read_number(place[0])
    async with database.reading() as uow:
        grounds = await grounds_of(uow.connection, key)
        rows = await Baselines(uow.connection).listed(key, after=after, limit=limit + 1, until=view.as_of)
    page = rows[:limit]
    following = write_cursor("baselines", str(page[-1].id)) if len(rows) > limit else None
    program = ProgramRef(grounds.program.key, grounds.program.name)
    data = BaselineList(program, tuple(map(baseline_data, page)), following)
    return enveloped(data, sources=grounds.sources, now=view.now, as_of=view.as_of)


async def get_baseline(
    database: Database,
    key: str,
    which: str,
    *,
    basis: str | None = None,
    view: Viewpoint,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Answer[VarianceData]:
    """Variance and earned value against one baseline, and one page of its items.

    `which` is a name, a number, `first` or `latest` (of those that are of no later moment than the view's). Raises
    UnknownProgram, UnknownBaseline or InvalidQuery.
    """
    checked_limit(limit)
    only = None if basis is None else one_of(Basis, "basis", basis)
    after = _rank(read_cursor("variance", cursor, parts=3))
    compared = await compare_with(database, key, which, view=view)
    comparison = compared.comparison
    items = await asyncio.to_thread(lambda: comparison.items)
    rest = items if after is None else [item for item in items if item_rank(item) > after]
    page = rest[:limit]
    async with database.reading() as uow:
        uids = {item.uid for item in page}
        titles = await ProgramItems(uow.connection).titles(uids)
        faces = await Faces(uow.connection).of(uids)
    following = write_cursor("variance", *map(str, item_rank(page[-1]))) if len(rest) > limit else None
    data = await asyncio.to_thread(
        variance_data,
        compared.grounds.program,
        compared.baseline,
        comparison,
        items=items_data(page, titles, faces),
        next_cursor=following,
        basis=only,
        zone=view.terms.zone,
    )
    sources = compared.grounds.sources
    return enveloped(data, sources=sources, now=view.now, notices=compared.notices, as_of=view.as_of)


async def compare_with(database: Database, key: str, which: str, *, view: Viewpoint) -> Compared:
    """A baseline beside the program at the view's moment, for whoever computes with it.

    Raises UnknownProgram, UnknownBaseline, and InvalidQuery for a moment before the baseline's, or before all items.
    """
    lives = None if view.as_of is None else await lives_at(database, key, view)
    async with database.reading() as uow:
        grounds = await grounds_of(uow.connection, key)
        baseline = await _found(Baselines(uow.connection), key, which, view)
        before = await Baselines(uow.connection).items(baseline.id)
        if lives is None:
            beside = await beside_now(uow.connection, grounds.program, before, zone=view.terms.zone)
        else:
            beside = await beside_then(uow.connection, grounds.program, before, lives, view)
    comparison = Comparison.of(
        before,
        beside.items,
        actuals=beside.actuals,
        absent=beside.absent,
        today=view.today,
        calendar=view.terms.calendar,
    )
    return Compared(grounds, baseline, comparison, beside.notices)


async def _found(store: Baselines, key: str, which: str, view: Viewpoint) -> BaselineRow:
    """Raises UnknownBaseline, or InvalidQuery for one that describes a later moment than the view's."""
    word = folded(which)
    if word in {FIRST, LATEST}:
        taken = await store.listed(key, until=view.as_of)
        found = None if not taken else taken[0] if word == FIRST else taken[-1]
    elif which.isascii() and which.isdecimal():
        found = await store.find(key, number=int(which)) if int(which) < LARGEST_NUMBER else None
    else:
        found = await store.find(key, folded=word)
    if found is None:
        raise UnknownBaseline(key, which)
    if view.as_of is not None and found.as_of > view.as_of:
        raise InvalidQuery("as_of", f"is too early: the baseline {found.name} is as of {found.as_of:%Y-%m-%d}.")
    return found


def _rank(parts: tuple[str, ...] | None) -> Rank | None:
    if parts is None:
        return None
    unknown, late, uid = parts
    return read_number(unknown), read_number(late), uid
