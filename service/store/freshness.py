"""What is known about how fresh and how complete each source is. Facts only; programs/freshness.py judges them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    CompoundSelect,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.tables.items import pending_details
from service.store.tables.programs import memberships
from service.store.tables.sources import raw_records, scopes, source_findings, sources, sync_runs

JSON_NULL = "null"  # how a JSON column keeps None
UNFINISHED_RUNS = ("partial", "failed", "abandoned")


@dataclass(frozen=True, slots=True)
class ScopeFact:
    """A live scope that cannot be trusted: its last error, or `message` None when it was never read to the end."""

    key: str
    code: str
    message: str | None


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """`last_complete_sync` is the server's time at the start of the last run whose every scope was complete."""

    name: str
    last_complete_sync: datetime | None
    last_run: str | None  # status of the last run
    run_reasons: tuple[tuple[str, str], ...]  # (code, message), when that run was no success
    rejected: int  # records that could not be read
    feeds: bool  # whether items of it stand in the program that was asked about
    scopes: tuple[ScopeFact, ...] = ()
    blocking: tuple[tuple[str, str], ...] = ()  # (code, message) of findings that make it incomplete
    details_pending: int = 0  # items whose history is still to be read


class Freshness:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of_sources(self, program_key: str | None = None) -> list[SourceFacts]:
        """All sources by name, in two small queries; `feeds` is about `program_key`, False without one."""
        doubted, blocking = await self._doubts()
        rows = await self._connection.execute(_SOURCES, {"program": program_key})
        return [
            SourceFacts(
                name=name,
                last_complete_sync=last_complete_sync,
                last_run=status,
                run_reasons=_reasons(reasons) if status in UNFINISHED_RUNS else (),
                rejected=rejected,
                feeds=bool(feeds),
                scopes=tuple(doubted[name]),
                blocking=tuple(blocking[name]),
                details_pending=pending,
            )
            for name, last_complete_sync, status, reasons, rejected, feeds, pending in rows
        ]

    async def _doubts(
        self,
    ) -> tuple[defaultdict[str, list[ScopeFact]], defaultdict[str, list[tuple[str, str]]]]:
        scopes_in_doubt: defaultdict[str, list[ScopeFact]] = defaultdict(list)
        blocking: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for source, kind, name, detail in await self._connection.execute(_DOUBTS):
            if kind == "scope":
                scopes_in_doubt[source].append(_scope_fact(name, detail))
            else:
                blocking[source].append((name, detail))
        return scopes_in_doubt, blocking


def _scope_fact(key: str, error: str | None) -> ScopeFact:
    if error is None or error == JSON_NULL:
        return ScopeFact(key, "never_complete", None)
    said = msgspec.json.decode(error, type=dict[str, str | None])
    return ScopeFact(key, said.get("code") or "failed", said.get("message") or "")


def _doubts() -> CompoundSelect[*tuple[Any, ...]]:
    """(source, "scope", key, error as JSON text) and (source, "finding", code, message), in one go."""
    error = cast(scopes.c.error, Text)
    failed = scopes.c.error.is_not(None) & (error != JSON_NULL)
    in_doubt = select(scopes.c.source, literal("scope").label("kind"), scopes.c.key.label("name"), error).where(
        scopes.c.state == "live", or_(failed, scopes.c.last_complete_sync.is_(None))
    )
    blocking = select(
        source_findings.c.source, literal("finding"), source_findings.c.code, source_findings.c.message
    ).where(source_findings.c.blocking.is_(True))
    return union_all(in_doubt, blocking).order_by("source", "kind", "name")


def _sources() -> Select[*tuple[Any, ...]]:
    rejected = (
        select(func.count())
        .where(raw_records.c.source == sources.c.name, raw_records.c.reject_reason.is_not(None))
        .scalar_subquery()
    )
    pending = select(func.count()).where(pending_details.c.source == sources.c.name).scalar_subquery()
    return (
        select(
            sources.c.name,
            sources.c.last_complete_sync,
            sync_runs.c.status,
            sync_runs.c.reasons,
            rejected,
            _feeds(),
            pending,
        )
        .select_from(sources.outerjoin(sync_runs, sync_runs.c.id == sources.c.last_run_id))
        .order_by(sources.c.name)
    )


def _feeds() -> Any:
    """Stops at the first membership whose uid starts with "source:"; the index of memberships holds all it needs."""
    prefix = sources.c.name + ":"
    return (
        select(memberships.c.item_uid)
        .where(memberships.c.program_key == bindparam("program", type_=Text), memberships.c.valid_to.is_(None))
        .where(func.substr(memberships.c.item_uid, 1, func.length(prefix)) == prefix)
        .correlate(sources)
        .exists()
        .label("feeds")
    )


def _reasons(reasons: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(each.get("code", "")), str(each.get("message", ""))) for each in reasons or ())


_DOUBTS = _doubts()  # made once: every answer asks them, and building a statement costs more than running it
_SOURCES = _sources()
