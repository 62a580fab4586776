"""The releases that are out, and since when."""

from __future__ import annotations

from datetime import date
from typing import Any

from msgspec import convert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.escapes import Release
from service.store.bulk import fetch


async def released(connection: AsyncConnection) -> tuple[Release, ...]:
    """Of all sources, oldest first. One without a day, or that nobody marked as released, is not out."""
    return tuple(_release(row) for row in await fetch(connection, _RELEASED, [True]))


def _release(row: tuple[Any, ...]) -> Release:
    source, native_id, name, day = row
    return Release(source, native_id, name, convert(day, date))


_RELEASED = """
    SELECT source, native_id, name, release FROM releases WHERE released = ? AND release IS NOT NULL
     ORDER BY release, source, native_id"""
