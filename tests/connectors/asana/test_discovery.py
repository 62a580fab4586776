"""What a workspace consists of, in few requests, and what its plan does not allow, without failing."""

from __future__ import annotations

import msgspec
import pytest

from connectors.contract import MissingScope, ReferenceData
from connectors.errors import SourceMisconfigured
from connectors.items import LinkDirection, SourcePerson, StatusCategory
from connectors.sandbox import faults
from tests.connectors.asana.support import a_launch, a_site, connected


def capabilities(reference: ReferenceData) -> dict[str, bool]:
    return {each.name: each.available for each in reference.capabilities}


async def test_connecting_names_the_account_and_the_server_s_time() -> None:
    site = a_site()
    async with connected(site) as (source, options):
        identity = await source.connect()

    assert identity.account_id == site.me
    assert identity.display_name == "Interlock Reader"
    assert identity.edition == "asana"
    assert identity.server_time == options.clock()


async def test_two_workspaces_and_none_configured_are_named_rather_than_guessed() -> None:
    site = a_site()
    other = site.add_workspace("Sister company")
    async with connected(site) as (source, _):
        with pytest.raises(SourceMisconfigured) as caught:
            await source.connect()

    expected = (
        f"acme: The account sees several workspaces, or none: {site.workspace} (Northwind), "
        f"{other} (Sister company). Set workspace."
    )
    assert str(caught.value) == expected


@pytest.mark.parametrize("by", ["gid", "name"])
async def test_a_workspace_is_found_by_gid_or_by_name(by: str) -> None:
    launch = a_launch()
    other = launch.site.add_workspace("Sister company")
    elsewhere = launch.site.add_project("Elsewhere", workspace=other)
    async with connected(launch.site, workspace=other if by == "gid" else "sister COMPANY") as (source, _):
        await source.connect()
        found, _missing = await source.scopes()

    assert [scope.native_id for scope in found] == [elsewhere]


async def test_a_workspace_that_cannot_be_seen_is_told_with_those_that_can() -> None:
    async with connected(a_site(), workspace="Nowhere") as (source, _):
        with pytest.raises(SourceMisconfigured, match=r"'Nowhere'; it sees: \d+ \(Northwind\)"):
            await source.connect()


async def test_every_project_is_a_scope_and_archived_ones_are_marked() -> None:
    launch = a_launch()
    old = launch.site.add_project("Old")
    launch.site.archive(old)
    async with connected(launch.site) as (source, _):
        found, missing = await source.scopes()

    assert [(each.native_id, each.key, each.archived) for each in found] == [
        (launch.project, "Checkout launch", False),
        (old, "Old", True),
    ]
    assert not missing


async def test_projects_that_share_a_name_are_told_apart_by_their_gid() -> None:
    launch = a_launch()
    twin = launch.site.add_project("checkout launch")
    async with connected(launch.site, projects=["Checkout launch"]) as (source, _):
        found, _ = await source.scopes()
        projects = (await source.discover()).projects

    assert [each.key for each in found] == [f"Checkout launch ({launch.project})", f"checkout launch ({twin})"]
    assert [each.key for each in projects] == [each.key for each in found]


async def test_a_twin_that_nobody_wants_changes_the_key_in_the_same_way_everywhere() -> None:
    launch = a_launch()
    launch.site.add_project("Checkout launch")
    async with connected(launch.site, projects=[launch.project]) as (source, _):
        (found,), _missing = await source.scopes()
        projects = {each.native_id: each.key for each in (await source.discover()).projects}

    assert found.key == projects[launch.project] == f"Checkout launch ({launch.project})"


async def test_a_project_of_another_workspace_is_found_through_a_portfolio_and_described() -> None:
    launch = a_launch()
    far = launch.site.add_project("Far away", workspace=launch.site.add_workspace("Sister company"))
    portfolio = launch.site.add_portfolio("Commerce", items=[far, launch.project])
    async with connected(launch.site, workspace="Northwind", portfolios=[portfolio]) as (source, _):
        found, missing = await source.scopes()
        projects = {each.native_id: each.name for each in (await source.discover()).projects}

    assert {each.key for each in found} == {"Far away", "Checkout launch"}
    assert not missing
    assert projects[far] == "Far away"


