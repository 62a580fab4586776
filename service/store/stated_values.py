"""Business value as people state it in fields of items: planned and actual, where the configuration names both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.business_value import ValueFields
from service.store.bulk import fetch, within
from service.store.life_moves import read_number


class StatedValue(NamedTuple):
    """None where nobody stated it, or what stands there is no number."""

    planned: float | None = None
    actual: float | None = None


NOTHING_STATED = StatedValue()


async def stated_values(
    connection: AsyncConnection, program: str, value_fields: Iterable[ValueFields]
) -> dict[str, StatedValue]:
    """By uid, of the members of a program that state any."""
    found: dict[str, StatedValue] = defaultdict(StatedValue)
    for fields in value_fields:
        for uid, said in await _said(connection, program, fields.source, fields.planned):
            found[uid] = found[uid]._replace(planned=read_number(said, None))
        for uid, said in await _said(connection, program, fields.source, fields.actual):
            found[uid] = found[uid]._replace(actual=read_number(said, None))
    return dict(found)


async def _said(connection: AsyncConnection, program: str, source: str, field: str) -> list[tuple[str, str]]:
    ids = sorted(native_id for (native_id,) in await fetch(connection, _IDS, [source, field, field.lower()]))
    rows = await fetch(connection, _SAID.format(within(connection, "f.name")), [program, source, ids])
    return [(uid, value) for uid, value in rows]


_IDS = "SELECT native_id FROM fields WHERE source = ? AND (native_id = ? OR lower(name) = ?)"
_SAID = """
    SELECT f.item_uid, f.value
      FROM item_facets AS f
      JOIN memberships AS m ON m.item_uid = f.item_uid
      JOIN work_items AS i ON i.uid = f.item_uid
     WHERE m.program_key = ? AND m.valid_to IS NULL AND i.source = ? AND f.facet = 'field' AND {}
     ORDER BY f.item_uid, f.value"""
