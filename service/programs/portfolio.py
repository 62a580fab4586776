"""All programs on one page. A row is computed once and kept until something changes that it rests on.

What passes by itself is put in at each answer: how old the proof is, which override holds, what people state.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.dates import ProgramDates
from service.domain.errors import InvalidQuery, UnknownProgram
from service.domain.health import Health, Rag, disagreement
from service.domain.items import RollupItem
from service.domain.notices import Notice
from service.domain.progress import MissingWeight
from service.domain.rollup import Rollup, roll_up
from service.programs.answers import Answer, StatedHealthData
from service.programs.cache import Recent
from service.programs.dependency_answers import StatusCounts
from service.programs.dependency_faces import counts_data
from service.programs.dependency_terms import Viewpoint
from service.programs.envelope import enveloped
from service.programs.freshness import involved, oldest_proof, state_of
from service.programs.health import DEFAULT_TERMS, decisive, stated_colour
from service.programs.health_answers import (
    PortfolioData,
    PortfolioDates,
    PortfolioDependencies,
    PortfolioFreshness,
    PortfolioHealth,
    PortfolioProgress,
    PortfolioRow,
)
from service.programs.health_inputs import further_measures, further_seals
from service.programs.health_standing import standing_of
from service.programs.health_terms import HealthTerms
from service.programs.past import IN_ROLLUPS, history_of
from service.programs.rounding import progress_data, rounded
from service.programs.stated import Heard, Home, Statements, homes_of, statements, words_in_fields
from service.store.engine import Database
from service.store.freshness import Freshness, SourceFacts
from service.store.overrides import Overrides, StoredOverride
from service.store.planning import planning
from service.store.portfolio import Portfolio
from service.store.program_items import ProgramItems, ProgramRow, RuleRow
from service.wording import counted

KEPT = 5_000  # rows: more than the programs that anybody has
KEPT_THEN = 500  # rows of earlier moments
PATIENCE_THEN = 30.0  # seconds: a row of an earlier moment is rebuilt from histories, and nobody made it before


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """By what a portfolio is computed: `missing` is what an item without an estimate weighs."""

    health: HealthTerms = DEFAULT_TERMS
    missing: MissingWeight = MissingWeight.SKIP


async def get_portfolio(
    database: Database,
    *,
    view: Viewpoint,
    terms: Terms | None = None,
    among: Collection[str] | None = None,
    patience: float | None = None,
) -> Answer[PortfolioData]:
    """In the order of the programs file, as of the view's moment; `among`: only those. Raises InvalidQuery for a moment
    before all of them.

    `patience`: after so many seconds no further row is begun, and those not ready are left out. None: all are made.
    A program that had no items at an earlier moment is left out, too; both are told.
    """
    terms = terms or Terms()
    told = await _read(database, view, terms, among)
    made = await _rows(database, told, _Making(view, terms, patience))
    rows: list[PortfolioRow] = []
    sources: dict[str, SourceFacts] = {}
    for program, row in made.rows.items():
        facts = _sources_of(told, program, row)
        sources |= {each.name: each for each in facts}
        rows.append(_shown(told, row, facts, view))
    colours = Counter(row.health.effective for row in rows)
    data = PortfolioData(
        programs=tuple(rows), health={str(colour): colours[str(colour)] for colour in Rag}, next_cursor=None
    )
    involved_ones = [sources[name] for name in sorted(sources)]
    notices = (*made.notices, *_doubts(told, made.rows.values()))
    return enveloped(data, sources=involved_ones, now=view.now, notices=notices, as_of=view.as_of)


@dataclass(frozen=True, slots=True)
class _Told:
    """What is read for all programs together. `seals` covers what a row rests on, but for its far ends."""

    programs: Sequence[ProgramRow]
    rules: Mapping[str, list[RuleRow]]
    facts: Sequence[SourceFacts]
    statements: Statements
    overrides: Mapping[str, StoredOverride]
    seals: Mapping[str, str]
    far: Mapping[str, object]
    looked_at: frozenset[tuple[str, ...]]  # the far ends of which rows are in `far`


@dataclass(frozen=True, slots=True)
class _Making:
    """How rows are made that are not there."""

    view: Viewpoint
    terms: Terms
    patience: float | None


@dataclass(frozen=True, slots=True)
class _Made:
    """The rows that there are, and the names of programs without one: not begun by then, and not ready yet."""

    rows: Mapping[ProgramRow, _Row]
    not_begun: Sequence[str]
    not_ready: Sequence[str]

    @property
    def notices(self) -> Iterator[Notice]:
        if self.not_begun:
            yield Notice("not_begun", f"Left out, as nothing of it was there yet: {', '.join(self.not_begun)}.")
        if self.not_ready:
            yield Notice("not_ready", f"Left out, as still being computed: {', '.join(self.not_ready)}. Ask again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """What is kept of a program: everything that no clock changes."""

    program: ProgramRow
    seal: str
    far_ends: tuple[str, ...]
    far_seal: str
    fed_by: frozenset[str]
    further_sources: frozenset[str]
    homes: frozenset[Home]
    stated: tuple[StatedHealthData, ...]  # in fields of its items
    items: int
    countable: int
    progress: PortfolioProgress
    dates: PortfolioDates
    health: Health
    data_quality: float | None
    score: float | None
    counts: StatusCounts
    notices: tuple[Notice, ...]


async def _read(database: Database, view: Viewpoint, terms: Terms, among: Collection[str] | None) -> _Told:
    async with database.reading() as uow:
        reader = Portfolio(uow.connection)
        programs, rules = await reader.programs(among), await reader.rules()
        common = [
            view.today.isoformat(),
            view.terms.seal,
            terms.health.seal,
            terms.missing,
            await reader.foundations(await planning(uow.connection, zone=view.terms.zone)),
        ]
        further = await further_seals(uow.connection)
        kept = _kept(database, view)
        rows = [row for each in programs if (row := kept.get((each.key, view.as_of))) is not None]
        return _Told(
            programs=programs,
            rules=rules,
            facts=await Freshness(uow.connection).of_sources(),
            statements=await statements(uow.connection, until=view.earlier),
            overrides=await Overrides(uow.connection).holding(view.moment),
            seals={
                each.key: _hash([common, each, rules.get(each.key, []), further.get(each.key)]) for each in programs
            },
            far=await reader.far_states({uid for row in rows for uid in row.far_ends}),
            looked_at=frozenset(row.far_ends for row in rows),
        )


async def _rows(database: Database, told: _Told, making: _Making) -> _Made:
    """Each program's row: the one that is kept, or a new one. Raises InvalidQuery for a moment before all of them."""
    clock = asyncio.get_running_loop().time
    begun, view = clock(), making.view
    found: dict[ProgramRow, _Row] = {}
    not_begun, not_ready = list[str](), list[str]()
    for program in told.programs:
        row = _current(database, told, program, view)
        if row is None and making.patience is not None and clock() - begun >= making.patience:
            not_ready.append(program.name)
            continue
        if row is None:
            try:
                async with _turn(database):  # somebody else may have made it meanwhile
                    row = _current(database, told, program, view) or await _made(database, told, program, making)
            except InvalidQuery:  # a moment before its first item
                not_begun.append(program.name)
        if row is not None:
            found[program] = row
    if not_begun and len(not_begun) == len(told.programs):
        raise InvalidQuery("as_of", "is too early: nothing of these programs was there yet.")
    return _Made(found, not_begun, not_ready)


