"""Teams with holidays of their own: each works, and waits, by its own calendar."""

from __future__ import annotations

from datetime import date

from service.domain.calendars import WorkingCalendar
from service.domain.dependencies import AssessedEdge, Assessment, assess
from service.domain.network import Network, NetworkItem
from service.domain.remaining import DURATION_SOURCES, remaining_work
from service.domain.schedule import schedule
from tests.domain.dependency_builders import DONE, STARTED, TODAY, an_edge, an_item, at, dec, nov

MADRID = WorkingCalendar(frozenset({nov(25), nov(26)}))
TEAMS = {"ants": MADRID}  # in any case; the Bees have the calendar of the program


def assessed(*items: NetworkItem, calendar: WorkingCalendar | None = None, lag_days: int = 0) -> Assessment:
    before, after = items[:2]
    network = Network.of(items, [an_edge(before.key, after.key, lag_days=lag_days)])
    return assess(network, as_of=TODAY, calendar=calendar or WorkingCalendar(), teams=TEAMS)


def the_edge(*items: NetworkItem, lag_days: int = 0) -> AssessedEdge:
    return assessed(*items, lag_days=lag_days).edge(0)


def test_a_gap_is_counted_in_the_days_of_the_team_that_waits() -> None:
    """From Tuesday 24 November until Monday 30: the Bees have three days, the Ants only the Friday."""
    ready = an_item("A", team="Bees", due=nov(24))

    assert the_edge(ready, an_item("B", team="Bees", start=nov(30))).gap_days == 3
    assert the_edge(ready, an_item("B", team="Ants", start=nov(30))).gap_days == 1
    assert the_edge(an_item("A", team="Ants", due=nov(24)), an_item("B", start=nov(30))).gap_days == 3


def test_a_lag_passes_in_the_days_of_the_team_that_waits() -> None:
    ready, waiting = an_item("A", due=nov(24)), an_item("B", team="Ants", start=nov(30))

    assert the_edge(ready, waiting, lag_days=2).gap_days == -1


def test_a_team_does_not_wait_on_its_days_off() -> None:
    calendar = WorkingCalendar(frozenset({nov(17)}))
    late = an_item("A", due=dec(1))
    since = at(nov(16))

    bees = assessed(late, an_item("B", team="Bees", started_at=since, **STARTED), calendar=calendar).edge(0)
    ants = assessed(late, an_item("B", team="Ants", started_at=since, **STARTED), calendar=calendar).edge(0)

    assert (bees.blocked_days, ants.blocked_days) == (3, 4)  # the Ants work on the 17th


def test_how_long_a_type_takes_is_counted_in_the_days_of_whoever_did_it() -> None:
    """From the 24th to the 27th the Ants worked on two days."""
    done = an_item("A", team="Ants", started_at=at(nov(24)), done_at=at(nov(27)), **DONE)

    assert assessed(done, an_item("B")).typical["Story"].p50 == 2


def test_due_less_the_typical_duration_skips_the_days_off_of_its_own_team() -> None:
    done = an_item("OLD", started_at=at(nov(16)), done_at=at(nov(17)), **DONE)  # two days
    ants, bees = (an_item("B", team=team, due=nov(27)) for team in ("Ants", "Bees"))

    assert the_edge(an_item("A"), ants, done).need_by == nov(24)
    assert the_edge(an_item("A"), bees, done).need_by == nov(26)


def test_what_is_left_is_done_in_the_days_of_each_team() -> None:
    """Four days of the Ants from Friday the 20th: 20, 23, 24, 27. The Bees begin on the next working day."""
    items = (an_item("A", team="ANTS", remaining_seconds=4 * 28_800), an_item("B", remaining_seconds=2 * 28_800))
    found = assessed(*items)
    work = remaining_work(found)

    plan = schedule(work.activities)

    assert [DURATION_SOURCES[source] for source in work.sources] == ["estimate", "estimate"]
    assert [_day(found, start) for start in plan.early_start.tolist()] == [nov(20), nov(30)]
    assert [_day(found, finish - 1) for finish in plan.early_finish.tolist()] == [nov(27), dec(1)]


def test_own_dates_tell_a_length_in_the_days_of_the_team() -> None:
    ants, bees = (an_item("A", team=team, start=nov(24), due=nov(27)) for team in ("Ants", "Bees"))

    assert remaining_work(assessed(ants, an_item("B"))).activities.durations[0] == 2
    assert remaining_work(assessed(bees, an_item("B"))).activities.durations[0] == 4


def test_where_all_teams_have_the_same_days_there_is_one_calendar() -> None:
    items = (an_item("A", team="Ants"), an_item("B", team="Bees"))

    assert remaining_work(assessed(*items, calendar=MADRID)).activities.days_off is None


def _day(found: Assessment, offset: int) -> date:
    common = found.calendars.common
    return common.day(common.index(TODAY) + offset)
