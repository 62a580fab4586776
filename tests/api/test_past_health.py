"""Health and all that rests on it as of an earlier moment, on both databases, over HTTP."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from service.programs.baselines import take_baseline
from service.store.engine import Database
from tests.api.client import a_client, answered, services_over
from tests.programs.histories import HISTORIANS
from tests.programs.portfolio import KEY
from tests.programs.waiting import view
from tests.programs.waiting_past import a_waiting_past

PROGRAM = "/api/v1/programs/CHECKOUT"
MOVED = (
    f"{PROGRAM}/health",
    f"{PROGRAM}/attention",
    f"{PROGRAM}/data-quality?by=team",
    f"{PROGRAM}/baselines/first",
    f"{PROGRAM}/report",
    f"{PROGRAM}/report?for=monthly",
    f"{PROGRAM}/report?for=steering",
    "/api/v1/portfolio",
)
ANSWERS = (*MOVED, "/api/v1/programs", PROGRAM, f"{PROGRAM}/baselines", f"{PROGRAM}/forecast/calibration")
NEVER_TOO_EARLY = {  # none of these programs had an item, there was no baseline, nothing was promised
    "/api/v1/programs",
    f"{PROGRAM}/baselines",
    f"{PROGRAM}/baselines/first",
    f"{PROGRAM}/forecast/calibration",
}


@pytest.fixture
async def past(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    await a_waiting_past(database)
    await take_baseline(
        database, KEY, name="Approved", as_of="2026-11-05", view=view(), actor="pat", historians=HISTORIANS
    )
    async with a_client(services_over(database, historians=HISTORIANS)) as client:
        yield client


@pytest.mark.parametrize("path", ANSWERS)
async def test_as_of_today_every_answer_is_that_of_now(past: httpx.AsyncClient, path: str) -> None:
    now, today = await answered(past, path), await answered(past, path, as_of="2026-11-20")

    assert today["data"] == now["data"]


@pytest.mark.parametrize("path", MOVED)
async def test_as_of_an_earlier_day_no_answer_is_that_of_now(past: httpx.AsyncClient, path: str) -> None:
    now, then = await answered(past, path), await answered(past, path, as_of="2026-11-10")

    assert then["as_of"] == "2026-11-10T23:59:59Z"
    assert then["data"] != now["data"]


@pytest.mark.parametrize("path", ANSWERS)
async def test_a_moment_that_nobody_can_tell_of_is_refused_and_named(past: httpx.AsyncClient, path: str) -> None:
    before_all = () if path in NEVER_TOO_EARLY else ("2025-12-31",)
    for moment in ("2026-11-21", "yesterday", "1969-12-31", *before_all):
        answer = await past.get(httpx.URL(path).copy_merge_params({"as_of": moment}))

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["parameter"] == "as_of"


async def test_addresses_of_the_evidence_are_of_the_same_moment(past: httpx.AsyncClient) -> None:
    """Every one of them answers, and none of them about now."""
    health = await answered(past, f"{PROGRAM}/health", as_of="2026-11-10")
    attention = await answered(past, f"{PROGRAM}/attention", as_of="2026-11-10")
    rules = {rule["more"] for rule in health["data"]["rules"] if rule["more"]}
    checks = {check["more"] for check in health["data"]["data_quality"]["checks"]}
    concerns = {concern["more"] for concern in attention["data"]["attention"]}

    assert f"{PROGRAM}/scope?to=2026-11-10" in rules
    assert f"{PROGRAM}/dependencies?status=blocked&as_of=2026-11-10T23:59:59Z" in rules
    assert f"{PROGRAM}/data-quality?lacks=owner&as_of=2026-11-10T23:59:59Z" in checks & concerns
    for address in rules | checks | concerns:
        assert "2026-11-10" in address
        await answered(past, address)


@pytest.mark.parametrize("audience", ["weekly", "monthly", "steering"])
async def test_every_address_of_an_earlier_report_answers_about_its_time(
    past: httpx.AsyncClient, audience: str
) -> None:
    report = await past.get(f"{PROGRAM}/report", params={"for": audience, "as_of": "2026-11-10"})
    told = {each.rstrip("\\") for each in re.findall(r'/api/v1/[^"]*', report.text)}

    assert len(told) > 10
    for address in told:
        assert "2026-11-10" in address or "2026-11-03" in address or "2026-10-10" in address
        await answered(past, address)


async def test_a_baseline_of_a_later_day_is_not_there_yet(past: httpx.AsyncClient) -> None:
    listed = await answered(past, f"{PROGRAM}/baselines", as_of="2026-11-01")
    latest = await past.get(f"{PROGRAM}/baselines/latest?as_of=2026-11-01")
    named = await past.get(f"{PROGRAM}/baselines/Approved?as_of=2026-11-01")
    since = await answered(past, f"{PROGRAM}/baselines/Approved", as_of="2026-11-05")

    assert listed["data"]["baselines"] == []
    assert latest.status_code == 404
    assert named.status_code == 422
    assert named.json()["errors"][0] == {
        "in": "query",
        "parameter": "as_of",
        "message": "is too early: the baseline Approved is as of 2026-11-05",
    }
    assert since["data"]["schedule"]["finish"]["days"] == 0


async def test_a_program_has_as_many_items_as_it_had(past: httpx.AsyncClient) -> None:
    for path in ("/api/v1/programs", PROGRAM):
        assert (await answered(past, path, as_of="2026-11-10"))["as_of"] == "2026-11-10T23:59:59Z"
    listed = await answered(past, "/api/v1/programs", as_of="2025-12-31")

    assert [each["items"] for each in listed["data"]["programs"]] == [0, 0]
