"""What a person reads in a terminal, whole."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
from rich.console import Console

from service.domain.mapping_file import parse_programs
from service.programs.plan import plan
from service.programs.read import get_rollup
from service.store.engine import Database
from service.terminal.bars import bar
from service.terminal.plan import render_plan
from service.terminal.rollup import render_rollup
from tests.programs.portfolio import NOW, TODAY, a_checkout, add_program, change

FILE = """
programs:
  - key: CART
    name: Cart [beta]
    include:
      - {source: acme-jira, project: CART}
"""


def a_console(width: int = 100) -> Console:
    return Console(file=io.StringIO(), width=width, color_system=None, legacy_windows=False)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"


async def _rollup(database: Database, key: str = "CHECKOUT", *, width: int = 100, basis: str | None = None) -> str:
    console = a_console(width)
    render_rollup(await get_rollup(database, key, basis=basis, now=NOW, today=TODAY), console)
    return printed(console)


async def test_a_rollup_reads_from_the_program_to_its_doubts(sqlite_database: Database) -> None:
    await a_checkout(sqlite_database)

    assert await _rollup(sqlite_database) == ROLLUP


async def test_contradicting_dates_name_the_item_as_people_know_it(sqlite_database: Database) -> None:
    await a_checkout(sqlite_database)
    await change(sqlite_database, "acme-jira:10", due=date(2026, 12, 1), title="Pay [with] cards")
    text = await _rollup(sqlite_database)

    assert (
        "  PAY-10    Pay [with] cards\n"
        "            work beneath it is due later than itself: 24 Dec 2026 against 1 Dec 2026\n"
    ) in text


async def test_an_item_with_a_number_for_a_key_is_named_by_its_source_and_title(sqlite_database: Database) -> None:
    await a_checkout(sqlite_database)
    await change(sqlite_database, "acme-jira:10", key="10", due=date(2026, 12, 1), title="Sign the contract")

    assert re.search(r"  acme-jira +Sign the contract\n", await _rollup(sqlite_database))


@pytest.mark.parametrize("width", [50, 60, 80, 120])
async def test_no_bar_is_cut(sqlite_database: Database, width: int) -> None:
    await a_checkout(sqlite_database)
    text = await _rollup(sqlite_database, width=width)

    assert "…" not in text
    bars = {len(bar) for bar in re.findall("[█▒·]+", text.split("Project")[0])}
    assert len(bars) == 1
    assert min(bars) >= 8


async def test_no_line_is_wider_than_the_window(sqlite_database: Database) -> None:
    await a_checkout(sqlite_database)
    text = await _rollup(sqlite_database, width=50)

    assert max(len(line) for line in text.splitlines()) <= 50
    assert "Payments" in text


async def test_an_empty_program_says_so_instead_of_showing_zeros(sqlite_database: Database) -> None:
    await add_program(sqlite_database, "EMPTY", name="Not started")
    text = await _rollup(sqlite_database, "EMPTY")

    assert "Items         nothing counts yet" in text
    assert "0%" not in text
    assert "as of    no complete sync yet" in text


async def test_one_basis_shows_only_that_basis(sqlite_database: Database) -> None:
    await a_checkout(sqlite_database)
    text = await _rollup(sqlite_database, basis="points")

    assert "Story points" in text
    assert "\nItems  " not in text
    assert "38%" in text


async def test_a_plan_shows_what_comes_what_goes_and_what_is_left(sqlite_database: Database) -> None:
    await a_checkout(sqlite_database)
    await change(sqlite_database, "acme-jira:16", title="Keep [bold]brackets[/bold]")
    console = a_console()
    render_plan(await plan(sqlite_database, parse_programs(FILE), now=NOW), console)

    assert printed(console) == PLAN


@pytest.mark.parametrize(
    ("done", "in_progress", "total", "drawn"),
    [
        (0, 0, 0, ".........."),
        (0, 0, 10, ".........."),
        (1, 0, 1000, "#........."),
        (999, 0, 1000, "#########."),
        (10, 0, 10, "##########"),
        (3, 2, 10, "###==....."),
        (0, 1, 1000, "=........."),
    ],
)
def test_a_bar_neither_hides_a_start_nor_claims_an_end(
    done: float, in_progress: float, total: float, drawn: str
) -> None:
    assert bar(done, in_progress, total, width=10, encoding="ascii").plain == drawn


ROLLUP = """\
Checkout replatform  CHECKOUT
planned  5 Jan 2026 to 18 Dec 2026
work     until 24 Dec 2026
as of    20 Nov 2026, 02:14 UTC

Items         ██████████▒▒▒▒▒▒▒▒▒▒··········  33%  1 of 3
Story points  ████████████··················  38%  5 of 13, 67% estimated
Time          ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒   0%  0 h of 1 min, 33% estimated
6 items, 3 count, 1 cancelled, 1 counted by its children, 1 part of its parent

Project                       Done   Items   Points
───────────────────────────────────────────────────
Payments PAY   ██████······    50%     1/2      38%
Cart CART      ▒▒▒▒▒▒▒▒▒▒▒▒     0%     0/1        –

Dates that contradict each other
  CHECKOUT  work is due after the program's target: 24 Dec 2026 against 18 Dec 2026

Before trusting the numbers
  ! 1 of 3 items has no story points
  ! 2 of 3 items have no time estimate
"""
PLAN = """\
+ Cart [beta]  CART  added
    items     0 → 1
    gained    1
      CART-16  Keep [bold]brackets[/bold]
    items         none → 0% (0 of 1)
    story points  none → – (0 of 0)
    time          none → 0% (0 h of 1 min)

- Checkout replatform  CHECKOUT  removed
    items     6 → 0
    lost      6
      PAY-10  Item 10
      PAY-11  Item 11
      PAY-12  Item 12
      PAY-13  Item 13
      PAY-14  Item 14
      and 1 more
    items         33% (1 of 3) → none
    story points  38% (5 of 13) → none
    time          0% (0 h of 1 min) → none

In no program: 5 items
        5  PAY  Payments  (acme-jira)

Nothing was changed; `interlock programs apply` does it.
"""
