"""What stands around tasks: who sees it, what a plan has to have, and what comes only when asked."""

from __future__ import annotations

import pytest

from connectors.sandbox.asana.options import Feature
from connectors.sandbox.asana.things import Ref
from tests.connectors.sandbox.asana.support import EARLIER, NOW, a_site, asana, data, names, options, refused


async def test_a_request_without_the_right_bearer_token_is_refused() -> None:
    small = a_site()
    async with asana(small.site, bearer="wrong") as client:
        assert await refused(client, 401, "/users/me") == "Not Authorized"


async def test_me_is_the_account_that_reads() -> None:
    small = a_site()
    async with asana(small.site) as client:
        row = await data(client, "/users/me", opt_fields="name,email,workspaces.name")

    assert (row["gid"], row["name"]) == (small.site.me, "Rita Reader")
    assert [workspace["name"] for workspace in row["workspaces"]] == ["Northwind"]


async def test_a_workspace_lists_its_people_teams_tags_fields_and_projects() -> None:
    small = a_site()
    site, here = small.site, f"/workspaces/{small.site.workspace}"
    site.add_team("Marketing")
    site.add_tag("launch")
    site.add_field("Story points", "number")
    async with asana(site) as client:
        assert await names(client, "/workspaces") == ["Northwind"]
        assert (await data(client, here))["is_organization"] is True
        assert await names(client, f"{here}/users") == ["Rita Reader"]
        assert await names(client, "/users", workspace=site.workspace) == ["Rita Reader"]
        assert await names(client, f"{here}/teams") == ["Marketing"]
        assert await names(client, f"{here}/tags") == ["launch"]
        assert await names(client, f"{here}/custom_fields") == ["Story points"]
        assert await names(client, f"{here}/projects") == ["Checkout launch", "Platform adoption"]
        assert "workspace: Unknown object" in await refused(client, 404, "/workspaces/7")


async def test_archived_projects_are_listed_unless_they_are_not_wanted() -> None:
    small = a_site()
    small.site.archive(small.other)
    async with asana(small.site) as client:
        here = {"workspace": small.site.workspace}
        assert await names(client, "/projects", **here) == ["Checkout launch", "Platform adoption"]
        assert await names(client, "/projects", **here, archived="false") == ["Checkout launch"]
        assert await names(client, "/projects", **here, archived="true") == ["Platform adoption"]
        assert await refused(client, 400, "/projects") == "workspace: Missing input"


async def test_a_new_project_has_no_team() -> None:
    small = a_site()
    async with asana(small.site) as client:
        row = await data(client, f"/projects/{small.project}")

    assert row["team"] is None
    assert row["owner"] is None
    assert (row["archived"], row["completed"]) == (False, False)


async def test_a_tasks_doings_do_not_move_its_projects_modified_at() -> None:
    small = a_site()
    async with asana(small.site) as client:
        before = (await data(client, f"/projects/{small.project}"))["modified_at"]
        small.site.complete(small.tasks[0], NOW)
        assert (await data(client, f"/projects/{small.project}"))["modified_at"] == before
        small.site.edit_project(small.project, NOW, name="Checkout day")
        row = await data(client, f"/projects/{small.project}")

    assert (row["name"], row["modified_at"] > before) == ("Checkout day", True)


async def test_sections_come_in_their_order() -> None:
    small = a_site()
    async with asana(small.site) as client:
        assert await names(client, f"/projects/{small.project}/sections") == ["To do", "Done"]
        row = await data(client, f"/sections/{small.done}")

    assert row["project"]["name"] == "Checkout launch"


async def test_project_counts_are_empty_unless_asked_and_include_milestones() -> None:
    small = a_site(2)
    small.site.add_task("Launch", project=small.project, resource_subtype="milestone")
    small.site.complete(small.tasks[0])
    async with asana(small.site) as client:
        path = f"/projects/{small.project}/task_counts"
        assert await data(client, path) == {}
        counts = await data(client, path, opt_fields="num_tasks,num_completed_tasks,num_milestones")

    assert counts == {"num_tasks": 3, "num_completed_tasks": 1, "num_milestones": 1}


