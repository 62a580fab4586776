"""All edges at once in columns, and one by one by an oracle that knows only the definitions: the same verdicts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from service.domain.calendars import WorkingCalendar
from service.domain.dependencies import Assessment, DependencyRules, DependencyStatus, LagUnit, SameDay, assess
from service.domain.edges import Edge
from service.domain.network import Iteration, Network, NetworkItem, Presence
from service.domain.status import StatusCategory
from tests.domain.dependency_builders import TODAY, an_edge, an_item, at
from tests.domain.ladder_oracle import Oracle, Verdict

SPRINTS = [
    Iteration(f"Sprint {number}", TODAY + timedelta(days=14 * number), TODAY + timedelta(days=14 * number + length))
    for number in (-1, 0, 1)
    for length in (10, 14)
] + [Iteration("Some day", TODAY + timedelta(days=3), None), Iteration("Undated", None, None)]
days = st.integers(-12, 25).map(lambda offset: TODAY + timedelta(days=offset))
maybe_day = st.none() | days


@dataclass(frozen=True)
class Case:
    items: tuple[NetworkItem, ...]
    edges: tuple[Edge, ...]
    holidays: frozenset[date]
    buffer: int
    concurrent: bool
    calendar_lag: bool
    linked_on: dict[str, date]
    probability: dict[str, float] = field(default_factory=dict)
    teams: dict[str, frozenset[date]] = field(default_factory=dict)

    def assessed(self) -> Assessment:
        rules = DependencyRules(
            buffer_days=self.buffer,
            same_day=SameDay.CONCURRENT if self.concurrent else SameDay.SEQUENTIAL,
            lag=LagUnit.CALENDAR if self.calendar_lag else LagUnit.WORKING,
        )
        chances = np.array([self.probability.get(edge.id, np.nan) for edge in self.edges])
        return assess(
            Network.of(self.items, self.edges, linked_on=self.linked_on),
            as_of=TODAY,
            calendar=WorkingCalendar(self.holidays),
            teams={name.upper(): WorkingCalendar(off) for name, off in self.teams.items()},
            rules=rules,
            probability=chances if self.probability else None,
        )

    def oracle(self) -> Oracle:
        return Oracle(
            self.items,
            self.edges,
            as_of=TODAY,
            holidays=self.holidays,
            teams=self.teams,
            buffer=self.buffer,
            concurrent=self.concurrent,
            calendar_lag=self.calendar_lag,
            linked_on=self.linked_on,
            probability=self.probability,
        )


@st.composite
def network_items(draw: st.DrawFn, key: str, keys: list[str]) -> NetworkItem:
    moment = maybe_day.map(lambda day: day and at(day))
    return an_item(
        key,
        status_category=draw(st.sampled_from([*StatusCategory, StatusCategory.TO_DO, StatusCategory.TO_DO, None])),
        presence=draw(st.sampled_from([Presence.LIVE] * 12 + list(Presence))),
        parent=draw(st.none() | st.sampled_from(keys)),
        countable=draw(st.booleans() | st.just(True)),
        milestone=draw(st.sampled_from([False, False, False, True])),
        item_type=draw(st.sampled_from(["Story", "Epic"])),
        assignee_id=draw(st.none() | st.just("pat")),
        start=draw(maybe_day),
        due=draw(maybe_day),
        iteration=draw(st.none() | st.sampled_from(SPRINTS)),
        release=draw(st.none() | days),
        started_at=draw(moment),
        done_at=draw(moment),
        slips=draw(st.sampled_from([0, 0, 0, 1, 2])),
        team=draw(st.sampled_from([None, "Ants", "Bees"])),
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    keys = [f"K{number}" for number in range(draw(st.integers(1, 8)))]
    items = tuple(draw(network_items(key, keys)) for key in keys)
    edges = {
        edge.id: edge
        for edge in draw(
            st.lists(
                st.builds(
                    an_edge,
                    st.sampled_from(keys),
                    st.sampled_from(keys),
                    type=st.sampled_from(["FS", "FS", "FS", "SS", "FF", "SF"]),
                    lag_days=st.sampled_from([0, 0, 0, 2, 5, -1]),
                    confirmed=st.sampled_from([True, True, True, False]),
                ),
                max_size=10,
            )
        )
    }
    return Case(
        items=items,
        edges=tuple(edges.values()),
        holidays=draw(st.frozensets(days, max_size=3)),
        teams=draw(st.dictionaries(st.sampled_from(["Ants", "Bees"]), st.frozensets(days, max_size=5))),
        buffer=draw(st.sampled_from([3, 0, 5])),
        concurrent=draw(st.booleans()),
        calendar_lag=draw(st.booleans()),
        linked_on=draw(st.dictionaries(st.sampled_from(sorted(edges)), days)) if edges else {},
        probability=draw(st.dictionaries(st.sampled_from(sorted(edges)), st.sampled_from([0.2, 0.5, 0.7, 0.85, 1.0])))
        if edges
        else {},
    )


def verdicts(assessment: Assessment) -> dict[str, Verdict]:
    return {
        each.edge.id: Verdict(
            str(each.status),
            each.need_by,
            each.planned_finish,
            each.gap_days,
            each.blocked_since,
            each.blocked_days,
            each.downstream_items,
        )
        for each in assessment.edges()
    }


@hypothesis_settings(max_examples=150, deadline=None)
@given(cases())
def test_every_edge_has_the_verdict_of_the_definitions(case: Case) -> None:
    oracle = case.oracle()

    assert verdicts(case.assessed()) == {edge.id: oracle.verdict(edge) for edge in case.edges}


@given(cases())
@hypothesis_settings(max_examples=60, deadline=None)
def test_every_edge_has_one_status_and_says_why_in_a_whole_sentence(case: Case) -> None:
    for each in case.assessed().edges():
        assert isinstance(each.status, DependencyStatus)
        assert each.reasons
        for reason in each.reasons:
            assert reason.message.endswith(".")
            assert "None" not in reason.message


@hypothesis_settings(max_examples=60, deadline=None)
@given(cases(), st.integers(0, 10**6))
def test_the_order_in_which_items_and_edges_come_changes_nothing(case: Case, seed: int) -> None:
    random = Random(seed)
    items, edges = list(case.items), list(case.edges)
    random.shuffle(items)
    random.shuffle(edges)
    one, other = case.assessed(), replace(case, items=tuple(items), edges=tuple(edges)).assessed()

    assert {each.edge.id: each for each in one.edges()} == {each.edge.id: each for each in other.edges()}
    assert one.cycles == other.cycles
    assert one.health == other.health


@hypothesis_settings(max_examples=60, deadline=None)
@given(cases(), st.integers(0, 10**6))
def test_other_names_for_the_same_items_change_no_verdict(case: Case, seed: int) -> None:
    uids = [item.uid for item in case.items]
    fresh = [f"x:{number:03d}" for number in range(len(uids))]
    Random(seed).shuffle(fresh)
    name = dict(zip(uids, fresh, strict=True))
    items = [
        msgspec.structs.replace(item, uid=name[item.uid], parent_uid=name.get(item.parent_uid or ""))
        for item in case.items
    ]
    edges = [
        msgspec.structs.replace(
            edge, predecessor_uid=name[edge.predecessor_uid], successor_uid=name[edge.successor_uid]
        )
        for edge in case.edges
    ]
    renamed = replace(case, items=tuple(items), edges=tuple(edges)).assessed()

    assert verdicts(renamed) == verdicts(case.assessed())
    assert len(renamed.cycles) == len(case.assessed().cycles)
