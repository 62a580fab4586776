"""`interlock deps` in a terminal: whole screens, with symbols that need no colour, and in plain ASCII."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import msgspec
from rich.console import Console

from service.programs.answers import Answer, Remark
from service.programs.dependency_answers import (
    BottleneckData,
    DependencyHealth,
    DependencyList,
    EdgeData,
    EndData,
    StatusCounts,
)
from service.terminal.dependencies import render_dependencies

AS_OF = datetime(2026, 11, 20, 2, 14, 9, tzinfo=UTC)


def an_end(key: str, title: str, **values: object) -> EndData:
    end = EndData(
        uid=f"acme-jira:{key}",
        key=key,
        title=title,
        source="acme-jira",
        project="PAY",
        team=None,
        assignee=None,
        status="To Do",
        status_category="to_do",
        due=None,
        url=None,
        visible=True,
        presence="live",
        member=True,
        workstream=None,
    )
    return msgspec.structs.replace(end, **values)


def an_edge(status: str, before: EndData, after: EndData, message: str, **values: object) -> EdgeData:
    edge = EdgeData(
        id="acme-jira:1",
        predecessor=before,
        successor=after,
        type="FS",
        lag_days=0,
        provenance="jira_link",
        origins=("jira_link",),
        confirmed=True,
        link_type="Blocks",
        status=status,
        reasons=(Remark("code", message), Remark("more", "What else there is to say.")),
        need_by=date(2026, 11, 23),
        planned_finish=date(2026, 11, 27),
        gap_days=-5,
        blocked_since=None,
        blocked_days=None,
        probability=None,
        downstream_items=0,
        cross_tool=False,
        cross_project=False,
        stale=False,
        hub=False,
        covered_by=None,
    )
    return msgspec.structs.replace(edge, **values)


PAY_12 = an_end("PAY-12", "Accept a card")
CART_3 = an_end("CART-3", "Pay from the cart")
TASK = an_end("1201", "Sign the contract", uid="acme-asana:1201", visible=False, presence="gone")
EDGES = (
    an_edge("blocked", PAY_12, CART_3, "CART-3 waits for PAY-12.", blocked_days=4, downstream_items=17, stale=True),
    an_edge("broken", TASK, PAY_12, "“Sign the contract” was deleted, but PAY-12 still waits for it."),
    an_edge("at_risk", CART_3, PAY_12, "One day to spare.", gap_days=1, confirmed=False, downstream_items=1),
)
HEALTH = DependencyHealth(
    score=61.4,
    reason=None,
    counts=StatusCounts(resolved=31, broken=1, blocked=1, at_risk=1),
    cycles=(("acme-jira:PAY-12", "acme-jira:CART-3"),),
)


def shown(
    data: DependencyList,
    *,
    encoding: str = "utf-8",
    warnings: tuple[Remark, ...] = (),
    bottlenecks: tuple[BottleneckData, ...] = (),
) -> list[str]:
    answer = Answer(AS_OF, AS_OF, "1", (), warnings, data)
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(file=out, width=100, color_system=None)
    render_dependencies(answer, console, name="Checkout replatform", key="CHECKOUT", bottlenecks=bottlenecks)
    out.seek(0)
    return [line.rstrip() for line in out.read().splitlines()]


def test_the_worst_comes_with_who_waits_for_whom_and_why() -> None:
    data = DependencyList(EDGES, HEALTH, 5, "more")

    assert shown(data, warnings=(Remark("never_synced", "acme-asana has never been read completely."),)) == [
        "Checkout replatform  CHECKOUT",
        "Dependency health  61 of 100",
        "✗ 1 broken   ■ 1 blocked   ◆ 1 at risk   ✓ 31 resolved",
        "",
        "■ Blocked      CART-3 Pay from the cart  ← waits for  PAY-12 Accept a card",
        "  4 d waiting  CART-3 waits for PAY-12. (stale data; 17 items behind it)",
        "✗ Broken       PAY-12 Accept a card  ← waits for  Sign the contract (deleted)",
        "               “Sign the contract” was deleted, but PAY-12 still waits for it.",
        "◆ At risk      PAY-12 Accept a card  ← waits for  CART-3 Pay from the cart",
        "  +1 d         One day to spare. (suggested, not confirmed; 1 item behind it)",
        "  and 2 more with --json",
        "",
        "Items that wait for each other",
        "  ↻ PAY-12 → CART-3 → PAY-12",
        "",
        "Before trusting the numbers",
        "  ! acme-asana has never been read completely.",
    ]


def test_a_terminal_without_such_characters_gets_plain_ones() -> None:
    plain = an_edge("blocked", PAY_12, CART_3, "CART-3 waits for PAY-12.", blocked_days=1_204)

    assert shown(DependencyList((plain,), HEALTH, 1, None), encoding="ascii") == [
        "Checkout replatform  CHECKOUT",
        "Dependency health  61 of 100",
        "x 1 broken   # 1 blocked   ~ 1 at risk   + 31 resolved",
        "",
        "# Blocked          CART-3 Pay from the cart  <- waits for  PAY-12 Accept a card",
        "  1,204 d waiting  CART-3 waits for PAY-12.",
        "",
        "Items that wait for each other",
        "  @ PAY-12 > CART-3 > PAY-12",
    ]


def test_nothing_open_is_no_hundred() -> None:
    nothing = DependencyHealth(score=None, reason="no_open_dependencies", counts=StatusCounts(), cycles=())

    assert shown(DependencyList((), nothing, 0, None)) == [
        "Checkout replatform  CHECKOUT",
        "Dependency health  no open dependencies",
        "",
    ]


def test_what_most_work_waits_for_is_named_with_how_much() -> None:
    held = [(PAY_12, 17), (an_end("1201", "Sign the contract"), 1)]
    bottlenecks = tuple(
        BottleneckData(name=end.key, item=end, waiting=waiting, open_items=1, bottlenecks=1) for end, waiting in held
    )

    assert shown(DependencyList((), msgspec.structs.replace(HEALTH, cycles=()), 0, None), bottlenecks=bottlenecks) == [
        "Checkout replatform  CHECKOUT",
        "Dependency health  61 of 100",
        "✗ 1 broken   ■ 1 blocked   ◆ 1 at risk   ✓ 31 resolved",
        "",
        "What most work waits for",
        "  PAY-12 Accept a card  17 items",
        "  Sign the contract  1 item",
    ]
