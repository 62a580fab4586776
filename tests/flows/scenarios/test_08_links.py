"""One edge for one link, whoever shows it: from both ends, from one, to the invisible, in a circle, half removed."""

from __future__ import annotations

import pytest

from connectors.sandbox.portfolio_schema import BLOCKS, link_type
from connectors.sandbox.site import JiraSite
from service.store.edges import Edges
from service.store.engine import Database
from service.sync.outcome import Mode
from tests.flows.scenarios.oracle import assert_is_as_the_site, define_everything, edges_in
from tests.flows.stored import Row, Store, stored
from tests.flows.support import CLOUD, DATA_CENTER, Flow, a_site, flowing, ids_in, project_id

SECRET = "77777"  # an issue that nothing but the link of another one ever shows


def unlinked_site() -> JiraSite:
    """Three projects without a link."""
    site = a_site(issues=30, projects=3)
    for number, issue in site.issues.items():
        site.replace(number, issue["fields"] | {"issuelinks": []})
    return site


def link(store: Store, native_id: str) -> Row:
    (row,) = [row for row in store["links"] if row["native_id"] == native_id]
    return row


def seen(store: Store, native_id: str) -> tuple[bool, bool]:
    """From its source, from its target."""
    row = link(store, native_id)
    return row["seen_from_source"], row["seen_from_target"]


async def edges(flow: Flow) -> list[tuple[str, str]]:
    """(predecessor, successor) of the program's edges."""
    async with flow.database.reading() as uow:
        found = await Edges(uow.connection).of_program("ALL")
    return [(each.predecessor_uid.removeprefix("acme:"), each.successor_uid.removeprefix("acme:")) for each in found]


@pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])
async def test_a_link_is_one_edge_with_what_is_known_of_its_ends(kind: str, database: Database) -> None:
    """A blocks B seen from both; only from A; B invisible; a circle of three; removed at one end, the other stale."""
    site = unlinked_site()
    a, b, c, d, e = ids_in(site, "BULK1")[:5]
    outside = ids_in(site, "BULK3")[0]
    both = site.link(BLOCKS, a, ids_in(site, "BULK2")[0])
    one = site.link(BLOCKS, a, outside)
    circle = [site.link(BLOCKS, *ends) for ends in ((b, c), (c, d), (d, b))]
    shown = {"id": "99001", "type": dict(link_type(BLOCKS)), "outwardIssue": {"id": SECRET, "key": "SEC-1"}}
    site.replace(e, site.issues[e]["fields"] | {"issuelinks": [shown]})
    for number in (a, b, c, d, e):
        site.replace(number, site.issues[number]["fields"] | {"updated": "2026-09-01T08:00:00.000+0000"})
    not_pulled = {project_id(site, "BULK3")}
    settings = {"projects": ["BULK1", "BULK2"]}
    async with flowing(site, database, kind=kind, settings=settings) as flow:
        await define_everything(database, now=flow.clock.now())
        await flow.sync_whole(full=True)

        store = await stored(database)
        assert_is_as_the_site(store, site, without=not_pulled)
        assert {each: seen(store, each) for each in (both, one, "99001")} == {
            both: (True, True),
            one: (True, False),
            "99001": (True, False),
        }
        stubs = {row["native_id"]: (row["key"], row["visible"]) for row in store["item_stubs"]}
        assert stubs == {outside: (site.issues[outside]["key"], True), SECRET: ("SEC-1", False)}
        assert [seen(store, each) for each in circle] == [(True, True)] * 3
        assert sorted(await edges(flow)) == sorted(
            [(a, ids_in(site, "BULK2")[0]), (a, outside), (b, c), (c, d), (d, b), (e, SECRET)]
        )

        # one end lets go of a link, which the other one still shows until it is written again
        flow.clock.pass_by(minutes=30)
        left = [each for each in site.issues[b]["fields"]["issuelinks"] if each["id"] != circle[0]]
        site.record(b, flow.clock.now(), [], {"issuelinks": left})
        await flow.sync_whole()
        assert circle[0] not in {row["native_id"] for row in (await stored(database))["links"]}
        assert sorted(await edges(flow)) == sorted(
            [(a, ids_in(site, "BULK2")[0]), (a, outside), (c, d), (d, b), (e, SECRET)]
        )

        flow.clock.pass_by(minutes=30)
        left = [each for each in site.issues[c]["fields"]["issuelinks"] if each["id"] != circle[0]]
        site.record(c, flow.clock.now(), [], {"issuelinks": left})
        await flow.sync_whole(mode=Mode.CENSUS)
        store = await stored(database)
        assert_is_as_the_site(store, site, without=not_pulled)
        assert len(edges_in(store)) == 5


@pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])
async def test_a_far_end_outside_every_project_is_followed_although_no_issue_of_ours_changes(
    kind: str, database: Database
) -> None:
    site = unlinked_site()
    outside = ids_in(site, "BULK3")[0]
    site.link(BLOCKS, outside, ids_in(site, "BULK1")[0])
    async with flowing(site, database, kind=kind, settings={"projects": ["BULK1"]}) as flow:
        await flow.sync_whole(full=True)
        flow.clock.pass_by(minutes=30)
        done = next(row for row in site.statuses if row["statusCategory"]["key"] == "done")
        site.record(outside, flow.clock.now(), [], {"status": done, "summary": "Told by nobody"})
        await flow.sync_whole()
        (stub,) = (await stored(database))["item_stubs"]
        assert (stub["title"], stub["status"], stub["status_category"]) == ("Told by nobody", done["name"], "done")
