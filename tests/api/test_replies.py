"""Entity tags, CSV and pages of lists."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import httpx
import pytest

from service.api.csv import safe
from service.api.etags import is_current
from service.clock import FixedClock
from service.store.engine import Database
from tests.api.client import a_client, services_over
from tests.programs.portfolio import NOW, a_checkout, change

ROLLUP = "/api/v1/programs/CHECKOUT/rollup"
TAGGED = [
    "/api/v1/programs",
    "/api/v1/programs/CHECKOUT",
    ROLLUP,
    "/api/v1/programs/CHECKOUT/items",
    "/api/v1/items/acme-jira:11",
    "/api/v1/items/acme-jira:11/why",
    "/api/v1/mapping/unmapped",
]


@pytest.mark.parametrize("path", TAGGED)
async def test_an_unchanged_answer_is_not_sent_again(client: httpx.AsyncClient, path: str) -> None:
    first = await client.get(path)
    again = await client.get(path, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})

    assert (first.status_code, first.headers["cache-control"]) == (200, "private, no-cache")
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])


@pytest.mark.parametrize("path", [ROLLUP, "/api/v1/programs/CHECKOUT/items", "/api/v1/items/acme-jira:12"])
async def test_a_change_of_the_data_changes_the_tag(sqlite_database: Database, path: str) -> None:
    await a_checkout(sqlite_database)
    async with a_client(services_over(sqlite_database)) as client:
        before = (await client.get(path)).headers["etag"]
        await change(sqlite_database, "acme-jira:12", status_category="done", status="Done")
        after = await client.get(path, headers={"If-None-Match": before})

    assert after.status_code == 200
    assert after.headers["etag"] != before


async def test_a_tag_outlives_the_hour_and_not_the_day(sqlite_database: Database) -> None:
    await a_checkout(sqlite_database)
    tags = []
    for later in (timedelta(0), timedelta(hours=1), timedelta(days=1)):
        async with a_client(services_over(sqlite_database, clock=FixedClock(NOW + later))) as client:
            tags.append((await client.get(ROLLUP)).headers["etag"])

    assert tags[0] == tags[1] != tags[2]


async def test_each_question_and_each_form_has_its_own_tag(local: httpx.AsyncClient) -> None:
    asked = ["", "?by=epic", "?basis=points", "?format=csv"]

    assert len({(await local.get(ROLLUP + query)).headers["etag"] for query in asked}) == len(asked)


async def test_the_order_of_parameters_makes_no_other_answer(local: httpx.AsyncClient) -> None:
    one = await local.get(f"{ROLLUP}?by=epic&basis=points")
    other = await local.get(f"{ROLLUP}?basis=points&by=epic")

    assert one.headers["etag"] == other.headers["etag"]


def test_any_tag_will_do_for_a_star() -> None:
    assert is_current('"a"', "*")
    assert not is_current('"a"', '"b", "c"')
    assert not is_current('"a"', None)


async def test_a_list_can_be_read_as_csv(client: httpx.AsyncClient) -> None:
    response = await client.get("/api/v1/programs?format=csv")

    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="programs.csv"'
    assert response.text == (
        "key,name,objective,owner,start,target,items\r\n"
        "CHECKOUT,Checkout replatform,One checkout,,2026-01-05,2026-12-18,6\r\n"
    )


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/csv;q=0.5, application/json", "application/json"),
        ("*/*", "application/json"),
        ("text/html, text/csv;q=nonsense", "application/json"),
    ],
)
async def test_the_accept_header_chooses_the_form(local: httpx.AsyncClient, accept: str, kind: str) -> None:
    response = await local.get("/api/v1/programs", headers={"Accept": accept})

    assert response.headers["content-type"] == kind


async def test_the_breakdown_is_the_csv_of_a_rollup(local: httpx.AsyncClient) -> None:
    rows = list(csv.DictReader(io.StringIO((await local.get(f"{ROLLUP}?format=csv")).text)))

    assert [(row["key"], row["progress.count.done"], row["scope.excluded.cancelled"]) for row in rows] == [
        ("PAY", "1", "1"),
        ("CART", "0", "0"),
    ]


async def test_a_title_cannot_run_as_a_formula(sqlite_database: Database) -> None:
    await a_checkout(sqlite_database)
    await change(sqlite_database, "acme-jira:11", title='=HYPERLINK("http://evil.example","x")')
    async with a_client(services_over(sqlite_database)) as client:
        text = (await client.get("/api/v1/programs/CHECKOUT/items?format=csv")).text

    titles = [row["title"] for row in csv.DictReader(io.StringIO(text))]
    assert '\'=HYPERLINK("http://evil.example","x")' in titles


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "  =1"])
def test_text_that_starts_like_a_formula_is_quoted(cell: str) -> None:
    assert safe(cell) == f"'{cell}"


async def test_pages_of_items_join_without_gap_or_repeat(client: httpx.AsyncClient) -> None:
    path: str | None = "/api/v1/programs/CHECKOUT/items?limit=4"
    seen: list[str] = []
    while path:
        response = await client.get(path)
        seen += [item["uid"] for item in response.json()["data"]["items"]]
        path = response.links.get("next", {}).get("url")

    assert seen == [f"acme-jira:{number}" for number in (10, 11, 12, 13, 14, 16)]


async def test_filters_may_be_repeated(local: httpx.AsyncClient) -> None:
    path = "/api/v1/programs/CHECKOUT/items?status_category=done&status_category=in_progress"

    assert [item["key"] for item in (await local.get(path)).json()["data"]["items"]] == ["PAY-11", "CART-16"]
