"""The chance that a predecessor gives in time decides rungs of the ladder."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from service.domain.calendars import WorkingCalendar
from service.domain.dependencies import AssessedEdge, Assessment, DependencyStatus, foreseen
from service.domain.dependency_status import SameDay
from service.domain.edge_chances import TRIALS, edge_chances
from service.domain.edges import Edge
from service.domain.network import NetworkItem
from service.domain.remaining import remaining_work
from tests.domain.dependency_builders import STARTED, TODAY, an_edge, an_epic, an_item, assessment, codes, said
from tests.domain.risk_cases import noise
from tests.domain.test_cycle_times import past

SEED = 11
TWENTY = past("D", range(1, 21))  # finished within a week: no week differs from another


def day(working_days: int) -> Any:
    """So many working days after today, a Friday."""
    return WorkingCalendar().add_working_days(TODAY, working_days)


def with_chances(items: Iterable[NetworkItem], edges: Iterable[Edge], **rules: Any) -> Assessment:
    told = assessment([*TWENTY, *items], list(edges), **rules)
    return foreseen(told, edge_chances(told, remaining_work(told), seed=SEED))


def the_edge(before: NetworkItem, after: NetworkItem, *, lag: int = 0, kind: str = "FS", **rules: Any) -> AssessedEdge:
    told = with_chances([before, after], [an_edge(before.key, after.key, lag_days=lag, type=kind)], **rules)
    return told.edge(0)


def chance(edge: AssessedEdge) -> float:
    assert edge.probability is not None
    return edge.probability


@pytest.mark.parametrize(
    ("needed", "share", "status", "code"),
    [
        (8, 8 / 20, DependencyStatus.OFF_TRACK, "improbable"),
        (12, 12 / 20, DependencyStatus.AT_RISK, "doubtful"),
        (19, 19 / 20, DependencyStatus.ON_TRACK, "probable"),
    ],
)
def test_the_chance_decides_where_the_dates_leave_time(needed: int, share: float, status: str, code: str) -> None:
    """Of twenty items one took each of 1 to 20 days: what is begun today is there after n days n times in twenty."""
    edge = the_edge(an_item("A", **STARTED), an_item("B", start=day(needed)))

    assert chance(edge) == pytest.approx(share, abs=noise(share, TRIALS))
    assert (edge.status, code in codes(edge)) == (status, True)


def test_the_sentence_tells_the_chance_rounded_down() -> None:
    edge = the_edge(an_item("A", **STARTED), an_item("B", start=day(8)))

    percent = int(chance(edge) * 100 + 1e-9)
    assert f"The chance that A is ready when B needs it is only {percent} %." in said(edge)


def test_without_any_date_of_the_predecessor_the_forecast_tells() -> None:
    """Neither date nor forecast is unknown; a forecast alone is enough."""
    undated = the_edge(an_item("A"), an_item("B", start=day(30)))
    nobody_knows = the_edge(an_item("A"), an_item("B"))

    assert (undated.status, undated.planned_finish) == (DependencyStatus.ON_TRACK, None)
    assert (nobody_knows.status, nobody_knows.probability) == (DependencyStatus.UNKNOWN, None)


def test_a_lag_takes_from_the_time_that_is_left() -> None:
    plain = the_edge(an_item("A"), an_item("B", start=day(8)))
    lagging = the_edge(an_item("A"), an_item("B", start=day(10)), lag=2)

    assert chance(lagging) == chance(plain)


def test_teams_that_work_on_the_same_day_have_a_day_more() -> None:
    strict = the_edge(an_item("A"), an_item("B", start=day(9)))
    concurrent = the_edge(an_item("A"), an_item("B", start=day(8)), same_day=SameDay.CONCURRENT)

    assert chance(concurrent) == chance(strict)


def test_an_edge_to_a_finish_asks_for_the_end_of_the_day() -> None:
    start = the_edge(an_item("A"), an_item("B", start=day(9)))
    finish = the_edge(an_item("A"), an_item("B", due=day(8)), kind="FF")

    assert chance(finish) == chance(start)


def test_what_the_predecessor_waits_for_counts() -> None:
    items = [an_item("Z"), an_item("A"), an_item("B", start=day(20))]

    told = with_chances(items, [an_edge("Z", "A"), an_edge("A", "B")])

    exact = sum(max(0, min(20, 20 - first)) for first in range(1, 21)) / 400  # P(sum of two ≤ 20)
    assert chance(told.edge(1)) == pytest.approx(exact, abs=noise(exact, TRIALS))


def test_a_container_is_ready_with_the_last_of_what_it_holds() -> None:
    parts = [an_item(f"P{number}", parent="E") for number in range(3)]

    told = with_chances([an_epic("E"), *parts, an_item("B", start=day(15))], [an_edge("E", "B")])

    exact = (15 / 20) ** 3
    assert chance(told.edge(0)) == pytest.approx(exact, abs=noise(exact, TRIALS))


def test_a_milestone_that_waits_for_nothing_has_no_forecast_and_one_that_waits_has_that_of_its_work() -> None:
    milestone = an_item("M", milestone=True, due=day(2))
    alone = the_edge(milestone, an_item("B", start=day(5)))
    told = with_chances([milestone, an_item("A"), an_item("B", start=day(5))], [an_edge("A", "M"), an_edge("M", "B")])

    assert alone.probability is None
    assert chance(told.edge(1)) == pytest.approx(5 / 20, abs=noise(5 / 20, TRIALS))


def test_when_something_above_starts_is_no_day_that_it_is_needed_by() -> None:
    told = with_chances([an_item("A"), an_epic("E", start=day(1)), an_item("B", parent="E")], [an_edge("A", "B")])

    assert told.edge(0).probability is None
    assert told.edge(0).status is DependencyStatus.UNKNOWN


def test_what_is_decided_by_other_rungs_asks_for_no_chance() -> None:
    blocked = the_edge(an_item("A"), an_item("B", **STARTED, start=day(30)))

    assert (blocked.status, blocked.probability) == (DependencyStatus.BLOCKED, None)


def test_with_too_little_history_nothing_changes() -> None:
    told = assessment([an_item("A"), an_item("B", start=day(8))], [an_edge("A", "B")])
    found = edge_chances(told, remaining_work(told), seed=SEED)

    assert np.isnan(found).all()
    assert foreseen(told, found) is told


def test_an_improbable_predecessor_is_trouble_further_down() -> None:
    items = [an_item("A"), an_item("B", start=day(5), due=day(9)), an_item("C", start=day(60))]

    told = with_chances(items, [an_edge("A", "B"), an_edge("B", "C")])

    assert told.edge(0).status is DependencyStatus.OFF_TRACK
    assert (told.edge(1).status, "upstream" in codes(told.edge(1))) == (DependencyStatus.AT_RISK, True)