async def test_only_ones_own_portfolios_are_listed_unless_a_service_account_asks() -> None:
    small = a_site()
    site, somebody = small.site, small.site.add_user("Sam")
    site.add_portfolio("Commerce", items=[small.project])
    theirs = site.add_portfolio("Board view", owner=somebody)
    chosen = options()
    async with asana(site, chosen) as client:
        here = {"workspace": site.workspace}
        assert await names(client, "/portfolios", **here, owner="me") == ["Commerce"]
        assert await refused(client, 400, "/portfolios", **here, owner=somebody) == "owner: Must be the current user"
        assert (await data(client, f"/portfolios/{theirs}"))["name"] == "Board view"
        chosen.service_account = True
        assert await names(client, "/portfolios", **here) == ["Commerce", "Board view"]


async def test_a_portfolio_holds_projects_and_portfolios_even_in_a_circle() -> None:
    small = a_site()
    inner = small.site.add_portfolio("Readiness")
    outer = small.site.add_portfolio("Commerce", items=[small.project, inner])
    small.site.add_item(inner, outer)
    async with asana(small.site) as client:
        top = await data(client, f"/portfolios/{outer}/items")
        below = await data(client, f"/portfolios/{inner}/items")

    assert [(row["resource_type"], row["name"]) for row in top] == [
        ("project", "Checkout launch"),
        ("portfolio", "Readiness"),
    ]
    assert [(row["resource_type"], row["name"]) for row in below] == [("portfolio", "Commerce")]


async def test_what_a_portfolio_asks_of_its_items_stands_on_the_project_and_not_on_its_tasks() -> None:
    small = a_site(1)
    budget = small.site.add_field("Budget", "number")
    small.site.add_portfolio("Commerce", items=[small.project], fields=(budget,))
    async with asana(small.site) as client:
        project = await data(client, f"/projects/{small.project}", opt_fields="custom_fields.name")
        task = await data(client, f"/tasks/{small.tasks[0]}", opt_fields="custom_fields.name")

    assert [field["name"] for field in project["custom_fields"]] == ["Budget"]
    assert task["custom_fields"] == []


async def test_status_updates_are_newest_first_and_the_current_one_hides_its_type() -> None:
    small = a_site()
    small.site.post_status(small.project, "on_track", "Week 1", at=NOW)
    latest = small.site.post_status(small.project, "at_risk", "Week 2", at=NOW)
    async with asana(small.site) as client:
        rows = await data(client, "/status_updates", parent=small.project, opt_fields="title,status_type")
        project = await data(client, f"/projects/{small.project}")
        asked = await data(client, f"/projects/{small.project}", opt_fields="current_status_update.status_type")

    assert [(row["title"], row["status_type"]) for row in rows] == [("Week 2", "at_risk"), ("Week 1", "on_track")]
    assert project["current_status_update"] == {
        "gid": latest,
        "resource_type": "status_update",
        "title": "Week 2",
        "resource_subtype": "project_status_update",
    }
    assert project["current_status"]["color"] == "yellow"
    assert asked["current_status_update"]["status_type"] == "at_risk"


async def test_status_updates_can_be_asked_from_a_moment_on() -> None:
    small = a_site()
    small.site.post_status(small.project, "on_track", "Week 1", at=EARLIER)
    small.site.post_status(small.project, "at_risk", "Week 2", at=NOW)
    async with asana(small.site) as client:
        rows = await data(client, "/status_updates", parent=small.project, created_since="2026-11-20T00:00:00.000Z")
        assert await refused(client, 400, "/status_updates") == "parent: Missing input"

    assert [row["title"] for row in rows] == ["Week 2"]


async def test_a_team_lists_its_projects() -> None:
    small = a_site()
    team = small.site.add_team("Marketing")
    small.site.edit_project(small.project, NOW, team=team)
    async with asana(small.site) as client:
        assert await names(client, f"/teams/{team}/projects") == ["Checkout launch"]
        assert (await data(client, f"/teams/{team}"))["organization"]["name"] == "Northwind"


