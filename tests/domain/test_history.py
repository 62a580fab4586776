"""Going back through the changes of one item, and how sure one can be of what is found."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from connectors.contract import Historian
from connectors.history import EVERY_ASPECT, Aspect
from connectors.items import SourceChange
from service.domain.history import Break, Certainty, Chained, Past, Snapshot, breaks, course_of, follows, in_order
from tests.domain.history_builders import DONE, IN_PROGRESS, SOURCE, TO_DO, Diary, a_change, a_state, hour

FINISHED = a_state(status="done", status_category=DONE, points=5.0)


def a_snapshot(*, unread: bool = False) -> Snapshot:
    return Snapshot(f"{SOURCE}:1", SOURCE, "One", hour(0), hour(30), FINISHED, unread=unread)


def rewind(
    snapshot: Snapshot,
    changes: Sequence[SourceChange],
    historian: Historian | None,
    moment: datetime,
    *,
    torn: Collection[Aspect] = (),
) -> Past:
    """Of an item that was touched since the moment."""
    past = course_of(snapshot, changes, historian).at(moment, torn=torn)
    assert past is not None
    return past


def test_an_item_is_what_the_earliest_later_change_started_from() -> None:
    later = [a_change(10, "status", "to_do", "in_progress"), a_change(20, "status", "in_progress", "done")]

    first, second = rewind(a_snapshot(), later, Diary(), hour(5)), rewind(a_snapshot(), later[1:], Diary(), hour(15))

    assert (first.state.status_category, second.state.status_category) == (TO_DO, IN_PROGRESS)
    assert first.state.points == 5.0
    assert first.certainty(Aspect.STATUS) is Certainty.RECONSTRUCTED
    assert first.certainty(Aspect.POINTS) is Certainty.EXACT


def test_two_changes_of_one_field_at_one_moment_are_undone_in_their_order() -> None:
    together = [
        a_change(10, "status", "in_progress", "done", ordinal=1),
        a_change(10, "status", "to_do", "in_progress", ordinal=0),
    ]

    assert rewind(a_snapshot(), in_order(together), Diary(), hour(5)).state.status_category is TO_DO


def test_changes_of_one_moment_are_ordered_by_their_numbers_and_not_as_texts() -> None:
    ninth, tenth = (SourceChange("1", number, 0, hour(1), "status") for number in ("9", "10"))

    assert in_order([tenth, ninth]) == [ninth, tenth]


def test_a_value_that_cannot_be_read_is_unknown_and_not_reconstructed() -> None:
    past = rewind(a_snapshot(), [a_change(10, "points", "many", "5")], Diary(), hour(5))

    assert past == Past(past.state, unknown=frozenset({Aspect.POINTS}))
    assert past.certainty(Aspect.POINTS) is Certainty.UNKNOWN


def test_what_a_tool_keeps_no_history_of_is_unknown_once_an_item_was_touched() -> None:
    past = rewind(a_snapshot(), [], Diary(without_history=frozenset({Aspect.ASSIGNEE})), hour(5))

    assert past.unknown == {Aspect.ASSIGNEE}


def test_of_an_item_whose_history_is_not_read_yet_nothing_is_known() -> None:
    later = [a_change(10, "status", "to_do", "done")]

    assert rewind(a_snapshot(unread=True), later, Diary(comes_apart=True), hour(5)).unknown == EVERY_ASPECT
    assert rewind(a_snapshot(unread=True), later, Diary(), hour(5)).unknown == frozenset()


def test_without_anybody_who_reads_the_history_the_present_is_shown_and_nothing_claimed() -> None:
    past = rewind(a_snapshot(), [a_change(10, "status", "to_do", "done")], None, hour(5))

    assert (past.state, past.unknown) == (FINISHED, EVERY_ASPECT)


def test_a_change_that_does_not_start_where_the_one_before_ended_leaves_the_time_between_unknown() -> None:
    changes = [
        a_change(1, "status", "to_do", "in_progress"),
        a_change(2, "points", None, "3"),
        a_change(5, "status", "to_do", "done"),
        a_change(6, "homes", "a", "b"),
        a_change(7, "homes", "x", "y"),
    ]

    (torn,) = breaks(changes, Chained(Diary()))

    assert torn == Break(Aspect.STATUS, hour(1), hour(5))
    assert [torn.covers(hour(at)) for at in (0, 1, 4, 5)] == [False, True, True, False]
    past = rewind(a_snapshot(), changes[2:], Diary(), hour(4), torn={torn.aspect})
    assert (past.state.status_category, past.certainty(Aspect.STATUS)) == (TO_DO, Certainty.UNKNOWN)


def test_before_a_completion_that_no_change_tells_of_an_item_was_not_done_and_nobody_knows_what_it_was() -> None:
    finished = replace(a_snapshot(), done_at=hour(20))

    before, after = (rewind(finished, [], Diary(), hour(at)) for at in (19, 20))
    unread = rewind(finished, [], None, hour(19))

    assert (before.state.status_category, before.certainty(Aspect.STATUS)) == (TO_DO, Certainty.UNKNOWN)
    assert (after.state.status_category, after.certainty(Aspect.STATUS)) == (DONE, Certainty.EXACT)
    assert (unread.state.status_category, unread.unknown) == (TO_DO, EVERY_ASPECT)


def test_a_change_that_tells_of_the_completion_is_believed() -> None:
    """Done on the 10th, opened again on the 15th and done for good on the 20th: on the 12th it was done."""
    finished = replace(a_snapshot(), done_at=hour(20))
    later = [a_change(15, "status", "done", "to_do"), a_change(20, "status", "to_do", "done")]

    past = rewind(finished, later, Diary(), hour(12))

    assert (past.state.status_category, past.certainty(Aspect.STATUS)) == (DONE, Certainty.RECONSTRUCTED)


@pytest.mark.parametrize(
    ("led_to", "started_from", "is_same"),
    [
        (("3", "In Progress"), ("3", "In Arbeit"), True),  # renamed
        (("3", "In Progress"), ("4", "In Progress"), False),
        ((None, "8"), (None, "8.0"), True),
        ((None, "2012-05-01 00:00:00.0"), ("2012-05-01", "2012-05-01"), True),
        (("2012-05-01", None), ("2012-05-01T00:00:00.000Z", None), True),
        ((None, None), ("", ""), True),
        ((None, None), (None, "5"), False),
        (("1", None), (None, "one"), True),  # nothing to compare, and both say something
    ],
)
def test_two_ways_of_writing_a_value_do_not_contradict(
    led_to: tuple[str | None, str | None], started_from: tuple[str | None, str | None], is_same: bool
) -> None:
    at = datetime(2012, 5, 1, tzinfo=UTC)
    earlier = SourceChange("1", "1", 0, at, "x", to_value=led_to[0], to_text=led_to[1])
    later = SourceChange("1", "2", 0, at, "x", from_value=started_from[0], from_text=started_from[1])

    assert follows(later, earlier) is is_same


def test_each_step_tells_what_it_led_to_and_what_it_started_from() -> None:
    changes = [
        a_change(1, "points", "3", "5"),
        a_change(2, "watchers", None, "pat"),
        a_change(3, "status", "to_do", "done"),
    ]

    found = [
        (step.aspect, step.before.points, step.before.status)
        for step in course_of(a_snapshot(), changes, Diary()).steps(hour(0))
    ]

    assert found == [(Aspect.STATUS, 5.0, "to_do"), (Aspect.POINTS, 3.0, "to_do")]


def test_a_completion_that_no_change_tells_of_is_a_step_in_its_place() -> None:
    finished = replace(a_snapshot(), done_at=hour(20))
    changes = [a_change(10, "points", "3", "4"), a_change(25, "points", "4", "5")]

    found = course_of(finished, changes, Diary()).steps(hour(5))
    told = [(step.change.at, step.aspect, step.before.status_category, step.after.status_category) for step in found]

    assert told == [
        (hour(25), Aspect.POINTS, DONE, DONE),
        (hour(20), Aspect.STATUS, TO_DO, DONE),
        (hour(10), Aspect.POINTS, TO_DO, TO_DO),
    ]
    assert [step.before.points for step in found] == [4.0, 4.0, 3.0]
    assert len(course_of(finished, changes, Diary()).steps(hour(20))) == 2
