"""Tasks as they are listed and read: compact unless asked, in pages, and never more than the account may see."""

from __future__ import annotations

from datetime import timedelta

from tests.connectors.sandbox.asana.support import (
    EARLIER,
    LATER,
    NOW,
    a_site,
    asana,
    data,
    everything,
    names,
    options,
    refused,
)


async def test_a_listing_is_compact_unless_fields_are_asked() -> None:
    small = a_site(1)
    async with asana(small.site) as client:
        (row,) = await data(client, "/tasks", project=small.project)

    assert row == {
        "gid": small.tasks[0],
        "resource_type": "task",
        "name": "Task 0",
        "resource_subtype": "default_task",
    }


async def test_asked_fields_come_alone_but_for_gid_and_type() -> None:
    small = a_site(1)
    small.site.touch(small.tasks[0], assignee=small.site.me)
    async with asana(small.site) as client:
        (row,) = await data(
            client, "/tasks", project=small.project, opt_fields="completed,assignee,memberships.section.name"
        )

    assert row == {
        "gid": small.tasks[0],
        "resource_type": "task",
        "completed": False,
        "assignee": {"gid": small.site.me, "resource_type": "user"},
        "memberships": [{"section": {"gid": small.todo, "resource_type": "section", "name": "To do"}}],
    }


async def test_a_group_asks_the_same_of_several_fields() -> None:
    small = a_site(1)
    small.site.touch(small.tasks[0], assignee=small.site.me)
    async with asana(small.site) as client:
        row = await data(client, f"/tasks/{small.tasks[0]}", opt_fields="this.(assignee|workspace).name")

    assert (row["assignee"]["name"], row["workspace"]["name"]) == ("Rita Reader", "Northwind")


async def test_a_direct_read_shows_everything_but_what_is_opt_in() -> None:
    small = a_site(1)
    async with asana(small.site) as client:
        row = await data(client, f"/tasks/{small.tasks[0]}")

    assert {"notes", "memberships", "custom_fields", "parent", "modified_at"} <= row.keys()
    assert not {"dependencies", "dependents", "num_subtasks", "html_notes", "created_by", "external"} & row.keys()
    assert row["memberships"][0]["project"]["name"] == "Checkout launch"


async def test_an_unset_external_is_missing_while_an_unset_date_is_null() -> None:
    small = a_site(1)
    async with asana(small.site) as client:
        row = await data(client, f"/tasks/{small.tasks[0]}", opt_fields="external,start_on")

    assert row == {"gid": small.tasks[0], "resource_type": "task", "start_on": None}


async def test_a_listing_of_a_project_leaves_plain_sub_tasks_out() -> None:
    small = a_site(1)
    plain = small.site.add_subtask(small.tasks[0], "Plain")
    housed = small.site.add_task("In both", project=small.project, parent=small.tasks[0])
    async with asana(small.site) as client:
        listed = {row["gid"] for row in await data(client, "/tasks", project=small.project)}
        beneath = await names(client, f"/tasks/{small.tasks[0]}/subtasks")
        row = await data(client, f"/tasks/{plain}", opt_fields="parent.name,memberships")
        above = await data(client, f"/tasks/{small.tasks[0]}", opt_fields="num_subtasks")

    assert listed == {small.tasks[0], housed}
    assert beneath == ["Plain", "In both"]
    assert (row["parent"]["name"], row["memberships"]) == ("Task 0", [])
    assert above["num_subtasks"] == 2


async def test_a_task_in_two_projects_is_listed_in_both_and_says_so() -> None:
    small = a_site(1)
    small.site.add_to_project(small.tasks[0], small.other)
    async with asana(small.site) as client:
        assert await names(client, "/tasks", project=small.other) == ["Task 0"]
        row = await data(client, f"/tasks/{small.tasks[0]}", opt_fields="memberships.project.name,projects")
        assert await names(client, f"/tasks/{small.tasks[0]}/projects") == ["Checkout launch", "Platform adoption"]

    assert [each["project"]["name"] for each in row["memberships"]] == ["Checkout launch", "Platform adoption"]
    assert len(row["projects"]) == 2


