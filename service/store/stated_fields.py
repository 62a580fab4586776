"""Health as people state it in a field of an item: what open items of a program have in the configured fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.items import Facet
from service.domain.status import OPEN
from service.store.tables.items import item_facets, work_items
from service.store.tables.programs import memberships
from service.store.tables.reference import fields


class StatedField(NamedTuple):
    """`said` is what stands in the field."""

    source: str
    key: str
    title: str
    said: str


async def stated_fields(
    connection: AsyncConnection, program: str, health_fields: Mapping[str, str]
) -> list[StatedField]:
    """By source and uid. `health_fields` is by source, the id or the name of the field."""
    found: list[StatedField] = []
    for source, name in sorted(health_fields.items()):
        told = {"program": program, "source": source, "field": name, "called": name.lower()}
        found += [StatedField(*row) for row in await connection.execute(_STATED, told)]
    return found


_IDS = select(fields.c.native_id).where(
    fields.c.source == bindparam("source"),
    or_(fields.c.native_id == bindparam("field"), func.lower(fields.c.name) == bindparam("called")),
)
_STATED = (
    select(work_items.c.source, work_items.c.key, work_items.c.title, item_facets.c.value)
    .select_from(
        memberships.join(work_items, work_items.c.uid == memberships.c.item_uid).join(
            item_facets, item_facets.c.item_uid == work_items.c.uid
        )
    )
    .where(memberships.c.program_key == bindparam("program"), memberships.c.valid_to.is_(None))
    .where(work_items.c.source == bindparam("source"), work_items.c.tombstone.is_(None))
    .where(work_items.c.status_category.in_(sorted(OPEN)))
    .where(item_facets.c.facet == str(Facet.FIELD), item_facets.c.name.in_(_IDS))
    .order_by(work_items.c.uid, item_facets.c.value)
)
