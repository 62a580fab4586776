"""When the sprints of a program's items ran, as whole days of its time zone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import convert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.steadiness import Period
from service.store.bulk import fetch


async def sprint_periods(connection: AsyncConnection, zone: ZoneInfo) -> tuple[Period, ...]:
    """Of all sources, by their end: closed early, a sprint ended when it was closed. Those without dates are none."""
    rows = await fetch(connection, _SPRINTS, ())
    found = [
        Period(name, _day(start, zone), _day(end, zone), native_id, source)
        for source, native_id, name, start, end in rows
    ]
    return tuple(sorted(found, key=lambda each: (each.end, each.source or "", each.sprint or "")))


def _day(moment: Any, zone: ZoneInfo) -> date:
    return convert(moment, datetime).astimezone(zone).date()


_SPRINTS = """
    SELECT source, native_id, name, "start", coalesce(completed, "end") FROM iterations
     WHERE "start" IS NOT NULL AND coalesce(completed, "end") IS NOT NULL"""