async def test_modified_since_is_known_to_tasks_and_ignored_by_a_projects_tasks() -> None:
    small = a_site(3)
    small.site.touch(small.tasks[1], NOW, name="Renamed")
    async with asana(small.site) as client:
        since = NOW.isoformat()
        assert await names(client, "/tasks", project=small.project, modified_since=since) == ["Renamed"]
        assert await names(client, "/tasks", section=small.todo, modified_since=since) == ["Renamed"]
        assert len(await names(client, f"/projects/{small.project}/tasks", modified_since=since)) == 3


async def test_completed_since_gives_open_tasks_and_those_completed_later() -> None:
    small = a_site(3)
    small.site.complete(small.tasks[0], EARLIER)
    small.site.complete(small.tasks[1], NOW)
    async with asana(small.site) as client:
        path = f"/projects/{small.project}/tasks"
        assert await names(client, path, completed_since="now") == ["Task 2"]
        assert await names(client, path, completed_since=NOW.isoformat()) == ["Task 1", "Task 2"]
        assert "Not a valid date" in await refused(client, 400, path, completed_since="yesterday")


async def test_a_listing_has_to_say_of_what() -> None:
    small = a_site()
    async with asana(small.site) as client:
        for params in ({}, {"workspace": small.site.workspace}, {"project": small.project, "section": small.todo}):
            assert "exactly one of" in await refused(client, 400, "/tasks", **params)


async def test_a_section_lists_its_tasks_in_the_order_people_see() -> None:
    small = a_site(3)
    small.site.move_to_section(small.tasks[0], small.done)
    async with asana(small.site) as client:
        assert await names(client, f"/sections/{small.done}/tasks") == ["Task 0"]
        assert await names(client, f"/projects/{small.project}/tasks") == ["Task 1", "Task 2", "Task 0"]


async def test_pages_have_at_most_a_hundred_rows_and_end_with_null() -> None:
    small = a_site(250)
    async with asana(small.site) as client:
        rows = await everything(client, "/tasks", project=small.project, limit=100)
        for limit in ("0", "101", "many"):
            assert "limit" in await refused(client, 400, "/tasks", project=small.project, limit=limit)

    assert [row["gid"] for row in rows] == list(small.tasks)


async def test_a_page_tells_how_to_get_the_next_one() -> None:
    small = a_site(3)
    async with asana(small.site) as client:
        answer = await client.get("/tasks", params={"project": small.project, "limit": 2})
        following = answer.json()["next_page"]
        rest = await client.get(following["path"])

    assert following["offset"] not in {"2", "3"}
    assert following["uri"] == f"https://app.asana.com/api/1.0{following['path']}"
    assert [row["name"] for row in rest.json()["data"]] == ["Task 2"]
    assert rest.json()["next_page"] is None


async def test_tasks_are_found_by_tag_and_by_assignee() -> None:
    small = a_site(3)
    tag = small.site.add_tag("launch")
    small.site.add_tag_to(small.tasks[1], tag)
    small.site.touch(small.tasks[2], assignee=small.site.me)
    async with asana(small.site) as client:
        assert await names(client, "/tasks", tag=tag) == await names(client, f"/tags/{tag}/tasks") == ["Task 1"]
        assert await names(client, f"/tasks/{small.tasks[1]}/tags") == ["launch"]
        assert await names(client, "/tasks", assignee="me", workspace=small.site.workspace) == ["Task 2"]


async def test_a_sub_task_names_inherited_projects_only_when_they_are_asked() -> None:
    small = a_site(1)
    child = small.site.add_subtask(small.tasks[0], "Child")
    async with asana(small.site) as client:
        path = f"/tasks/{child}/projects"
        assert await names(client, path) == []
        assert await names(client, path, include_inherited_projects="true") == ["Checkout launch"]


