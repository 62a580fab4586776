"""What is known about how fresh and how complete each source is. Facts only; programs/freshness.py judges them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.tables.programs import memberships
from service.store.tables.sources import raw_records, scopes, source_findings, sources, sync_runs

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


class Freshness:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of_sources(self, program_key: str | None = None) -> list[SourceFacts]:
        """All sources by name, in three small queries; `feeds` is about `program_key`, False without one."""
        doubted = await self._doubted_scopes()
        blocking = await self._blocking_findings()
        rejected = (
            select(func.count())
            .where(raw_records.c.source == sources.c.name, raw_records.c.reject_reason.is_not(None))
            .scalar_subquery()
        )
        query = (
            select(
                sources.c.name,
                sources.c.last_complete_sync,
                sync_runs.c.status,
                sync_runs.c.reasons,
                rejected,
                _feeds(program_key),
            )
            .select_from(sources.outerjoin(sync_runs, sync_runs.c.id == sources.c.last_run_id))
            .order_by(sources.c.name)
        )
        return [
            SourceFacts(
                name=name,
                last_complete_sync=last_complete_sync,
                last_run=status,
                run_reasons=_reasons(reasons) if status in UNFINISHED_RUNS else (),
                rejected=count,
                feeds=bool(feeds),
                scopes=tuple(doubted[name]),
                blocking=tuple(blocking[name]),
            )
            for name, last_complete_sync, status, reasons, count, feeds in await self._connection.execute(query)
        ]

    async def _doubted_scopes(self) -> defaultdict[str, list[ScopeFact]]:
        failed = scopes.c.error.is_not(None) & (cast(scopes.c.error, Text) != "null")  # a stored JSON null
        query = (
            select(scopes.c.source, scopes.c.key, scopes.c.error)
            .where(scopes.c.state == "live", or_(failed, scopes.c.last_complete_sync.is_(None)))
            .order_by(scopes.c.source, scopes.c.key)
        )
        found: defaultdict[str, list[ScopeFact]] = defaultdict(list)
        for source, key, error in await self._connection.execute(query):
            fact = (
                ScopeFact(key, str(error.get("code", "failed")), str(error.get("message", "")))
                if error
                else ScopeFact(key, "never_complete", None)
            )
            found[source].append(fact)
        return found

    async def _blocking_findings(self) -> defaultdict[str, list[tuple[str, str]]]:
        query = (
            select(source_findings.c.source, source_findings.c.code, source_findings.c.message)
            .where(source_findings.c.blocking.is_(True))
            .order_by(source_findings.c.source, source_findings.c.code, source_findings.c.message)
        )
        found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for source, code, message in await self._connection.execute(query):
            found[source].append((code, message))
        return found


def _feeds(program_key: str | None) -> Any:
    """Stops at the first membership whose uid starts with "source:"; the index of memberships holds all it needs."""
    prefix = sources.c.name + ":"
    return (
        select(memberships.c.item_uid)
        .where(memberships.c.program_key == program_key, memberships.c.valid_to.is_(None))
        .where(func.substr(memberships.c.item_uid, 1, func.length(prefix)) == prefix)
        .correlate(sources)
        .exists()
        .label("feeds")
    )


def _reasons(reasons: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(each.get("code", "")), str(each.get("message", ""))) for each in reasons or ())
