"""An override holds until its last day is over, is replaced or withdrawn, and never vanishes from the record."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from service.domain.errors import InvalidDecision, UnknownProgram
from service.programs.dependency_terms import DependencyTerms, Viewpoint
from service.programs.health import get_health
from service.programs.overrides import Decision, override, withdraw
from service.store.audit import Audit
from service.store.engine import Database
from tests.programs.portfolio import KEY, TODAY, a_checkout

MADRID = ZoneInfo("Europe/Madrid")
AMBER = Decision("amber", "The supplier confirmed the new date.")


@pytest.fixture
async def checkout(database: Database) -> Database:
    await a_checkout(database)
    return database


def on(day: date, *, hour: int = 8, zone: ZoneInfo | None = None) -> Viewpoint:
    terms = DependencyTerms() if zone is None else DependencyTerms(zone=zone)
    now = datetime(day.year, day.month, day.day, hour, tzinfo=zone or UTC)
    return Viewpoint(terms=terms, now=now.astimezone(UTC), today=day)


async def colours(database: Database, view: Viewpoint) -> tuple[str, str | None, list[str]]:
    """(what counts, what was decided, what was decided before)"""
    data = (await get_health(database, KEY, view=view)).data
    decided = None if data.override is None else data.override.value
    return data.effective, decided, [each.value for each in data.past_overrides]


async def audited(database: Database) -> list[tuple[str, str, str]]:
    async with database.reading() as uow:
        rows = await Audit(uow.connection).page(action=None, before=None, limit=50)
    return [(row.action, row.actor, row.subject) for row in rows]


async def test_what_was_decided_counts_and_what_is_computed_stays_beside_it(checkout: Database) -> None:
    view = on(TODAY)
    computed = (await get_health(checkout, KEY, view=view)).data.computed
    answer = await override(checkout, KEY, AMBER, author="pat (key)", view=view)
    data = (await get_health(checkout, KEY, view=view)).data

    assert (data.effective, data.computed) == ("amber", computed)
    assert data.override == answer.data.override
    assert data.override is not None
    assert (data.override.author, data.override.reason) == ("pat (key)", "The supplier confirmed the new date.")
    assert data.override.set_at == view.now


async def test_it_holds_for_fourteen_days_unless_somebody_says_otherwise(checkout: Database) -> None:
    last = TODAY + timedelta(days=14)
    await override(checkout, KEY, AMBER, author="pat", view=on(TODAY))

    assert (await colours(checkout, on(last, hour=23)))[1] == "amber"
    effective, decided, past = await colours(checkout, on(last + timedelta(days=1), hour=0))
    assert (decided, past) == (None, ["amber"])
    assert effective != "amber"


async def test_a_day_ends_where_the_program_is(checkout: Database) -> None:
    """Midnight in Madrid is eleven in the evening in Greenwich."""
    view = on(TODAY, zone=MADRID)
    answer = await override(checkout, KEY, Decision("red", "Wait.", TODAY), author="pat", view=view)

    assert answer.data.override is not None
    assert answer.data.override.expires_at == datetime(2026, 11, 20, 23, tzinfo=UTC)


async def test_a_new_one_takes_the_place_of_the_old_one_and_says_who_ended_it(checkout: Database) -> None:
    await override(checkout, KEY, AMBER, author="pat", view=on(TODAY))
    later = on(TODAY + timedelta(days=2))
    await override(checkout, KEY, Decision("green", "Solved."), author="ana", view=later)
    data = (await get_health(checkout, KEY, view=later)).data

    assert data.effective == "green"
    assert [(each.value, each.ended_by, each.ended_at) for each in data.past_overrides] == [("amber", "ana", later.now)]


async def test_one_that_expired_by_itself_was_ended_by_nobody(checkout: Database) -> None:
    await override(checkout, KEY, AMBER, author="pat", view=on(TODAY))
    after = on(TODAY + timedelta(days=30))
    await override(checkout, KEY, Decision("red", "Again."), author="ana", view=after)
    (past,) = (await get_health(checkout, KEY, view=after)).data.past_overrides

    assert (past.ended_by, past.ended_at) == (None, past.expires_at)


async def test_a_withdrawn_one_counts_no_more_and_withdrawing_again_changes_nothing(checkout: Database) -> None:
    view = on(TODAY)
    await override(checkout, KEY, AMBER, author="pat", view=view)
    answers = [await withdraw(checkout, KEY, author="ana", view=view) for _ in range(2)]

    assert [answer.data.override for answer in answers] == [None, None]
    assert (await colours(checkout, view))[1:] == (None, ["amber"])
    assert [entry for entry in await audited(checkout) if entry[2] == KEY] == [
        ("health_override_ended", "ana", KEY),
        ("health_overridden", "pat", KEY),
    ]


@pytest.mark.parametrize(
    ("decision", "parameter"),
    [
        (Decision("grey", "Nobody knows."), "value"),
        (Decision("amber", "  \n "), "reason"),
        (Decision("amber", "Why.", TODAY - timedelta(days=1)), "expires"),
        (Decision("amber", "Why.", TODAY + timedelta(days=367)), "expires"),
    ],
)
async def test_a_decision_that_cannot_be_is_refused_and_nothing_is_recorded(
    checkout: Database, decision: Decision, parameter: str
) -> None:
    with pytest.raises(InvalidDecision) as refused:
        await override(checkout, KEY, decision, author="pat", view=on(TODAY))

    assert refused.value.parameter == parameter
    assert await audited(checkout) == []


async def test_nobody_decides_about_a_program_that_does_not_exist(checkout: Database) -> None:
    with pytest.raises(UnknownProgram):
        await override(checkout, "NOPE", AMBER, author="pat", view=on(TODAY))
    with pytest.raises(UnknownProgram):
        await withdraw(checkout, "NOPE", author="pat", view=on(TODAY))


async def test_of_two_who_decide_at_once_the_later_one_holds_and_the_earlier_one_is_on_record(
    checkout: Database,
) -> None:
    view = on(TODAY)
    await asyncio.gather(
        *(
            override(checkout, KEY, Decision(value, "Now."), author=value, view=view)
            for value in ("red", "amber", "green")
        )
    )
    data = (await get_health(checkout, KEY, view=view)).data

    assert data.override is not None
    assert {data.override.value, *(each.value for each in data.past_overrides)} == {"red", "amber", "green"}
    assert all(each.ended_by is not None for each in data.past_overrides)
