"""Histories of any length and of every oddity: the snapshot decides what is, all that was told is kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors.sandbox.site import JiraSite
from service.store.engine import Database
from tests.flows.scenarios.oracle import assert_is_as_the_site
from tests.flows.stored import item, stored
from tests.flows.support import CLOUD, DATA_CENTER, NOW, a_site, flowing, ids_in

TO_DO, DOING, DONE, DELETED = "10000", "3", "10002", "99999"
LENGTHS = (41, 101, 5_000)
BEGIN = NOW - timedelta(days=60)


def history(issue_id: str, place: int, at: datetime, *steps: tuple[str, str]) -> dict[str, Any]:
    """One history in which the status goes through these steps."""
    items = [
        {"field": "status", "fieldtype": "jira", "fieldId": "status", "from": old, "fromString": old}
        | {"to": new, "toString": new}
        for old, new in steps
    ]
    stamp = f"{at:%Y-%m-%dT%H:%M:%S}.000+0000"
    return {"id": str(int(issue_id) * 10_000 + place), "author": None, "created": stamp, "items": items}


def give(site: JiraSite, issue_id: str, histories: list[dict[str, Any]], *, status: str) -> None:
    """The issue has had these histories (oldest first), and now is in that status."""
    issue = site.issues[issue_id]
    now = next(row for row in site.statuses if row["id"] == status)
    fields = issue["fields"] | {"status": now, "resolution": None, "resolutiondate": None}
    site.add(issue | {"fields": fields, "changelog": {"histories": histories}})


def back_and_forth(issue_id: str, length: int) -> list[dict[str, Any]]:
    """To do, doing, to do, … a change a minute."""
    steps = [(TO_DO, DOING), (DOING, TO_DO)]
    return [history(issue_id, place, BEGIN + timedelta(minutes=place), steps[place % 2]) for place in range(length)]


@pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])
async def test_every_change_of_every_history_is_kept_once_and_the_snapshot_decides(
    kind: str, database: Database
) -> None:
    """41, 101 and 5,000 entries; the same field twice in one; a deleted status; a snapshot that is another one."""
    site = a_site(issues=16)
    *long, twice, deleted, other, late, _ = ids_in(site, "BULK1")[:8]
    for number, length in zip(long, LENGTHS, strict=True):
        give(site, number, back_and_forth(number, length), status=DOING if length % 2 else TO_DO)
    give(site, twice, [history(twice, 0, BEGIN, (TO_DO, DOING), (DOING, DONE))], status=DONE)
    give(site, deleted, [history(deleted, 0, BEGIN, (DELETED, TO_DO))], status=TO_DO)
    give(site, other, [history(other, 0, BEGIN, (TO_DO, DOING))], status=DONE)
    give(site, late, back_and_forth(late, 4), status=TO_DO)
    async with flowing(site, database, kind=kind) as flow:
        await flow.sync_whole(full=True)

        store = await stored(database)
        assert_is_as_the_site(store, site)
        kept = {
            number: [row for row in store["item_changes"] if row["item_uid"] == f"acme:{number}"] for number in long
        }
        assert tuple(len(rows) for rows in kept.values()) == LENGTHS
        assert {item(store, number)["started_at"] for number in long} == {BEGIN}
        assert item(store, twice)["done_at"] == BEGIN
        assert (item(store, deleted)["status_category"], item(store, deleted)["started_at"]) == ("to_do", None)
        assert item(store, other)["status_category"] == "done"
        assert "status_history_differs" in item(store, other)["warnings"]
        if kind == CLOUD:  # what an issue embeds is cut; the dedicated listings are read to their end
            assert flow.options.asked("/changelog") > 0

        # an old history turns up in the middle, as imports and a slow database bring it
        flow.clock.pass_by(minutes=30)
        rows = site.issues[late]["changelog"]["histories"]
        between = history(late, 9_999, BEGIN + timedelta(seconds=90), (DOING, DOING))
        site.issues[late]["changelog"]["histories"] = [*rows[:2], between, *rows[2:]]
        site.touch(late, flow.clock.now())
        await flow.sync_whole()
        assert_is_as_the_site(await stored(database), site)