def _current(database: Database, told: _Told, program: ProgramRow, view: Viewpoint) -> _Row | None:
    row = _kept(database, view).get((program.key, view.as_of))
    if row is None or row.seal != told.seals[program.key]:
        return None
    # Whoever made a row since we looked had its far ends read right then.
    is_new = bool(row.far_ends) and row.far_ends not in told.looked_at
    return row if is_new or row.far_seal == _far_seal(row.far_ends, told.far) else None


async def _made(database: Database, told: _Told, program: ProgramRow, making: _Making) -> _Row | None:
    """None for a program that was removed since the list was read. Raises InvalidQuery as `_computed` does."""
    view = making.view
    try:
        row = await _computed(database, program, told.seals[program.key], view, making.terms)
    except UnknownProgram:
        return None
    _kept(database, view).put((program.key, view.as_of), row)
    return row


async def _computed(database: Database, program: ProgramRow, seal: str, view: Viewpoint, terms: Terms) -> _Row:
    """Raises UnknownProgram, and InvalidQuery for a moment before anything was there."""
    known, measured = await standing_of(database, program.key, view, terms.health)
    health = measured.health(await further_measures(database, program, view))
    network, standing = known.network.network, measured.standing
    far_ends = tuple(item.uid for item in network.items if not item.member)
    async with database.reading() as uow:
        rollup = await _rollup(uow.connection, program, terms.missing, view)
        homes = await homes_of(uow.connection, program.key, until=view.earlier, historians=view.historians)
        stated = await words_in_fields(uow.connection, known, terms.health.health_fields)
        far = await Portfolio(uow.connection).far_states(far_ends)
    progress = progress_data(rollup.progress)
    assessed = known.network.assessment.health
    return _Row(
        program=program,
        seal=seal,
        far_ends=far_ends,
        far_seal=_far_seal(far_ends, far),
        fed_by=frozenset(item.source for item in network.items if item.member),
        further_sources=known.network.sources,
        homes=frozenset(homes),
        stated=stated,
        items=rollup.scope.items,
        countable=rollup.scope.countable,
        progress=PortfolioProgress(progress.count, progress.points),  # type: ignore[arg-type]  # all three are there
        dates=PortfolioDates(
            start=program.start,
            target=program.target,
            rolled_due=rollup.dates.rolled_due,
            finish=standing.plan.finish,
            float_to_target=standing.plan.float_to_target if standing.plan.open_places else None,
        ),
        health=health,
        data_quality=rounded(standing.checked.quality().score),
        score=rounded(assessed.score),
        counts=counts_data(assessed.counts),
        notices=(*known.notices, *measured.notices),
    )


