"""Deciding the colour of a program for a while, and taking it back. Audited; what is over is history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from service.domain.errors import InvalidDecision
from service.programs.answers import Answer, ProgramRef
from service.programs.dependency_terms import Viewpoint
from service.programs.envelope import enveloped
from service.programs.freshness import Grounds, grounds_of
from service.programs.health_answers import OverrideAnswer, OverrideData
from service.store.audit import Audit
from service.store.engine import Database
from service.store.overrides import Overrides, StoredOverride

HOLDS_FOR: Final = timedelta(days=14)  # definitions §10
LONGEST: Final = timedelta(days=366)


class Colour(StrEnum):
    """What may be decided. Grey is not among them: nobody decides that nothing is known."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Decision:
    """`value` is a Colour. It holds to the end of the day `until` in the program's time zone; None: fourteen days."""

    value: str
    reason: str
    until: date | None = None


async def override(
    database: Database, key: str, decision: Decision, *, author: str, origin: str | None = None, view: Viewpoint
) -> Answer[OverrideAnswer]:
    """It replaces the one that held. Raises UnknownProgram, InvalidDecision."""
    decided = _decided(decision, author=author, view=view)
    async with database.transaction() as uow:
        grounds = await grounds_of(uow.connection, key)
        store = Overrides(uow.connection)
        await store.take_turn(key)
        detail = {"before": _as_json(await _holding(store, key, view.now)), "after": _as_json(decided)}
        await store.put(key, decided)
        await Audit(uow.connection).add(
            at=view.now, actor=author, origin=origin, action="health_overridden", subject=key, detail=detail
        )
    return _answer(grounds, decided, view)


async def withdraw(
    database: Database, key: str, *, author: str, origin: str | None = None, view: Viewpoint
) -> Answer[OverrideAnswer]:
    """Without one that holds nothing changes, and nothing is audited. Raises UnknownProgram."""
    async with database.transaction() as uow:
        grounds = await grounds_of(uow.connection, key)
        store = Overrides(uow.connection)
        await store.take_turn(key)
        before = await _holding(store, key, view.now)
        if before is not None:
            await store.end(key, at=view.now, by=author)
            detail = {"before": _as_json(before), "after": None}
            await Audit(uow.connection).add(
                at=view.now, actor=author, origin=origin, action="health_override_ended", subject=key, detail=detail
            )
    return _answer(grounds, None, view)


def override_data(stored: StoredOverride) -> OverrideData:
    return OverrideData(
        value=stored.value,
        reason=stored.reason,
        author=stored.author,
        set_at=stored.set_at,
        expires_at=stored.expires_at,
        ended_at=stored.ended_at,
        ended_by=stored.ended_by,
    )


def _decided(decision: Decision, *, author: str, view: Viewpoint) -> StoredOverride:
    return StoredOverride(
        value=_colour(decision.value),
        reason=_said(decision.reason),
        author=author,
        set_at=view.now,
        expires_at=_end_of(_checked(decision.until, view.today), view),
    )


def _colour(value: str) -> Colour:
    try:
        return Colour(value)
    except ValueError:
        raise InvalidDecision("value", f"{value!r} is no colour to decide on.", tuple(Colour)) from None


def _checked(until: date | None, today: date) -> date:
    if until is None:
        return today + HOLDS_FOR
    if until < today:
        raise InvalidDecision("expires", f"{until} is over already; today is {today}.")
    if until > today + LONGEST:
        raise InvalidDecision("expires", f"{until} is too far away; an override holds for a year at most.")
    return until


def _said(reason: str) -> str:
    said = reason.strip()
    if not said:
        raise InvalidDecision("reason", "say why; who reads it later was not there.")
    return said


def _end_of(day: date, view: Viewpoint) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, view.terms.zone)


async def _holding(store: Overrides, key: str, now: datetime) -> StoredOverride | None:
    """By the rows alone: whoever waited for a turn may have an older clock than the one before."""
    last = await store.not_ended(key)
    return last if last is not None and now < last.expires_at else None


def _as_json(override: StoredOverride | None) -> dict[str, str] | None:
    if override is None:
        return None
    return {"value": override.value, "reason": override.reason, "expires_at": override.expires_at.isoformat()}


def _answer(grounds: Grounds, override: StoredOverride | None, view: Viewpoint) -> Answer[OverrideAnswer]:
    program = ProgramRef(grounds.program.key, grounds.program.name)
    told = None if override is None else override_data(override)
    return enveloped(OverrideAnswer(program=program, override=told), sources=grounds.sources, now=view.now)
