"""The pages as a browser gets them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import date
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from service.store.engine import Database
from service.store.tables.reference import status_updates
from service.web import views
from service.web.rendering import with_code
from tests.api.client import a_client, services_over
from tests.builders.items import an_item
from tests.programs.portfolio import SYNCED, a_checkout, add_members, add_program, change
from tests.programs.test_health import a_program, say, well
from tests.programs.waiting import a_waiting_program

PAGES = [
    "/",
    "/programs/CHECKOUT",
    "/programs/CHECKOUT?by=epic&status_category=done",
    "/programs/EMPTY",
    "/docs",
    "/problems/unknown-program",
    "/nothing/here",
]
HTML = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


class Page(HTMLParser):
    """Tags, addresses and text of a page; refuses one whose tags do not nest."""

    VOID = frozenset({"meta", "link", "input", "br", "rect", "circle", "path"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src", "action"}]
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"


@pytest.fixture
async def browser(sqlite_database: Database) -> AsyncIterator[httpx.AsyncClient]:
    await a_checkout(sqlite_database)
    await add_program(sqlite_database, "EMPTY", name="Not started", position=1)
    async with a_client(services_over(sqlite_database)) as client:
        client.headers.update(HTML)
        yield client


@pytest.mark.parametrize("path", PAGES)
async def test_no_page_runs_a_script_or_fetches_anything_from_elsewhere(browser: httpx.AsyncClient, path: str) -> None:
    response = await browser.get(path)
    page = Page(response.text)

    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert not {"script", "iframe", "object", "style", "img"} & set(page.tags)
    assert not {name for name in page.attributes if name.startswith("on") or name == "style"}
    outside = [each for each in page.addresses if "//" in each and not each.startswith("https://acme-jira.example/")]
    assert outside == []


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_has_a_language_a_title_a_heading_and_a_way_past_the_menu(
    browser: httpx.AsyncClient, path: str
) -> None:
    html = (await browser.get(path)).text
    page = Page(html)

    assert '<html lang="en">' in html
    assert page.tags.count("h1") == 1
    assert page.tags.count("title") == 1
    assert '<a class="skip" href="#content">' in html
    assert 'id="content"' in html


async def test_the_first_page_tells_how_far_each_program_is(browser: httpx.AsyncClient) -> None:
    text = " ".join(Page((await browser.get("/")).text).text.split())

    assert "Checkout replatform CHECKOUT One checkout" in text
    assert "33% 1 of 3 items 1 done 1 in progress 1 to do" in text
    assert "38% of story points, on 67% of the items" in text
    assert "Target 18 Dec 2026 Latest due 24 Dec 2026 As of 20 Nov 2026, 02:14 UTC" in text


async def test_the_first_page_tells_how_each_program_is_and_why(sqlite_database: Database) -> None:
    """Overdue work makes it red, people state green, and somebody has decided about the other one."""
    await a_program(sqlite_database, well(1, due=date(2026, 11, 2)), well(2))
    await add_program(sqlite_database, "NEXT", name="Next", position=1, include={"label": ["next"]})
    await say(sqlite_database, "on_track")
    async with a_client(services_over(sqlite_database)) as client:
        client.headers.update(HTML)
        decision = {"value": "amber", "reason": "Not begun."}
        await client.put("/api/v1/programs/NEXT/override", json=decision)
        text = " ".join(Page((await client.get("/")).text).text.split())

    assert "CHECKOUT ■ Red overdue work stated green" in text
    assert "NEXT ◆ Amber decided; computed grey" in text


async def test_the_first_page_does_not_wait_for_what_takes_long(
    browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PATIENCE", 0.0)

    assert Page((await browser.get("/")).text).text.count("Health is being computed.") == 2


async def test_the_bar_says_in_words_what_it_shows(browser: httpx.AsyncClient) -> None:
    assert 'aria-label="33% done: 1 of 3"' in (await browser.get("/")).text


async def test_a_program_shows_its_breakdown_items_sources_and_rules(browser: httpx.AsyncClient) -> None:
    html = (await browser.get("/programs/CHECKOUT")).text
    text = " ".join(Page(html).text.split())

    assert "Planned 5 Jan 2026 to 18 Dec 2026" in text
    assert "work is due after the program's target" in text
    assert "6 items, of which 3 count, 1 cancelled, 1 counted by its children, 1 part of its parent." in text
    assert "Payments PAY" in text
    assert '<a class="nowrap" href="https://acme-jira.example/browse/PAY-11" rel="noreferrer">PAY-11</a>' in html
    assert "acme-jira Complete 20 Nov 2026, 02:14 UTC (5 hours ago)" in text
    assert "include source acme-jira" in text


async def test_health_as_stated_is_shown_apart_from_what_is_computed(sqlite_database: Database) -> None:
    await a_checkout(sqlite_database)
    said: dict[str, Any] = {"source": "acme-jira", "native_id": "s1", "parent_kind": "project", "parent_id": "1"}
    said |= {"status": "off_track", "title": "<b>Late</b>", "author_id": None, "created_at": SYNCED}
    async with a_client(services_over(sqlite_database)) as client:
        client.headers.update(HTML)
        before = (await client.get("/programs/CHECKOUT")).text
        async with sqlite_database.transaction() as uow:
            await uow.connection.execute(insert(status_updates), [said])
        html = (await client.get("/programs/CHECKOUT")).text
    text = " ".join(Page(html).text.split())

    assert "Health as stated" not in before
    assert "What people say in their tools. Nothing on this page is computed from it." in text
    assert "Payments project Off track : <b>Late</b> – 20 Nov 2026, 02:14 UTC" in text


async def test_a_task_that_has_only_a_number_is_called_by_its_title(sqlite_database: Database) -> None:
    await a_checkout(sqlite_database)
    address = "https://app.asana.com/0/1/17"
    await add_members(sqlite_database, an_item(17, key="17", title="Write <the> leaflet", url=address))
    async with a_client(services_over(sqlite_database)) as client:
        html = (await client.get("/programs/CHECKOUT", headers=HTML)).text

    assert f'<a class="name" href="{address}" rel="noreferrer">Write &lt;the&gt; leaflet</a>' in html
    assert ">17<" not in html


async def test_a_breakdown_is_one_link_away(browser: httpx.AsyncClient) -> None:
    html = (await browser.get("/programs/CHECKOUT?by=item_type")).text

    assert 'href="/programs/CHECKOUT?by=item_type#breakdown" aria-current="true"' in html
    assert "Bug" in Page(html).text


async def test_a_filter_keeps_what_fits_and_says_when_nothing_does(browser: httpx.AsyncClient) -> None:
    done = (await browser.get("/programs/CHECKOUT?status_category=done")).text
    none = (await browser.get("/programs/CHECKOUT?team=nobody")).text

    assert re.findall(r">([A-Z]+-\d+)</a>", done) == ["PAY-11"]
    assert "No item fits this filter" in none
    assert 'value="nobody"' in none


async def test_an_old_bookmark_still_opens(browser: httpx.AsyncClient) -> None:
    response = await browser.get("/programs/CHECKOUT?by=colour&cursor=old&utm_source=mail")

    assert response.status_code == 200
    assert "cursor: this is no cursor of this list; start again without one." in response.text


async def test_what_a_tool_says_is_text_and_never_markup(sqlite_database: Database) -> None:
    await a_checkout(sqlite_database)
    planted = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
    await change(sqlite_database, "acme-jira:11", title=planted, status=planted)
    async with a_client(services_over(sqlite_database)) as client:
        html = (await client.get(f"/programs/CHECKOUT?team={planted}")).text + (
            await client.get("/programs/CHECKOUT")
        ).text

    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


async def test_no_programs_yet_is_an_invitation(sqlite_database: Database) -> None:
    async with a_client(services_over(sqlite_database)) as client:
        text = " ".join(Page((await client.get("/")).text).text.split())

    assert "No programs yet" in text
    assert "interlock programs plan programs.yaml interlock programs apply programs.yaml" in text
    assert "No source was read yet either" in text


async def test_an_empty_program_says_what_to_do_next(browser: httpx.AsyncClient) -> None:
    text = (await browser.get("/programs/EMPTY")).text

    assert "Nothing is in this program" in text
    assert "nothing counts yet" in text


async def test_a_missing_program_is_a_page_for_people_and_a_problem_for_programs(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/programs/NOPE")
    problem = await browser.get("/programs/NOPE", headers={"Accept": "application/json"})

    assert page.status_code == problem.status_code == 404
    assert "<h1>No such program</h1>" in page.text
    assert "There is no program NOPE" in page.text
    assert problem.headers["content-type"] == "application/problem+json"


async def test_the_documentation_shows_parameters_examples_and_a_line_to_try(browser: httpx.AsyncClient) -> None:
    text = Page((await browser.get("/docs")).text).text

    assert "curl http://127.0.0.1:8000/api/v1/programs/CHECKOUT/rollup" in text
    assert "One of project, workstream, epic, source, item_type, team." in text
    assert '"definition_version": "1"' in text
    assert "invalid-programs-file" in text


async def test_the_stylesheet_comes_from_here_and_fetches_nothing(browser: httpx.AsyncClient) -> None:
    address = next(each for each in Page((await browser.get("/")).text).addresses if ".css" in each)
    response = await browser.get(address)

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/css")
    assert "url(" not in response.text
    assert "@import" not in response.text
    assert "prefers-color-scheme: dark" in response.text


async def test_files_beside_the_static_ones_stay_where_they_are(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/static/..%2fviews.py")).status_code == 404


async def test_contradicting_dates_are_shown_with_key_and_title(sqlite_database: Database) -> None:
    await a_checkout(sqlite_database)
    await change(sqlite_database, "acme-jira:10", due=date(2026, 12, 1), title="Pay <with> cards")
    async with a_client(services_over(sqlite_database)) as client:
        html = (await client.get("/programs/CHECKOUT", headers=HTML)).text

    assert '<span class="nowrap">PAY-10</span> <span class="name">Pay &lt;with&gt; cards</span>' in html
    assert "acme-jira:10" not in html


async def test_names_between_backticks_are_code_on_the_documentation(browser: httpx.AsyncClient) -> None:
    html = (await browser.get("/docs")).text

    assert "An id is <code>source:native-id</code> or <code>source:KEY</code>;" in html
    assert "`" not in Page(re.sub("<pre.*?</pre>", "", html, flags=re.DOTALL)).text


def test_what_becomes_code_is_still_escaped() -> None:
    assert with_code("a<b `c<d` `e`") == "a&lt;b <code>c&lt;d</code> <code>e</code>"


async def test_a_program_shows_what_waits_with_both_ends_linked_to_their_tools(sqlite_database: Database) -> None:
    await a_waiting_program(sqlite_database)
    async with a_client(services_over(sqlite_database)) as client:
        text = (await client.get("/programs/CHECKOUT")).text
    section = text.partition('id="dependencies"')[2].partition("<h2")[0]

    assert "of 100, dependency health" in section
    assert re.findall(r'aria-hidden="true">.</span> ([A-Z][a-z ]+) <strong>(\d+)</strong>', section) == [
        ("In a cycle", "2"),
        ("Broken", "1"),
        ("Blocked", "1"),
        ("Off track", "1"),
        ("At risk", "2"),
        ("Unknown", "1"),
        ("On track", "1"),
        ("Resolved", "1"),
    ]
    assert 'href="https://acme-jira.example/browse/PAY-1"' in section
    assert 'href="https://acme-jira.example/browse/PAY-2"' in section
    assert "PAY-2 has been in progress since 16 Nov and waits for PAY-1" in section
    assert '<span class="small quiet">(deleted)</span>' in section
    assert "1 cycle of items that wait for each other" in section
    assert re.search(r"Most work waits for .*PAY-1.*\(3 items\)", section)
    assert "PAY-12" not in section.partition("<tbody>")[0]
