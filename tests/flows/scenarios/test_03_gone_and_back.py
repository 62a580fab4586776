"""What leaves a site leaves the roll-ups with its reason, comes back with its history, and is not lost by the dozen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import pytest

from connectors.sandbox.site import JiraSite
from service.store.engine import Database
from service.store.tables.items import tombstones
from service.sync.outcome import Mode, RunStatus
from tests.flows.scenarios.oracle import (
    assert_is_as_the_site,
    counted_by_the_site,
    counted_in,
    define_everything,
    rolled_up,
)
from tests.flows.stored import item, live, stored, tombs
from tests.flows.support import CLOUD, DATA_CENTER, Flow, a_site, codes, flowing, ids_in, project_id


def unlinked(site: JiraSite, key: str) -> list[str]:
    """A deleted issue takes its links with it, and who adds it again does not bring them back."""
    return [number for number in ids_in(site, key) if not site.issues[number]["fields"]["issuelinks"]]


async def assert_counted(flow: Flow, among: Collection[str], *, reasons: Collection[str] = ()) -> None:
    """The roll-up counts these and no others, and says whether anything is missing."""
    answer = await rolled_up(flow.database, now=flow.clock.now())
    assert answer["data"]["scope"]["items"] == len(among)
    assert counted_in(answer) == counted_by_the_site(flow.site, among=among)
    (source,) = answer["sources"]
    assert source["complete"] is (not reasons)
    assert sorted(reason["code"] for reason in source["reasons"]) == sorted(reasons)


@pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])
async def test_whatever_goes_is_counted_with_its_reason_and_comes_back(kind: str, database: Database) -> None:
    """Delete 5, move 5 across projects, archive a project, revoke Browse on another, restore two; then a mass loss."""
    site = a_site(issues=200, projects=5)
    async with flowing(site, database, kind=kind) as flow:
        await flow.sync_whole(full=True)
        await define_everything(database, now=flow.clock.now())
        await assert_counted(flow, list(site.issues))
        flow.clock.pass_by(hours=1)

        # five are deleted and five move, a project is archived, another can no longer be seen
        deleted, moved = unlinked(site, "BULK1")[1:6], ids_in(site, "BULK1")[20:25]
        archived, hidden = ids_in(site, "BULK3"), ids_in(site, "BULK4")
        kept = {number: site.issues[number] for number in deleted}
        for number in deleted:
            site.delete(number)
        for place, number in enumerate(moved):
            site.move(number, project_id(site, "BULK2"), f"BULK2-{9001 + place}", flow.clock.now())
        shop, closed = project_id(site, "BULK3"), project_id(site, "BULK4")
        site.projects[shop] = {**site.projects[shop], "archived": True}
        site.hidden_projects.add(closed)
        outcome = await flow.sync(mode=Mode.CENSUS)

        assert (outcome.status, codes(outcome)) == (RunStatus.PARTIAL, [("scope_missing", "BULK4")])
        store = await stored(database)
        assert tombs(store) == dict.fromkeys(deleted, "gone") | dict.fromkeys(archived, "archived")
        assert {item(store, number)["project_id"] for number in moved} == {project_id(site, "BULK2")}
        assert set(hidden) <= set(live(store))
        left = [number for number in site.issues if number not in archived]
        await assert_counted(flow, left, reasons=["scope_missing"])

        # two come back, with them the archived project, and the account may browse again
        flow.clock.pass_by(hours=1)
        for number in deleted[:2]:
            site.add(kept[number])
        site.projects[shop] = {**site.projects[shop], "archived": False}
        site.hidden_projects.clear()
        await flow.sync_whole(mode=Mode.CENSUS)

        store = await stored(database)
        assert tombs(store) == dict.fromkeys(deleted[2:], "gone")
        buried = (await stored(database, [tombstones]))["tombstones"]
        assert Counter((row["reason"], row["restored_at"] is not None) for row in buried) == {
            ("gone", False): 3,
            ("gone", True): 2,
            ("archived", True): len(archived),
        }
        await assert_counted(flow, list(site.issues))
        await flow.sync_whole(full=True)
        assert {row["native_id"] for row in store["work_items"]} == {*site.issues, *deleted}
        assert tombs(await stored(database)) == dict.fromkeys(deleted[2:], "gone")

        # most of a project is gone: nobody believes it
        flow.clock.pass_by(hours=1)
        lost = unlinked(site, "BULK5")[:30]
        before = {number: site.issues[number] for number in lost}
        for number in lost:
            site.delete(number)
        outcome = await flow.sync(mode=Mode.CENSUS)
        assert (outcome.status, codes(outcome)) == (RunStatus.PARTIAL, [("mass_loss_held", "BULK5")])
        assert tombs(await stored(database)) == dict.fromkeys(deleted[2:], "gone")
        for number in lost:
            site.add(before[number])
        await assert_counted(flow, list(site.issues), reasons=["mass_loss_held"])
        flow.clock.pass_by(hours=1)
        await flow.sync_whole(mode=Mode.CENSUS)
        assert_is_as_the_site(await stored(database), site)
        await assert_counted(flow, list(site.issues))
