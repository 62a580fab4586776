"""Payloads are kept as received, small, recognisable when unchanged, and readable page by page."""

from __future__ import annotations

import json

import pytest
import zstandard
from sqlalchemy import func, select

from service.store.compression import PAYLOAD_LIMIT, Codec, RawRecordDamaged, train
from service.store.engine import Database
from service.store.raw import LandedRecord, RawRecords, digest
from service.store.tables.sources import raw_dictionaries, raw_records
from tests.store.builders import MONDAY


def _records(count: int, suffix: str = "") -> list[LandedRecord]:
    payloads = [
        json.dumps({"id": n, "fields": {f"customfield_{k}": f"value {k} {suffix}" for k in range(60)}}).encode()
        for n in range(count)
    ]
    return [LandedRecord("issue", f"{n:04}", "100", digest(p), p) for n, p in enumerate(payloads)]


async def _land(database: Database, records: list[LandedRecord], run_id: int = 1) -> None:
    async with database.transaction() as uow:
        await RawRecords(uow.connection).land("acme", records, run_id=run_id, fetched_at=MONDAY)


@pytest.mark.parametrize("count", [3, 100])
async def test_payloads_come_back_byte_for_byte_with_and_without_a_dictionary(database: Database, count: int) -> None:
    records = _records(count)
    await _land(database, records)
    await _land(database, _records(2, "again"))  # a later page uses the same dictionary
    records[:2] = _records(2, "again")
    async with database.reading() as uow:
        raw = RawRecords(uow.connection)
        first = await raw.read("acme", "issue", limit=2)
        rest = await raw.read("acme", "issue", after_id=first[-1].native_id)
        dictionaries = await uow.connection.scalar(select(func.count()).select_from(raw_dictionaries))
    assert [r.payload for r in (*first, *rest)] == [r.payload for r in records]
    assert dictionaries == (1 if count >= 64 else 0)


async def test_a_dictionary_whose_transaction_failed_is_not_used_later(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as uow:
            raw = RawRecords(uow.connection)
            await raw.land("acme", _records(100), run_id=1, fetched_at=MONDAY)
            await raw.read("acme", "issue")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    await _land(database, _records(3))
    async with database.reading() as uow:
        found = await RawRecords(uow.connection).read("acme", "issue")
    assert [r.payload for r in found] == [r.payload for r in _records(3)]


async def test_a_rejected_record_is_listed_and_has_no_hash_until_it_can_be_read(database: Database) -> None:
    good, bad = _records(2)
    rejected = LandedRecord("issue", bad.native_id, "100", bad.hash, bad.payload, "duedate: cannot read 'x'")
    await _land(database, [good, rejected])
    async with database.transaction() as uow:
        raw = RawRecords(uow.connection)
        ids = [good.native_id, bad.native_id]
        assert await raw.hashes("acme", "issue", ids) == {good.native_id: good.hash}
        assert [(r.native_id, r.reason) for r in await raw.rejected("acme")] == [
            (bad.native_id, "duedate: cannot read 'x'")
        ]
    await _land(database, [bad])
    async with database.reading() as uow:
        assert await RawRecords(uow.connection).rejected("acme") == []


async def test_touching_notes_the_run_and_writes_nothing_else(database: Database) -> None:
    await _land(database, _records(2))
    async with database.transaction() as uow:
        await RawRecords(uow.connection).touch("acme", ["0001"], run_id=9)
    c = raw_records.c
    async with database.reading() as uow:
        found = await uow.connection.execute(select(c.native_id, c.last_seen_run).order_by(c.native_id))
        assert [tuple(row) for row in found] == [("0000", 1), ("0001", 9)]


def test_a_frame_that_claims_too_much_or_is_damaged_is_refused() -> None:
    claims = zstandard.ZstdCompressor().compressobj(size=PAYLOAD_LIMIT + 1).compress(b"")
    header = claims or b"\x28\xb5\x2f\xfd\xa0\x01\x00\x00\x04"
    with pytest.raises(RawRecordDamaged):
        Codec().unpack(header)
    with pytest.raises(RawRecordDamaged, match="cannot be unpacked"):
        Codec().unpack(b"not zstd at all")


def test_too_few_samples_train_nothing() -> None:
    assert train([b"x" * 100] * 63) is None
