"""Rules that look beyond the work as it stands: the forecast, the latest baseline, the scope of thirty days ago."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from service.domain.health import Measure, Rule
from service.programs.baselines import take_baseline
from service.programs.dependency_terms import Viewpoint
from service.programs.freshness import grounds_of
from service.programs.health_inputs import further_measures
from service.programs.portfolio import get_portfolio
from service.store.engine import Database
from tests.builders.items import SOURCE, Row
from tests.programs.portfolio import KEY, TODAY, change
from tests.programs.test_health import a_program, moment, well
from tests.programs.waiting import view

TARGET = date(2026, 12, 18)


async def measured(database: Database, rule: Rule, when: Viewpoint | None = None) -> Measure:
    async with database.reading() as uow:
        program = (await grounds_of(uow.connection, KEY)).program
    (found,) = [each for each in await further_measures(database, program, when or view()) if each.rule is rule]
    return found


async def take(database: Database, day: date, name: str = "Kick-off") -> None:
    await take_baseline(database, KEY, name=name, view=view(today=day), actor="pat")


def finished(number: int, day: date, **values: Any) -> Row:
    done: Row = {"status_category": "done", "status": "Done", "started_at": moment(day - timedelta(days=2))}
    return well(number, done_at=moment(day), created_at=moment(date(2026, 6, 1)), **(done | values))


async def test_a_program_without_a_target_has_no_chance_to_meet_it(database: Database) -> None:
    await a_program(database, well(1))

    assert (await measured(database, Rule.TARGET_PROBABILITY)).reason == "no_target"


async def test_too_little_history_is_no_chance_of_nought(database: Database) -> None:
    await a_program(database, well(1, created_at=moment(date(2026, 11, 16))), target=TARGET)
    found = await measured(database, Rule.TARGET_PROBABILITY)

    assert (found.value, found.reason) == (None, "insufficient_history")
    assert found.message == "There is too little history to forecast from."


async def test_the_chance_of_the_target_is_that_of_the_forecast(database: Database) -> None:
    """Two a week for half a year: four weeks are plenty for three, and nothing for three hundred."""
    first = date(2026, 6, 1)
    done = [finished(100 + n, first + timedelta(days=7 * (n // 2) + n % 2)) for n in range(48)]
    old = {"created_at": moment(first)}
    await a_program(database, *done, *(well(number, **old) for number in range(1, 4)), target=TARGET)
    found = await measured(database, Rule.TARGET_PROBABILITY)

    assert found.value is not None
    assert found.value > 0.95
    assert found.message.startswith("The target of 18 Dec 2026 is met in ")


@pytest.mark.parametrize("rule", [Rule.SCHEDULE_VARIANCE, Rule.SCHEDULE_PERFORMANCE])
async def test_without_a_baseline_there_is_nothing_to_compare_with(database: Database, rule: Rule) -> None:
    await a_program(database, well(1))

    assert (await measured(database, rule)).reason == "no_baseline"


@pytest.mark.parametrize(
    ("due", "value", "said"),
    [
        (date(2026, 12, 4), 0.0, "The finish is 4 Dec 2026, as planned by the baseline Kick-off: 4 Dec 2026."),
        (
            date(2026, 12, 8),
            0.1,
            "The finish is 8 Dec 2026, 2 working days later by the baseline Kick-off: 4 Dec 2026.",
        ),
        (
            date(2026, 12, 3),
            -0.05,
            "The finish is 3 Dec 2026, 1 working day earlier by the baseline Kick-off: 4 Dec 2026.",
        ),
    ],
)
async def test_a_finish_is_late_by_a_share_of_what_the_baseline_planned(
    database: Database, due: date, value: float, said: str
) -> None:
    """Planned from Monday, 9 November to Friday, 4 December: twenty working days."""
    await a_program(database, well(1, start=date(2026, 11, 9), due=date(2026, 12, 4)))
    await take(database, date(2026, 11, 9))
    await change(database, f"{SOURCE}:1", due=due)
    found = await measured(database, Rule.SCHEDULE_VARIANCE)

    assert found.message == said
    assert found.value == pytest.approx(value)


async def test_the_latest_baseline_is_the_one_that_counts(database: Database) -> None:
    await a_program(database, well(1, start=date(2026, 11, 9), due=date(2026, 12, 4)))
    await take(database, date(2026, 11, 9))
    await change(database, f"{SOURCE}:1", due=date(2026, 12, 11))
    late = await measured(database, Rule.SCHEDULE_VARIANCE)
    await take(database, TODAY, "Second plan")

    assert late.value == pytest.approx(0.25)
    assert (await measured(database, Rule.SCHEDULE_VARIANCE)).value == 0.0


async def test_work_that_comes_slower_than_planned_has_a_pace_below_one(database: Database) -> None:
    """Four items, one a week; after two weeks one of the two that should be is done."""
    weeks = [date(2026, 11, 13), date(2026, 11, 20), date(2026, 11, 27), date(2026, 12, 4)]
    items = [
        well(number, start=day - timedelta(days=4), due=day, points=5.0) for number, day in enumerate(weeks, start=1)
    ]
    await a_program(database, *items)
    await take(database, date(2026, 11, 9))
    await change(database, f"{SOURCE}:1", status_category="done", done_at=moment(date(2026, 11, 13)))
    found = await measured(database, Rule.SCHEDULE_PERFORMANCE, view(today=date(2026, 11, 23)))

    assert found.value == pytest.approx(0.5)
    assert found.message == "Work comes at 50% of the pace of the baseline Kick-off, in points."


async def test_a_new_baseline_makes_a_row_of_the_portfolio_anew(database: Database) -> None:
    await a_program(database, well(1, start=date(2026, 11, 9), due=date(2026, 12, 4)))
    await take(database, date(2026, 11, 9))
    await change(database, f"{SOURCE}:1", due=date(2026, 12, 31))
    (late,) = (await get_portfolio(database, view=view())).data.programs
    await take(database, TODAY, "Second plan")
    (replanned,) = (await get_portfolio(database, view=view())).data.programs

    assert late.health.computed == "red"
    assert "schedule_variance" in late.health.rules
    assert "schedule_variance" not in replanned.health.rules


async def test_scope_grows_by_what_came_less_what_was_cancelled(database: Database) -> None:
    """Of four that there were one was cancelled, and two came: five, a quarter more."""

    def created(day: date, **values: Any) -> dict[str, Any]:
        return {"created_at": moment(day), **values}

    gone = {"status_category": "cancelled", "status": "Cancelled", "resolved_at": moment(date(2026, 11, 10))}
    await a_program(
        database,
        well(1, **created(date(2026, 9, 1))),
        finished(2, date(2026, 9, 20)),
        well(3, **created(date(2026, 10, 1))),
        well(4, **created(date(2026, 10, 1)), **gone),
        well(5, **created(date(2026, 11, 2))),
        well(6, **created(date(2026, 11, 3))),
    )
    found = await measured(database, Rule.SCOPE_GROWTH)

    assert found.message == "Thirty days ago 4 items counted, today 5."
    assert found.value == pytest.approx(0.25)


async def test_a_program_younger_than_thirty_days_has_not_grown(database: Database) -> None:
    await a_program(database, well(1, created_at=datetime.combine(TODAY, datetime.min.time(), moment(TODAY).tzinfo)))

    assert (await measured(database, Rule.SCOPE_GROWTH)).reason == "no_scope_then"
