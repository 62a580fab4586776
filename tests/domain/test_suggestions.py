"""What pointers suggest, in which order, and what makes a suggestion count."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.edges import Edge, Provenance
from service.domain.mapping import Rule
from service.domain.suggestions import (
    ConfirmingRule,
    Decided,
    Doubt,
    Pointer,
    Status,
    Suggestion,
    settle,
    suggest,
    suggestion_id,
)

ISSUE, TASK = "acme-jira:10012", "acme-asana:1201"
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
TASK_FIRST, ISSUE_FIRST = (TASK, ISSUE), (ISSUE, TASK)
MEMBERS = frozenset({ISSUE})


def from_issue(relationship: str | None = None, **values: Any) -> Pointer:
    shape = {"origin": "web_link", "target": "https://app.asana.com/0/1/1201", "target_uid": TASK}
    return Pointer(**{"item_uid": ISSUE, "relationship": relationship, **shape, **values})


def from_task(relationship: str | None = None, **values: Any) -> Pointer:
    shape = {"origin": "attachment", "target": "https://acme.atlassian.net/browse/PAY-12", "target_uid": ISSUE}
    return Pointer(**{"item_uid": TASK, "relationship": relationship, **shape, **values})


def only(*pointers: Pointer) -> Suggestion:
    (found,) = suggest(pointers)
    return found


def order(suggestion: Suggestion) -> tuple[str | None, str]:
    return suggestion.predecessor_uid, suggestion.successor_uid


def rule(**matchers: tuple[str, ...]) -> ConfirmingRule:
    return ConfirmingRule("CHECKOUT", Rule(matchers, descendants=False), MEMBERS)


def declared(predecessor: str, successor: str) -> Edge:
    return Edge(id="d", predecessor_uid=predecessor, successor_uid=successor, provenance=Provenance.DECLARED)


EVERY_KIND = [from_issue(), from_issue("blocks", origin="text"), from_task(), from_task(target_uid=None, target="P-1")]


@pytest.mark.parametrize(
    ("pointers", "expected", "doubt"),
    [
        ([from_issue()], TASK_FIRST, None),
        ([from_task()], ISSUE_FIRST, None),
        ([from_issue("links to")], TASK_FIRST, None),
        ([from_issue("is blocked by")], TASK_FIRST, None),
        ([from_issue("blocks")], ISSUE_FIRST, None),
        ([from_issue("blocks"), from_task()], ISSUE_FIRST, None),
        ([from_issue("is blocked by"), from_task()], TASK_FIRST, None),
        ([from_issue("relates to")], TASK_FIRST, Doubt.NO_ORDER),
        ([from_issue("relates to"), from_task()], ISSUE_FIRST, None),
        ([from_issue(), from_task()], TASK_FIRST, Doubt.BOTH_WAYS),
        ([from_issue("blocks"), from_issue("depends on")], TASK_FIRST, Doubt.BOTH_WAYS),
        ([from_issue(ambiguous=True)], TASK_FIRST, Doubt.AMBIGUOUS),
        ([from_issue(ambiguous=True), from_issue(origin="text")], TASK_FIRST, None),
    ],
)
def test_the_order_is_told_by_words_else_the_one_that_points_waits(
    pointers: list[Pointer], expected: tuple[str, str], doubt: Doubt | None
) -> None:
    found = only(*pointers)

    assert (order(found), found.doubt, found.status) == (expected, doubt, Status.SUGGESTED)
    assert set(found.pointers) == set(pointers)


def test_a_pointer_at_nothing_seen_stays_listed() -> None:
    lost = from_task(target_uid=None, target="PAY-999", origin="field:7")
    found = only(lost)

    assert (found.status, order(found), found.pointers) == (Status.UNRESOLVED, (None, TASK), (lost,))
    assert settle([found], rules=[rule(origin=("field",))]) == [found]


def test_an_item_that_points_at_itself_suggests_nothing() -> None:
    assert suggest([from_task(target_uid=TASK)]) == []


@given(st.permutations(EVERY_KIND))
def test_the_order_in_which_pointers_are_found_changes_nothing(pointers: list[Pointer]) -> None:
    assert suggest(pointers) == suggest(EVERY_KIND)


def test_the_id_is_that_of_the_two_items() -> None:
    assert only(from_issue()).id == only(from_task()).id == suggestion_id(TASK, ISSUE) == suggestion_id(ISSUE, TASK)


@pytest.mark.parametrize(
    ("matchers", "confirmed"),
    [
        ({"origin": ("web_link",)}, True),
        ({"origin": ("attachment", "web_link")}, True),
        ({"origin": ("attachment",)}, False),
        ({"source": ("acme-jira",)}, True),
        ({"source": ("ACME-*",)}, True),
        ({"source": ("acme-asana",)}, False),  # it is the item that points whose source is meant
        ({"origin": ("web_link",), "source": ("acme-asana",)}, False),
    ],
)
def test_a_rule_confirms_what_stands_where_it_says(matchers: dict[str, tuple[str, ...]], confirmed: bool) -> None:
    (found,) = settle([only(from_issue())], rules=[rule(**matchers)])

    assert (found.status is Status.CONFIRMED) is confirmed


@pytest.mark.parametrize(
    ("wanted", "confirmed"), [("field", True), ("field:7", True), ("field:8", False), ("text", False)]
)
def test_a_rule_may_mean_any_field_or_one(wanted: str, confirmed: bool) -> None:
    (found,) = settle([only(from_task(origin="field:7"))], rules=[rule(origin=(wanted,))])

    assert (found.status is Status.CONFIRMED) is confirmed


def test_a_rule_is_named_and_speaks_for_items_of_its_program_only() -> None:
    mine = rule(origin=("web_link",))
    others = ConfirmingRule("MOBILE", mine.rule, frozenset({"acme-jira:1"}))

    assert settle([only(from_issue())], rules=[others, mine])[0].by == "rule of CHECKOUT: origin web_link"
    assert settle([only(from_issue())], rules=[others])[0].status is Status.SUGGESTED


@pytest.mark.parametrize("pointer", [from_issue("relates to"), from_issue(ambiguous=True)])
def test_a_rule_leaves_what_is_in_doubt_to_people(pointer: Pointer) -> None:
    assert settle([only(pointer)], rules=[rule(origin=("web_link",))])[0].status is Status.SUGGESTED


def test_a_word_that_says_no_order_is_not_what_a_rule_confirms_by() -> None:
    both = only(from_issue("relates to"), from_task())

    assert settle([both], rules=[rule(origin=("web_link",))])[0].status is Status.SUGGESTED
    assert settle([both], rules=[rule(origin=("attachment",))])[0].status is Status.CONFIRMED


def test_a_person_decides_over_rules_and_edges_and_may_turn_the_order() -> None:
    found = only(from_issue())
    everything = {"rules": [rule(origin=("web_link",))], "drawn": [declared(TASK, ISSUE)]}
    dismissed = Decided(Status.DISMISSED, None, "api", NOW)
    turned = Decided(Status.CONFIRMED, ISSUE, "api", NOW)

    (one,) = settle([found], decided={found.place: dismissed}, **everything)  # type: ignore[arg-type]
    (other,) = settle([found], decided={found.place: turned})

    assert (one.status, one.by, one.at, order(one)) == (Status.DISMISSED, "api", NOW, TASK_FIRST)
    assert (other.status, order(other)) == (Status.CONFIRMED, ISSUE_FIRST)
    assert other.place == found.place


@pytest.mark.parametrize(
    ("pointer", "edge", "status", "expected"),
    [
        (from_issue(), TASK_FIRST, Status.CONFIRMED, TASK_FIRST),
        (from_issue(), ISSUE_FIRST, Status.CONFIRMED, ISSUE_FIRST),  # who points is less than who is said to be first
        (from_issue("blocks"), ISSUE_FIRST, Status.CONFIRMED, ISSUE_FIRST),
        (from_issue("blocks"), TASK_FIRST, Status.SUGGESTED, ISSUE_FIRST),  # it says otherwise, in words
        (from_issue("relates to"), ISSUE_FIRST, Status.CONFIRMED, ISSUE_FIRST),
    ],
)
def test_an_edge_that_somebody_drew_settles_what_says_the_same(
    pointer: Pointer, edge: tuple[str, str], status: Status, expected: tuple[str, str]
) -> None:
    (found,) = settle([only(pointer)], drawn=[declared(*edge)])

    assert (found.status, order(found)) == (status, expected)
    assert found.by == ("declared" if status is Status.CONFIRMED else None)
