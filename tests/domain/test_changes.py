"""What changed between two moments, from nothing but items and their histories."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.history import ItemState
from connectors.items import SourceChange, StatusCategory
from service.domain.calendars import WorkingCalendar
from service.domain.change_summary import TITLES, grouped, headline
from service.domain.changes import ChangeKind, ItemChange, PlanDays, Trace, Why, Window, biggest_first
from service.domain.edges import Edge, Provenance
from service.domain.history import Snapshot
from service.domain.link_changes import drawn_between, met_between
from service.domain.link_history import Link, LinkMove, link_histories
from service.domain.program_history import ProgramHistory, Span
from tests.builders.field_history import FieldHistorian
from tests.builders.link_moves import MONDAY, PHRASES, a_move
from tests.builders.link_moves import at as link_at
from tests.domain.baseline_builders import a_story

SINCE = datetime(2026, 11, 2, tzinfo=UTC)
EARLY, LATE = SINCE - timedelta(days=300), SINCE + timedelta(days=30)
NO_DAYS = PlanDays({}, {})
NO_FIELD = {"points": None, "duedate": None, "flagged": None}
Values = Mapping[str, str | None]


def at(hours: int) -> datetime:
    return SINCE + timedelta(hours=hours)


def a_change(uid: str, number: int, field: str, before: str | None, after: str | None, hours: int) -> SourceChange:
    return SourceChange(uid, str(number), 0, at(hours), field, f"u{number}", before, after, None, None)


def a_state(values: Values) -> ItemState:
    points, due = values["points"], values["duedate"]
    return ItemState(
        key="PAY-1",
        project_id="1",
        item_type_id="1",
        item_type="Story",
        level=0,
        subtask=False,
        status_id="1",
        status="x",
        status_category=StatusCategory(values["status"] or "to_do"),
        points=None if points is None else float(points),
        due=None if due is None else date.fromisoformat(due),
        flagged=bool(values["flagged"]),
    )


def lived(
    uid: str, first: Values, moves: Iterable[tuple[int, str, str | None]]
) -> tuple[Snapshot, list[SourceChange], list[tuple[datetime, Values]]]:
    """An item that began as `first` and moved (hours after the beginning, field, value): snapshot, changes, stages."""
    now: dict[str, str | None] = dict(first)
    changes: list[SourceChange] = []
    stages: list[tuple[datetime, Values]] = [(EARLY, dict(first))]
    for number, (hours, field, value) in enumerate(sorted(moves, key=lambda each: each[0])):
        if now[field] == value:
            continue
        changes.append(a_change(uid, number, field, now[field], value, hours))
        now[field] = value
        stages.append((at(hours), dict(now)))
    state = a_state(now)
    return Snapshot(uid, "acme", "An item", EARLY, LATE, state), changes, stages


def window(
    *lives: tuple[Snapshot, list[SourceChange], Any],
    until: datetime = LATE,
    spans: Mapping[str, Sequence[Span]] | None = None,
    days: PlanDays = NO_DAYS,
) -> Window:
    members = [
        a_story(
            snapshot.uid,
            status_category=snapshot.state.status_category,
            points=snapshot.state.points,
            due=snapshot.state.due,
        )
        for snapshot, _, _ in lives
    ]
    always = [Span(EARLY, None)]
    history = ProgramHistory(
        since=SINCE,
        members=members,
        spans=[(spans or {}).get(item.uid, always) for item in members],
        created=[EARLY for _ in members],
        snapshots={snapshot.uid: snapshot for snapshot, _, _ in lives},
        changes={snapshot.uid: changes for snapshot, changes, _ in lives if changes},
        historians={"acme": FieldHistorian()},
        mapped_since=EARLY,
    )
    return Window(history, until, days, WorkingCalendar())


def told(subject: Window, **traces: Trace) -> dict[ChangeKind, ItemChange]:
    return {change.kind: change for change in subject.changes(traces)}


TO_DO: Values = {"status": "to_do", **NO_FIELD}


def test_an_item_that_nothing_touched_is_not_told() -> None:
    assert told(window(lived("a", TO_DO, []))) == {}


def test_the_last_change_says_who_and_when() -> None:
    subject = window(lived("a", TO_DO, [(1, "points", "3"), (5, "points", "8"), (9, "duedate", "2026-12-01")]))

    estimate = told(subject)[ChangeKind.REESTIMATED]

    assert (estimate.old, estimate.new, estimate.at, estimate.author_id, estimate.times) == (None, 8.0, at(5), "u1", 2)


def test_an_item_that_came_says_why_by_what_is_known_of_it() -> None:
    coming = {"a": [Span(at(5), None)]}
    moved = window(lived("a", {**TO_DO, "status": "to_do"}, []), spans=coming)

    created = told(moved, a=Trace(created_at=at(5), reporter_id="u9", joined_at=at(6)))[ChangeKind.ADDED]
    restored = told(moved, a=Trace(restored_at=at(7), joined_at=at(6)))[ChangeKind.ADDED]
    mapped = told(moved, a=Trace(joined_at=at(6)))[ChangeKind.ADDED]

    assert (created.why, created.at, created.author_id) == (Why.CREATED, at(5), "u9")
    assert (restored.why, restored.at) == (Why.RESTORED, at(7))
    assert (mapped.why, mapped.at) == (Why.MAPPED, at(6))


def test_cancelled_work_leaves_and_what_is_taken_up_again_returns() -> None:
    left = told(window(lived("a", TO_DO, [(3, "status", "cancelled")])))
    back = told(window(lived("a", {**TO_DO, "status": "cancelled"}, [(3, "status", "in_progress")])))

    assert {kind: change.why for kind, change in left.items()} == {ChangeKind.REMOVED: Why.CANCELLED}
    assert (back[ChangeKind.ADDED].why, back[ChangeKind.ADDED].at) == (Why.REINSTATED, at(3))


def test_a_sprint_that_is_prolonged_is_no_slip_of_its_items_and_a_later_sprint_is() -> None:
    """The days of sprints are those of now: what a sprint was planned for before, nobody kept."""
    days = PlanDays({"acme": {"7": date(2026, 11, 13), "8": date(2026, 11, 27)}}, {})
    state = a_state(TO_DO)
    snapshot = Snapshot(
        "a",
        "acme",
        "An item",
        EARLY,
        LATE,
        ItemState(
            **{name: getattr(state, name) for name in ItemState.__struct_fields__ if name != "iterations"},
            iterations=("8",),
        ),
    )
    moved = window((snapshot, [a_change("a", 1, "sprint", "7", "8", 3)], None), days=days)
    stayed = window((snapshot, [a_change("a", 1, "points", None, "3", 3)], None), days=days)

    slip = told(moved)[ChangeKind.SLIPPED]

    assert (slip.field, slip.old, slip.new, slip.days) == ("iteration", date(2026, 11, 13), date(2026, 11, 27), 10)
    assert ChangeKind.SLIPPED not in told(stayed)


def test_what_is_done_is_neither_late_nor_blocked() -> None:
    subject = window(
        lived(
            "a",
            {**TO_DO, "duedate": "2026-12-01"},
            [
                (1, "duedate", "2026-12-24"),
                (2, "flagged", "Impediment"),
                (3, "status", "done"),
            ],
        )
    )

    assert told(subject).keys() == {ChangeKind.FINISHED}


_FIELDS: Mapping[str, Sequence[str | None]] = {
    "status": ("to_do", "in_progress", "done", "cancelled"),
    "points": (None, "1", "3", "8"),
    "duedate": (None, "2026-11-20", "2026-12-01", "2026-12-11"),
    "flagged": (None, "Impediment"),
}
_MOVES = st.lists(
    st.sampled_from(sorted(_FIELDS)).flatmap(
        lambda field: st.tuples(st.integers(1, 700), st.just(field), st.sampled_from(_FIELDS[field]))
    ),
    max_size=12,
)
_FIRST = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in _FIELDS.items()})


@given(_FIRST, _MOVES, st.integers(0, 720))
def test_whatever_the_history_the_two_ends_decide(
    first: dict[str, str | None], moves: list[tuple[int, str, str | None]], hours: int
) -> None:
    """An oracle that looks at the item at both moments alone, and at the way between for reopening."""
    snapshot, changes, stages = lived("a", first, moves)
    until = at(hours)
    then = stages[0][1]
    now = [values for moment, values in stages if moment <= until][-1]
    way = [values["status"] for moment, values in stages if moment <= until]

    found = told(window((snapshot, changes, stages), until=until))

    expected: set[ChangeKind] = set()
    was_in, is_in = then["status"] != "cancelled", now["status"] != "cancelled"
    if was_in != is_in:
        expected.add(ChangeKind.ADDED if is_in else ChangeKind.REMOVED)
    if is_in:
        expected |= _statuses(then, now, way)
    if was_in and is_in:
        expected |= _values(then, now)
        assert found.keys() == expected
    else:  # a flag that it came with is told where its history tells of it
        assert found.keys() - {ChangeKind.BLOCKED, ChangeKind.UNBLOCKED} == expected


def _statuses(then: Values, now: Values, way: Sequence[str | None]) -> set[ChangeKind]:
    found: set[ChangeKind] = set()
    if any(one == "done" and other in ("to_do", "in_progress") for one, other in pairwise(way)):
        found.add(ChangeKind.REOPENED)
    if now["status"] == "done" and then["status"] != "done":
        found.add(ChangeKind.FINISHED)
    if now["status"] == "in_progress" and then["status"] == "to_do":
        found.add(ChangeKind.STARTED)
    return found


def _values(then: Values, now: Values) -> set[ChangeKind]:
    found: set[ChangeKind] = set()
    if now["flagged"] != then["flagged"] and not (now["status"] == "done" and now["flagged"]):
        found.add(ChangeKind.BLOCKED if now["flagged"] else ChangeKind.UNBLOCKED)
    if then["points"] != now["points"]:
        found.add(ChangeKind.REESTIMATED)
    before, after = then["duedate"], now["duedate"]
    if before != after and now["status"] != "done":
        if before is None or after is None:
            found.add(ChangeKind.DATED if before is None else ChangeKind.UNDATED)
        else:
            found.add(ChangeKind.SLIPPED if after > before else ChangeKind.PULLED_IN)
    return found


@given(st.lists(st.tuples(_FIRST, _MOVES), max_size=4))
def test_the_order_of_items_changes_nothing_and_every_change_is_grouped_once(
    drawn: list[tuple[dict[str, str | None], list[tuple[int, str, str | None]]]],
) -> None:
    lives = [lived(f"i{number}", first, moves) for number, (first, moves) in enumerate(drawn)]

    forward = biggest_first(window(*lives).changes({}), points={})
    backward = biggest_first(window(*lives[::-1]).changes({}), points={})
    groups = grouped(forward, points={}, left_out={})

    assert forward == backward
    assert [change for group in groups for change in group.changes] == forward
    assert [group.kind for group in groups] == sorted({each.kind for each in forward}, key=list(ChangeKind).index)


def test_every_kind_has_a_title() -> None:
    assert TITLES.keys() == set(ChangeKind)


def test_the_headline_speaks_of_what_counts() -> None:
    changes = [
        ItemChange(ChangeKind.ADDED, "a"),
        ItemChange(ChangeKind.ADDED, "epic"),
        ItemChange(ChangeKind.SLIPPED, "b", days=1),
        ItemChange(ChangeKind.REESTIMATED, "c", field="points", old=8.0, new=5.5),
        ItemChange(ChangeKind.DATED, "d"),
    ]

    groups = grouped(changes, points={"a": 1.0, "epic": 40.0}, left_out={"epic": "has_children"})

    assert headline(groups) == (
        "1 item added (1 point), 1 slipped (worst 1 working day), 1 re-estimated (−2.5 points)."
    )
    assert headline([]) == "Nothing that counts has changed."


def an_edge(before: str, after: str, *, confirmed: bool = True) -> Edge:
    return Edge(
        id=f"{before}-{after}",
        predecessor_uid=before,
        successor_uid=after,
        provenance=Provenance.JIRA_LINK,
        confirmed=confirmed,
    )


WAITS = Link("acme:1", "acme:2", "Blocks")


def drawn(
    *moves: LinkMove, standing: Collection[Link] = (), until: float = 24, lasting: Collection[tuple[str, str]] = ()
) -> list[ItemChange]:
    """What changed in the day after Monday began."""
    histories = link_histories(moves, standing, PHRASES, graves={})
    return list(drawn_between(histories, since=MONDAY, until=link_at(until), lasting=lasting))


def test_a_link_that_both_ends_tell_of_is_one_dependency() -> None:
    (change,) = drawn(
        a_move("acme:1", "acme:2", by="u1"),
        a_move("acme:2", "acme:1", phrase="is blocked by", hours=2, by="u2"),
        standing=[WAITS],
    )

    assert (change.kind, change.uid, change.other_uid, change.at, change.author_id) == (
        ChangeKind.EDGE_ADDED,
        "acme:2",
        "acme:1",
        link_at(1),
        "u1",
    )


@pytest.mark.parametrize(
    ("uid", "other", "text", "waiting"),
    [
        ("acme:1", "acme:2", "This issue blocks PAY-2", "acme:2"),
        ("acme:1", "acme:2", "This issue is blocked by PAY-2", "acme:1"),
        ("acme:1", "acme:2", "THIS ISSUE Blocks PAY-2", "acme:2"),
        ("acme:1", "acme:2", "This issue relates to PAY-2", None),
        ("acme:1", "acme:2", None, None),
        ("other:1", "other:2", "This issue blocks PAY-2", None),
    ],
)
def test_a_link_that_is_gone_is_read_from_its_sentence(
    uid: str, other: str, text: str | None, waiting: str | None
) -> None:
    found = drawn(a_move(uid, other, made=False, phrase=None, text=text))

    assert [change.uid for change in found] == ([] if waiting is None else [waiting])
    assert all(change.kind is ChangeKind.EDGE_REMOVED for change in found)


def test_a_link_that_came_and_went_is_told_nowhere_and_neither_is_one_that_went_and_came() -> None:
    gone = a_move("acme:1", "acme:2", made=False)
    made = a_move("acme:1", "acme:2", hours=2)
    gone_again = a_move("acme:1", "acme:2", made=False, hours=3)

    assert drawn(gone, made, standing=[WAITS]) == []
    assert drawn(made, gone_again) == []
    assert [each.at for each in drawn(gone, made, gone_again)] == [link_at(3)]


def test_what_happened_to_a_link_after_the_later_moment_does_not_matter() -> None:
    gone = a_move("acme:1", "acme:2", made=False)
    made_later = a_move("acme:1", "acme:2", hours=30)

    assert [(each.kind, each.at) for each in drawn(gone, made_later, standing=[WAITS])] == [
        (ChangeKind.EDGE_REMOVED, link_at(1))
    ]
    assert drawn(gone, made_later, standing=[WAITS], until=48) == []


def test_a_dependency_that_something_else_says_too_does_not_go_with_its_link() -> None:
    gone = a_move("acme:1", "acme:2", made=False)

    assert drawn(gone, lasting=[("acme:1", "acme:2")]) == []
    assert len(drawn(gone, lasting=[("acme:2", "acme:1")])) == 1


def test_of_two_links_that_say_the_same_one_that_goes_changes_nothing() -> None:
    gone = a_move("acme:1", "acme:2", made=False)
    other_type = Link("acme:1", "acme:2", "Needs")

    assert drawn(gone, standing=[other_type]) == []


def test_another_link_between_the_same_two_says_nothing_about_their_order() -> None:
    assert drawn(a_move("acme:1", "acme:2", phrase="relates to"), standing=[WAITS]) == []


def test_an_edge_is_met_when_its_predecessor_is_done_and_opens_again_with_it() -> None:
    edges = [an_edge("a", "b"), an_edge("b", "c"), an_edge("a", "d", confirmed=False)]
    done = ItemChange(ChangeKind.FINISHED, "a", at(1), "u1")
    reopened = ItemChange(ChangeKind.REOPENED, "b", at(2), "u2")

    found = list(met_between([done, reopened], edges))

    assert [(change.kind, change.uid, change.other_uid) for change in found] == [
        (ChangeKind.EDGE_RESOLVED, "b", "a"),
        (ChangeKind.EDGE_REOPENED, "c", "b"),
    ]
