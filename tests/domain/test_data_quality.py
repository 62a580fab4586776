"""Data quality is nine shares of the items that each check asks; what fails is the list to mend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.calendars import day_ordinals
from service.domain.data_quality import WEIGHTS, Check, Checked, EstimateBasis, check_items
from service.domain.edges import Edge
from service.domain.network import Network, NetworkItem, Presence
from service.domain.status import StatusCategory
from tests.domain.dependency_builders import (
    CANCELLED,
    DONE,
    STARTED,
    STUB,
    TODAY,
    a_sprint,
    an_edge,
    an_epic,
    an_item,
    at,
    dec,
    nov,
)


def checked(
    items: Iterable[NetworkItem], edges: Iterable[Edge] = (), *, touched: Mapping[str, date] | None = None
) -> tuple[Checked, Network]:
    network = Network.of(items, edges)
    updated = day_ordinals((touched or {}).get(item.key) for item in network.items)
    return check_items(network, today=TODAY, updated=updated), network


def share_of(check: Check, *items: NetworkItem, edges: Iterable[Edge] = (), **values: Any) -> tuple[int, int]:
    """(asked, passed)"""
    found, _ = checked(items, edges, **values)
    (share,) = [each for each in found.quality().shares if each.check is check]
    return share.asked, share.passed


def test_the_weights_are_those_of_the_definition_and_add_up_to_one() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)
    assert WEIGHTS[Check.PLANNED] == 0.20


def test_open_work_has_an_owner_and_done_work_is_not_asked() -> None:
    nobody = {"assignee_id": None}

    assert share_of(Check.OWNER, an_item("A"), an_item("B", **nobody), an_item("C", **nobody, **DONE)) == (2, 1)


def test_a_due_date_a_sprint_or_a_dated_release_is_a_plan() -> None:
    sprint = a_sprint("Sprint 9", nov(16), nov(27))
    planned = [an_item("A", due=dec(1)), an_item("B", iteration=sprint), an_item("C", release=dec(18))]

    assert share_of(Check.PLANNED, *planned, an_item("D", start=dec(1))) == (4, 3)


def test_all_that_counts_is_asked_for_an_estimate_on_the_basis_that_most_use() -> None:
    pointed = [an_item("A", points=3.0), an_item("B", points=0.0, **DONE), an_item("C", remaining_seconds=60)]
    timed = [an_item("A", points=3.0), an_item("B", remaining_seconds=0), an_item("C", remaining_seconds=60)]

    assert share_of(Check.ESTIMATED, *pointed) == (3, 2)
    assert share_of(Check.ESTIMATED, *timed) == (3, 2)
    assert (checked(pointed)[0].basis, checked(timed)[0].basis) == (EstimateBasis.POINTS, EstimateBasis.TIME)


def test_what_is_due_today_is_not_overdue_and_what_has_no_date_is_not_asked() -> None:
    items = [an_item("A", due=TODAY), an_item("B", due=nov(19)), an_item("C"), an_item("D", due=nov(1), **DONE)]

    assert share_of(Check.NOT_OVERDUE, *items) == (2, 1)


@pytest.mark.parametrize(("day", "passed"), [(date(2026, 10, 21), 1), (date(2026, 10, 20), 0)])
def test_work_in_progress_was_touched_within_thirty_days(day: date, passed: int) -> None:
    assert share_of(Check.UPDATED, an_item("A", **STARTED), an_item("B"), touched={"A": day, "B": day}) == (1, passed)


def test_an_item_without_a_parent_is_missed_only_where_its_project_keeps_parents() -> None:
    keeping = [an_epic("E"), an_item("A", parent="E"), an_item("B")]
    flat = [an_item("X", project_id="2"), an_item("Y", project_id="2")]

    assert share_of(Check.IN_HIERARCHY, *keeping, *flat) == (2, 1)


def test_sub_tasks_alone_are_no_hierarchy_that_their_parents_would_miss() -> None:
    assert share_of(Check.IN_HIERARCHY, an_item("A"), an_item("B", parent="A", level=-1, countable=False)) == (0, 0)


def test_the_far_end_of_an_edge_can_be_seen() -> None:
    hidden = an_item("H", presence=Presence.HIDDEN, member=False, countable=False)
    items = [an_item("A"), an_item("B"), an_item("C"), an_item("D", **DONE), hidden, an_item("S", **STUB)]
    edges = [an_edge("H", "A"), an_edge("B", "C"), an_edge("D", "H"), an_edge("B", "S", confirmed=False)]

    assert share_of(Check.ENDS_VISIBLE, *items, edges=edges) == (3, 2)


def test_done_work_says_since_when() -> None:
    assert share_of(Check.DONE_AT, an_item("A", done_at=at(nov(3)), **DONE), an_item("B", **DONE), an_item("C")) == (
        2,
        1,
    )


def test_a_done_parent_of_an_open_child_contradicts_itself_and_one_of_cancelled_children_does_not() -> None:
    wrong = [an_epic("E", **DONE), an_item("A", parent="E")]
    fine = [an_epic("F", **DONE), an_item("B", parent="F", **CANCELLED), an_epic("G"), an_item("C", parent="G")]

    assert share_of(Check.CONSISTENT, *wrong, *fine) == (3, 2)


def test_what_nobody_can_be_asked_weighs_nothing_and_lowers_the_coverage() -> None:
    found, _ = checked([an_item("A", due=dec(1), points=1.0)])
    quality = found.quality()

    assert quality.score == 1.0
    assert quality.coverage == pytest.approx(0.15 + 0.20 + 0.15 + 0.15)
    assert [share.check for share in quality.shares if share.value is None] == [
        Check.UPDATED,
        Check.IN_HIERARCHY,
        Check.ENDS_VISIBLE,
        Check.DONE_AT,
        Check.CONSISTENT,
    ]


def test_without_items_there_is_no_score() -> None:
    assert checked([])[0].quality().score is None
    assert checked([an_item("S", **STUB)])[0].quality().score is None


def test_the_score_is_the_mean_of_the_known_shares_by_weight() -> None:
    """One of two owned, both planned and estimated, none overdue."""
    plan = {"due": dec(1), "points": 1.0}
    found, _ = checked([an_item("A", **plan), an_item("B", assignee_id=None, **plan)])

    assert found.quality().score == pytest.approx((0.15 * 0.5 + 0.20 + 0.15 + 0.15) / 0.65)


def test_what_lacks_most_is_mended_first_and_ties_go_by_uid() -> None:
    found, network = checked(
        [
            an_item("A", points=1.0, due=dec(1), assignee_id=None),
            an_item("B", assignee_id=None),
            an_item("C", points=1.0),
            an_item("D", points=1.0, due=dec(1)),
        ]
    )

    assert [network.items[place].key for place in found.to_mend()] == ["B", "C", "A"]
    assert [network.items[place].key for place in found.to_mend([Check.ESTIMATED])] == ["B"]
    assert found.lacks(network.place["jira:B"]) == (Check.OWNER, Check.PLANNED, Check.ESTIMATED)


def test_groups_are_scored_by_themselves() -> None:
    plan = {"due": dec(1), "points": 1.0}
    found, _ = checked([an_item("A", **plan), an_item("B", **plan, assignee_id=None), an_item("C")])
    ants, bees = found.by(np.array([0, 1, -1], np.int32))

    assert ants.score == 1.0
    assert bees.score == pytest.approx(0.50 / 0.65)


any_items = st.lists(
    st.builds(
        lambda key, **values: an_item(str(key), **values),
        st.integers(0, 30),
        status_category=st.sampled_from(StatusCategory),
        due=st.none() | st.dates(date(2026, 10, 1), date(2027, 1, 1)),
        points=st.none() | st.floats(0, 9),
        assignee_id=st.none() | st.just("pat"),
        team=st.sampled_from([None, "Ants", "Bees"]),
    ),
    max_size=12,
    unique_by=lambda item: item.key,
)


@given(any_items)
def test_a_score_is_a_share_and_the_groups_add_up_to_the_whole(items: list[NetworkItem]) -> None:
    found, network = checked(items)
    whole = found.quality()
    code = {None: 0, "Ants": 1, "Bees": 2}
    groups = found.by(np.array([code[item.team] for item in network.items], np.int32))

    assert whole.score is None or 0 <= whole.score <= 1
    assert 0 <= whole.coverage <= 1 + 1e-9
    for place, share in enumerate(whole.shares):
        assert sum(group.shares[place].asked for group in groups) == share.asked
        assert sum(group.shares[place].passed for group in groups) == share.passed
