"""Answers about programs: the list, one program, its roll-up. Items have their own file beside this one.

`now` is an aware moment and `today` the local date; both come from the caller, nothing here asks a clock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.breakdown import Breakdown, Bucket
from service.domain.dates import ProgramDates
from service.domain.errors import InvalidQuery, one_of
from service.domain.items import RollupItem
from service.domain.notices import Notice
from service.domain.program_history import ProgramHistory
from service.domain.progress import Basis, MissingWeight
from service.domain.rollup import Rollup, roll_up
from service.programs.answers import (
    Answer,
    ProgramData,
    ProgramDetail,
    ProgramList,
    ProgramRef,
    ProgramSummary,
    RollupData,
    Rule,
)
from service.programs.backlog import backlog_notices
from service.programs.cache import AnswerCache, Computed, Question, Wanted, cache_of
from service.programs.cursors import DEFAULT_LIMIT, checked_limit, read_cursor, write_cursor
from service.programs.envelope import enveloped
from service.programs.freshness import Grounds, grounds_of, proof_of, sources_of
from service.programs.historians import NO_HISTORIANS, Historians
from service.programs.items import ItemFilters, get_history, get_item, list_items
from service.programs.kept_histories import history_reaching
from service.programs.past import past_notices, program_at, refuse_before_all
from service.programs.past_sizes import size_at
from service.programs.rounding import rollup_data
from service.programs.stated import stated_health
from service.store.engine import Database
from service.store.program_items import Label, ProgramItems, ProgramRow

__all__ = [
    "ItemFilters",
    "get_history",
    "get_item",
    "get_program",
    "get_rollup",
    "list_items",
    "list_programs",
]

_ABOUT = {"unestimated": Basis.POINTS, "unestimated_time": Basis.TIME}  # notices about one basis alone


async def list_programs(
    database: Database,
    *,
    now: datetime,
    today: date | None = None,  # a list says nothing that depends on the day; roll-ups do
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
    among: Collection[str] | None = None,
    as_of: datetime | None = None,
) -> Answer[ProgramList]:
    """In the order of the programs file; `among`: only those, and the sources that feed them. Raises InvalidQuery.

    `as_of`: with as many items as they had at an earlier moment; what their file says of them is of today.
    """
    checked_limit(limit)
    place = read_cursor("programs", cursor, parts=2)
    async with database.reading() as uow:
        rows = await ProgramItems(uow.connection).listed(after=_place(place), limit=limit + 1, among=among)
        page = rows[:limit]
        if as_of is not None:
            page = [
                (position, program, await size_at(uow.connection, program.key, as_of)) for position, program, _ in page
            ]
        sources = await sources_of(uow.connection, among)
    following = write_cursor("programs", str(page[-1][0]), page[-1][1].key) if len(rows) > limit else None
    summaries = tuple(_summary(program, items) for _, program, items in page)
    return enveloped(ProgramList(summaries, following), sources=sources, now=now, as_of=as_of)


async def get_program(
    database: Database,
    key: str,
    *,
    now: datetime,
    today: date | None = None,
    as_of: datetime | None = None,
    historians: Historians = NO_HISTORIANS,
) -> Answer[ProgramData]:
    """The program as its file describes it, the rules that fill it, and its health as people state it.

    `as_of`: its items and what people stated at an earlier moment; nobody keeps earlier files. Raises UnknownProgram,
    and InvalidQuery for a moment before anything was there.
    """
    earlier = as_of if as_of is not None and as_of < now else None
    async with database.reading() as uow:
        grounds = await grounds_of(uow.connection, key)
        items = await _size(uow.connection, key, as_of)
        stated = await stated_health(uow.connection, grounds, until=earlier, historians=historians)
        backlog = await backlog_notices(uow.connection, grounds, cache_of(database))
    program = grounds.program
    detail = ProgramDetail(
        key=program.key,
        name=program.name,
        objective=program.objective,
        owner=program.owner,
        start=program.start,
        target=program.target,
        count_subtasks=program.count_subtasks,
        items=items,
        rules=tuple(Rule(rule.kind, rule.name, rule.description) for rule in grounds.rules),
    )
    data, notices = ProgramData(detail, stated.words), (*stated.notices, *backlog)
    return enveloped(data, sources=grounds.sources, now=now, notices=notices, as_of=as_of)


async def _size(connection: AsyncConnection, key: str, as_of: datetime | None) -> int:
    if as_of is None:
        return await ProgramItems(connection).size(key)
    items = await size_at(connection, key, as_of)
    if not items:
        await refuse_before_all(connection, key, as_of)
    return items


async def get_rollup(  # noqa: PLR0913 - one argument per parameter of the question
    database: Database,
    key: str,
    *,
    by: str = Breakdown.PROJECT,
    basis: str | None = None,
    missing: MissingWeight = MissingWeight.SKIP,
    now: datetime,
    today: date,
    as_of: datetime | None = None,
    historians: Historians = NO_HISTORIANS,
) -> Answer[RollupData]:
    """What counts, how far it is, when it should be done. Raises UnknownProgram or InvalidQuery.

    `missing` is what an item without an estimate weighs. `as_of` is an aware moment, not after `now`: the same
    computation over the program as it was then.
    """
    rows = one_of(Breakdown, "by", by)
    only = None if basis is None else one_of(Basis, "basis", basis)
    async with database.reading() as uow:
        grounds = await grounds_of(uow.connection, key)
        wanted = Wanted(rows, only, missing)
        asked = today if as_of is None else as_of
        computed = await _computed(uow.connection, grounds, cache_of(database), wanted, asked, historians)
        backlog = await backlog_notices(uow.connection, grounds, cache_of(database))
    notices = (*computed.notices, *backlog)
    return enveloped(computed.data, sources=grounds.sources, now=now, notices=notices, as_of=as_of)


async def _computed(
    connection: AsyncConnection,
    grounds: Grounds,
    cache: AnswerCache,
    wanted: Wanted,
    asked: date | datetime,
    historians: Historians,
) -> Computed:
    """`asked` is the day of today, or a moment of the past."""
    question = Question(grounds.fingerprint, grounds.program.key, wanted, asked.isoformat())
    found = cache.rollups.get(question)
    if found is None:
        if isinstance(asked, datetime):
            history = await history_reaching(
                connection, grounds.program.key, cache.histories, asked, historians=historians
            )
            found = await _compute_past(connection, grounds, wanted, asked, history)
        else:
            items = await ProgramItems(connection).rollup_items(grounds.program.key, by=wanted.by)
            found = await _compute(connection, grounds.program, wanted, items)
        cache.rollups.put(question, found)
    return found


async def _compute_past(
    connection: AsyncConnection, grounds: Grounds, wanted: Wanted, moment: datetime, history: ProgramHistory
) -> Computed:
    then = await program_at(connection, history, moment, by=wanted.by)
    if not then.items:
        await refuse_before_all(connection, grounds.program.key, moment)
    found = await _compute(connection, grounds.program, wanted, then.items)
    notices = past_notices(history, then, proof=proof_of(grounds.sources))
    return Computed(found.data, (*found.notices, *notices))


async def _compute(
    connection: AsyncConnection, program: ProgramRow, wanted: Wanted, items: Sequence[RollupItem]
) -> Computed:
    reader = ProgramItems(connection)
    rollup = roll_up(
        items,
        program=ProgramDates(program.start, program.target),
        count_subtasks=program.count_subtasks,
        by=wanted.by,
        missing=wanted.missing,
    )
    titles = await reader.titles(_named(rollup))
    labels = await _labels(reader, rollup, titles)
    data = rollup_data(ProgramRef(program.key, program.name), rollup, labels, titles, basis=wanted.basis)
    return Computed(data, tuple(_about(rollup.notices, wanted.basis)))


def _named(rollup: Rollup) -> set[str]:
    """The items that an answer shows by name: epics of the breakdown, and those whose dates contradict."""
    rows = (row.bucket for row in rollup.breakdown)
    epics = {bucket.id for bucket in rows if bucket.kind is Breakdown.EPIC}
    return {uid for uid in epics | {conflict.uid for conflict in rollup.dates.conflicts} if uid is not None}


async def _labels(reader: ProgramItems, rollup: Rollup, titles: Mapping[str, Label]) -> dict[Bucket, Label]:
    """Projects and epics are shown by key and name; the source tells two projects of one key apart."""
    buckets = [row.bucket for row in rollup.breakdown if row.bucket.id is not None]
    projects = {bucket: _split(bucket) for bucket in buckets if bucket.kind is Breakdown.PROJECT}
    epics = {bucket: bucket.id or "" for bucket in buckets if bucket.kind is Breakdown.EPIC}
    labels = {bucket: titles.get(uid, Label(uid, None)) for bucket, uid in epics.items()}
    if projects:
        known = await reader.projects(projects.values())
        named = {bucket: known.get(place, Label(place[1], None)) for bucket, place in projects.items()}
        keys = [label.key for label in named.values()]
        for bucket, label in named.items():
            shared = keys.count(label.key) > 1
            labels[bucket] = Label(f"{projects[bucket][0]}:{label.key}" if shared else label.key, label.name)
    return labels


def _split(bucket: Bucket) -> tuple[str, str]:
    source, _, project_id = (bucket.id or "").partition(":")
    return source, project_id


def _about(notices: Iterable[Notice], basis: Basis | None) -> Iterable[Notice]:
    return (each for each in notices if basis is None or _ABOUT.get(each.code, basis) is basis)


def _summary(program: ProgramRow, items: int) -> ProgramSummary:
    return ProgramSummary(
        key=program.key,
        name=program.name,
        objective=program.objective,
        owner=program.owner,
        start=program.start,
        target=program.target,
        items=items,
    )


def _place(parts: tuple[str, ...] | None) -> tuple[int, str] | None:
    if parts is None:
        return None
    position, key = parts
    if not position.lstrip("-").isdecimal():
        raise InvalidQuery("cursor", "this is no cursor of this list; start again without one.")
    return int(position), key
