"""The lower rungs of the status ladder, each as a story: off_track, at_risk, unknown, on_track."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from service.domain.dependencies import DependencyStatus as Status
from service.domain.dependencies import assess
from service.domain.network import Network, NetworkItem
from tests.domain.dependency_builders import (
    DONE,
    STARTED,
    TODAY,
    WEEKDAYS,
    an_edge,
    an_item,
    assessed,
    at,
    codes,
    dec,
    nov,
    said,
    the_edge,
)

# rung 5


def test_a_predecessor_planned_to_finish_after_it_is_needed_is_off_track() -> None:
    edge = the_edge(an_item("CART-3", due=nov(27)), an_item("PAY-12", start=nov(24)))

    assert (edge.status, codes(edge), edge.gap_days) == (Status.OFF_TRACK, ["too_late"], -4)
    assert said(edge) == [
        "CART-3 is due 27 Nov, 4 working days too late for PAY-12, which is to start on 24 Nov.",
    ]


def test_an_overdue_predecessor_is_off_track_even_if_its_successor_has_time() -> None:
    edge = the_edge(an_item("CART-3", due=nov(19)), an_item("PAY-12", start=dec(14)))
    today = the_edge(an_item("CART-3", due=TODAY), an_item("PAY-12", start=dec(14)))

    assert (edge.status, codes(edge)) == (Status.OFF_TRACK, ["predecessor_overdue"])
    assert said(edge) == ["CART-3 was due 19 Nov and is not done."]
    assert today.status is Status.ON_TRACK


def test_an_overdue_predecessor_of_a_successor_without_dates_is_off_track_not_unknown() -> None:
    assert the_edge(an_item("CART-3", due=nov(19)), an_item("PAY-12")).status is Status.OFF_TRACK


# rung 6


@pytest.mark.parametrize(
    ("start", "gap", "status"),
    [
        (nov(27), -1, Status.OFF_TRACK),  # the day on which it ends
        (nov(30), 0, Status.AT_RISK),  # the working day after
        (dec(2), 2, Status.AT_RISK),
        (dec(3), 3, Status.ON_TRACK),  # the buffer is left
    ],
)
def test_less_than_the_buffer_to_spare_is_a_risk(start: date, gap: int, status: Status) -> None:
    edge = the_edge(an_item("CART-3", due=nov(27)), an_item("PAY-12", start=start))

    assert (edge.gap_days, edge.status) == (gap, status)


def test_how_much_is_left_is_said_in_working_days() -> None:
    none = the_edge(an_item("CART-3", due=nov(27)), an_item("PAY-12", start=nov(30)))
    enough = the_edge(an_item("CART-3", due=nov(23)), an_item("PAY-12", start=nov(30)))

    assert said(none) == ["CART-3 is due 27 Nov, which leaves PAY-12 no working day to spare."]
    assert said(enough) == ["CART-3 is due 23 Nov, 4 working days to spare before PAY-12 needs it."]
    assert enough.gap_days == 4  # a week later


def test_a_predecessor_that_keeps_slipping_is_a_risk() -> None:
    twice = the_edge(an_item("CART-3", due=nov(23), slips=2), an_item("PAY-12", start=dec(14)))
    once = the_edge(an_item("CART-3", due=nov(23), slips=1), an_item("PAY-12", start=dec(14)))

    assert (twice.status, said(twice)) == (
        Status.AT_RISK,
        ["The date of CART-3 moved later 2 times in the last 30 days."],
    )
    assert once.status is Status.ON_TRACK


def _stories_that_took(*days: int) -> list[NetworkItem]:
    """Done stories, each of so many working days from Monday 5 October on."""
    first = at(nov(2)).replace(month=10, day=5)
    return [
        an_item(f"OLD-{n}", **DONE, started_at=first, done_at=at(WEEKDAYS.add_working_days(first.date(), took - 1)))
        for n, took in enumerate(days)
    ]


@pytest.mark.parametrize(
    ("values", "code", "words"),
    [
        ({"assignee_id": None} | STARTED, "predecessor_unassigned", "Nobody is assigned to CART-3"),
        ({}, "predecessor_not_started", "CART-3 is not started"),
    ],
)
def test_a_predecessor_that_nobody_works_on_is_a_risk_when_it_is_needed_within_its_usual_time(
    values: dict[str, Any], code: str, words: str
) -> None:
    """85 of 100 stories took up to 12 working days; it is needed in 8."""
    history = _stories_that_took(3, 5, 5, 8, 9, 12)
    edge = the_edge(an_item("CART-3", due=nov(24), **values), an_item("PAY-12", start=dec(2)), beside=history)
    later = the_edge(an_item("CART-3", due=nov(24), **values), an_item("PAY-12", start=dec(15)), beside=history)

    assert (edge.status, codes(edge)) == (Status.AT_RISK, [code])
    assert said(edge) == [
        f"{words}, and PAY-12 needs it by 2 Dec; "
        "85 of 100 of its type take up to 12 working days, though only 6 are known."
    ]
    assert later.status is Status.ON_TRACK


def test_just_its_usual_time_is_within_it() -> None:
    """Eight working days are left from today, and 85 of 100 took up to eight."""
    before, after = an_item("CART-3", due=nov(24)), an_item("PAY-12", start=dec(2))

    enough = the_edge(before, after, beside=_stories_that_took(7))
    just = the_edge(before, after, beside=_stories_that_took(8))

    assert (enough.status, just.status) == (Status.ON_TRACK, Status.AT_RISK)


def test_how_long_the_predecessor_takes_says_nothing_about_its_start() -> None:
    edge = the_edge(
        an_item("CART-3", start=nov(24)), an_item("PAY-12", start=dec(2)), type="SS", beside=_stories_that_took(12)
    )

    assert edge.status is Status.ON_TRACK


def test_a_predecessor_that_someone_works_on_is_no_risk_by_its_usual_time() -> None:
    history = _stories_that_took(12)
    edge = the_edge(an_item("CART-3", due=nov(24), **STARTED), an_item("PAY-12", start=dec(2)), beside=history)

    assert edge.status is Status.ON_TRACK


def test_what_waits_for_something_late_is_itself_a_risk_to_others_and_says_who_holds_it_up() -> None:
    items = [
        an_item("SEC-1", due=nov(12)),
        an_item("CART-3", start=dec(1), due=dec(4)),
        an_item("PAY-12", start=dec(16), due=dec(18)),
        an_item("WEB-2", start=dec(30)),
    ]
    edges = assessed(items, [an_edge("SEC-1", "CART-3"), an_edge("CART-3", "PAY-12"), an_edge("PAY-12", "WEB-2")])

    assert [edge.status for edge in edges.values()] == [Status.OFF_TRACK, Status.AT_RISK, Status.ON_TRACK]
    assert said(edges["CART-3>PAY-12"]) == ["CART-3 itself waits for SEC-1, which is late or holds it up."]


def test_a_suggested_edge_upstream_alarms_nobody() -> None:
    items = [an_item("SEC-1", due=nov(12)), an_item("CART-3", due=dec(4)), an_item("PAY-12", start=dec(16))]
    edges = assessed(items, [an_edge("SEC-1", "CART-3", confirmed=False), an_edge("CART-3", "PAY-12")])

    assert [edge.status for edge in edges.values()] == [Status.OFF_TRACK, Status.ON_TRACK]


# rung 7 and 8


def test_without_a_date_on_one_side_the_status_is_unknown_and_never_green() -> None:
    undated = the_edge(an_item("CART-3"), an_item("PAY-12", start=dec(14)))
    unneeded = the_edge(an_item("CART-3", due=nov(27)), an_item("PAY-12"))
    neither = the_edge(an_item("CART-3"), an_item("PAY-12"))

    assert (undated.status, said(undated)) == (Status.UNKNOWN, ["Nothing tells when CART-3 will be done."])
    assert (unneeded.status, said(unneeded)) == (Status.UNKNOWN, ["Nothing tells when PAY-12 needs to start."])
    assert codes(neither) == ["predecessor_undated", "successor_undated"]
    assert (undated.gap_days, unneeded.gap_days) == (None, None)


def test_enough_time_on_both_sides_is_on_track() -> None:
    edge = the_edge(an_item("CART-3", due=nov(27)), an_item("PAY-12", start=dec(14)))

    assert (edge.status, codes(edge), edge.gap_days) == (Status.ON_TRACK, ["enough_slack"], 10)
    assert (edge.planned_finish, edge.need_by) == (nov(27), dec(14))


# the place for forecasts


@pytest.mark.parametrize(
    ("chance", "status", "code"),
    [
        (0.49, Status.OFF_TRACK, "improbable"),
        (0.50, Status.AT_RISK, "doubtful"),
        (0.849, Status.AT_RISK, "doubtful"),
        (0.85, Status.ON_TRACK, "probable"),
    ],
)
def test_a_forecast_decides_where_there_are_no_dates(chance: float, status: Status, code: str) -> None:
    network = Network.of([an_item("CART-3"), an_item("PAY-12")], [an_edge("CART-3", "PAY-12")])

    edge = assess(network, as_of=TODAY, calendar=WEEKDAYS, probability=np.array([chance])).edge(0)

    assert (edge.status, codes(edge)) == (status, [code])
    assert f"{int(chance * 100)} %" in said(edge)[0]


def test_no_forecast_for_an_edge_leaves_it_as_it_was() -> None:
    network = Network.of([an_item("CART-3"), an_item("PAY-12")], [an_edge("CART-3", "PAY-12")])

    assert assess(network, as_of=TODAY, calendar=WEEKDAYS, probability=np.array([np.nan])).edge(0).status == "unknown"
