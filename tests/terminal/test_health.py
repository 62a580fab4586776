"""`interlock portfolio` and `interlock attention` in a terminal: whole screens, with symbols that need no colour."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import msgspec
from rich.console import Console

from service.programs.answers import Answer, ByPolicy, CountProgress, ProgramRef, Remark, WeightedProgress
from service.programs.dependency_answers import StatusCounts
from service.programs.health_answers import (
    AttentionData,
    Concern,
    PortfolioData,
    PortfolioDates,
    PortfolioDependencies,
    PortfolioFreshness,
    PortfolioHealth,
    PortfolioProgress,
    PortfolioRow,
    ScoreData,
    Who,
)
from service.terminal.health import render_attention, render_portfolio

AS_OF = datetime(2026, 11, 20, 2, 14, 9, tzinfo=UTC)
NO_POINTS = WeightedProgress(0, 0, 0, 0, None, 0.0, "skip", ByPolicy(None, None, None), "no_estimates")
CHECKOUT = PortfolioRow(
    key="CHECKOUT",
    name="Checkout",
    owner=None,
    items=12,
    countable=8,
    progress=PortfolioProgress(CountProgress(3, 2, 3, 8, 0.375, 1.0), NO_POINTS),
    dates=PortfolioDates(
        start=None,
        target=date(2026, 12, 18),
        rolled_due=date(2026, 12, 24),
        finish=date(2026, 12, 22),
        float_to_target=-2,
    ),
    health=PortfolioHealth(
        effective="red",
        computed="red",
        stated="green",
        override=None,
        disagreement="watermelon",
        rules=("overdue", "blocked_critical"),
        data_quality=0.8,
    ),
    dependencies=PortfolioDependencies(score=40.0, counts=StatusCounts(blocked=2, at_risk=1)),
    freshness=PortfolioFreshness(as_of=AS_OF, lag_seconds=7_200, complete=True, in_doubt=()),
)
DECIDED = PortfolioHealth(
    effective="amber",
    computed="green",
    stated=None,
    override="amber",
    disagreement=None,
    rules=("overdue",),
    data_quality=0.9,
)


BLOCKED = Concern(
    kind="blocked",
    subject="acme-jira:12",
    uid="acme-jira:12",
    key="PAY-12",
    title="Accept a card",
    who=Who("Pat Doe", "Ants"),
    what="PAY-12 holds up CART-3.",
    why="CART-3 has waited 4 working days for it; 17 open items wait behind it.",
    days=4,
    downstream_items=17,
    critical=True,
    score=ScoreData(total=68.3, kind=40.0, downstream=9.3, delay=4.0, critical=15.0),
    url=None,
    more=None,
)
STALE = msgspec.structs.replace(
    BLOCKED,
    kind="stale_source",
    subject="acme-jira",
    uid=None,
    key=None,
    who=Who(None, None),
    what="acme-jira was last read completely on 13 Nov 2026.",
    why="The last sync failed.",
    score=ScoreData(total=40.0, kind=35.0, downstream=0.0, delay=5.0, critical=0.0),
)


def portfolio(*rows: PortfolioRow, encoding: str = "utf-8", warnings: tuple[Remark, ...] = ()) -> list[str]:
    colours = [row.health.effective for row in rows]
    counts = {colour: colours.count(colour) for colour in ("red", "amber", "green", "grey")}
    data = PortfolioData(programs=rows, health=counts, next_cursor=None)
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    render_portfolio(Answer(AS_OF, AS_OF, "1", (), warnings, data), Console(file=out, width=106, color_system=None))
    out.seek(0)
    return [line.rstrip() for line in out.read().splitlines()]


def attention(*found: Concern, total: int | None = None, earlier: datetime | None = None) -> list[str]:
    counts: dict[str, int] = {}
    for each in found:
        counts[each.kind] = counts.get(each.kind, 0) + 1
    data = AttentionData(
        program=ProgramRef("CHECKOUT", "Checkout"),
        attention=found,
        counts=counts,
        total=total or len(found),
        next_cursor=None,
    )
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    console = Console(file=out, width=106, color_system=None)
    render_attention(Answer(AS_OF, AS_OF, "1", (), (), data), console, earlier=earlier)
    out.seek(0)
    return [line.rstrip() for line in out.read().splitlines()]


def test_each_program_is_one_line_with_its_colour_and_why() -> None:
    decided = msgspec.structs.replace(CHECKOUT, key="NEXT", name="Next", health=DECIDED)

    assert portfolio(CHECKOUT, decided, warnings=(Remark("x", "acme-asana has never been read completely."),)) == [
        "2 programs   ■ 1 red   ◆ 1 amber",
        "",
        "Program   Health             Why                    Done       Target       Finish    Waiting        As of",
        "Checkout  ■ Red              overdue work,      38% of 8  18 Dec 2026  22 Dec 2026  2 blocked  2 hours ago",
        "CHECKOUT  stated green       blocked on the                                         1 at risk",
        "                             critical path",
        "Next      ◆ Amber                               38% of 8  18 Dec 2026  22 Dec 2026  2 blocked  2 hours ago",
        "NEXT      decided; computed                                                         1 at risk",
        "          green",
        "",
        "Before trusting the numbers",
        "  ! acme-asana has never been read completely.",
    ]


def test_a_terminal_without_such_characters_gets_plain_ones() -> None:
    assert portfolio(CHECKOUT, encoding="ascii") == [
        "1 program   # 1 red",
        "",
        "Program   Health        Why                         Done       Target       Finish    Waiting        As of",
        "Checkout  # Red         overdue work, blocked   38% of 8  18 Dec 2026  22 Dec 2026  2 blocked  2 hours ago",
        "CHECKOUT  stated green  on the critical path                                        1 at risk",
    ]


def test_no_programs_yet_is_an_invitation() -> None:
    assert portfolio() == ["No programs yet; `interlock programs apply FILE` makes some."]


def test_what_to_chase_says_why_and_whom_to_ask() -> None:
    assert attention(BLOCKED, STALE, total=7) == [
        "Checkout  CHECKOUT",
        "7 things to chase: 1 blocked, 1 stale source",
        "",
        "  68  Blocked       PAY-12 holds up CART-3. CART-3 has waited 4 working days for it; 17 open items wait",
        "                    behind it.  Ask Pat Doe, Ants.",
        "  40  Stale source  acme-jira was last read completely on 13 Nov 2026. The last sync failed.",
        "  and 5 more with --json",
    ]


def test_nothing_to_chase_is_said_in_words() -> None:
    assert attention() == ["Checkout  CHECKOUT", "Nothing needs chasing today."]


def test_an_earlier_moment_is_named_above_what_was_to_chase_then() -> None:
    then = datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC)

    assert attention(earlier=then) == [
        "As of 31 Oct 2026, 22:59 UTC",
        "Checkout  CHECKOUT",
        "Nothing needed chasing then.",
    ]
