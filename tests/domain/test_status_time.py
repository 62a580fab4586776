"""Time worked on, from statuses and flags."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from service.domain.status_time import Stay, active_seconds

NINE = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ACTIVE = frozenset({"in progress", "review"})


def after(hours: float) -> datetime:
    return NINE + hours * HOUR


def test_only_tagged_statuses_are_work_and_a_flag_stops_it() -> None:
    statuses = [Stay(NINE, "To Do"), Stay(after(1), "In Progress"), Stay(after(5), "Waiting"), Stay(after(8), "REVIEW")]
    flags = [Stay(after(2), "Impediment"), Stay(after(3), "")]

    worked = active_seconds(statuses, flags, began=after(1), ended=after(10), active=ACTIVE)

    assert worked == (1 + 2 + 2) * 3600


def test_what_began_before_the_history_does_is_not_known() -> None:
    assert active_seconds([Stay(after(2), "Review")], [], began=after(1), ended=after(9), active=ACTIVE) is None
    assert active_seconds([], [], began=after(1), ended=after(9), active=ACTIVE) is None


def test_work_before_the_beginning_and_after_the_end_is_not_counted() -> None:
    statuses = [Stay(NINE, "In Progress"), Stay(after(20), "Done")]

    assert active_seconds(statuses, [], began=after(1), ended=after(3), active=ACTIVE) == 2 * 3600
