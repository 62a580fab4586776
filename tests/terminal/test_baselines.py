"""Baselines as people see them in a terminal, whole."""

from __future__ import annotations

import io
from datetime import timedelta

from rich.console import Console

from service.programs.baselines import get_baseline, list_baselines
from service.store.engine import Database
from service.terminal.baselines import render_baselines, render_taken, render_variance
from tests.builders.items import SOURCE, an_item
from tests.programs.portfolio import KEY, TODAY, a_checkout, add_members, change
from tests.programs.test_baselines import DONE_AT, taken
from tests.programs.waiting import view


def a_console() -> Console:
    return Console(file=io.StringIO(), width=120, color_system=None)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


async def test_a_taken_baseline_is_one_sentence(sqlite_database: Database) -> None:
    await a_checkout(sqlite_database)
    console = a_console()

    render_taken(await taken(sqlite_database, "[red]Approved[/red]"), console)

    assert printed(console) == "Taken: [red]Approved[/red] (number 1), 3 items, planned until 24 Dec 2026."


async def test_the_list_says_what_to_do_when_it_is_empty(sqlite_database: Database) -> None:
    await a_checkout(sqlite_database)
    console = a_console()

    render_baselines(await list_baselines(sqlite_database, KEY, view=view()), console)

    assert printed(console) == (
        "Checkout replatform  CHECKOUT\nNo baseline yet; `interlock baseline take CHECKOUT NAME` takes one."
    )


async def test_the_list_shows_what_each_holds(sqlite_database: Database) -> None:
    await a_checkout(sqlite_database)
    await taken(sqlite_database)
    console = a_console()

    render_baselines(await list_baselines(sqlite_database, KEY, view=view()), console)

    assert (
        printed(console)
        == """\
Checkout replatform  CHECKOUT
Number  Name                       As of         By  Items  Points  Planned until
1       Approved  20 Nov 2026, 08:00 UTC  pat (key)      3      13    24 Dec 2026"""
    )


async def test_variance_is_dates_scope_earned_value_and_what_is_latest(sqlite_database: Database) -> None:
    await a_checkout(sqlite_database)
    await taken(sqlite_database)
    await change(sqlite_database, f"{SOURCE}:12", due=TODAY + timedelta(days=52), points=13.0)
    await change(sqlite_database, f"{SOURCE}:16", status_category="done", done_at=DONE_AT, started_at=DONE_AT)
    await add_members(sqlite_database, an_item(17, points=3.0))
    console = a_console()

    answer = await get_baseline(sqlite_database, KEY, "latest", view=view(today=TODAY + timedelta(days=7)))
    render_variance(answer, console)

    assert (
        printed(console)
        == """\
Checkout replatform  CHECKOUT
Against Approved, as of 20 Nov 2026, 08:00 UTC

Date       Baseline          Now  Working days
Start    5 Jan 2026  25 Nov 2026          +232
Finish  24 Dec 2026  11 Jan 2027           +12
Target  18 Dec 2026  18 Dec 2026             0
Scope         Baseline  Removed  Added  Split  Re-estimated    Now
Items                3        0     +1      0             0      4
Story points        13        0     +3      0            +5     21
Time             1 min        0      0      0             0  1 min
Earned value  Planned  Earned     Of   SPI  SPI(t)    Finish by SPI(t)
Items             2.9       2      3  0.70    0.70  31 May 2027 (+112)
Story points     12.4       5     13  0.40    0.40   7 Jun 2028 (+379)
Time            1 min   1 min  1 min  1.07    1.07   25 Nov 2026 (-17)
Latest against the plan              Baseline          Now  Working days
PAY-12                   Item 12  24 Dec 2026  11 Jan 2027           +12"""
    )