async def test_goals_are_found_by_what_supports_them() -> None:
    small = a_site()
    metric = {"resource_subtype": "number", "unit": "percentage", "current_number_value": 0.4}
    small.site.add_goal("Half of sales online", supported_by=[Ref("project", small.project)], metric=metric)
    async with asana(small.site) as client:
        (goal,) = await data(client, "/goals", project=small.project)
        assert await names(client, "/goals", workspace=small.site.workspace) == ["Half of sales online"]
        assert await data(client, "/goals", project=small.other) == []
        (support,) = await data(client, "/goal_relationships", supported_goal=goal["gid"])
        row = await data(client, f"/goals/{goal['gid']}")
        assert "Must specify one of" in await refused(client, 400, "/goals")

    assert row["metric"]["current_number_value"] == 0.4
    assert support["supporting_resource"]["name"] == "Checkout launch"


@pytest.mark.parametrize(
    ("feature", "path"),
    [
        ("dependencies", "/tasks/{task}/dependencies"),
        ("dependencies", "/tasks/{task}/dependents"),
        ("search", "/workspaces/{workspace}/tasks/search"),
        ("goals", "/goals?workspace={workspace}"),
        ("portfolios", "/portfolios?workspace={workspace}&owner=me"),
        ("custom_fields", "/projects/{project}/custom_field_settings"),
        ("custom_fields", "/workspaces/{workspace}/custom_fields"),
    ],
)
async def test_a_plan_without_a_feature_is_told_to_pay(feature: Feature, path: str) -> None:
    small = a_site()
    chosen = options()
    address = path.format(task=small.tasks[0], workspace=small.site.workspace, project=small.project)
    async with asana(small.site, chosen) as client:
        await data(client, address)
        chosen.unpaid.add(feature)
        message = await refused(client, 402, address)

    assert "premium" in message


async def test_what_a_plan_lacks_is_not_shown_on_tasks_either() -> None:
    small = a_site(2)
    small.site.add_dependency(small.tasks[0], small.tasks[1])
    chosen = options(unpaid={"dependencies", "time_tracking"})
    fields = "name,dependencies,dependents,actual_time_minutes"
    async with asana(small.site, chosen) as client:
        row = await data(client, f"/tasks/{small.tasks[0]}", opt_fields=fields)
        chosen.unpaid.clear()
        paid = await data(client, f"/tasks/{small.tasks[0]}", opt_fields=fields)

    assert row.keys() == {"gid", "resource_type", "name"}
    assert len(paid["dependencies"]) == 1


async def test_custom_types_have_statuses_of_their_own() -> None:
    small = a_site(1)
    kind = small.site.add_custom_type("Request", {"New": "Incomplete", "Granted": "Complete"})
    granted = small.site.custom_types[kind].status_options[1]
    small.site.set_status(small.tasks[0], granted, NOW)
    async with asana(small.site) as client:
        asked = {"workspace": small.site.workspace, "opt_fields": "name,status_options.completion_state"}
        (row,) = await data(client, "/custom_types", **asked)
        fields = "completed,resource_subtype,custom_type.name,custom_type_status_option.completion_state"
        task = await data(client, f"/tasks/{small.tasks[0]}", opt_fields=fields)
        both = {"workspace": small.site.workspace, "project": small.project}
        assert "exactly one of" in await refused(client, 400, "/custom_types", **both)

    assert [option["completion_state"] for option in row["status_options"]] == ["Incomplete", "Complete"]
    assert (task["completed"], task["resource_subtype"], task["custom_type"]["name"]) == (True, "custom", "Request")
    assert task["custom_type_status_option"]["completion_state"] == "Complete"


async def test_a_search_knows_inherited_projects_and_has_no_pages() -> None:
    small = a_site(3)
    child = small.site.add_subtask(small.tasks[0], "Child", at=NOW)
    async with asana(small.site) as client:
        path = f"/workspaces/{small.site.workspace}/tasks/search"
        found = await client.get(path, params={"projects.any": small.project, "is_subtask": "true"})
        assert await names(client, path, limit=2, sort_by="created_at", sort_ascending="true") == ["Task 0", "Task 1"]
        assert await names(client, path, modified_at__after=NOW.replace(second=0).isoformat()) == ["Child"]
        assert "sort_by" in await refused(client, 400, path, sort_by="colour")

    assert [row["gid"] for row in found.json()["data"]] == [child]
    assert "next_page" not in found.json()
