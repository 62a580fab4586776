"""Reports over HTTP: three forms, tags, where links lead, who may see them, and what a bad question is told."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from html import escape

import httpx
import pytest
from sqlalchemy import update

from service.domain.access import Scope
from service.programs.report_html import CONTENT_SECURITY_POLICY, STYLE
from service.store.engine import Database
from service.store.tables.items import work_items
from tests.api.client import a_client, services_over
from tests.auth.support import a_key, bearer
from tests.programs.portfolio import add_program
from tests.programs.reporting import HISTORIANS, a_reported_program, uid

REPORT = "/api/v1/programs/CHECKOUT/report"


@pytest.fixture
async def reported(sqlite_database: Database) -> AsyncIterator[httpx.AsyncClient]:
    await a_reported_program(sqlite_database)
    async with a_client(services_over(sqlite_database, historians=HISTORIANS)) as client:
        yield client


async def test_a_report_is_data_unless_another_form_is_asked_for(database: Database) -> None:
    await a_reported_program(database)
    async with a_client(services_over(database, historians=HISTORIANS)) as client:
        answer = await client.get(REPORT)
        markdown = await client.get(f"{REPORT}?format=markdown")
        html = await client.get(f"{REPORT}?format=html")

    data = answer.json()["data"]
    assert (answer.headers["content-type"], data["for"], data["day"]) == ("application/json", "weekly", "2026-11-20")
    assert markdown.headers["content-type"] == "text/markdown; charset=utf-8"
    assert html.headers["content-type"] == "text/html; charset=utf-8"
    assert f"**{data['headline']}**".replace("<", "\\<") in markdown.text
    assert f'<p class="lead">{escape(data["headline"])}</p>' in html.text


@pytest.mark.parametrize("audience", ["weekly", "monthly", "steering"])
async def test_each_meeting_has_its_title(reported: httpx.AsyncClient, audience: str) -> None:
    told = (await reported.get(f"{REPORT}?for={audience}&format=markdown")).text.splitlines()[0]

    assert (
        told
        == {
            "weekly": "# Checkout replatform: the week to 20 Nov 2026",
            "monthly": "# Checkout replatform: the month to 20 Nov 2026",
            "steering": "# Checkout replatform: steering report of 20 Nov 2026",
        }[audience]
    )


async def test_the_page_may_use_its_own_style_and_nothing_else(reported: httpx.AsyncClient) -> None:
    html = await reported.get(f"{REPORT}?format=html")
    data = await reported.get(REPORT)

    assert html.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "style-src 'sha256-" in CONTENT_SECURITY_POLICY
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY
    assert f"<style>{STYLE}</style>" in html.text
    assert html.headers["x-content-type-options"] == "nosniff"
    assert "style-src 'self'" in data.headers["content-security-policy"]


async def test_links_lead_to_where_people_reach_the_service(sqlite_database: Database) -> None:
    await a_reported_program(sqlite_database)
    services = services_over(sqlite_database, historians=HISTORIANS, public_url="https://interlock.example/")
    async with a_client(services) as client:
        markdown = (await client.get(f"{REPORT}?format=markdown")).text
        html = (await client.get(f"{REPORT}?format=html")).text

    assert "](https://interlock.example/api/v1/programs/CHECKOUT/rollup)" in markdown
    assert "](/api/" not in markdown
    assert 'href="https://interlock.example/api/v1/programs/CHECKOUT/rollup"' in html


async def test_every_address_of_the_service_in_a_report_answers(reported: httpx.AsyncClient) -> None:
    """Nobody should follow a figure into a refusal."""
    found: set[str] = set()
    for audience in ("weekly", "monthly", "steering"):
        told = (await reported.get(f"{REPORT}?for={audience}")).json()
        found |= set(_addresses(told))
    answers = {address: (await reported.get(address)).status_code for address in sorted(found)}

    assert len(answers) > 15
    assert {address: code for address, code in answers.items() if code != 200} == {}


@pytest.mark.parametrize("form", ["json", "markdown", "html"])
async def test_a_tag_holds_until_something_is_told_otherwise(sqlite_database: Database, form: str) -> None:
    await a_reported_program(sqlite_database)
    async with a_client(services_over(sqlite_database, historians=HISTORIANS)) as client:
        first = await client.get(f"{REPORT}?format={form}")
        held = {"If-None-Match": first.headers["etag"]}
        unchanged = await client.get(f"{REPORT}?format={form}", headers=held)
        async with sqlite_database.transaction() as uow:
            renamed = update(work_items).where(work_items.c.uid == uid(703)).values(title="Refund cash")
            await uow.connection.execute(renamed)
        changed = await client.get(f"{REPORT}?format={form}", headers=held)

    assert (first.status_code, unchanged.status_code, changed.status_code) == (200, 304, 200)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("for=daily", "for"),
        ("since=tomorrow", "since"),
        ("since=2099-01-01", "since"),
        ("since=2020-01-01", "since"),
        ("as_of=2099-01-01", "as_of"),
        ("as_of=2001-01-01", "as_of"),
        ("format=pdf", "format"),
        ("audience=weekly", "audience"),
    ],
)
async def test_a_bad_question_is_told_what_is_wrong_with_it(
    reported: httpx.AsyncClient, query: str, parameter: str
) -> None:
    refused = await reported.get(f"{REPORT}?{query}")

    assert refused.status_code == 422, refused.text
    assert [each["parameter"] for each in refused.json()["errors"]] == [parameter]


async def test_a_program_that_one_does_not_see_does_not_exist(sqlite_database: Database) -> None:
    await a_reported_program(sqlite_database)
    await add_program(sqlite_database, "MOBILE", position=1)
    mobile = bearer(await a_key(sqlite_database, "mobile", Scope.READ, programs=("MOBILE",)))
    async with a_client(services_over(sqlite_database, historians=HISTORIANS)) as client:
        hidden = await client.get(f"{REPORT}?format=html", headers=mobile)
        own = await client.get("/api/v1/programs/MOBILE/report?format=markdown", headers=mobile)
        nobody = await client.get(REPORT)

    assert (hidden.status_code, own.status_code, nobody.status_code) == (404, 200, 401)
    assert "CHECKOUT" not in own.text


def _addresses(told: object) -> list[str]:
    """Of all members that tell where more is."""
    found: list[str] = []

    def keep(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found.extend(str(value) for name, value in pairs if name in ("more", "record") and value)
        return dict(pairs)

    json.loads(json.dumps(told), object_pairs_hook=keep)
    return found
