"""Sprints end, are renamed and lose issues, and no issue needs to be touched for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.sandbox.portfolio import generate_portfolio
from connectors.sandbox.site import JiraSite
from service.domain.mapping_file import parse_programs
from service.programs.apply import apply
from service.store.engine import Database
from service.store.tables.programs import memberships
from service.sync.replay import replay_source
from tests.flows.scenarios.oracle import SPRINT
from tests.flows.stored import Store, differences, stored
from tests.flows.support import CLOUD, DATA_CENTER, TODAY, flowing

BY_NAME = 'programs: [{key: BIG, name: The big one, include: [{source: acme, iteration: "Sprint 7, *"}]}]'


async def members(database: Database) -> list[str]:
    rows = (await stored(database, [memberships]))["memberships"]
    direct = [row for row in rows if row["valid_to"] is None and row["via_uid"] is None]
    return sorted(row["item_uid"].removeprefix("acme:") for row in direct)


def in_sprint(site: JiraSite, number: int) -> list[str]:
    return sorted(each for each, issue in site.issues.items() if number in (issue["fields"].get(SPRINT) or ()))


def assert_sprints_are_as_the_site_says(store: Store, site: JiraSite) -> None:
    """Which issues are in which sprints, how each is called there, and how each stands."""
    uids = {row["uid"]: row["native_id"] for row in store["work_items"] if row["tombstone"] is None}
    kept = {
        (uids[row["item_uid"]], row["native_id"], row["value"])
        for row in store["item_facets"]
        if row["facet"] == "iteration"
    }
    assert kept == {
        (number, str(sprint), site.sprints[sprint]["name"])
        for number, issue in site.issues.items()
        if number in uids.values()
        for sprint in issue["fields"].get(SPRINT) or ()
    }
    rows = {row["native_id"]: (row["name"], row["state"]) for row in store["iterations"]}
    used = {number for _, number, _ in kept}
    assert {each: rows[each] for each in used} == {
        each: (site.sprints[int(each)]["name"], site.sprints[int(each)]["state"]) for each in used
    }


@pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])
async def test_sprints_that_end_and_are_renamed_are_known_by_every_issue(kind: str, database: Database) -> None:
    """Closed with issues carried over; an issue in two sprints; one renamed with a comma; an issue out of all."""
    site = generate_portfolio(issues=150, today=TODAY)
    async with flowing(site, database, kind=kind) as flow:
        await apply(database, parse_programs(BY_NAME, sources=["acme"]), actor="test", now=flow.clock.now())
        await flow.sync_whole(full=True)
        assert await members(database) == []
        assert_sprints_are_as_the_site_says(await stored(database), site)
        active = next(
            number
            for number, row in site.sprints.items()
            if row["state"] == "active" and len(in_sprint(site, number)) > 2
        )
        following = max(site.sprints) + 1
        row = site.sprints[active]
        site.sprints[following] = {**row, "id": following, "name": "The next one", "state": "future"}
        flow.clock.pass_by(minutes=30)
        left, carried, *stays = in_sprint(site, active)
        site.sprints[active] = {**row, "state": "closed", "completeDate": site.timestamp(flow.clock.now())}
        site.touch(carried, flow.clock.now(), **{SPRINT: [active, following]})
        site.touch(left, flow.clock.now(), **{SPRINT: None})

        await flow.sync_whole()

        store = await stored(database)
        assert_sprints_are_as_the_site_says(store, site)
        assert stays  # nobody touched these, and they are in a closed sprint now

        flow.clock.pass_by(minutes=30)
        site.sprints[active] = {**site.sprints[active], "name": "Sprint 7, [the big one], state=ACTIVE"}
        await flow.sync_whole()

        renamed = await stored(database)
        assert_sprints_are_as_the_site_says(renamed, site)
        assert await members(database) == in_sprint(site, active)  # rules see the new name as well
        flow.clock.pass_by(minutes=30)
        await replay_source(flow.source, database, clock=flow.clock)
        assert differences(renamed, await stored(database)) == []
        flow.clock.pass_by(hours=1)
        site.touch(stays[0], flow.clock.now() - timedelta(minutes=6), summary="Read again")
        await flow.sync_whole()
        assert_sprints_are_as_the_site_says(await stored(database), site)


@pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])
async def test_a_release_that_is_renamed_is_called_so_by_every_issue_in_it(kind: str, database: Database) -> None:
    """As with sprints: no issue was changed by it."""
    site = generate_portfolio(issues=150, today=TODAY)
    async with flowing(site, database, kind=kind) as flow:
        await flow.sync_whole(full=True)
        project, version = next((key, row) for key, rows in site.versions.items() for row in rows if planned(site, row))
        inside = planned(site, version)
        flow.clock.pass_by(minutes=30)
        site.versions[project] = [row | {"name": "Spring"} if row is version else row for row in site.versions[project]]
        for number in inside:
            fields = site.issues[number]["fields"]
            rows = [row | {"name": "Spring"} if row["id"] == version["id"] else row for row in fields["fixVersions"]]
            site.replace(number, fields | {"fixVersions": rows})

        outcome = await flow.sync_whole()

        store = await stored(database)
        named = [row for row in store["item_facets"] if row["facet"] == "release" and row["native_id"] == version["id"]]
        assert outcome.fetched == 0
        assert sorted(row["item_uid"].removeprefix("acme:") for row in named) == inside
        assert {row["value"] for row in named} == {"Spring"}


def planned(site: JiraSite, version: dict[str, Any]) -> list[str]:
    """The issues of a release."""
    return sorted(
        number
        for number, issue in site.issues.items()
        if version["id"] in [row["id"] for row in issue["fields"].get("fixVersions") or ()]
    )
