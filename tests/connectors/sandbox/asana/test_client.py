"""The official `asana` client finds its way around the stand-in, and falls into the traps it is known for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import asana as sdk
import pytest
import urllib3

from connectors.sandbox import faults
from connectors.sandbox.asana.application import create_asana
from connectors.sandbox.asana.faults import throttled
from connectors.sandbox.asana.options import AsanaOptions
from connectors.sandbox.server import SandboxServer
from tests.connectors.sandbox.asana.support import NOW, Small, a_site, options


@dataclass(frozen=True)
class Served:
    """A site of 250 tasks, the client that speaks to it, and how its server behaves."""

    small: Small
    client: Any
    options: AsanaOptions


@pytest.fixture
def served() -> Iterator[Served]:
    small, chosen = a_site(250), options()
    small.site.add_subtask(small.tasks[0], "Child")
    small.site.comment(small.tasks[0], "Here?")
    small.site.add_portfolio("Commerce", items=[small.project])
    with SandboxServer(create_asana(small.site, chosen)) as server:
        configuration = sdk.Configuration()
        configuration.host = f"{server.url}/api/1.0"
        configuration.access_token = "sandbox"
        configuration.retry_strategy = urllib3.Retry(total=0, raise_on_status=False)
        client = sdk.ApiClient(configuration)
        yield Served(small, client, chosen)
        client.pool.close()
        client.pool.join()
        client.rest_client.pool_manager.clear()


def test_the_client_lists_everything(served: Served) -> None:
    small, client, site = served.small, served.client, served.small.site
    tasks = sdk.TasksApi(client)

    assert [row["name"] for row in sdk.WorkspacesApi(client).get_workspaces({})] == ["Northwind"]
    projects = sdk.ProjectsApi(client).get_projects({"workspace": site.workspace})
    assert [row["name"] for row in projects] == ["Checkout launch", "Platform adoption"]
    rows = list(tasks.get_tasks({"project": small.project, "opt_fields": "name,num_subtasks,memberships.section.name"}))
    assert [row["gid"] for row in rows] == list(small.tasks)
    assert (rows[0]["num_subtasks"], rows[0]["memberships"][0]["section"]["name"]) == (1, "To do")
    assert [row["name"] for row in tasks.get_subtasks_for_task(small.tasks[0], {})] == ["Child"]
    assert [row["text"] for row in sdk.StoriesApi(client).get_stories_for_task(small.tasks[0], {})] == ["Here?"]
    (portfolio,) = sdk.PortfoliosApi(client).get_portfolios(site.workspace, {"owner": "me"})
    items = sdk.PortfoliosApi(client).get_items_for_portfolio(portfolio["gid"], {})
    assert [row["name"] for row in items] == ["Checkout launch"]
    assert sdk.UsersApi(client).get_user("me", {})["name"] == "Rita Reader"
    assert [row["name"] for row in sdk.SectionsApi(client).get_sections_for_project(small.project, {})] == [
        "To do",
        "Done",
    ]


def test_the_client_reads_events_by_full_payload(served: Served) -> None:
    small, events = served.small, sdk.EventsApi(served.client)
    with pytest.raises(sdk.rest.ApiException) as lost:
        events.get_events(small.project, {}, full_payload=True)
    sync = sdk_body(lost.value)["sync"]
    small.site.touch(small.tasks[0], NOW, name="Renamed")
    told = events.get_events(small.project, {"sync": sync}, full_payload=True)

    assert lost.value.status == 412
    assert [row["action"] for row in told["data"]] == ["added", "changed"]
    assert (told["has_more"], told["sync"] != sync) == (False, True)


def test_the_clients_own_iterator_repeats_pages_of_events_forever(served: Served) -> None:
    small, events = served.small, sdk.EventsApi(served.client)
    with pytest.raises(sdk.rest.ApiException) as lost:
        events.get_events(small.project, {}, full_payload=True)
    for number in range(250):
        small.site.add_task(f"New {number}", project=small.project)
    told = islice(events.get_events(small.project, {"sync": sdk_body(lost.value)["sync"]}), 600)
    gids = [row["resource"]["gid"] for row in told]

    assert gids[:100] == gids[100:200]
    assert gids[200:300] == gids[300:400] == gids[500:600]


def test_the_client_spoils_the_options_it_is_given(served: Served) -> None:
    tasks, opts = sdk.TasksApi(served.client), {"project": served.small.project}
    first = list(tasks.get_tasks(opts))

    assert (len(first), len(list(tasks.get_tasks(opts)))) == (250, 50)


def test_a_batch_of_the_client_is_not_sent_before_it_is_looked_at(served: Served) -> None:
    actions = [{"method": "get", "relative_path": f"/tasks/{served.small.tasks[0]}"}]
    answers = sdk.BatchAPIApi(served.client).create_batch_request({"data": {"actions": actions}}, {})
    before = served.options.asked("/batch")
    (answer,) = answers

    assert (before, served.options.asked("/batch")) == (0, 1)
    assert answer["body"]["data"]["name"] == "Task 0"


def test_a_search_by_the_client_is_one_page(served: Served) -> None:
    small = served.small
    found = sdk.TasksApi(served.client).search_tasks_for_workspace(
        small.site.workspace, {"projects.any": small.project, "limit": 100}
    )

    assert len(list(found)) == 100


def test_the_client_replaces_no_break_spaces(served: Served) -> None:
    small = served.small
    small.site.touch(small.tasks[0], NOW, name="A\u00a0B")

    assert sdk.TasksApi(served.client).get_task(small.tasks[0], {"opt_fields": "name"})["name"] == "A B"


def test_a_refusal_reaches_the_client_with_its_status(served: Served) -> None:
    served.options.faults.append(throttled("/users"))
    with pytest.raises(sdk.rest.ApiException) as refusal:
        sdk.UsersApi(served.client).get_user("me", {})

    assert (refusal.value.status, refusal.value.headers["Retry-After"]) == (429, "1")


@pytest.mark.parametrize("fault", [faults.reset("/users"), faults.truncated("/users")])
def test_a_connection_may_be_cut_before_or_in_the_middle_of_an_answer(served: Served, fault: faults.Fault) -> None:
    served.options.faults.append(fault)
    with pytest.raises(urllib3.exceptions.HTTPError):
        sdk.UsersApi(served.client).get_user("me", {})

    assert sdk.UsersApi(served.client).get_user("me", {})["name"] == "Rita Reader"


def sdk_body(error: Any) -> Any:
    return json.loads(error.body)
