"""The decision over what the rules matched: who is in, by which rule, through whom, in which workstream."""

from __future__ import annotations

import pytest

from service.domain.mapping import Decision, Family, Matched, Rule, Via, decide, fields_named, value_matches

EPIC, STORY, SUBTASK, OTHER = "jira:1", "jira:2", "jira:3", "jira:4"
FAMILY = Family({STORY: EPIC, SUBTASK: STORY})


def meets(label: str, *uids: str, descendants: bool = True, name: str | None = None) -> Matched:
    return Matched(Rule({"label": (label,)}, descendants), frozenset(uids), name)


def test_a_match_brings_all_its_descendants_along_and_names_itself_as_the_reason() -> None:
    members = decide(include=[meets("checkout", EPIC)], family=FAMILY)

    rule = "label checkout, with descendants"
    assert members == {
        EPIC: Decision(rule, Via.DIRECT, None, None),
        STORY: Decision(rule, Via.DESCENDANT, EPIC, None),
        SUBTASK: Decision(rule, Via.DESCENDANT, EPIC, None),
    }


def test_without_descendants_a_match_comes_alone() -> None:
    members = decide(include=[meets("checkout", EPIC, descendants=False)], family=FAMILY)

    assert members == {EPIC: Decision("label checkout", Via.DIRECT, None, None)}


def test_a_direct_match_of_a_later_rule_beats_an_inherited_one_of_an_earlier_rule() -> None:
    members = decide(include=[meets("first", EPIC), meets("second", STORY)], family=FAMILY)

    assert members[STORY] == Decision("label second, with descendants", Via.DIRECT, None, None)
    assert members[SUBTASK] == Decision("label first, with descendants", Via.DESCENDANT, EPIC, None)


def test_the_first_of_two_direct_rules_decides() -> None:
    members = decide(include=[meets("first", STORY), meets("second", STORY)], family=FAMILY)

    assert members[STORY].rule == "label first, with descendants"


def test_the_nearest_ancestor_is_named_when_several_meet_the_rule() -> None:
    members = decide(include=[meets("checkout", EPIC, STORY)], family=FAMILY)

    assert members[SUBTASK].via_uid == STORY


def test_an_exclude_takes_out_the_item_and_leaves_what_stands_below_it() -> None:
    members = decide(include=[meets("checkout", EPIC)], exclude=[meets("dropped", STORY)], family=FAMILY)

    assert members.keys() == {EPIC, SUBTASK}


def test_the_first_workstream_that_fits_wins() -> None:
    streams = [meets("a", STORY, name="Payments"), meets("b", STORY, EPIC, name="Cart")]

    members = decide(include=[meets("checkout", EPIC)], workstreams=streams, family=FAMILY)

    assert {uid: each.workstream for uid, each in members.items()} == {
        EPIC: "Cart",
        STORY: "Payments",
        SUBTASK: "Payments",
    }


def test_only_candidates_are_decided() -> None:
    members = decide(include=[meets("checkout", EPIC, OTHER)], family=FAMILY, candidates=[SUBTASK])

    assert members.keys() == {SUBTASK}


def test_a_loop_of_parents_ends() -> None:
    family = Family({EPIC: SUBTASK, STORY: EPIC, SUBTASK: STORY})

    members = decide(include=[meets("checkout", STORY)], family=family)

    assert {uid: each.via_uid for uid, each in members.items()} == {EPIC: STORY, STORY: None, SUBTASK: STORY}


def test_a_rule_reads_as_words() -> None:
    rule = Rule({"project": ("PAY", "CART"), "item_type": ("Epic", "Story", "Bug"), "field:Cost centre": ("A*",)})

    assert rule.describe() == (
        "project PAY or CART, item_type Epic, Story or Bug, field “Cost centre” A*, with descendants"
    )


def test_the_custom_fields_that_rules_look_at_are_listed_once() -> None:
    rules = [Rule({"field:Cost centre": ("A",)}), Rule({"field:Cost centre": ("B",), "field:Area": ("C",)})]

    assert fields_named(rules) == ("Area", "Cost centre")


@pytest.mark.parametrize(
    ("pattern", "value", "fits"),
    [
        ("acme-*", "ACME-jira", True),
        ("acme-?", "acme-jira", False),
        ("[acme]", "[ACME]", True),
        ("[acme]", "a", False),
        ("ÑANDÚ", "ñandú", True),
    ],
)
def test_values_fit_as_globs_whatever_the_letter_case(pattern: str, value: str, fits: bool) -> None:
    assert value_matches(pattern, value) is fits
