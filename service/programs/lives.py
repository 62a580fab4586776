"""The lives of a program's items, kept as long as nothing changed that they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from weakref import WeakKeyDictionary

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.ledger import Ledger
from service.domain.lives import ItemLife, known_before
from service.domain.notices import Notice
from service.programs.backlog import backlog_notices
from service.programs.cache import Recent, cache_of
from service.programs.dependency_terms import Viewpoint
from service.programs.flow_terms import FlowTerms
from service.programs.freshness import Grounds, grounds_of
from service.store.engine import Database
from service.store.item_lives import ItemLives, LifeTerms

KEPT = 8  # programs
USUAL = FlowTerms()


@dataclass(frozen=True, eq=False)
class Lives:
    """Of the items of one program that count, and of the cancelled ones that would."""

    every: Sequence[ItemLife]

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger.of(self.every)

    @cached_property
    def remaining(self) -> int:
        return sum(life.is_open for life in self.every)

    def before(self, day: date) -> Lives:
        """As they were known when a day began."""
        return Lives([then for life in self.every if (then := known_before(life, day)) is not None])

    def open_before(self, day: date) -> dict[str, ItemLife]:
        """By uid, and as they are known today, those that were open when a day began."""
        return {life.uid: life for life in self.every if (then := known_before(life, day)) is not None and then.is_open}

    def remaining_before(self, day: date) -> int:
        """As it was known when a day began."""
        return int(self.ledger.open_before(day).sum())

    @cached_property
    def begun_on(self) -> date | None:
        return min((life.created_on for life in self.every), default=None)


@dataclass(frozen=True, slots=True, eq=False)
class Sealed:
    """What lives rest on. `backlog` says what of the histories is still being read; `seal` changes as they may."""

    grounds: Grounds
    backlog: tuple[Notice, ...]
    seal: tuple[object, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """The lives, and what they rest on (see Sealed)."""

    grounds: Grounds
    lives: Lives
    backlog: tuple[Notice, ...]
    seal: tuple[object, ...]


async def lives_of(database: Database, key: str, view: Viewpoint, terms: FlowTerms = USUAL) -> Known:
    """Raises UnknownProgram."""
    kept = _kept.setdefault(database, Recent(KEPT))
    async with database.reading() as uow:
        sealed = await _sealed(uow.connection, database, key, view, terms)
        lives = kept.get(sealed.seal)
        if lives is None:
            lives = Lives(await ItemLives(uow.connection, _read_by(view, terms)).of(sealed.grounds.program))
            kept.put(sealed.seal, lives)
    return Known(sealed.grounds, lives, sealed.backlog, sealed.seal)


async def seal_of(database: Database, key: str, view: Viewpoint, terms: FlowTerms = USUAL) -> Sealed:
    """What the lives rest on, without reading them. Raises UnknownProgram."""
    async with database.reading() as uow:
        return await _sealed(uow.connection, database, key, view, terms)


async def _sealed(
    connection: AsyncConnection, database: Database, key: str, view: Viewpoint, terms: FlowTerms
) -> Sealed:
    grounds = await grounds_of(connection, key)
    backlog = await backlog_notices(connection, grounds, cache_of(database))
    return Sealed(grounds, backlog, (key, grounds.fingerprint, view.terms.zone.key, terms, backlog))


def _read_by(view: Viewpoint, terms: FlowTerms) -> LifeTerms:
    def folded(names: Sequence[str]) -> frozenset[str]:
        return frozenset(name.casefold() for name in names)

    return LifeTerms(
        view.terms.zone,
        folded(terms.active_statuses),
        folded(terms.defect_types),
        folded(terms.escaped_labels),
        terms.business_value,
    )


_kept: WeakKeyDictionary[Database, Recent[tuple[object, ...], Lives]] = WeakKeyDictionary()