async def test_wanted_projects_are_found_by_gid_or_name_and_others_are_missing() -> None:
    launch = a_launch()
    other = launch.site.add_project("Other")
    private = launch.site.add_project("Board only")
    launch.site.make_private(private)
    async with connected(launch.site, projects=["checkout LAUNCH", other, private, "Nowhere"]) as (source, _):
        found, missing = await source.scopes()

    assert [each.native_id for each in found] == [launch.project, other]
    assert [each.key for each in missing] == [private, "Nowhere"]
    assert missing[1] == MissingScope(
        "Nowhere",
        "Project Nowhere does not exist or the account may not see it; check the name or the gid, and whether the "
        "project is private.",
    )


async def test_a_known_project_that_vanished_is_missing_rather_than_unwanted() -> None:
    launch = a_launch()
    async with connected(launch.site) as (source, _):
        found, missing = await source.scopes(known={launch.project: "Checkout launch", "77": "Former"})

    assert [each.native_id for each in found] == [launch.project]
    assert [each.key for each in missing] == ["Former"]


async def test_portfolios_bring_their_projects_however_they_are_nested() -> None:
    launch = a_launch()
    site = launch.site
    deep = site.add_project("Deep")
    site.add_project("Outside")
    inner = site.add_portfolio("Inner", items=[deep, launch.project])
    outer = site.add_portfolio("Outer", items=[launch.project, inner], owner=site.add_user("Paula"))
    site.add_item(inner, outer)  # a circle
    async with connected(site, portfolios=[outer]) as (source, options):
        found, missing = await source.scopes()
        reference = await source.discover()

    assert {each.native_id for each in found} == {launch.project, deep}
    assert not missing
    by_name = {each.name: each for each in reference.portfolios}
    assert set(by_name["Outer"].project_ids) == set(by_name["Inner"].project_ids) == {launch.project, deep}
    assert by_name["Outer"].portfolio_ids == (inner,)
    assert options.asked(f"/portfolios/{outer}/items") == 1


async def test_a_portfolio_that_cannot_be_read_takes_no_known_project_with_it() -> None:
    launch = a_launch()
    portfolio = launch.site.add_portfolio("Commerce", items=[launch.project])
    launch.site.make_private(portfolio)
    async with connected(launch.site, portfolios=[portfolio]) as (source, _):
        found, missing = await source.scopes(known={launch.project: "Checkout launch"})
        reference = await source.discover()

    assert not found
    assert [each.key for each in missing] == [portfolio, "Checkout launch"]
    assert [each.code for each in reference.warnings] == ["portfolio_unreadable"]


async def test_discovery_reads_people_fields_health_and_goals_in_few_requests() -> None:
    launch = a_launch()
    site = launch.site
    paula = site.add_user("Paula", email="paula@northwind.example")
    points = site.add_field("Story points", "number")
    for number in range(20):
        project = site.add_project(f"Project {number}")
        site.post_status(project, "at_risk", "Slipping", author=paula)
    portfolio = site.add_portfolio("Commerce", items=[launch.project], owner=paula)
    site.post_status(portfolio, "off_track", "Late")
    goal = site.add_goal(
        "Revenue",
        owner=paula,
        status="green",
        due_on="2026-12-31",
        metric={"initial_number_value": 10.0, "target_number_value": 30.0, "current_number_value": 15.0},
    )
    async with connected(site, portfolios=[portfolio]) as (source, options):
        await source.connect()
        options.requests.clear()
        reference = await source.discover()
        asked = len(options.requests)

    assert [(each.native_id, each.name, each.role) for each in reference.fields] == [(points, "Story points", "points")]
    assert SourcePerson(paula, "Paula", "paula@northwind.example") in reference.people
    updates = [each for each in reference.status_updates if each.parent_kind == "project"]
    assert len(updates) == 20
    assert {(each.status, each.title, each.author_id) for each in updates} == {("at_risk", "Slipping", paula)}
    told = {each.parent_kind: each.status for each in reference.status_updates}
    assert told == {"project": "at_risk", "portfolio": "off_track"}
    (found,) = reference.goals
    assert (found.native_id, found.status, found.progress, str(found.due)) == (goal, "on_track", 0.25, "2026-12-31")
    assert asked == 9  # projects, people, fields, goals, types, the portfolio and its items, and two for the plan


