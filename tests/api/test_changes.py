"""Changes over HTTP: JSON, CSV and Markdown, tags, and what a bad question is told."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from service.domain.access import Scope
from service.programs.change_answers import ChangeEntry
from service.programs.changes_markdown import link, plain
from service.store.engine import Database
from service.store.tables.items import work_items
from tests.api.client import a_client, services_over
from tests.auth.support import a_key, bearer
from tests.programs.changing import HISTORIANS, a_busy_week, uid
from tests.programs.portfolio import add_program

CHANGES = "/api/v1/programs/CHECKOUT/changes"
GOLDEN = Path(__file__).parent.parent / "golden" / "changes.md"


@pytest.fixture
async def busy(sqlite_database: Database) -> AsyncIterator[httpx.AsyncClient]:
    await a_busy_week(sqlite_database)
    async with a_client(services_over(sqlite_database, historians=HISTORIANS)) as client:
        yield client


async def test_the_markdown_is_ready_to_paste(database: Database) -> None:
    await a_busy_week(database)
    async with a_client(services_over(database, historians=HISTORIANS)) as client:
        answer = await client.get(f"{CHANGES}?format=markdown")

    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.text == GOLDEN.read_text(encoding="utf-8")


async def test_the_csv_has_every_change_and_a_column_for_every_member(busy: httpx.AsyncClient) -> None:
    told = (await busy.get(f"{CHANGES}?each=1000")).json()["data"]["changes"]
    answer = await busy.get(CHANGES, headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert [(row["kind"], row["key"]) for row in rows] == [(each["kind"], each["key"]) for each in told]
    expected = {name for name in ChangeEntry.__struct_fields__ if name != "other"}
    assert set(rows[0]) == expected | {"other.uid", "other.key", "other.title", "other.url"}
    assert next(row for row in rows if row["kind"] == "pulled_in")["days"] == "-10"


async def test_groups_are_collapsed_beyond_what_is_asked_for(busy: httpx.AsyncClient) -> None:
    data = (await busy.get(f"{CHANGES}?each=1&kind=removed,slipped&kind=added")).json()["data"]
    counts_alone = (await busy.get(f"{CHANGES}?each=0")).json()["data"]
    text = (await busy.get(f"{CHANGES}?each=1&kind=removed&format=markdown")).text

    assert [(group["kind"], group["changes"], group["shown"]) for group in data["groups"]] == [
        ("added", 1, 1),
        ("removed", 2, 1),
        ("slipped", 1, 1),
    ]
    assert counts_alone["changes"] == []
    assert len(counts_alone["groups"]) == 16
    assert "- and 1 more\n" in text


@pytest.mark.parametrize("form", ["json", "csv", "markdown"])
async def test_a_tag_holds_until_something_is_told_otherwise(sqlite_database: Database, form: str) -> None:
    await a_busy_week(sqlite_database)
    async with a_client(services_over(sqlite_database, historians=HISTORIANS)) as client:
        first = await client.get(f"{CHANGES}?format={form}")
        held = {"If-None-Match": first.headers["etag"]}
        unchanged = await client.get(f"{CHANGES}?format={form}", headers=held)
        async with sqlite_database.transaction() as uow:
            await uow.connection.execute(update(work_items).where(work_items.c.uid == uid(3)).values(title="Take cash"))
        changed = await client.get(f"{CHANGES}?format={form}", headers=held)

    assert (first.status_code, unchanged.status_code, changed.status_code) == (200, 304, 200)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("since=tomorrow", "since"),
        ("since=2099-01-01", "since"),
        ("until=2026-02-30", "until"),
        ("since=2026-11-18&until=2026-11-10", "until"),
        ("kind=late", "kind"),
        ("each=-1", "each"),
        ("each=5001", "each"),
        ("format=html", "format"),
        ("sort=title", "sort"),
    ],
)
async def test_a_bad_question_is_told_what_is_wrong_with_it(
    busy: httpx.AsyncClient, query: str, parameter: str
) -> None:
    refused = await busy.get(f"{CHANGES}?{query}")

    assert refused.status_code == 422, refused.text
    assert [each["parameter"] for each in refused.json()["errors"]] == [parameter]


async def test_a_program_that_one_does_not_see_does_not_exist(sqlite_database: Database) -> None:
    await a_busy_week(sqlite_database)
    await add_program(sqlite_database, "MOBILE", position=1)
    mobile = bearer(await a_key(sqlite_database, "mobile", Scope.READ, programs=("MOBILE",)))
    async with a_client(services_over(sqlite_database, historians=HISTORIANS)) as client:
        hidden = await client.get(CHANGES, headers=mobile)
        own = await client.get("/api/v1/programs/MOBILE/changes", headers=mobile)

    assert (hidden.status_code, own.status_code) == (404, 200)
    assert own.json()["data"]["headline"] == "Nothing that counts has changed."


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("](https://evil.example) [x", "\\](https:/\\/evil.example) \\[x"),
        ("see WWW.evil.example", "see WWW\\.evil.example"),
        ("<script>alert(1)</script>", "\\<script\\>alert(1)\\</script\\>"),
        ("a | b\n# heading", "a \\| b \\# heading"),
        ("* star _ under ` tick \\", "\\* star \\_ under \\` tick \\\\"),
        ("- not a list", "\\- not a list"),
        ("1. not a list either - really", "1\\. not a list either - really"),
        ("right\N{RIGHT-TO-LEFT OVERRIDE}left\x00", "right left"),
    ],
)
def test_words_of_others_are_no_markup(title: str, shown: str) -> None:
    assert plain(title) == shown


@pytest.mark.parametrize(
    "address", [None, "https://jira.example/a b", "https://jira.example/)(", "https://jira.example/<x>"]
)
def test_an_address_that_would_break_out_of_its_link_is_none(address: str | None) -> None:
    assert link("PAY-1", address) == "PAY-1"
