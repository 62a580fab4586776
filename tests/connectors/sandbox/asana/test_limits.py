"""Limits, faults and batches: what counts, what is refused, and how long it takes to be forgiven."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.sandbox import faults as any_faults
from connectors.sandbox.asana.faults import expired_offset, failing, throttled, unauthorized, unpaid
from tests.connectors.sandbox.asana.support import NOW, a_site, asana, data, options, refused


async def batch(client: httpx.AsyncClient, *actions: dict[str, Any]) -> httpx.Response:
    return await client.post("/batch", json={"data": {"actions": list(actions)}})


def read(path: str, **more: Any) -> dict[str, Any]:
    return {"method": "get", "relative_path": path, **more}


async def test_a_minute_has_so_many_requests_and_refused_ones_count() -> None:
    small, chosen = a_site(), options(requests_per_minute=3)
    async with asana(small.site, chosen) as client:
        for _ in range(3):
            await data(client, "/users/me")
        refusal = await client.get("/users/me")
        assert (refusal.status_code, refusal.headers["Retry-After"]) == (429, "60")
        assert refusal.json()["errors"][0]["message"].startswith("You've made too many requests")
        chosen.clock = lambda: NOW + timedelta(seconds=59)
        assert (await client.get("/users/me")).headers["Retry-After"] == "1"
        chosen.clock = lambda: NOW + timedelta(seconds=61)
        await data(client, "/users/me")


async def test_searches_have_a_limit_of_their_own() -> None:
    small = a_site()
    async with asana(small.site, options(searches_per_minute=1)) as client:
        path = f"/workspaces/{small.site.workspace}/tasks/search"
        await data(client, path)
        await refused(client, 429, path)
        await data(client, "/users/me")


async def test_only_so_many_reads_may_be_in_flight() -> None:
    small = a_site()
    async with asana(small.site, options(concurrent_reads=2, latency=0.05)) as client:
        answers = await asyncio.gather(*(client.get("/users/me") for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 200, 429, 429]
        await data(client, "/users/me")


async def test_a_batch_answers_in_order_and_succeeds_although_its_actions_fail() -> None:
    small = a_site(5)
    async with asana(small.site) as client:
        answer = await batch(
            client,
            read(f"/tasks/{small.tasks[0]}", options={"fields": ["completed"]}),
            read("/tasks/99"),
            read("/tasks", data={"project": small.project}, options={"limit": 2}),
        )

    one, unknown, listing = answer.json()["data"]
    assert one["body"]["data"] == {"gid": small.tasks[0], "resource_type": "task", "completed": False}
    assert (unknown["status_code"], "Unknown object" in unknown["body"]["errors"][0]["message"]) == (404, True)
    assert (len(listing["body"]["data"]), bool(listing["body"]["next_page"])) == (2, True)


@pytest.mark.parametrize("count", [0, 11])
async def test_a_batch_has_one_to_ten_actions(count: int) -> None:
    small = a_site()
    async with asana(small.site) as client:
        answer = await batch(client, *[read("/users/me")] * count)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"] == "actions: Must have between 1 and 10 actions"


async def test_a_batch_takes_no_query_in_its_paths_and_no_batch() -> None:
    small = a_site()
    async with asana(small.site) as client:
        assert (await batch(client, read(f"/tasks?project={small.project}"))).status_code == 400
        nested = await batch(client, {"method": "post", "relative_path": "/batch"})

    assert nested.json()["data"][0]["status_code"] == 404


async def test_every_action_of_a_batch_counts_and_one_too_many_refuses_it_whole() -> None:
    small = a_site()
    async with asana(small.site, options(requests_per_minute=5)) as client:
        assert (await batch(client, *[read("/users/me")] * 4)).status_code == 200
        assert (await batch(client, *[read("/users/me")] * 2)).status_code == 429


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (throttled("/users"), 429),
        (failing("/users"), 500),
        (unauthorized("/users", times=1), 401),
        (expired_offset("/users"), 400),
        (unpaid("/users", times=1), 402),
    ],
)
async def test_a_fault_strikes_once_in_the_vendors_words(fault: any_faults.Fault, status: int) -> None:
    small, chosen = a_site(), options(faults=[fault])
    async with asana(small.site, chosen) as client:
        struck = await client.get("/users/me")
        await data(client, "/users/me")

    assert (struck.status_code, [request.status for request in chosen.requests]) == (status, [status, 200])
    assert struck.json()["errors"][0]["message"]


async def test_a_server_error_has_a_phrase() -> None:
    small = a_site()
    async with asana(small.site, options(faults=[failing("/users", status=500)])) as client:
        answer = await client.get("/users/me")

    assert answer.json()["errors"][0]["phrase"] == "6 sad squid snuggle softly"


async def test_requests_are_recorded_and_announced_before_they_are_answered() -> None:
    small, chosen = a_site(1), options()
    chosen.on_request(2, lambda: small.site.touch(small.tasks[0], NOW, name="Renamed in between"))
    async with asana(small.site, chosen) as client:
        before = await data(client, f"/tasks/{small.tasks[0]}", opt_fields="name")
        after = await data(client, f"/tasks/{small.tasks[0]}", opt_fields="name")

    assert (before["name"], after["name"]) == ("Task 0", "Renamed in between")
    assert chosen.asked("/tasks/") == 2
    assert chosen.requests[0].query == {"opt_fields": "name"}


async def test_every_answer_tells_the_servers_time() -> None:
    small = a_site()
    async with asana(small.site) as client:
        answer = await client.get("/users/me")

    assert answer.headers["Date"] == "Fri, 20 Nov 2026 12:00:30 GMT"
