"""Which past tells how long an open item may take, and by how much that differs from team to team and with age."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from service.domain.cycle_times import BASES, ItemLaws, LawBasis, item_laws
from service.domain.dependencies import Assessment
from service.domain.network import NetworkItem
from service.domain.remaining import remaining_work
from service.domain.status import StatusCategory
from service.domain.team_limits import TeamLimits, crews_of, work_in_progress
from tests.domain.dependency_builders import STARTED, TODAY, WEEKDAYS, an_edge, an_item, assessment, at


def done(key: str, days: int, *, ago: int = 5, **values: Any) -> NetworkItem:
    """Finished so many working days ago, after so many, first and last included."""
    end = WEEKDAYS.add_working_days(TODAY, -ago)
    start = WEEKDAYS.add_working_days(end, 1 - days)
    return an_item(
        key,
        status_category=StatusCategory.DONE,
        started_at=at(start),
        done_at=at(end, 17),
        **values,
    )


def past(name: str, spans: Iterable[int], **values: Any) -> list[NetworkItem]:
    return [done(f"{name}-{number}", days, **values) for number, days in enumerate(spans)]


def laws_of(items: Iterable[NetworkItem]) -> tuple[Assessment, ItemLaws | None]:
    told = assessment(items, [])
    work = remaining_work(told)
    left = np.zeros(work.activities.graph.nodes, np.bool_)
    left[: work.sources.size] = work.sources != 0
    return told, item_laws(told, takes_time=left, item=work.expansion.item, synchronous=False)


def law(items: Iterable[NetworkItem], key: str) -> tuple[LawBasis, list[float]]:
    """Of an open item: what it rests on, and what it may still take."""
    told, made = laws_of(items)
    assert made is not None
    node, laws = told.network.place[f"jira:{key}"], made.laws
    span = slice(laws.first[node], laws.first[node] + laws.count[node])
    return BASES[made.basis[node]], (laws.values[span] - laws.less[node]).tolist()


ELEVEN = range(1, 12)
SLOW = range(21, 32)


def test_an_item_is_compared_with_what_its_team_did_of_its_type() -> None:
    items = [*past("A", ELEVEN, team="Ants"), *past("B", SLOW, team="Bees"), an_item("X", team="Bees")]

    assert law(items, "X") == (LawBasis.TEAM_AND_TYPE, [float(days) for days in SLOW])


def test_with_ten_of_its_team_it_is_compared_with_all_of_its_type() -> None:
    bugs = past("C", [50] * 11, item_type="Bug", team="Bees")
    items = [*past("A", ELEVEN, team="Ants"), *past("B", [21] * 10, team="Bees"), *bugs, an_item("X", team="Bees")]

    assert law(items, "X") == (LawBasis.TYPE, sorted([*map(float, ELEVEN), *[21.0] * 10]))


def test_what_nobody_did_before_is_compared_with_everything() -> None:
    items = [*past("A", ELEVEN), an_item("X", item_type="Spike")]

    assert law(items, "X") == (LawBasis.ALL, [float(days) for days in ELEVEN])


def test_an_item_under_way_takes_what_those_took_that_lasted_longer_than_its_age() -> None:
    """Begun on Monday, four working days ago: it has outlasted those that took up to four days."""
    items = [*past("A", range(1, 16)), an_item("X", **STARTED, started_at=at(TODAY - timedelta(days=4)))]

    assert law(items, "X") == (LawBasis.TEAM_AND_TYPE, [float(days - 4) for days in range(5, 16)])


def test_an_item_older_than_anything_that_was_finished_is_drawn_as_if_it_began_today() -> None:
    items = [*past("A", ELEVEN), an_item("X", **STARTED, started_at=at(TODAY - timedelta(days=90)))]

    assert law(items, "X") == (LawBasis.OUTLIVED, [float(days) for days in ELEVEN])


def test_ten_finished_items_are_too_few() -> None:
    assert laws_of([*past("A", [3] * 10), an_item("X")])[1] is None
    assert laws_of([*past("A", [3] * 11), an_item("X")])[1] is not None


def test_what_takes_no_time_is_no_history() -> None:
    milestones = past("M", [1] * 11, milestone=True)
    holders = past("E", [40] * 11, countable=False)

    assert laws_of([*milestones, *holders, an_item("X")])[1] is None


def test_weeks_that_were_slow_for_all_are_shocks_and_are_taken_out_of_what_each_item_tells() -> None:
    """In two of four weeks all took three times as long."""
    spans = [(2, 5), (6, 10), (2, 15), (6, 20)]
    items = [done(f"D-{week}-{each}", days, ago=ago) for week, (days, ago) in enumerate(spans) for each in range(40)]
    told = assessment([*items, an_item("X")], [])
    work = remaining_work(told)
    left = np.array([item.key == "X" for item in told.network.items])

    made = item_laws(told, takes_time=left, item=work.expansion.item)

    assert made is not None
    assert made.pace is not None
    # mean 4: ratios .5 and 1.5 of forty items, beside five ordinary ones
    assert sorted(made.pace.tolist()) == pytest.approx([25 / 45, 25 / 45, 65 / 45, 65 / 45])
    node = told.network.place["jira:X"]
    drawn = made.laws.values[made.laws.first[node] : made.laws.first[node] + made.laws.count[node]]
    assert sorted(set(drawn.tolist())) == pytest.approx([2 * 45 / 25, 6 * 45 / 65])


def test_a_limit_holds_for_the_open_items_of_its_team() -> None:
    begun = an_item("B", team="ants", **STARTED, started_at=at(TODAY - timedelta(days=2)))
    told = assessment([an_item("A", team="Ants"), begun, an_item("C", team="Bees"), an_item("D")], [])

    crews = crews_of(told, TeamLimits(by_team={"ANTS": 2}), takes_time=np.ones(4, np.bool_))

    assert crews is not None
    assert (crews.sizes, dict(crews.crew), crews.begun) == ((2,), {0: 0, 1: 0}, frozenset({1}))
    assert crews_of(told, TeamLimits(), takes_time=np.ones(4, np.bool_)) is None


def test_what_a_team_did_at_once_lately_is_measured() -> None:
    """Of sixty working days two items took thirty each, one all of them and is not done yet."""
    items = [done("A", 30, ago=1, team="Ants"), done("B", 30, ago=1, team="Ants")]
    begun = WEEKDAYS.add_working_days(TODAY, -80)
    told = assessment([*items, an_item("C", team="Ants", **STARTED, started_at=at(begun)), an_item("D")], [])

    assert work_in_progress(told) == {"ants": pytest.approx((30 + 30 + 60) / 60)}
    crews = crews_of(told, TeamLimits(measured=True), takes_time=np.ones(4, np.bool_))
    assert crews is not None
    assert crews.sizes == (2,)


def test_edges_do_not_change_who_is_compared_with_whom() -> None:
    items = [*past("A", ELEVEN), an_item("X"), an_item("Y")]
    told = assessment(items, [an_edge("X", "Y")])
    work = remaining_work(told)

    made = item_laws(told, takes_time=work.activities.durations > 0, item=work.expansion.item, synchronous=False)

    assert made is not None
    assert made.counts == {"team_and_type": 2}
