"""A report as people read it: Markdown to paste and HTML, with the same words and with nobody else's markup."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from service import wording
from service.programs.chances import DatesAt
from service.programs.report_html import CONTENT_SECURITY_POLICY, STYLE, report_html
from service.programs.report_markdown import report_markdown
from service.programs.report_page import (
    Block,
    Bullets,
    BurnUp,
    Line,
    Page,
    Paragraph,
    Run,
    Section,
    Table,
    followable,
    line,
    strong,
    text,
)
from service.programs.report_sections import page_of
from service.store.engine import Database
from service.store.tables.programs import programs
from tests.programs.reporting import HOSTILE, a_reported_program, report
from tests.programs.waiting import view

GOLDEN = Path(__file__).parent.parent / "golden"
ZONE = view().terms.zone
VOID = {"meta", "line", "polyline"}


class Reading(HTMLParser):
    """Checks that every tag is closed in its turn, and keeps what a reader gets."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self.addresses: list[str] = []
        self.attributes: set[str] = set()
        self.feed(document)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name == "href"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def said(self) -> str:
        return " ".join("".join(self.words).split())


async def a_page(database: Database, audience: str) -> Page:
    return page_of(await report(database, audience), zone=ZONE)


def a_small_page(*blocks: Block, **values: str) -> Page:
    kept = {"title": "Title", "subtitle": "Since then.", "lead": "All is said."} | values
    return Page(**kept, sections=(Section("Part", blocks),), tone="green", colophon=line("The end."))


def lines_of(page: Page) -> Iterator[Line]:
    for section in page.sections:
        for block in section.blocks:
            match block:
                case Paragraph():
                    yield block.line
                case Bullets():
                    yield from block.lines
                case Table():
                    yield from (cell for row in block.rows for cell in row)
                case BurnUp():
                    continue
    yield page.colophon


@pytest.mark.parametrize("audience", ["weekly", "monthly", "steering"])
async def test_the_markdown_is_ready_to_paste(sqlite_database: Database, audience: str) -> None:
    await a_reported_program(sqlite_database)
    told = report_markdown(await a_page(sqlite_database, audience))

    assert told == (GOLDEN / f"report_{audience}.md").read_text(encoding="utf-8")


async def test_both_forms_say_the_same_words_and_lead_to_the_same_places(sqlite_database: Database) -> None:
    await a_reported_program(sqlite_database)
    page = await a_page(sqlite_database, "monthly")
    markdown = report_markdown(page, base="https://interlock.example")
    html = Reading(report_html(page, base="https://interlock.example"))

    for each in lines_of(page):
        said = "".join(run.words for run in each)
        assert " ".join(said.split()) in html.said
        for run in each:
            address = followable(run.address, "https://interlock.example")
            if address is not None:
                assert address in html.addresses
                assert f"]({address})" in markdown


async def test_the_numbers_of_the_page_are_those_of_the_data(sqlite_database: Database) -> None:
    await a_reported_program(sqlite_database)
    answer = await report(sqlite_database, "monthly")
    data = answer.data
    told = report_markdown(page_of(answer, zone=ZONE))
    count = data.progress.now.count

    assert f"[{count.done:,} of {count.total:,} ({wording.percent(count.value)})]" in told
    assert data.forecast is not None
    assert data.forecast.dates is not None
    assert f"[{wording.day(data.forecast.dates.p85)}](/api/v1/programs/CHECKOUT/forecast)" in told
    assert data.flow is not None
    assert f"(n = {data.flow.cycle_time.n})" in told
    assert data.trend is not None
    for point in data.trend.points:
        assert f"| {wording.day(point.date)} | [{point.count.done}]" in told
    assert data.scope is not None
    assert f"{data.scope.totals.added.items} added, {data.scope.totals.removed.items} removed" in told
    assert data.data_quality is not None
    assert f"**[{wording.percent(data.data_quality.score)}]" in told


async def test_a_track_record_says_which_day_it_asks_for(sqlite_database: Database) -> None:
    await a_reported_program(sqlite_database)
    answer = await report(sqlite_database, "steering")
    assert answer.data.forecast is not None
    kept = DatesAt(date(2026, 12, 15), date(2026, 12, 22), None)
    record = replace(answer.data.forecast.calibration, recalibrated=kept)
    data = replace(answer.data, forecast=replace(answer.data.forecast, calibration=record))
    told = report_markdown(page_of(replace(answer, data=data), zone=ZONE))
    week = report_markdown(page_of(replace(answer, data=replace(data, audience="weekly")), zone=ZONE))
    before = report_markdown(page_of(answer, zone=ZONE))
    at = "/api/v1/programs/CHECKOUT/forecast/calibration"

    assert (
        f"| As the track record asks, no work added | [15 Dec 2026]({at}) | [22 Dec 2026]({at}) "
        f"| [beyond five years]({at}) | unknown |"
    ) in told
    assert " By its track record: 22 Dec 2026 with 85 %." in week
    assert "rack record asks" not in before
    assert "By its track record" not in before + told


