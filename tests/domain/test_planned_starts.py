"""Whether work that is planned for later holds the critical path back: only where the operator says so."""

from __future__ import annotations

from service.domain.calendars import WorkingCalendar
from service.domain.dependencies import Assessment, DependencyRules, assess
from service.domain.network import Network, NetworkItem
from service.domain.remaining import remaining_work
from service.domain.schedule import schedule
from tests.domain.dependency_builders import DONE, STARTED, TODAY, a_sprint, an_edge, an_epic, an_item, nov

DAYS_4 = {"remaining_seconds": 4 * 28_800}


def assessed(*items: NetworkItem, hold: bool = True) -> Assessment:
    edges = [an_edge(items[0].key, items[1].key)]
    rules = DependencyRules(hold_planned_starts=hold)
    return assess(Network.of(items, edges), as_of=TODAY, calendar=WorkingCalendar(), rules=rules)


def starts(found: Assessment) -> list[int]:
    plan = schedule(remaining_work(found).activities)
    early: list[int] = plan.early_start[: len(found.network.items)].tolist()
    return early


def test_by_default_everything_begins_as_soon_as_what_it_waits_for_is_done() -> None:
    """Four days from Friday on, whatever was planned."""
    found = assessed(an_item("A", start=nov(30), **DAYS_4), an_item("B", start=nov(30), **DAYS_4), hold=False)

    assert starts(found) == [0, 4]


def test_a_planned_start_holds_what_is_not_begun() -> None:
    """Monday 30 November is six working days after Friday the 20th."""
    assert starts(assessed(an_item("A", **DAYS_4), an_item("B", start=nov(30), **DAYS_4))) == [0, 6]
    assert starts(assessed(an_item("A", **DAYS_4), an_item("B", iteration=a_sprint("S", nov(30), nov(30))))) == [0, 6]
    assert starts(assessed(an_item("A", start=nov(30), **DAYS_4), an_item("B", start=nov(23)))) == [6, 10]


def test_a_planned_start_that_has_passed_or_of_what_has_begun_holds_nothing() -> None:
    assert starts(assessed(an_item("A", start=nov(2), **DAYS_4), an_item("B"))) == [0, 4]
    assert starts(assessed(an_item("A", start=nov(30), **STARTED, **DAYS_4), an_item("B"))) == [0, 4]


def test_a_start_that_is_only_reckoned_from_the_due_date_holds_nothing() -> None:
    done = an_item("OLD", started_at=None, **DONE)

    assert starts(assessed(an_item("A", **DAYS_4), an_item("B", due=nov(30)), done))[:2] == [0, 4]


def test_a_container_is_held_by_its_parts_alone() -> None:
    epic = an_epic("B", start=nov(30))

    assert starts(assessed(an_item("A", **DAYS_4), epic, an_item("B-1", parent="B", **DAYS_4)))[2] == 4


def test_slack_until_a_planned_start_is_the_gap_of_the_edge() -> None:
    """Planned dates and work agree: four days until the 25th, two days between, and the next begins on the 30th."""
    found = assessed(an_item("A", due=nov(25), **DAYS_4), an_item("B", start=nov(30), **DAYS_4))

    plan = schedule(remaining_work(found).activities)

    assert plan.free_float[0] == found.edge(0).gap_days == 2
