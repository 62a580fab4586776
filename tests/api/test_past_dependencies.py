"""Every answer about dependencies as of an earlier moment, on both databases, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from service.store.engine import Database
from tests.api.client import a_client, answered, services_over
from tests.programs.histories import HISTORIANS
from tests.programs.waiting_past import a_waiting_past

PROGRAM = "/api/v1/programs/CHECKOUT"
ANSWERS = (
    f"{PROGRAM}/dependencies",
    f"{PROGRAM}/dependencies/cycles",
    f"{PROGRAM}/dependencies/matrix?by=project",
    f"{PROGRAM}/dependencies/bottlenecks",
    f"{PROGRAM}/dependencies/graph",
    f"{PROGRAM}/critical-path",
    "/api/v1/items/acme-jira:PAY-1/impact",
)
SLIP = {"slips": [{"item": "PAY-1", "days": 5}]}


@pytest.fixture
async def past(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    await a_waiting_past(database)
    async with a_client(services_over(database, historians=HISTORIANS)) as client:
        yield client


@pytest.mark.parametrize("path", ANSWERS)
async def test_as_of_today_every_answer_is_that_of_now(past: httpx.AsyncClient, path: str) -> None:
    now, today = await answered(past, path), await answered(past, path, as_of="2026-11-20")

    assert today["data"] == now["data"]
    assert "unknown_dependencies" not in {each["code"] for each in today["warnings"]}
    assert today["as_of"] == "2026-11-20T08:00:12Z"


@pytest.mark.parametrize("path", ANSWERS)
async def test_as_of_an_earlier_day_no_answer_of_what_moved_since_is_that_of_now(
    past: httpx.AsyncClient, path: str
) -> None:
    now, then = await answered(past, path), await answered(past, path, as_of="2026-11-10")

    assert then["as_of"] == "2026-11-10T23:59:59Z"
    assert "unknown_dependencies" in {each["code"] for each in then["warnings"]}  # of a declared one nobody knows
    if not path.endswith("cycles"):  # who waited for each other then still does
        assert then["data"] != now["data"]


async def test_the_critical_path_of_a_day_begins_on_that_day(past: httpx.AsyncClient) -> None:
    then = (await answered(past, f"{PROGRAM}/critical-path", as_of="2026-11-10"))["data"]

    assert min(item["early_start"] for item in then["items"]) == "2026-11-10"
    assert then["finish"] < (await answered(past, f"{PROGRAM}/critical-path"))["data"]["finish"]


async def test_what_would_have_moved_then_is_asked_like_what_would_move_now(past: httpx.AsyncClient) -> None:
    now = (await past.post(f"{PROGRAM}/simulate", json=SLIP)).json()
    then = (await past.post(f"{PROGRAM}/simulate?as_of=2026-11-10", json=SLIP)).json()

    assert then["as_of"] == "2026-11-10T23:59:59Z"
    assert then["data"]["finish"]["before"] < now["data"]["finish"]["before"]
    assert then["data"]["finish"]["before"] < then["data"]["finish"]["after"]


async def test_a_moment_that_nobody_can_tell_of_is_refused_and_named(past: httpx.AsyncClient) -> None:
    for path in ANSWERS:
        for moment in ("2026-11-21", "yesterday", "1969-12-31"):
            answer = await past.get(httpx.URL(path).copy_merge_params({"as_of": moment}))

            assert answer.status_code == 422
            assert answer.json()["errors"][0]["parameter"] == "as_of"
