"""What to chase in a program, now or then: each thing with whom to ask, why it matters and where it opens."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Final

from service.domain.attention import Signal, Trouble, ranked
from service.domain.errors import InvalidQuery
from service.domain.health import Disagreement
from service.domain.notices import Notice
from service.programs.answers import Answer, ProgramRef
from service.programs.attention_signals import Told, signals_of
from service.programs.cursors import DEFAULT_LIMIT, checked_limit, read_cursor, write_cursor
from service.programs.dependency_faces import url_of
from service.programs.dependency_network import Known
from service.programs.dependency_terms import SLIPS_COUNTED, Viewpoint
from service.programs.health import DEFAULT_TERMS, Words, disagreement_data, words_of
from service.programs.health_answers import AttentionData, Concern, ScoreData, Who
from service.programs.health_inputs import further_measures
from service.programs.health_standing import Measured, standing_of
from service.programs.health_terms import HealthTerms
from service.programs.item_faces import faces_of
from service.programs.links import Links
from service.store.engine import Database
from service.store.faces import Face
from service.store.planning import planning, slips_since

_MORE: Final[Mapping[Trouble, tuple[str, Mapping[str, str]]]] = {
    Trouble.WATERMELON: ("health", {}),
    Trouble.CYCLE: ("dependencies/cycles", {}),
    Trouble.BLOCKED: ("dependencies", {"status": "blocked"}),
    Trouble.SLIPPED_MILESTONE: ("critical-path", {}),
    Trouble.OVERDUE: ("data-quality", {"lacks": "not_overdue"}),
    Trouble.UNASSIGNED: ("data-quality", {"lacks": "owner"}),
    Trouble.UNDATED: ("data-quality", {"lacks": "planned"}),
    Trouble.AGEING: ("health", {}),
}


async def get_attention(
    database: Database,
    key: str,
    *,
    view: Viewpoint,
    terms: HealthTerms = DEFAULT_TERMS,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Answer[AttentionData]:
    """One page, the most pressing at the view's moment first. Raises UnknownProgram or InvalidQuery."""
    checked_limit(limit)
    start = _start(read_cursor("attention", cursor, parts=1))
    known, measured = await standing_of(database, key, view, terms)
    watermelons, heard = await _about_words(database, known, measured)
    told = [*await _about_work(database, known, measured), *watermelons]
    by_signal = {each.signal: each for each in told}
    every = ranked(by_signal)
    page = [by_signal[signal] for signal in every[start : start + limit]]
    items = [known.network.network.items[each.place] for each in page if each.place is not None]
    async with database.reading() as uow:
        faces = await faces_of(uow.connection, items)
    data = AttentionData(
        program=ProgramRef(known.network.program.key, known.network.program.name),
        attention=tuple(_concern(each, known, faces) for each in page),
        counts=dict(Counter(str(signal.trouble) for signal in every)),
        total=len(every),
        next_cursor=write_cursor("attention", str(start + limit)) if len(every) > start + limit else None,
    )
    return known.answer(data, (*measured.notices, *heard))


async def _about_work(database: Database, known: Known, measured: Measured) -> list[Told]:
    item = known.network.network.item
    places = (item.milestone & measured.standing.open).nonzero()[0].tolist()
    milestones = {known.network.network.items[place].uid for place in places}
    zone = known.view.terms.zone
    since = datetime.combine(known.view.today, time.min, zone) - SLIPS_COUNTED
    async with database.reading() as uow:
        plans = await planning(uow.connection, zone=zone)
        slips = await slips_since(uow.connection, milestones, since, planning=plans, until=known.view.as_of)
    return await asyncio.to_thread(signals_of, known, measured.standing, slips)


async def _about_words(database: Database, known: Known, measured: Measured) -> tuple[list[Told], tuple[Notice, ...]]:
    """Whether people state another health than the work shows, and what of their words is not known."""
    program = known.network.program
    async with database.reading() as uow:
        words: Words = await words_of(uow.connection, known, measured.standing.terms)
    if words.colour is None:
        return [], words.notices
    health = measured.health(await further_measures(database, program, known.view))
    differs = disagreement_data(words.colour, health)
    if differs is None or differs.kind != Disagreement.WATERMELON:
        return [], words.notices
    signal = Signal(trouble=Trouble.WATERMELON, subject=program.key, downstream=1.0)  # it is about all of the work
    work = int(measured.standing.open.sum())
    said = f"{program.name} is stated green, and computed red."
    return [Told(signal, said, differs.message, downstream_items=work)], words.notices


def _concern(told: Told, known: Known, faces: Mapping[str, Face]) -> Concern:
    signal, network = told.signal, known.network.network
    item = None if told.place is None else network.items[told.place]
    face = None if item is None else faces.get(item.uid)
    score, (path, query) = signal.score, _MORE.get(signal.trouble, (None, {}))
    links = Links.of(known.network.program.key, known.view)
    return Concern(
        kind=signal.trouble,
        subject=signal.subject,
        uid=None if item is None else item.uid,
        key=None if item is None else item.key,
        title=None if item is None else item.title,
        who=Who(None if face is None else face.assignee, None if item is None else item.team),
        what=told.what,
        why=told.why,
        days=signal.days,
        downstream_items=told.downstream_items,
        critical=signal.critical,
        score=ScoreData(
            total=score.total,
            kind=score.kind,
            downstream=score.downstream,
            delay=score.delay,
            critical=score.critical,
        ),
        url=None if item is None else url_of(item, faces),
        more="/api/v1/sources" if path is None else links.to(path, **query),
    )


def _start(parts: Sequence[str] | None) -> int:
    if parts is None:
        return 0
    if not parts[0].isdecimal():
        raise InvalidQuery("cursor", "this is no cursor of this list; start again without one.")
    return int(parts[0])