async def _rollup(connection: AsyncConnection, program: ProgramRow, missing: MissingWeight, view: Viewpoint) -> Rollup:
    items: Sequence[RollupItem]
    if view.as_of is None:
        items = await ProgramItems(connection).rollup_items(program.key)
    else:
        history = await history_of(
            connection, program.key, since=view.as_of, historians=view.historians, aspects=IN_ROLLUPS
        )
        items = history.at(view.as_of).items
    return await asyncio.to_thread(
        lambda: roll_up(
            items,
            program=ProgramDates(program.start, program.target),
            count_subtasks=program.count_subtasks,
            missing=missing,
        )
    )


def _sources_of(told: _Told, program: ProgramRow, row: _Row) -> list[SourceFacts]:
    feeding = [replace(each, feeds=True) if each.name in row.fed_by else each for each in told.facts]
    found = {each.name: each for each in involved(feeding, told.rules.get(program.key, []))}
    found |= {each.name: each for each in feeding if each.name in row.further_sources}
    return [found[name] for name in sorted(found)]


def _shown(told: _Told, row: _Row, facts: Sequence[SourceFacts], view: Viewpoint) -> PortfolioRow:
    program = row.program
    states = [state_of(each, now=view.now) for each in facts]
    lags = [state.lag_seconds for state in states]
    return PortfolioRow(
        key=program.key,
        name=program.name,
        owner=program.owner,
        items=row.items,
        countable=row.countable,
        progress=row.progress,
        dates=row.dates,
        health=_health(told, row),
        dependencies=PortfolioDependencies(score=row.score, counts=row.counts),
        freshness=PortfolioFreshness(
            as_of=oldest_proof(states),
            lag_seconds=max((lag for lag in lags if lag is not None), default=None) if None not in lags else None,
            complete=bool(states) and all(state.complete for state in states),
            in_doubt=tuple(state.name for state in states if not state.complete),
        ),
    )


def _health(told: _Told, row: _Row) -> PortfolioHealth:
    stated = stated_colour((*_heard(told, row).words, *row.stated))
    override = told.overrides.get(row.program.key)
    computed = row.health.colour
    return PortfolioHealth(
        effective=computed if override is None else override.value,
        computed=computed,
        stated=stated,
        override=None if override is None else override.value,
        disagreement=disagreement(stated, computed),
        rules=tuple(each.rule for each in decisive(row.health.verdicts, computed)),
        data_quality=row.data_quality,
    )


def _heard(told: _Told, row: _Row) -> Heard:
    return told.statements.of(row.homes, told.rules.get(row.program.key, []))


def _doubts(told: _Told, rows: Iterable[_Row]) -> Iterator[Notice]:
    """Once for each code: what exactly is in doubt of a program, its own answers tell."""
    by_code: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        unheard = _heard(told, row).notices if told.statements.later else ()
        for each in (*row.notices, *unheard):
            by_code[each.code].append(f"{row.program.name}: {each.message.rstrip('.')}.")
    for code, messages in by_code.items():
        others = f" So in {counted(len(messages) - 1, 'more program')}." if len(messages) > 1 else ""
        yield Notice(code, f"{messages[0]}{others}")


def _far_seal(uids: Sequence[str], far: Mapping[str, object]) -> str:
    return _hash([(uid, far.get(uid)) for uid in uids]) if uids else ""


def _hash(told: object) -> str:
    return sha256(msgspec.json.encode(told)).hexdigest()


def _kept(database: Database, view: Viewpoint) -> Recent[_Place, _Row]:
    """Rows of earlier moments do not drive out those of now."""
    now, then = _rows_kept.setdefault(database, (Recent(KEPT), Recent(KEPT_THEN)))
    return now if view.as_of is None else then


def _turn(database: Database) -> asyncio.Lock:
    """Two who ask at once do not compute the same twice."""
    return _turns.setdefault(database, asyncio.Lock())


_Place = tuple[str, datetime | None]  # the program, and the moment that is looked at
_rows_kept: WeakKeyDictionary[Database, tuple[Recent[_Place, _Row], Recent[_Place, _Row]]] = WeakKeyDictionary()
_turns: WeakKeyDictionary[Database, asyncio.Lock] = WeakKeyDictionary()
