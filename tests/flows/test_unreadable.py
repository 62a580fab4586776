"""A payload that cannot be read: kept with its reason, counted and shown, and no obstacle to the others."""

from __future__ import annotations

import pytest

from service.store.engine import Database
from service.store.tables.sources import raw_records, sync_runs
from service.sync.outcome import RunStatus
from tests.flows.stored import item, live, stored
from tests.flows.support import CLOUD, DATA_CENTER, a_site, codes, flowing, ids_in

EDITIONS = pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])


async def rejections(database: Database) -> dict[str, str]:
    rows = (await stored(database, [raw_records]))["raw_records"]
    return {row["native_id"]: row["reject_reason"] for row in rows if row["reject_reason"]}


@EDITIONS
async def test_an_impossible_date_rejects_its_issue_alone_until_the_source_is_corrected(
    kind: str, database: Database
) -> None:
    site = a_site(issues=60)
    spoilt = ids_in(site, "BULK1")[7]
    site.replace(spoilt, site.issues[spoilt]["fields"] | {"duedate": "31.02.2026"})
    async with flowing(site, database, kind=kind) as flow:
        first = await flow.sync(full=True)

        assert (first.status, first.rejected) == (RunStatus.PARTIAL, 1)
        assert codes(first) == [("rejected_records", None)]
        assert first.reasons[0].message == "1 record of acme could not be read."
        assert await rejections(database) == {spoilt: "duedate: cannot read '31.02.2026'"}
        assert live(await stored(database)) == sorted(site.issues.keys() - {spoilt})
        (run,) = (await stored(database, [sync_runs]))["sync_runs"]
        assert (run["status"], run["rejected"]) == ("partial", 1)

        flow.clock.pass_by(minutes=30)
        still = await flow.sync()
        assert (still.status, still.fetched, codes(still)) == (RunStatus.PARTIAL, 0, [("rejected_records", None)])

        flow.clock.pass_by(minutes=30)
        site.touch(spoilt, flow.clock.now(), duedate="2026-02-28")
        await flow.sync_whole()

        assert await rejections(database) == {}
        assert item(await stored(database), spoilt)["due"].isoformat() == "2026-02-28"


@EDITIONS
async def test_an_issue_that_becomes_unreadable_keeps_its_last_good_state(kind: str, sqlite_database: Database) -> None:
    site = a_site(issues=60)
    async with flowing(site, sqlite_database, kind=kind) as flow:
        await flow.sync_whole(full=True)
        spoilt = ids_in(site, "BULK2")[2]
        before = item(await stored(sqlite_database), spoilt)
        flow.clock.pass_by(minutes=30)
        site.touch(spoilt, flow.clock.now(), duedate="soon", summary="New name")

        outcome = await flow.sync()

        assert (outcome.status, outcome.fetched, outcome.changed, outcome.rejected) == (RunStatus.PARTIAL, 1, 0, 1)
        assert item(await stored(sqlite_database), spoilt) == before
        flow.clock.pass_by(minutes=30)
        again = await flow.sync(full=True)
        assert (again.status, again.rejected, again.unchanged) == (RunStatus.PARTIAL, 1, 59)
