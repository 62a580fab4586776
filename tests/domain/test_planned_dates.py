"""When items are planned to finish and need to start, and what says so; how long a type typically takes."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.calendars import WorkingCalendar
from service.domain.columns import day_of
from service.domain.lineage import Lineage
from service.domain.network import Network, NetworkItem, Presence
from service.domain.planned_dates import SOURCES, DateSource, planned_dates
from service.domain.team_calendars import Calendars
from service.domain.typical import Typical, typical_durations
from tests.domain.dependency_builders import (
    CANCELLED,
    DONE,
    STARTED,
    WEEKDAYS,
    a_sprint,
    an_epic,
    an_item,
    at,
    dec,
    nov,
)

Planned = tuple[date | None, DateSource]


def planned(*items: NetworkItem, calendar: WorkingCalendar = WEEKDAYS) -> dict[str, tuple[Planned, Planned]]:
    """By key: the planned finish and the start that is needed, each with what says so."""
    network = Network.of(items, [])
    calendars = Calendars.of(network.items, calendar)
    typical = typical_durations(network, calendars=calendars)
    dates = planned_dates(network, Lineage.of(network.item.parent), calendars=calendars, typical=typical)
    return {
        item.key: (
            (day_of(dates.finish[place]), SOURCES[dates.finish_source[place]]),
            (day_of(dates.start[place]), SOURCES[dates.start_source[place]]),
        )
        for place, item in enumerate(network.items)
    }


def finish_of(item: NetworkItem, *others: NetworkItem) -> Planned:
    return planned(item, *others)[item.key][0]


def start_of(item: NetworkItem, *others: NetworkItem) -> Planned:
    return planned(item, *others)[item.key][1]


def test_the_finish_is_its_own_due_date_else_the_iteration_else_the_release() -> None:
    sprint = a_sprint("Sprint 2", nov(30), dec(11))

    assert finish_of(an_item("A", due=nov(27), iteration=sprint, release=dec(18))) == (nov(27), "own_due")
    assert finish_of(an_item("A", iteration=sprint, release=dec(18))) == (dec(11), "iteration_end")
    assert finish_of(an_item("A", release=dec(18))) == (dec(18), "release")
    assert finish_of(an_item("A")) == (None, "none")


def test_an_iteration_without_an_end_says_nothing_about_the_finish() -> None:
    assert finish_of(an_item("A", iteration=a_sprint("Later", nov(30), None), release=dec(18)))[1] == "release"  # type: ignore[arg-type]


def test_a_container_finishes_with_the_last_countable_item_beneath_it_however_deep() -> None:
    tree = [
        an_epic("A", parent="I"),
        an_item("A-1", parent="A", due=nov(27)),
        an_item("A-2", parent="A", iteration=a_sprint("Sprint 2", nov(30), dec(11))),
        an_item("A-3", parent="A-1", countable=False, level=-1, due=dec(24)),
        an_item("A-4", parent="A", countable=False, **CANCELLED, due=dec(24)),
    ]

    assert finish_of(an_epic("I", level=2), *tree) == (dec(11), "rolled_up_due")
    assert finish_of(an_epic("I", level=2, due=dec(1)), *tree) == (dec(1), "own_due")


def test_what_is_done_beneath_a_container_counts_but_says_nothing_about_undated_open_items() -> None:
    done = an_item("A-1", parent="A", **DONE, due=nov(13))

    assert finish_of(an_epic("A"), done) == (nov(13), "rolled_up_due")
    assert finish_of(an_epic("A"), done, an_item("A-2", parent="A")) == (None, "none")
    assert finish_of(an_epic("A"), done, an_item("A-2", parent="A", due=nov(11))) == (nov(13), "rolled_up_due")


def test_the_start_is_its_own_else_that_of_the_iteration() -> None:
    sprint = a_sprint("Sprint 2", nov(30), dec(11))

    assert start_of(an_item("A", start=nov(24), iteration=sprint)) == (nov(24), "own_start")
    assert start_of(an_item("A", iteration=sprint, due=dec(4))) == (nov(30), "iteration_start")
    assert start_of(an_item("A")) == (None, "none")


def test_without_a_start_what_is_due_must_begin_its_typical_time_before() -> None:
    """Half of the done stories took up to 5 working days: due on Friday, begin on Monday."""
    history = an_item("OLD", **DONE, started_at=at(nov(9)), done_at=at(nov(13)))

    assert start_of(an_item("A", due=nov(27)), history) == (nov(23), "due_minus_typical")
    assert start_of(an_item("A", due=nov(29)), history) == (nov(23), "due_minus_typical")  # due on a Sunday
    assert start_of(an_item("A", due=nov(27), item_type="Bug"), history) == (None, "none")


def test_a_milestone_starts_when_it_is_due() -> None:
    assert start_of(an_item("GO", milestone=True, due=nov(27), start=nov(2))) == (nov(27), "milestone_due")
    assert start_of(an_item("GO", milestone=True, start=nov(2))) == (nov(2), "own_start")


def test_a_container_without_dates_starts_with_the_first_open_item_beneath_it() -> None:
    tree = [
        an_item("A-1", parent="A", start=dec(7)),
        an_item("A-2", parent="A", iteration=a_sprint("Sprint 2", nov(30), dec(11))),
        an_item("A-3", parent="A", start=nov(2), **DONE),
    ]

    assert start_of(an_epic("A"), *tree) == (nov(30), "rolled_up_start")


def test_the_nearest_container_with_a_start_is_the_last_resort() -> None:
    tree = [an_epic("I", level=2, start=nov(2)), an_epic("A", parent="I"), an_epic("B", parent="I", start=nov(9))]

    assert start_of(an_item("A-1", parent="A"), *tree) == (nov(2), "container_start")
    assert start_of(an_item("B-1", parent="B"), *tree) == (nov(9), "container_start")
    assert start_of(an_item("B-1", parent="B", start=dec(1)), *tree) == (dec(1), "own_start")


def test_a_parent_that_is_not_live_is_no_container() -> None:
    gone = an_epic("A", start=nov(9), presence=Presence.GONE)

    assert start_of(an_item("A-1", parent="A"), gone) == (None, "none")


# typical durations


def _done(key: str, started: date, done: date, kind: str = "Story") -> NetworkItem:
    return an_item(key, **DONE, started_at=at(started), done_at=at(done), item_type=kind)


def _typical(*items: NetworkItem, calendar: WorkingCalendar = WEEKDAYS) -> dict[str, Typical]:
    network = Network.of(items, [])
    return typical_durations(network, calendars=Calendars.of(network.items, calendar))


def test_typical_durations_are_nearest_ranks_of_working_days_by_type() -> None:
    """Of 1, 2, 3, 4, 5 days half took up to 3 and 85 of 100 up to 5; no value between observed ones."""
    stories = [_done(f"S{day}", nov(2), nov(1 + day)) for day in (1, 2, 3, 4, 5)]

    assert _typical(*stories, _done("B", nov(2), nov(16), "Bug")) == {
        "Story": Typical(3, 5, 5),
        "Bug": Typical(11, 11, 1),
    }


def test_both_ends_count_and_days_off_do_not() -> None:
    assert _typical(_done("A", nov(6), nov(9)))["Story"].p50 == 2  # Friday and Monday
    assert _typical(_done("A", nov(7), nov(8)))["Story"].p50 == 1  # done on one weekend
    holiday = WorkingCalendar(frozenset({nov(9)}))
    assert _typical(_done("A", nov(6), nov(10)), calendar=holiday)["Story"].p50 == 2


def test_only_what_is_done_and_has_both_ends_tells_how_long_its_type_takes() -> None:
    assert (
        _typical(
            an_item("A", **STARTED, started_at=at(nov(2))),
            an_item("B", **DONE, done_at=at(nov(2))),
            an_item("C", **DONE, started_at=at(nov(4)), done_at=at(nov(2))),
            an_item("D", **DONE, started_at=at(nov(2)), done_at=at(nov(4)), milestone=True),
            an_item("E", **CANCELLED, started_at=at(nov(2)), done_at=at(nov(4))),
        )
        == {}
    )


@pytest.mark.parametrize(("count", "small"), [(10, True), (11, False)])
def test_fewer_than_eleven_are_a_small_sample(count: int, small: bool) -> None:
    items = [_done(f"S{number}", nov(2), nov(3)) for number in range(count)]

    assert (_typical(*items)["Story"].n, _typical(*items)["Story"].small_sample) == (count, small)


@given(st.lists(st.integers(1, 20), min_size=1, max_size=40))
def test_a_percentile_is_the_smallest_value_that_enough_do_not_exceed(took: list[int]) -> None:
    items = [
        _done(f"S{number}", nov(2), WEEKDAYS.add_working_days(nov(2), days - 1)) for number, days in enumerate(took)
    ]

    typical = _typical(*items)["Story"]

    for share, value in ((50, typical.p50), (85, typical.p85)):
        enough = [each for each in sorted(took) if sum(other <= each for other in took) * 100 >= share * len(took)]
        assert value == enough[0]
