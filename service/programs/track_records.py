"""The track record that stands beside a forecast by dependencies: computed once a week, and kept.

Its promises are made on Mondays, so between two Mondays there is nothing new to tell; and each past Monday takes a
second or more, which no request has.
"""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.network_backtest import Model
from service.programs.backtest_answers import BacktestData
from service.programs.track_record_answers import TrackRecord
from service.store.engine import Database
from service.store.track_records import TrackRecords


async def track_record_of(connection: AsyncConnection, key: str, *, today: date) -> TrackRecord:
    """The latest that was computed in the week of that day or before."""
    found = await TrackRecords(connection).latest(key, until=today)
    return not_computed(key) if found is None else msgspec.json.decode(found, type=TrackRecord)


def not_computed(key: str) -> TrackRecord:
    """What is said instead of a track record."""
    return TrackRecord(
        badge=None,
        reason="not_computed",
        message="How dates by dependencies have held is computed once a week, and was not yet; "
        f"interlock forecast {key} --backtest does it now.",
    )


async def keep_track_record(database: Database, told: BacktestData, *, today: date) -> None:
    """What a back-test says of the forecast by dependencies, as the record of this week."""
    (ours,) = (each for each in told.models if each.model == Model.DEPENDENCIES)
    week = monday_of(today)
    record = TrackRecord(
        badge=ours.badge,
        reason=None,
        message=ours.message,
        week=week,
        origins=ours.origins,
        skipped=ours.skipped,
        scores=ours.scores,
    )
    async with database.transaction() as uow:
        await TrackRecords(uow.connection).keep(told.program.key, week, msgspec.json.encode(record).decode())


async def programs_without_record(database: Database, *, today: date) -> list[str]:
    """Those of which none was computed this week."""
    async with database.reading() as uow:
        return await TrackRecords(uow.connection).missing(monday_of(today))


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())
