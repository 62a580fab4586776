"""Track records of forecasts by dependencies as stored, one a week and program."""

from __future__ import annotations

from datetime import date

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.bulk import upsert
from service.store.tables.forecasts import track_records
from service.store.tables.programs import programs


class TrackRecords:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def keep(self, program: str, week: date, told: str) -> None:
        """In place of an earlier one of the same week."""
        columns = ("program_key", "week", "told")
        await upsert(self._connection, track_records, columns, [(program, week, told)], key=columns[:2])

    async def latest(self, program: str, *, until: date) -> str | None:
        """Of the weeks that began by then."""
        record = track_records.c
        query = select(record.told).where(record.program_key == program, record.week <= until)
        found = await self._connection.execute(query.order_by(record.week.desc()).limit(1))
        return found.scalar_one_or_none()

    async def missing(self, week: date) -> list[str]:
        """The programs that have none of that week, in the order of their file."""
        record = track_records.c
        known = exists().where(record.program_key == programs.c.key, record.week == week)
        query = select(programs.c.key).where(~known).order_by(programs.c.position, programs.c.key)
        return list((await self._connection.execute(query)).scalars())
