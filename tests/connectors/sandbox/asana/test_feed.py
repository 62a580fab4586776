"""Events: a first 412 that brings the token, a hundred at a time, heard by all that stand above the task."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from connectors.sandbox.asana.faults import lost_position
from tests.connectors.sandbox.asana.support import NOW, a_site, asana, options, refused


async def first_token(client: httpx.AsyncClient, resource: str) -> str:
    answer = await client.get("/events", params={"resource": resource})
    assert answer.status_code == 412, answer.text
    assert answer.json()["errors"][0]["message"].startswith("Sync token invalid or too old.")
    return str(answer.json()["sync"])


async def heard(client: httpx.AsyncClient, resource: str, sync: str, **params: str) -> Any:
    answer = await client.get("/events", params={"resource": resource, "sync": sync, **params})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_what_happened_after_the_token_is_told_once_and_in_order() -> None:
    small = a_site(1)
    async with asana(small.site) as client:
        sync = await first_token(client, small.project)
        small.site.touch(small.tasks[0], NOW, assignee=small.site.me)
        small.site.remove_from_project(small.tasks[0], small.project, NOW)
        told = await heard(client, small.project, sync)
        again = await heard(client, small.project, told["sync"])
        assert (await heard(client, small.project, sync))["data"] == told["data"]

    assert [(row["action"], row["resource"]["resource_type"]) for row in told["data"]] == [
        ("added", "story"),
        ("changed", "task"),
        ("added", "story"),
        ("removed", "task"),
    ]
    assert told["data"][1]["change"] == {
        "field": "assignee",
        "action": "changed",
        "new_value": {"gid": small.site.me, "resource_type": "user"},
    }
    assert told["data"][3]["parent"]["gid"] == small.project
    assert "change" not in told["data"][3]
    assert (told["has_more"], again["data"], again["has_more"]) == (False, [], False)


async def test_a_project_hears_of_nested_sub_tasks_and_their_comments() -> None:
    small = a_site(1)
    async with asana(small.site) as client:
        project, task = await first_token(client, small.project), await first_token(client, small.tasks[0])
        other = await first_token(client, small.other)
        child = small.site.add_subtask(small.tasks[0], "Child")
        grandchild = small.site.add_subtask(child, "Grandchild")
        small.site.comment(grandchild, "Here?")
        told = (await heard(client, small.project, project))["data"]
        assert (await heard(client, small.tasks[0], task))["data"] == told
        assert (await heard(client, small.other, other))["data"] == []

    assert [row["resource"].get("name") for row in told] == ["Child", "Grandchild", None]
    assert (told[2]["resource"]["resource_subtype"], told[2]["parent"]["gid"]) == ("comment_added", grandchild)


async def test_a_renamed_section_is_told_and_shows_on_its_tasks_which_are_not_modified() -> None:
    small = a_site(1)
    before = small.site.tasks[small.tasks[0]].modified_at
    async with asana(small.site) as client:
        sync = await first_token(client, small.project)
        small.site.rename_section(small.todo, "Next", NOW)
        (event,) = (await heard(client, small.project, sync))["data"]
        answer = await client.get(f"/tasks/{small.tasks[0]}", params={"opt_fields": "memberships.section.name"})

    assert (event["resource"]["resource_type"], event["resource"]["name"]) == ("section", "Next")
    assert event["change"] == {"field": "name", "action": "changed"}
    assert answer.json()["data"]["memberships"][0]["section"]["name"] == "Next"
    assert small.site.tasks[small.tasks[0]].modified_at == before


async def test_trashing_and_restoring_is_told() -> None:
    small = a_site(1)
    async with asana(small.site) as client:
        sync = await first_token(client, small.project)
        small.site.trash(small.tasks[0])
        (gone,) = (await heard(client, small.project, sync))["data"]
        small.site.restore(small.tasks[0])
        told = (await heard(client, small.project, sync))["data"]

    assert (gone["action"], gone["resource"]) == ("deleted", {"gid": small.tasks[0], "resource_type": "task"})
    assert [row["action"] for row in told] == ["deleted", "undeleted"]


async def test_a_token_brings_at_most_a_hundred_events() -> None:
    small = a_site(1)
    async with asana(small.site) as client:
        sync = await first_token(client, small.project)
        for number in range(250):
            small.site.add_task(f"New {number}", project=small.project)
        sizes = []
        more = True
        while more:
            told = await heard(client, small.project, sync)
            sync, more = told["sync"], told["has_more"]
            sizes.append(len(told["data"]))

    assert sizes == [100, 100, 50]


async def test_a_token_is_lost_after_a_day_or_with_another_resource() -> None:
    small, chosen = a_site(1), options()
    async with asana(small.site, chosen) as client:
        sync = await first_token(client, small.project)
        assert "Sync token" in await refused(client, 412, "/events", resource=small.other, sync=sync)
        assert "Sync token" in await refused(client, 412, "/events", resource=small.project, sync="nonsense")
        chosen.clock = lambda: NOW + timedelta(hours=24, seconds=1)
        answer = await client.get("/events", params={"resource": small.project, "sync": sync})
        assert answer.status_code == 412
        assert (await heard(client, small.project, answer.json()["sync"]))["data"] == []


async def test_a_position_may_be_lost_earlier() -> None:
    small, chosen = a_site(1), options()
    chosen.faults.append(lost_position(sync="later:0", after=1))
    async with asana(small.site, chosen) as client:
        sync = await first_token(client, small.project)
        answer = await client.get("/events", params={"resource": small.project, "sync": sync})

    assert (answer.status_code, answer.json()["sync"]) == (412, "later:0")


async def test_fields_of_an_event_can_be_asked_into_its_resource() -> None:
    small = a_site(1)
    async with asana(small.site) as client:
        sync = await first_token(client, small.project)
        small.site.touch(small.tasks[0], NOW, notes="More")
        told = await heard(client, small.project, sync, opt_fields="action,resource.modified_at")

    last = told["data"][-1]
    assert last.keys() == {"action", "resource"}
    assert last["resource"]["modified_at"].startswith("2026-11-20T12:00:30")


async def test_a_story_that_was_told_may_be_gone_when_it_is_read() -> None:
    small = a_site(1)
    async with asana(small.site) as client:
        sync = await first_token(client, small.project)
        story = small.site.comment(small.tasks[0], "Here?")
        small.site.consolidate(story)
        (told,) = (await heard(client, small.project, sync))["data"]
        assert told["resource"] == {"gid": story, "resource_type": "story"}
        assert await refused(client, 404, f"/stories/{story}") == f"story: Unknown object: {story}"
        assert (await client.get(f"/tasks/{small.tasks[0]}/stories")).json()["data"] == []


async def test_feeds_may_keep_the_changes_of_tasks_to_themselves() -> None:
    small = a_site(1)
    async with asana(small.site, options(silent_task_changes=True)) as client:
        sync = await first_token(client, small.project)
        small.site.touch(small.tasks[0], NOW, name="Renamed")
        told = await heard(client, small.project, sync)

    assert [row["resource"]["resource_type"] for row in told["data"]] == ["story"]


async def test_events_of_what_may_not_be_seen_are_refused() -> None:
    small = a_site(1)
    small.site.make_private(small.project)
    async with asana(small.site) as client:
        await refused(client, 403, "/events", resource=small.project)
        await refused(client, 404, "/events", resource="77")
        assert await refused(client, 400, "/events") == "resource: Missing input"
