"""An item as its tool would show it again, made of what is stored: what a sync of one change hands to the store."""

from __future__ import annotations

from typing import Any

from msgspec.structs import fields
from sqlalchemy import Row, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.items import Facet, FacetValue, SourceItem, SourceLink, SourceReference, StatusCategory
from service.store.tables.items import item_facets, item_references, links, work_items


async def read_again(connection: AsyncConnection, uid: str, **changes: Any) -> SourceItem:
    """With its links, facets and pointers as they are, and its values too unless `changes` says otherwise."""
    row = (await connection.execute(select(work_items).where(work_items.c.uid == uid))).mappings().one()
    facets = await connection.execute(select(item_facets).where(item_facets.c.item_uid == uid))
    drawn = await connection.execute(select(links).where(or_(links.c.source_uid == uid, links.c.target_uid == uid)))
    pointers = await connection.execute(select(item_references).where(item_references.c.item_uid == uid))
    told = {each.name: row[each.name] for each in fields(SourceItem) if each.name in row}
    told["status_category"] = StatusCategory(row["status_category"])
    told["warnings"] = tuple((row["warnings"] or "").split())
    told["parent_id"] = row["parent_uid"] and _native_id(row["parent_uid"])
    told["facets"] = tuple(FacetValue(Facet(f.facet), f.value, f.native_id or None, f.name) for f in facets)
    told["links"] = tuple(_link(uid, each) for each in drawn)
    told["references"] = tuple(SourceReference(each.origin, each.target, each.relationship) for each in pointers)
    return SourceItem(**told | changes)


def _link(uid: str, row: Row[Any]) -> SourceLink:
    ends = _native_id(row.source_uid), _native_id(row.target_uid)
    return SourceLink(row.native_id, row.type_id, *ends, "source" if row.source_uid == uid else "target")


def _native_id(uid: str) -> str:
    return uid.partition(":")[2]