async def test_the_vocabulary_is_complete_and_a_dependency_points_from_the_blocker() -> None:
    async with connected(a_launch().site) as (source, _):
        reference = await source.discover()

    assert {each.name: each.category for each in reference.statuses} == {
        "Incomplete": StatusCategory.TO_DO,
        "In progress": StatusCategory.IN_PROGRESS,
        "Complete": StatusCategory.DONE,
        "Pending": StatusCategory.TO_DO,
        "Approved": StatusCategory.DONE,
        "Changes requested": StatusCategory.DONE,
        "Rejected": StatusCategory.DONE,
    }
    assert [(each.name, each.level) for each in reference.item_types] == [
        ("Task", 0),
        ("Sub-task", -1),
        ("Milestone", 0),
        ("Approval", 0),
    ]
    (link,) = reference.link_types
    assert (link.outward, link.inward, link.direction) == (
        "blocks",
        "is blocked by",
        LinkDirection.PREDECESSOR_FIRST,
    )


@pytest.mark.parametrize("feature", ["custom_fields", "dependencies", "goals", "portfolios"])
async def test_what_the_plan_lacks_is_recorded_with_its_reason_and_fails_nothing(feature: str) -> None:
    launch = a_launch()
    portfolio = launch.site.add_portfolio("Commerce", items=[launch.project])
    wanted = [launch.project]
    async with connected(launch.site, projects=wanted, portfolios=[portfolio], unpaid={feature}) as (source, _):
        reference = await source.discover()
        found, _ = await source.scopes()

    lacking = {each.name: each.reason or "" for each in reference.capabilities if not each.available}
    assert set(lacking) - {"custom_types"} == {feature}
    assert "only available to premium users" in lacking[feature]
    assert lacking[feature].endswith("to use it; the account's plan does not include it.")
    assert [each.native_id for each in found] == [launch.project]


async def test_fields_are_read_project_by_project_where_the_workspace_s_list_is_refused() -> None:
    launch = a_launch()
    points = launch.site.add_field("Story points", "number")
    launch.site.enable_field(launch.project, points)
    refused = faults.Fault(f"/workspaces/{launch.site.workspace}/custom_fields", status=403, body=b'{"errors":[]}')
    async with connected(launch.site, faults=[refused]) as (source, _):
        reference = await source.discover()

    assert [(each.native_id, each.name, each.role) for each in reference.fields] == [(points, "Story points", "points")]
    assert not capabilities(reference)["custom_fields"]


async def test_discovery_twice_gives_equal_bytes_and_a_replay_gives_the_same_without_a_request() -> None:
    launch = a_launch()
    launch.site.add_field("Story points", "number")
    launch.site.post_status(launch.project, "on_track", "Fine")
    async with connected(launch.site) as (source, options):
        first = await source.discover()
        await source.connect()
        second = await source.discover()
        options.requests.clear()
        replayed = source.read_reference(first.payloads)

    assert first.payloads == second.payloads
    assert replayed == first
    assert options.requests == []
    assert all(msgspec.json.decode(payload) is not None for payload in first.payloads.values())


async def test_a_project_made_private_between_runs_is_noticed_by_the_next_one() -> None:
    launch = a_launch()
    async with connected(launch.site) as (source, _):
        await source.connect()
        before, _ = await source.scopes()
        launch.site.make_private(launch.project)
        await source.connect()
        after, missing = await source.scopes(known={launch.project: "Checkout launch"})

    assert [each.native_id for each in before] == [launch.project]
    assert not after
    assert [each.key for each in missing] == ["Checkout launch"]


async def test_a_status_update_changes_no_payload_by_which_tasks_are_read() -> None:
    """Else every word about a project's health would have all of its tasks read anew."""
    launch = a_launch()
    async with connected(launch.site) as (source, _):
        await source.connect()
        before = (await source.discover()).payloads
        launch.site.post_status(next(iter(launch.site.projects)), "off_track", "Late")
        await source.connect()
        after = (await source.discover()).payloads

    assert {name for name in after if after[name] != before[name]} == {"project_updates"}
