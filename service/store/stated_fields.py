"""Health as people state it in a field of an item: what open items of a program have in the configured fields."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.items import Facet
from service.domain.status import OPEN
from service.store.bulk import fetch, within
from service.store.past_values import values_then
from service.store.program_items import ProgramItems
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


async def stated_fields_then(
    connection: AsyncConnection, uids: Collection[str], health_fields: Mapping[str, str], moment: datetime
) -> list[StatedField]:
    """The same of these items as of an earlier moment: what changed since is what it was. Titles are those of today."""
    found: list[StatedField] = []
    for source, name in sorted(health_fields.items()):
        told = {"source": source, "field": name, "called": name.lower()}
        fields_meant = sorted((await connection.execute(_IDS, told)).scalars())
        ours = sorted(uid for uid in uids if uid.startswith(f"{source}:"))
        said = await _said_then(connection, ours, fields_meant, moment)
        labels = await ProgramItems(connection).titles({uid for uid, _ in said})
        found += [StatedField(source, labels[uid].key, labels[uid].name or "", word) for uid, word in said]
    return found


async def _said_then(
    connection: AsyncConnection, uids: Sequence[str], field_ids: Sequence[str], moment: datetime
) -> list[tuple[str, str]]:
    """(uid, word) by uid."""
    statement = (
        f"SELECT item_uid, name, value FROM item_facets WHERE facet = '{Facet.FIELD}' "  # noqa: S608
        f"AND {within(connection, 'item_uid')} AND {within(connection, 'name')}"
    )
    earlier = await values_then(connection, uids, field_ids, moment)
    now = await fetch(connection, statement, [uids, field_ids])
    said = [(uid, word) for uid, name, word in now if (uid, name) not in earlier]
    return sorted([*said, *((uid, word) for (uid, _), word in earlier.items() if word is not None)])


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