async def test_a_large_result_without_a_limit_is_refused() -> None:
    small = a_site(30)
    async with asana(small.site, options(page_by_default=20)) as client:
        message = await refused(client, 400, "/tasks", project=small.project)
        assert len(await data(client, "/tasks", project=small.project, limit=30)) == 30

    assert message == "The result is too large. You should use pagination (may require specifying a workspace)"


async def test_an_offset_dies_of_age_or_of_requests_and_serves_its_own_listing_only() -> None:
    small, chosen = a_site(5), options(offset_life=timedelta(minutes=10), offset_requests=2)
    async with asana(small.site, chosen) as client:
        first = await client.get("/tasks", params={"project": small.project, "limit": 2})
        offset = first.json()["next_page"]["offset"]
        asked = {"project": small.project, "limit": 2, "offset": offset}
        assert await names(client, "/tasks", **asked) == ["Task 2", "Task 3"]
        assert "invalid" in await refused(client, 400, "/tasks", **asked | {"project": small.other})
        assert "expired" in await refused(client, 400, "/tasks", **asked)
        assert "invalid" in await refused(client, 400, "/tasks", **asked | {"offset": "nonsense"})
        chosen.offset_requests = None
        assert await names(client, "/tasks", **asked) == ["Task 2", "Task 3"]
        chosen.clock = lambda: NOW + timedelta(minutes=11)
        assert "expired" in await refused(client, 400, "/tasks", **asked)


async def test_a_huge_listing_is_cut_and_its_last_page_refused() -> None:
    small = a_site(50)
    async with asana(small.site, options(truncate_after=30)) as client:
        first = await client.get("/tasks", params={"project": small.project, "limit": 20})
        offset = first.json()["next_page"]["offset"]
        message = await refused(client, 400, "/tasks", project=small.project, limit=20, offset=offset)

    assert "truncated" in message


async def test_dependencies_are_gids_whatever_is_asked() -> None:
    small = a_site(2)
    waiting, blocker = small.tasks
    small.site.add_dependency(waiting, blocker)
    small.site.add_dependency(blocker, waiting)
    async with asana(small.site) as client:
        row = await data(client, f"/tasks/{waiting}", opt_fields="dependencies.name,dependents")
        assert await names(client, f"/tasks/{waiting}/dependencies") == ["Task 1"]

    assert row["dependencies"] == row["dependents"] == [{"gid": blocker, "resource_type": "task"}]


async def test_an_unreadable_dependency_is_a_bare_gid_or_left_out() -> None:
    small = a_site(1)
    secret = small.site.add_task("Secret", project=small.other)
    small.site.add_dependency(small.tasks[0], secret)
    small.site.make_private(small.other)
    chosen = options()
    async with asana(small.site, chosen) as client:
        path = f"/tasks/{small.tasks[0]}/dependencies"
        assert await data(client, path, opt_fields="name") == [{"gid": secret, "resource_type": "task"}]
        assert await refused(client, 403, f"/tasks/{secret}") == "You do not have access to this task."
        chosen.hidden_status = 404
        assert await refused(client, 404, f"/tasks/{secret}") == f"task: Unknown object: {secret}"

    small.site.bare_dependencies = False
    async with asana(small.site) as client:
        assert await data(client, path) == []
        row = await data(client, f"/tasks/{small.tasks[0]}", opt_fields="dependencies")
        assert row["dependencies"] == []


async def test_a_trashed_task_is_gone_with_all_beneath_it_and_comes_back() -> None:
    small = a_site(2)
    child = small.site.add_subtask(small.tasks[0], "Child")
    async with asana(small.site) as client:
        small.site.trash(small.tasks[0])
        assert await names(client, "/tasks", project=small.project) == ["Task 1"]
        assert "Unknown object" in await refused(client, 404, f"/tasks/{small.tasks[0]}")
        assert "Unknown object" in await refused(client, 404, f"/tasks/{child}")
        small.site.restore(small.tasks[0])
        assert await names(client, "/tasks", project=small.project) == ["Task 0", "Task 1"]
        assert await names(client, f"/tasks/{small.tasks[0]}/subtasks") == ["Child"]


