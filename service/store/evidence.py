"""What the store knows about one item and one rule: which matchers hold, which ancestors meet it, who saw it last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.mapping import Rule
from service.store.matching import condition, direct_matches
from service.store.tables.items import item_stubs, work_items
from service.store.tables.programs import memberships, programs
from service.store.tables.reference import fields
from service.store.tables.sources import raw_records, sync_runs

AnyRow = Any  # rows are read by the names their query gives

_NO_ITEM = ("changelog", "reference")  # kinds of raw records that are not the item itself


class Evidence:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def verdicts(self, uid: str, rule: Rule) -> dict[str, bool]:
        """Whether each matcher of the rule holds for the item itself."""
        tests = [func.coalesce(condition(name, values), False) for name, values in rule.matchers.items()]
        query = select(*(test.label(f"test_{place}") for place, test in enumerate(tests)))
        row = (await self._connection.execute(query.where(work_items.c.uid == uid))).one()
        return {name: bool(held) for name, held in zip(rule.matchers, row, strict=True)}

    async def met_by(self, uids: Sequence[str], rule: Rule) -> str | None:
        """The first of the items, all of them live, that meets the rule."""
        query = direct_matches(rule).where(work_items.c.uid.in_(uids))
        meeting = set((await self._connection.execute(query)).scalars())
        return next((uid for uid in uids if uid in meeting), None)

    async def ancestors(self, uid: str) -> list[str]:
        """The live items above it, nearest first."""
        query = select(work_items.c.parent_uid).where(work_items.c.tombstone.is_(None))
        line: list[str] = []
        current: str | None = uid
        while current is not None:
            found = await self._connection.execute(query.where(work_items.c.uid == current))
            current = found.scalar_one_or_none()
            if current is None or current == uid or current in line:
                break
            line.append(current)
        return line

    async def memberships(self, uid: str) -> Sequence[AnyRow]:
        """Every membership it has or had, the current ones first, then the latest."""
        via = work_items.alias("via")
        query = (
            select(
                memberships,
                programs.c.name,
                via.c.key.label("via_key"),
                via.c.title.label("via_title"),
            )
            .join(programs, programs.c.key == memberships.c.program_key)
            .outerjoin(via, via.c.uid == memberships.c.via_uid)
            .where(memberships.c.item_uid == uid)
            .order_by(memberships.c.valid_to.is_not(None), memberships.c.valid_from.desc(), programs.c.position)
        )
        return (await self._connection.execute(query)).all()

    async def key_of(self, uid: str | None) -> str | None:
        """The key of an item or of a stub."""
        for table in (work_items, item_stubs):
            found = await self._connection.execute(select(table.c.key).where(table.c.uid == uid))
            if (key := found.scalar_one_or_none()) is not None:
                return str(key)
        return None

    async def last_seen(self, source: str, native_id: str) -> AnyRow | None:
        """The latest sync that saw the item, with what it came to."""
        query = (
            select(
                raw_records.c.last_seen_run.label("run_id"),
                raw_records.c.fetched_at,
                raw_records.c.reject_reason,
                sync_runs.c.trigger,
                sync_runs.c.mode,
                sync_runs.c.status,
                sync_runs.c.started_at,
                sync_runs.c.finished_at,
            )
            .outerjoin(sync_runs, sync_runs.c.id == raw_records.c.last_seen_run)
            .where(raw_records.c.source == source, raw_records.c.native_id == native_id)
            .where(raw_records.c.kind.not_in(_NO_ITEM))
            .order_by(raw_records.c.last_seen_run.desc())
            .limit(1)
        )
        return (await self._connection.execute(query)).first()

    async def field_name(self, source: str, field_id: str) -> str | None:
        query = select(fields.c.name).where(fields.c.source == source, fields.c.native_id == field_id)
        return (await self._connection.execute(query)).scalar_one_or_none()
