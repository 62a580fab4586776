"""Edges that say the same are one."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from service.domain.edges import Edge, Provenance, collapse, declared_id


def an_edge(edge_id: str, ends: str = "AB", provenance: Provenance = Provenance.JIRA_LINK, **values: Any) -> Edge:
    shape = {"predecessor_uid": ends[0], "successor_uid": ends[1], "provenance": provenance}
    return Edge(**{"id": edge_id, "origins": (provenance.value,), **shape, **values})


LINK = an_edge("1", link_type="Blocks")
DECLARED = an_edge("d", provenance=Provenance.DECLARED, lag_days=2)
SUGGESTED = an_edge("s", provenance=Provenance.SUGGESTED, confirmed=False, origins=("text", "web_link"))


def test_a_link_that_is_stored_twice_is_one_edge() -> None:
    assert collapse([LINK, LINK]) == [LINK]


def test_the_edge_that_says_most_stays_with_the_origins_of_all_and_the_declared_lag() -> None:
    (edge,) = collapse([SUGGESTED, DECLARED, LINK])

    assert (edge.id, edge.provenance, edge.link_type, edge.confirmed) == ("1", Provenance.JIRA_LINK, "Blocks", True)
    assert edge.lag_days == 2
    assert edge.origins == ("declared", "jira_link", "text", "web_link")


def test_of_two_declarations_the_first_says_the_lag() -> None:
    again = an_edge("d", provenance=Provenance.DECLARED, lag_days=9)

    assert [edge.lag_days for edge in collapse([DECLARED, again])] == [2]


def test_opposite_edges_and_other_types_stay_apart() -> None:
    opposite, other = an_edge("2", "BA"), an_edge("3", type="SS")

    assert collapse([other, opposite, LINK]) == [LINK, other, opposite]


def test_what_is_only_suggested_is_not_confirmed() -> None:
    assert [edge.confirmed for edge in collapse([SUGGESTED])] == [False]


def test_a_declared_edge_is_told_from_its_opposite() -> None:
    assert declared_id("A", "B") == declared_id("A", "B")
    assert len({declared_id("A", "B"), declared_id("B", "A"), declared_id("A", "B", "SS")}) == 3


@given(st.lists(st.sampled_from([LINK, DECLARED, SUGGESTED, an_edge("2", "BA"), an_edge("3", "BC")]), max_size=8))
def test_no_two_edges_say_the_same_and_collapsing_again_changes_nothing(edges: list[Edge]) -> None:
    found = collapse(edges)
    said = [(edge.predecessor_uid, edge.successor_uid, edge.type) for edge in found]

    assert len(set(said)) == len(said)
    assert set(said) == {(edge.predecessor_uid, edge.successor_uid, edge.type) for edge in edges}
    assert collapse(found) == found
