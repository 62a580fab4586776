"""What ties items together, as rows: pointers, links with their types, declared edges."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.tables.items import item_references, item_stubs, links
from service.store.tables.programs import declared_dependencies
from service.store.tables.reference import link_types
from tests.builders.items import SOURCE


async def insert_pointer(
    connection: AsyncConnection,
    item_uid: str,
    target: str,
    *,
    origin: str = "web_link",
    relationship: str | None = None,
) -> None:
    row = {"item_uid": item_uid, "origin": origin, "target": target, "relationship": relationship}
    await connection.execute(item_references.insert(), [row])


async def insert_link_type(
    connection: AsyncConnection, name: str, direction: str = "predecessor_first", *, source: str = SOURCE
) -> None:
    row = {"source": source, "native_id": name, "name": name, "outward": name, "inward": f"not {name}"}
    await connection.execute(link_types.insert(), [row | {"direction": direction, "decided_by": "phrases"}])


async def insert_link(
    connection: AsyncConnection,
    native_id: str,
    source_uid: str,
    target_uid: str,
    *,
    type_id: str = "Blocks",
    source: str = SOURCE,
    provenance: str = "jira_link",
) -> None:
    row = {"source": source, "native_id": native_id, "type_id": type_id, "provenance": provenance}
    ends = {"source_uid": source_uid, "target_uid": target_uid, "seen_from_source": True, "seen_from_target": False}
    await connection.execute(links.insert(), [row | ends])


async def declare(
    connection: AsyncConnection, program: str, predecessor: str, successor: str, *, position: int = 0, lag_days: int = 0
) -> None:
    row = {"program_key": program, "position": position, "predecessor": predecessor, "successor": successor}
    await connection.execute(declared_dependencies.insert(), [row | {"lag_days": lag_days}])


async def insert_stub(connection: AsyncConnection, native_id: str, key: str, *, source: str = SOURCE) -> None:
    row = {"uid": f"{source}:{native_id}", "source": source, "native_id": native_id, "key": key}
    await connection.execute(item_stubs.insert(), [row])
