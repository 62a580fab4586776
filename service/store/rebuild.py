"""What a replay needs of the store: derived rows cleared, field facets filled, and verdicts on raw records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.items import Facet, FacetValue
from service.store.bulk import insert, run, within
from service.store.tables.items import item_changes, item_facets, item_stubs, links, work_items
from service.store.tables.sources import raw_records


class Rebuild:
    """Of one source, inside the caller's transaction."""

    def __init__(self, connection: AsyncConnection, source: str) -> None:
        self._connection = connection
        self._source = source

    async def clear_derived(self) -> None:
        """What payloads tell anew. Items stay (memberships name them), and so do former keys and tombstones."""
        uids = select(work_items.c.uid).where(work_items.c.source == self._source)
        for table in (item_facets, item_changes):
            await self._connection.execute(delete(table).where(table.c.item_uid.in_(uids)))
        for table in (links, item_stubs):
            await self._connection.execute(delete(table).where(table.c.source == self._source))

    async def buried(self) -> dict[str, str]:
        """uid → reason of every item that is tombstoned now."""
        query = select(work_items.c.uid, work_items.c.tombstone).where(
            work_items.c.source == self._source, work_items.c.tombstone.is_not(None)
        )
        return dict((await self._connection.execute(query)).tuples().all())

    async def judge(self, reasons: Mapping[str, str | None]) -> None:
        """Why the issue records of these ids cannot be read; None clears an earlier verdict."""
        fine = [native_id for native_id, reason in reasons.items() if reason is None]
        await run(
            self._connection,
            "UPDATE raw_records SET reject_reason = NULL WHERE source = ? AND kind = 'issue' "  # noqa: S608
            f"AND reject_reason IS NOT NULL AND {within(self._connection, 'native_id')}",
            (self._source, fine),
        )
        for native_id, reason in reasons.items():
            if reason is not None:
                await self._connection.execute(
                    update(raw_records)
                    .where(
                        raw_records.c.source == self._source,
                        raw_records.c.kind == "issue",
                        raw_records.c.native_id == native_id,
                    )
                    .values(reject_reason=reason)
                )

    async def replace_field_facets(self, values: Mapping[str, Sequence[FacetValue]]) -> None:
        """Custom field values by native id of the item, instead of those that are stored."""
        uids = [f"{self._source}:{native_id}" for native_id in values]
        await run(
            self._connection,
            "DELETE FROM item_facets WHERE facet = 'field' AND "  # noqa: S608
            f"{within(self._connection, 'item_uid')}",
            [uids],
        )
        rows = {
            (f"{self._source}:{native_id}", Facet.FIELD.value, each.name, each.value): each.native_id
            for native_id, found in values.items()
            for each in found
        }
        await insert(
            self._connection,
            item_facets,
            ("item_uid", "facet", "name", "value", "native_id"),
            [(*key, native_id) for key, native_id in rows.items()],
        )
