"""Raw records: every payload as received, compressed, with the hash that tells whether it changed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.bulk import fetch, run, upsert, within
from service.store.compression import Codec, digest, train
from service.store.tables.sources import raw_dictionaries, raw_records

__all__ = ["LandedRecord", "RawRecords", "RejectedRecord", "StoredRecord", "digest"]

_COLUMNS = (
    "source", "kind", "native_id", "scope_id", "hash", "dictionary_id", "payload", "fetched_at",
    "last_seen_run", "reject_reason",
)  # fmt: skip

DETAILS = ("web_links", "stories", "attachments")  # kinds of record that no page brings: read item by item
UNREADABLE = "unreadable"  # kind of the record that stands for an item which is there and cannot be read
COMPLETING = ("changelog", "home", *DETAILS)  # all that complete an item's own record

_DictionaryKey = tuple[int, datetime]  # an id may be used again after a rollback; id and moment may not
_codecs: WeakKeyDictionary[Engine, dict[_DictionaryKey, Codec]] = WeakKeyDictionary()
_plain = Codec()


@dataclass(frozen=True, slots=True)
class LandedRecord:
    kind: str
    native_id: str
    scope_id: str | None
    hash: bytes
    payload: bytes
    reject_reason: str | None = None


@dataclass(frozen=True, slots=True)
class StoredRecord:
    kind: str
    native_id: str
    scope_id: str | None
    payload: bytes


@dataclass(frozen=True, slots=True)
class RejectedRecord:
    kind: str
    native_id: str
    scope_id: str | None
    reason: str
    fetched_at: datetime


class RawRecords:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def hashes(self, source: str, kind: str, ids: Sequence[str]) -> dict[str, bytes]:
        """Hashes of stored records by native id. A rejected record has none: it must be tried again."""
        rows = await fetch(
            self._connection,
            "SELECT native_id, hash FROM raw_records WHERE source = ? AND kind = ? "  # noqa: S608
            f"AND {within(self._connection, 'native_id')} AND reject_reason IS NULL",
            (source, kind, list(ids)),
        )
        return {native_id: bytes(value) for native_id, value in rows}

    async def digests(self, source: str, kind: str) -> list[bytes]:
        """Hashes of all records of a kind, in the order of their ids: equal lists mean equal payloads."""
        rows = await fetch(
            self._connection,
            "SELECT hash FROM raw_records WHERE source = ? AND kind = ? ORDER BY native_id",
            (source, kind),
        )
        return [bytes(row[0]) for row in rows]

    async def land(self, source: str, records: Sequence[LandedRecord], *, run_id: int, fetched_at: datetime) -> None:
        """Store payloads as received, replacing earlier ones of the same identity."""
        if not records:
            return
        dictionary_id, codec = await self._codec_to_write(source, records, fetched_at)
        packed = await asyncio.to_thread(codec.pack, [record.payload for record in records])
        rows = {
            (record.kind, record.native_id): (
                source, record.kind, record.native_id, record.scope_id, record.hash, dictionary_id, payload,
                fetched_at, run_id, record.reject_reason,
            )
            for record, payload in zip(records, packed, strict=True)
        }  # fmt: skip
        key = ("source", "kind", "native_id")
        await upsert(self._connection, raw_records, _COLUMNS, [rows[k] for k in sorted(rows)], key=key)

    async def touch(self, source: str, ids: Sequence[str], *, run_id: int) -> None:
        """Unchanged records, of every kind, were seen by this run."""
        if ids:
            await run(
                self._connection,
                "UPDATE raw_records SET last_seen_run = ? WHERE source = ? "  # noqa: S608
                f"AND kind <> 'reference' AND {within(self._connection, 'native_id')}",
                (run_id, source, list(ids)),
            )

    async def read(self, source: str, kind: str, *, after_id: str = "", limit: int = 500) -> list[StoredRecord]:
        """The next `limit` records after `after_id`, unpacked: page by page, memory stays bounded."""
        c = raw_records.c
        query = (
            select(c.native_id, c.scope_id, c.payload, c.dictionary_id)
            .where(c.source == source, c.kind == kind, c.native_id > after_id)
            .order_by(c.native_id)
            .limit(limit)
        )
        codecs = await self._codecs_to_read(source)
        return [
            StoredRecord(kind, r.native_id, r.scope_id, codecs[r.dictionary_id].unpack(r.payload))
            for r in await self._connection.execute(query)
        ]

    async def completing(
        self, source: str, native_ids: Sequence[str], kinds: Sequence[str] = COMPLETING
    ) -> list[StoredRecord]:
        """The records that complete these items, beside their own; most items have none."""
        rows = await fetch(
            self._connection,
            "SELECT kind, native_id, scope_id, payload, dictionary_id FROM raw_records WHERE source = ? "  # noqa: S608
            f"AND {within(self._connection, 'kind')} AND {within(self._connection, 'native_id')} "
            "ORDER BY native_id, kind",
            (source, list(kinds), list(native_ids)),
        )
        codecs = await self._codecs_to_read(source) if rows else {}
        return [
            StoredRecord(kind, native_id, scope_id, codecs[dictionary_id].unpack(bytes(payload)))
            for kind, native_id, scope_id, payload, dictionary_id in rows
        ]

    async def judge(self, source: str, reasons: Mapping[str, str | None]) -> None:
        """What a replay makes of items: native id → why it cannot be read, or None when it can."""
        for reason in sorted(set(reasons.values()), key=str):
            ids = [native_id for native_id, found in reasons.items() if found == reason]
            await run(
                self._connection,
                "UPDATE raw_records SET reject_reason = ? WHERE source = ? "  # noqa: S608
                f"AND kind IN ('issue', 'task') AND {within(self._connection, 'native_id')} "
                "AND COALESCE(reject_reason, '') <> ?",
                (reason, source, ids, reason or ""),
            )

    async def rejected(self, source: str) -> list[RejectedRecord]:
        c = raw_records.c
        query = (
            select(c.kind, c.native_id, c.scope_id, c.reject_reason, c.fetched_at)
            .where(c.source == source, c.reject_reason.is_not(None))
            .order_by(c.kind, c.native_id)
        )
        return [RejectedRecord(*row) for row in await self._connection.execute(query)]

    async def unreadable(self, source: str, scope_id: str) -> list[str]:
        """Native ids of the items of a scope that are there and that the tool could not give."""
        c = raw_records.c
        query = select(c.native_id).where(c.source == source, c.kind == UNREADABLE, c.scope_id == scope_id)
        return list((await self._connection.execute(query.order_by(c.native_id))).scalars())

    async def keep_unreadable(
        self, source: str, scope_id: str, reasons: Mapping[str, str], *, run_id: int, now: datetime
    ) -> None:
        """The set of them for one scope (native id → what the tool answered); those that are not in it are well."""
        well = [each for each in await self.unreadable(source, scope_id) if each not in reasons]
        await self.readable_again(source, well)
        records = [
            LandedRecord(UNREADABLE, native_id, scope_id, digest(b""), b"", f"The tool fails to give it: {reason}")
            for native_id, reason in sorted(reasons.items())
        ]
        await self.land(source, records, run_id=run_id, fetched_at=now)

    async def readable_again(self, source: str, native_ids: Sequence[str]) -> None:
        if native_ids:
            await run(
                self._connection,
                "DELETE FROM raw_records WHERE source = ? AND kind = ? "  # noqa: S608
                f"AND {within(self._connection, 'native_id')}",
                (source, UNREADABLE, list(native_ids)),
            )

    async def _codec_to_write(
        self, source: str, records: Sequence[LandedRecord], now: datetime
    ) -> tuple[int | None, Codec]:
        codecs = await self._codecs_to_read(source)
        known = [identity for identity in codecs if identity is not None]
        if known:
            return max(known), codecs[max(known)]
        content = await asyncio.to_thread(train, [record.payload for record in records])
        if content is None:
            return None, _plain
        statement = insert(raw_dictionaries).values(source=source, content=content, trained_at=now.astimezone(UTC))
        result = await self._connection.execute(statement.returning(raw_dictionaries.c.id))
        return result.scalar_one(), Codec(content)

    async def _codecs_to_read(self, source: str) -> dict[int | None, Codec]:
        """Every dictionary of the source; contents are read once per process."""
        cached = self._cache()
        c = raw_dictionaries.c
        codecs: dict[int | None, Codec] = {None: _plain}
        for identity, trained_at in await self._connection.execute(
            select(c.id, c.trained_at).where(c.source == source)
        ):
            if (identity, trained_at) not in cached:
                content = await self._connection.scalar(select(c.content).where(c.id == identity))
                cached[identity, trained_at] = Codec(content)
            codecs[identity] = cached[identity, trained_at]
        return codecs

    def _cache(self) -> dict[_DictionaryKey, Codec]:
        return _codecs.setdefault(self._connection.engine.sync_engine, {})
