"""How often a plan moved later is read from histories, for a few items and a time at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from service.store.engine import Database
from service.store.planning import planning, slips_since
from tests.builders.items import SOURCE
from tests.builders.planning import (
    SPRINT_FIELD,
    insert_change,
    insert_release,
    insert_sprint,
    insert_sprint_field,
)

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
MONTH_AGO = NOW - timedelta(days=30)


async def test_dates_sprints_and_releases_that_moved_later_are_counted(database: Database) -> None:
    async with database.transaction() as uow:
        connection = uow.connection
        await insert_sprint_field(connection)
        await insert_sprint(connection, "7", NOW, NOW + timedelta(days=10))
        await insert_sprint(connection, "8", NOW, NOW + timedelta(days=24))
        await insert_release(connection, "100", date(2026, 11, 30))
        await insert_release(connection, "101", date(2026, 12, 31))
        slipping, steady = f"{SOURCE}:1", f"{SOURCE}:2"
        await insert_change(connection, slipping, "1", "duedate", "2026-11-20", "2026-11-27", at=NOW)
        await insert_change(connection, slipping, "2", SPRINT_FIELD, "7", "7, 8", at=NOW)
        await insert_change(connection, slipping, "3", "fixVersions", "100", None, at=NOW)
        await insert_change(connection, slipping, "3", "fixVersions", None, "101", at=NOW, ordinal=1)
        await insert_change(connection, slipping, "4", "summary", "2026-11-20", "2026-11-27", at=NOW)
        await insert_change(
            connection, slipping, "0", "duedate", "2026-10-01", "2026-11-20", at=NOW - timedelta(days=31)
        )
        await insert_change(connection, steady, "1", "duedate", "2026-11-27", "2026-11-20", at=NOW)
        await insert_change(connection, f"{SOURCE}:3", "1", "duedate", "2026-11-20", "2026-11-27", at=NOW)

    async with database.reading() as uow:
        known = await planning(uow.connection, zone=ZoneInfo("UTC"))
        found = await slips_since(uow.connection, {slipping, steady}, MONTH_AGO, planning=known)
        nobody = await slips_since(uow.connection, (), MONTH_AGO, planning=known)

    assert found == {slipping: 3}
    assert nobody == {}
