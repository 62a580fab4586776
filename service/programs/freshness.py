"""Which sources an answer rests on, how old their proof is, and the fingerprint that tells whether anything changed.

A source is involved when items of it stand in the program or when a rule may draw from it: a tool that was never
read leaves a program incomplete, not small.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.errors import UnknownProgram
from service.domain.notices import Notice, counted
from service.domain.rollup import DEFINITION_VERSION
from service.programs.answers import Remark, SourceState
from service.store.engine import Database
from service.store.freshness import Freshness, SourceFacts
from service.store.program_items import ProgramItems, ProgramRow, RuleRow

GLOB = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Grounds:
    """What an answer about a program rests on. `fingerprint` changes whenever the answer may."""

    program: ProgramRow
    rules: Sequence[RuleRow]
    sources: Sequence[SourceFacts]
    fingerprint: str


async def fingerprint(database: Database, key: str) -> str:
    """Covers the program, its sources' proofs and gaps, and the definitions; not the clock. Raises UnknownProgram."""
    async with database.reading() as uow:
        return (await grounds_of(uow.connection, key)).fingerprint


async def grounds_of(connection: AsyncConnection, key: str) -> Grounds:
    """A handful of small queries. Raises UnknownProgram."""
    reader = ProgramItems(connection)
    program = await reader.program(key)
    if program is None:
        raise UnknownProgram(key)
    rules = await reader.rules(key)
    facts = involved(await Freshness(connection).of_sources(key), rules)
    seal = sha256(msgspec.json.encode([DEFINITION_VERSION, program, rules, facts])).hexdigest()[:32]
    return Grounds(program, rules, facts, seal)


async def sources_of(connection: AsyncConnection, programs: Iterable[str] | None) -> list[SourceFacts]:
    """The facts of all sources by name, or of those alone that are involved in these programs."""
    if programs is None:
        return await Freshness(connection).of_sources()
    found: dict[str, SourceFacts] = {}
    for key in sorted(programs):
        with suppress(UnknownProgram):  # a limit outlives its program
            found |= {each.name: each for each in (await grounds_of(connection, key)).sources}
    return [found[name] for name in sorted(found)]


def involved(facts: Iterable[SourceFacts], rules: Iterable[RuleRow]) -> list[SourceFacts]:
    """Those that feed the program or may, by name; one that a rule names and nobody ever read is among them."""
    known = {each.name: each for each in facts}
    chosen = {name for name, each in known.items() if each.feeds}
    for rule in rules:
        if rule.kind != "include":
            continue
        patterns = _source_patterns(rule.matchers)
        if patterns is None:
            chosen.update(known)
            continue
        for pattern in patterns:
            matching = {name for name in known if fnmatchcase(name.lower(), pattern.lower())}
            chosen.update(matching or ({pattern} if GLOB.isdisjoint(pattern) else ()))
    return [known.get(name) or _never_seen(name) for name in sorted(chosen)]


def state_of(facts: SourceFacts, *, now: datetime) -> SourceState:
    """Complete needs a proof and nothing that speaks against it."""
    proof = facts.last_complete_sync
    reasons = tuple(dict.fromkeys(_reasons(facts)))
    return SourceState(
        name=facts.name,
        last_complete_sync=None if proof is None else whole_seconds(proof),
        lag_seconds=None if proof is None else max(0, int((now - proof).total_seconds())),
        complete=not reasons,
        reasons=reasons,
    )


def oldest_proof(states: Iterable[SourceState]) -> datetime | None:
    """None as soon as one source was never complete, or when there is no source at all."""
    proofs = [state.last_complete_sync for state in states]
    known = [proof for proof in proofs if proof is not None]
    return min(known) if known and len(known) == len(proofs) else None


def proof_of(facts: Iterable[SourceFacts]) -> datetime | None:
    """Up to when all of these sources are known completely."""
    proofs = [each.last_complete_sync for each in facts]
    known = [proof for proof in proofs if proof is not None]
    return min(known) if known and len(known) == len(proofs) else None


def warnings_about(states: Sequence[SourceState]) -> list[Notice]:
    warnings = [Notice("no_sources", "No source feeds this program.")] if not states else []
    for state in states:
        if state.last_complete_sync is None:
            warnings.append(Notice("never_synced", f"{state.name} has never been read completely."))
        elif not state.complete:
            why = " ".join(reason.message for reason in state.reasons)
            warnings.append(Notice("incomplete_source", f"{state.name} is incomplete: {why}"))
    return warnings


def whole_seconds(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _reasons(facts: SourceFacts) -> Iterable[Remark]:
    if facts.last_complete_sync is None:
        yield Remark("never_synced", "No sync was ever complete.")
    for scope in facts.scopes:
        said = scope.message if scope.message is not None else "was never read completely."
        yield Remark(scope.code, said if scope.key in said else f"{scope.key}: {said}")
    for code, message in (*facts.blocking, *facts.run_reasons):
        yield Remark(code, message)
    if facts.rejected:
        yield Remark("rejected_records", f"{counted(facts.rejected, 'record')} could not be read.")
    if facts.last_run in ("failed", "abandoned") and not facts.run_reasons:
        yield Remark("last_run_failed", f"The last sync {facts.last_run.replace('abandoned', 'was abandoned')}.")


def _source_patterns(matchers: dict[str, Any]) -> list[str] | None:
    """What a rule says about sources; None when it says nothing and so may draw from any."""
    said = matchers.get("source")
    if said is None:
        return None
    return [str(each) for each in said] if isinstance(said, list | tuple) else [str(said)]


def _never_seen(name: str) -> SourceFacts:
    return SourceFacts(name, None, None, (), 0, feeds=False)