async def test_the_page_of_an_earlier_day_names_that_day_and_never_says_now(sqlite_database: Database) -> None:
    await a_reported_program(sqlite_database)
    told = report_markdown(page_of(await report(sqlite_database, "monthly", as_of="2026-11-19"), zone=ZONE))

    assert told.startswith(
        "# Checkout replatform: the month to 19 Nov 2026\n\nSince 19 Oct 2026, as of 19 Nov 2026, 23:59"
    )
    assert "|  | 19 Nov 2026 | As 19 Oct 2026 began | Change |" in told
    assert "|  | Baseline | 19 Nov 2026 | Change |" in told
    assert "Now |" not in told
    assert "| By what waits for what | [25 Nov 2026](" in told


async def test_the_words_of_others_are_no_markup(sqlite_database: Database) -> None:
    await a_reported_program(sqlite_database)
    async with sqlite_database.transaction() as uow:
        await uow.connection.execute(update(programs).values(name=f"<b>{HOSTILE}</b>"))
    page = await a_page(sqlite_database, "weekly")
    markdown, html = report_markdown(page), report_html(page)
    read = Reading(html)

    assert "<script>" not in html
    assert {"script", "b", "img"}.isdisjoint(read.tags)
    assert " ".join(HOSTILE.split()) in read.said
    assert "](https://evil.example)" not in markdown
    assert "\n# heading" not in markdown
    assert "\\<script\\>alert(1)\\</script\\>" in markdown
    assert markdown.splitlines()[0].startswith("# \\<b\\>a \\| b\\]")


async def test_the_document_is_whole_by_itself_and_runs_nothing(sqlite_database: Database) -> None:
    await a_reported_program(sqlite_database)
    html = report_html(await a_page(sqlite_database, "monthly"))
    read = Reading(html)

    assert f"<style>{STYLE}</style>" in html
    assert {"link", "script", "img", "iframe", "form", "object"}.isdisjoint(read.tags)
    assert "style" not in read.attributes
    assert not [name for name in read.attributes if name.startswith("on")]
    assert "url(" not in STYLE
    assert "@import" not in STYLE
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert html.count("<polyline") == 2


def test_a_table_stays_a_table_whatever_its_cells_say() -> None:
    rows = [(line("a | b\nc"), line(text("x", "https://tool.example/a|b(c)")))]
    told = report_markdown(a_small_page(Table("Rows", ("One", "Two"), rows, frozenset({1}))))

    assert "| One | Two |\n|---|---:|\n| a \\| b c | [x](https://tool.example/a%7Cb%28c%29) |\n" in told


def test_spaces_stay_outside_of_what_is_emphasised() -> None:
    told = report_markdown(a_small_page(Paragraph((Run("Then "), strong(" now ", "/api"), Run(" and"), Run("")))))

    assert "\nThen  **[now](/api)**  and\n" in told


def test_a_page_without_a_drawing_is_the_same_in_markdown() -> None:
    drawing = BurnUp("Done", done=[0, 2], total=[4, 4], first="then", last="now")
    html = report_html(a_small_page(drawing))

    assert report_markdown(a_small_page(drawing)) == report_markdown(a_small_page())
    assert '<polyline class="total" points="0.0,0.0 800.0,0.0"/>' in html
    assert '<polyline class="done" points="0.0,140.0 800.0,70.0"/>' in html


def test_a_drawing_of_nothing_lies_on_the_ground() -> None:
    html = report_html(a_small_page(BurnUp("Done", done=[0, 0], total=[0, 0], first="then", last="now")))

    assert html.count('points="0.0,140.0 800.0,140.0"') == 2


@pytest.mark.parametrize(
    ("address", "leads_to"),
    [
        (None, None),
        ("https://tool.example/1", "https://tool.example/1"),
        ("http://tool.example/1", "http://tool.example/1"),
        ("/api/v1/programs", "https://interlock.example/api/v1/programs"),
        ("//evil.example", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("mailto:pat@acme.example", None),
    ],
)
def test_nobody_is_led_anywhere_but_to_the_tools_and_the_service(address: str | None, leads_to: str | None) -> None:
    assert followable(address, "https://interlock.example") == leads_to
