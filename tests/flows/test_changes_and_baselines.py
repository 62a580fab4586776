"""From what people do in their tool to what a program manager reads: changes and variance, through a whole service."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from service.sync.outcome import Mode
from service.sync.run import sync_source
from tests.flows.served import Served, serving
from tests.flows.support import a_site

BASELINES, CHANGES = "/api/v1/programs/ALL/baselines", "/api/v1/programs/ALL/changes"


async def synced(served: Served) -> None:
    """A census, so that what was deleted is found gone."""
    await sync_source(served.app.sources["acme"], served.app.database, clock=served.app.clock, mode=Mode.CENSUS)


async def got(served: Served, path: str, **query: Any) -> Any:
    answer = await served.client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_a_week_of_work_is_told_as_it_happened_and_measured_against_the_plan(
    tmp_path: Path, database_url: str
) -> None:
    site = a_site(issues=60)
    today = datetime.now(UTC).date()
    next_week, next_month = today + timedelta(days=7), today + timedelta(days=30)
    async with serving(site, tmp_path, database_url) as served:
        slipping, finishing, leaving, waiting, *_ = served.unfinished()
        keys = {native_id: issue["key"] for native_id, issue in site.issues.items()}
        for native_id in (slipping, finishing, leaving, waiting):
            site.touch(native_id, duedate=next_week.isoformat())
        await synced(served)
        taken = await served.client.post(BASELINES, json={"name": "Agreed"})
        assert taken.status_code == 201, taken.text
        since = datetime.now(UTC) - timedelta(milliseconds=1)  # which is what Jira rounds down to

        site.touch(slipping, duedate=next_month.isoformat())
        done = next(row["id"] for row in site.statuses if row["statusCategory"]["key"] == "done")
        site.transition(finishing, done)
        blocks = next(row["id"] for row in site.link_types if row["outward"] == "blocks")
        site.link(blocks, slipping, waiting)
        new = copy.deepcopy(site.issues[waiting])
        new |= {"id": "77001", "key": "BULK1-7701", "changelog": {"histories": []}}
        new["fields"] |= {"created": site.timestamp(datetime.now(UTC)), "issuelinks": [], "summary": "Late idea"}
        site.add(new)
        site.delete(leaving)
        await synced(served)

        changes = await got(served, CHANGES, since=since.isoformat(), each=100)
        variance = await got(served, f"{BASELINES}/agreed", limit=1_000)
        text = (await served.client.get(CHANGES, params={"since": since.isoformat(), "format": "markdown"})).text

    told = {(entry["kind"], entry["key"]): entry for entry in changes["changes"]}
    assert told.keys() >= {
        ("slipped", keys[slipping]),
        ("finished", keys[finishing]),
        ("removed", keys[leaving]),
        ("added", "BULK1-7701"),
        ("dependency_added", keys[waiting]),
    }
    slip = told["slipped", keys[slipping]]
    assert (slip["old"], slip["new"], slip["times"]) == (next_week.isoformat(), next_month.isoformat(), 1)
    assert told["removed", keys[leaving]]["why"] == "gone"
    assert told["added", "BULK1-7701"]["why"] == "created"
    assert told["dependency_added", keys[waiting]]["other"]["key"] == keys[slipping]
    assert slip["url"].endswith(f"/browse/{keys[slipping]}")
    assert f"[{keys[slipping]}]({slip['url']})" in text

    items = {item["key"]: item for item in variance["items"]}
    assert items[keys[slipping]]["finish_days"] > 0
    assert (items[keys[leaving]]["fate"], items[keys[leaving]]["why"]) == ("removed", "gone")
    assert items["BULK1-7701"]["fate"] == "added"
    assert items[keys[finishing]]["done"] is True
    scope = variance["scope"]["count"]
    assert (scope["removed"], scope["added"]) == (1, 1)
    assert scope["now"] == scope["baseline"]