async def test_a_private_project_takes_its_tasks_out_of_sight_but_not_those_that_are_elsewhere_too() -> None:
    small = a_site(2)
    small.site.add_to_project(small.tasks[0], small.other)
    async with asana(small.site) as client:
        small.site.make_private(small.project)
        await refused(client, 403, f"/projects/{small.project}")
        await refused(client, 403, "/tasks", project=small.project)
        await refused(client, 403, f"/tasks/{small.tasks[1]}")
        row = await data(client, f"/tasks/{small.tasks[0]}", opt_fields="memberships.project.name")
        assert [each["project"]["name"] for each in row["memberships"]] == ["Platform adoption"]
        small.site.make_visible(small.project)
        assert len(await data(client, "/tasks", project=small.project)) == 2


async def test_a_child_may_be_readable_while_its_parent_is_not() -> None:
    small = a_site(1)
    child = small.site.add_task("Child", project=small.other, parent=small.tasks[0])
    small.site.make_private(small.project)
    async with asana(small.site) as client:
        row = await data(client, f"/tasks/{child}", opt_fields="parent.name,name")

    assert row["name"] == "Child"
    assert row["parent"] == {"gid": small.tasks[0], "resource_type": "task"}


async def test_stories_come_oldest_first_and_tell_what_changed_when_asked() -> None:
    small = a_site(1)
    task = small.tasks[0]
    small.site.move_to_section(task, small.done, EARLIER)
    small.site.touch(task, NOW, due_on="2026-12-01")
    small.site.comment(task, "Looks good", LATER)
    async with asana(small.site) as client:
        plain = await data(client, f"/tasks/{task}/stories")
        told = await data(
            client, f"/tasks/{task}/stories", opt_fields="old_section.name,new_section.name,new_dates,type"
        )

    assert [row["resource_subtype"] for row in plain] == ["section_changed", "due_date_changed", "comment_added"]
    assert all("new_section" not in row for row in plain)
    assert (told[0]["old_section"]["name"], told[0]["new_section"]["name"]) == ("To do", "Done")
    assert told[1]["new_dates"] == {"start_on": None, "due_on": "2026-12-01", "due_at": None}
    assert told[2].keys() == {"gid", "resource_type", "type"}


async def test_attachments_are_asked_parent_by_parent() -> None:
    small = a_site(1)
    small.site.attach(small.tasks[0], "PAY-1", "https://jira.example.com/browse/PAY-1")
    async with asana(small.site) as client:
        (row,) = await data(client, "/attachments", parent=small.tasks[0], opt_fields="view_url,host,resource_subtype")
        assert await refused(client, 400, "/attachments") == "parent: Missing input"

    assert row["view_url"] == "https://jira.example.com/browse/PAY-1"
    assert row["host"] == row["resource_subtype"] == "external"


async def test_what_is_unknown_and_what_is_no_gid_are_told_apart() -> None:
    small = a_site(1)
    async with asana(small.site) as client:
        assert await refused(client, 404, "/tasks/99") == "task: Unknown object: 99"
        assert await refused(client, 400, "/tasks/PAY-1") == "task: Not a recognized ID: PAY-1"
        assert await refused(client, 404, "/time_tracking_entries") == "No matching route for request"


async def test_an_edit_shows_at_once_also_where_others_name_the_task() -> None:
    small = a_site(1)
    child = small.site.add_subtask(small.tasks[0], "Child")
    async with asana(small.site) as client:
        await data(client, f"/tasks/{child}", opt_fields="parent.name")
        small.site.touch(small.tasks[0], NOW, name="Renamed")
        row = await data(client, f"/tasks/{child}", opt_fields="parent.name")

    assert row["parent"]["name"] == "Renamed"
