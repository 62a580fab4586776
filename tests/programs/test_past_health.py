"""Health as of an earlier day, on both databases: the work, the plans, the words and the decisions of then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from connectors.items import Facet
from service.domain.health import Rule
from service.programs.answers import Answer
from service.programs.attention import get_attention
from service.programs.baselines import compare_with, get_baseline, take_baseline
from service.programs.calibration import get_calibration
from service.programs.data_quality import Asked, get_data_quality
from service.programs.dependency_terms import Viewpoint
from service.programs.health import get_health
from service.programs.health_answers import Concern, HealthData
from service.programs.health_terms import HealthTerms
from service.programs.networks import network_of
from service.programs.overrides import Decision, override, withdraw
from service.programs.past import end_of
from service.store.engine import Database
from service.store.tables.items import tombstones
from service.store.tables.reference import status_updates, statuses
from service.store.tables.sources import sources
from tests.builders.items import SOURCE, Row, insert_facets, insert_field, insert_person
from tests.programs.finishing import a_finishing_program
from tests.programs.histories import CLOSED, DOING, HISTORIANS, TO_DO, add_change, add_grave, add_reference, member, on
from tests.programs.portfolio import KEY, NOW
from tests.programs.test_health import BEGUN, a_program, link, moment, rule, well
from tests.programs.waiting import ASANA, view
from tests.programs.waiting_past import a_waiting_past

FIELD = "customfield_77"
WORDS = HealthTerms(health_fields={SOURCE: "Health"})


def then(month: int, day: int) -> Viewpoint:
    """At the end of a day of 2026."""
    present = view()
    return present.at(end_of(date(2026, month, day), present.terms.zone), HISTORIANS)


def days(*told: date) -> tuple[tuple[str, str], ...]:
    """As Jira writes a due date into its history."""
    return tuple((each.isoformat(), each.isoformat()) for each in told)


async def a_past(database: Database, *rows: Row, **values: Any) -> None:
    await a_program(database, *rows, **values)
    await add_reference(database)
    told = (("1", "Open", "to_do"), ("3", "In Progress", "in_progress"), ("6", "Closed", "done"))
    known = [{"source": SOURCE, "native_id": one, "name": name, "category": category} for one, name, category in told]
    async with database.transaction() as uow:
        await uow.connection.execute(insert(statuses), known)


async def answer(database: Database, when: Viewpoint, **values: Any) -> Answer[HealthData]:
    return await get_health(database, KEY, view=when, **values)


async def health(database: Database, when: Viewpoint, **values: Any) -> HealthData:
    return (await answer(database, when, **values)).data


async def say(database: Database, number: str, status: str, at: datetime | None, *, project: str = "1") -> None:
    row = {"source": SOURCE, "native_id": number, "parent_kind": "project", "parent_id": project, "status": status}
    async with database.transaction() as uow:
        await uow.connection.execute(
            insert(status_updates), [row | {"title": None, "author_id": "u1", "created_at": at}]
        )


async def test_what_was_overdue_then_was_red_and_its_evidence_says_why(database: Database) -> None:
    """It was due on the 10th; on the 18th somebody moved it to December."""
    await a_past(database, well(1, due=date(2026, 12, 1)), *(well(number) for number in range(2, 7)))
    await add_change(database, 1, on(11, 18), "duedate", *days(date(2026, 11, 10), date(2026, 12, 1)))
    before, now = await health(database, then(11, 16)), await health(database, view())
    overdue = rule(before, Rule.OVERDUE)

    assert (before.computed, now.computed) == ("red", "green")
    assert overdue.message == "1 of 6 open items with a due date is overdue."
    assert [each.key for each in overdue.evidence] == ["PAY-1"]
    assert overdue.more == f"/api/v1/programs/{KEY}/data-quality?lacks=not_overdue&as_of=2026-11-16T23:59:59Z"


async def test_an_answer_says_of_when_it_is_and_what_to_doubt(database: Database) -> None:
    await a_past(database, well(1, updated_at=NOW, **BEGUN))
    told = await answer(database, then(11, 16))

    assert told.as_of == datetime(2026, 11, 16, 23, 59, 59, tzinfo=UTC)
    assert {each.code for each in told.warnings} >= {"mapping_of_today", "lives_of_today", "touched_by_changes"}
    assert (await answer(database, view())).warnings == ()


async def test_a_decision_holds_from_when_it_was_made_until_somebody_ends_it(database: Database) -> None:
    await a_past(database, well(1), well(2))
    await override(
        database, KEY, Decision("red", "The supplier left."), author="pat", view=view(today=date(2026, 11, 9))
    )
    await withdraw(database, KEY, author="ana", view=view(today=date(2026, 11, 13)))
    before, during, after = [await health(database, then(11, day)) for day in (8, 11, 16)]

    assert [each.effective for each in (before, during, after)] == ["green", "red", "green"]
    assert during.override is not None
    assert (during.override.reason, during.override.ended_at, during.override.ended_by) == (
        "The supplier left.",
        None,
        None,
    )
    assert (before.past_overrides, during.past_overrides) == ((), ())
    assert [each.ended_by for each in after.past_overrides] == ["ana"]


async def test_a_decision_that_expired_held_until_its_last_day(database: Database) -> None:
    await a_past(database, well(1), well(2))
    made = view(today=date(2026, 11, 2))
    await override(database, KEY, Decision("amber", "Wait.", date(2026, 11, 6)), author="pat", view=made)

    assert [(await health(database, then(11, day))).effective for day in (1, 5, 6, 7)] == [
        "green",
        "amber",
        "amber",
        "green",
    ]


async def test_words_of_a_later_day_are_not_heard_and_those_of_then_are(database: Database) -> None:
    await a_past(database, well(1), well(2))
    await say(database, "s1", "on_track", on(11, 2))
    await say(database, "s2", "off_track", on(11, 12))
    first, second = await health(database, then(11, 9)), await health(database, then(11, 12))

    assert (first.stated.colour, second.stated.colour) == ("green", "red")
    assert [each.status for each in first.stated.statements] == ["on_track"]


async def test_where_only_a_later_word_is_known_the_one_of_then_is_called_unknown(database: Database) -> None:
    await a_past(database, well(1), well(2))
    await say(database, "s1", "on_track", on(11, 12))
    await say(database, "s2", "on_track", on(11, 12), project="9")  # somebody else's
    told = await answer(database, then(11, 9))

    assert (told.data.stated.colour, told.data.stated.statements) == (None, ())
    assert [each.message for each in told.warnings if each.code == "stated_then_unknown"] == [
        "What people stated then of 1 project or portfolio is not known: tools tell the latest word alone, and that is "
        "later."
    ]
    assert "stated_then_unknown" not in {each.code for each in (await answer(database, then(11, 12))).warnings}


async def test_a_project_that_an_item_left_since_had_a_word_then(database: Database) -> None:
    await a_past(database, well(1, project_id="2"), well(2, project_id="2"))
    await say(database, "s1", "at_risk", on(11, 2))
    await add_change(database, 1, on(11, 12), "project", ("1", "Payments"), ("2", "Cart"))

    assert (await health(database, then(11, 9))).stated.colour == "amber"
    assert (await health(database, view())).stated.colour is None


async def test_a_field_says_what_stood_in_it_then(database: Database) -> None:
    """Green became red on the 12th; the other item was green all the time, and a third one open until the 16th."""
    await a_past(database, well(1), well(2), well(3, status_category="done", status="Closed", done_at=on(11, 16)))
    await add_change(database, 3, on(11, 16), "status", TO_DO, CLOSED)
    await add_change(database, 1, on(11, 12), FIELD, ("1", "Green"), ("3", "Red"))
    async with database.transaction() as uow:
        await insert_field(uow.connection, FIELD, "Health")
        for number, word in ((1, "Red"), (2, "Green"), (3, "Amber")):
            await insert_facets(uow.connection, f"{SOURCE}:{number}", Facet.FIELD, word, name=FIELD)

    async def said(when: Viewpoint) -> list[str | None]:
        return [each.title for each in (await health(database, when, terms=WORDS)).stated.statements]

    assert await said(view()) == await said(view().at(NOW, HISTORIANS)) == ["Red", "Green"]
    assert await said(then(11, 13)) == ["Red", "Green", "Amber"]
    assert await said(then(11, 9)) == ["Green", "Green", "Amber"]


async def test_a_field_that_was_empty_then_said_nothing(database: Database) -> None:
    await a_past(database, well(1))
    await add_change(database, 1, on(11, 12), FIELD, (None, None), ("3", "Red"))
    async with database.transaction() as uow:
        await insert_field(uow.connection, FIELD, "Health")
        await insert_facets(uow.connection, f"{SOURCE}:1", Facet.FIELD, "Red", name=FIELD)

    assert (await health(database, then(11, 9), terms=WORDS)).stated.statements == ()


async def test_the_latest_baseline_is_that_of_then(database: Database) -> None:
    """Against the first plan the finish was a week late; the second plan, of the 18th, has it on its day."""
    await a_past(database, well(1, start=date(2026, 11, 2), due=date(2026, 12, 11)))
    await add_change(database, 1, on(11, 9), "duedate", *days(date(2026, 12, 4), date(2026, 12, 11)))
    for name, day in (("Plan A", "2026-11-03"), ("Plan B", "2026-11-18")):
        await take_baseline(database, KEY, name=name, as_of=day, view=view(), actor="pat", historians=HISTORIANS)
    none, first, second = [
        rule(await health(database, when), Rule.SCHEDULE_VARIANCE) for when in (then(11, 2), then(11, 16), view())
    ]

    assert (none.value, none.reason) == (None, "no_baseline")
    assert first.message == "The finish is 11 Dec 2026, 5 working days later by the baseline Plan A: 4 Dec 2026."
    assert second.value == 0.0


async def test_against_a_baseline_work_stands_as_it_did_then(database: Database) -> None:
    """1 was done on the 10th, opened again on the 12th, done on the 18th, as was 2; 3 left on the 17th."""
    await a_past(
        database,
        well(1, status="Closed", status_category="done", started_at=on(11, 4), done_at=on(11, 18)),
        well(2, status="Closed", status_category="done", started_at=on(11, 16), done_at=on(11, 18)),
        well(3, tombstone="gone"),
        well(4, status="Cancelled", status_category="cancelled"),
    )
    for number in (1, 2, 3, 4):
        await member(database, number, valid_from=on(1, 5))
    moves = [(1, on(11, 4), TO_DO, DOING), (1, on(11, 10), DOING, CLOSED), (1, on(11, 12), CLOSED, DOING)]
    moves += [(1, on(11, 18), DOING, CLOSED), (2, on(11, 16), TO_DO, DOING), (2, on(11, 18, 13), DOING, CLOSED)]
    for number, at, before, after in moves:
        await add_change(database, number, at, "status", before, after)
    await add_grave(database, 3, on(11, 17))
    await take_baseline(database, KEY, name="Plan", as_of="2026-11-03", view=view(), actor="pat", historians=HISTORIANS)

    async def stood(when: Viewpoint) -> dict[str, tuple[bool, str, date | None, date | None]]:
        items = (await get_baseline(database, KEY, "Plan", view=when)).data.items
        return {each.key: (each.done, each.fate, each.start, each.finish) for each in items}

    planned = date(2026, 12, 11)
    after_the_first, later, now = await stood(then(11, 10)), await stood(then(11, 13)), await stood(view())
    assert after_the_first["PAY-1"] == (True, "kept", date(2026, 11, 4), date(2026, 11, 10))
    assert later["PAY-1"] == (False, "kept", date(2026, 11, 4), planned)
    assert now["PAY-1"] == (True, "kept", date(2026, 11, 4), date(2026, 11, 18))
    assert later["PAY-2"] == (False, "kept", None, planned)
    assert (later["PAY-3"][1], now["PAY-3"][1]) == ("kept", "removed")
    assert await stood(view().at(NOW, HISTORIANS)) == now


async def test_what_is_gone_from_a_baseline_says_why_as_it_was_then(database: Database) -> None:
    """Archived on the 10th and found gone on the 17th."""
    await a_past(database, well(1), well(2, tombstone="gone"))
    await member(database, 2, valid_from=on(1, 5))
    archived = {"item_uid": f"{SOURCE}:2", "reason": "archived", "found_at": on(11, 10), "restored_at": on(11, 14)}
    async with database.transaction() as uow:
        await uow.connection.execute(insert(tombstones), [archived])
    await add_grave(database, 2, on(11, 17))
    await take_baseline(database, KEY, name="Plan", as_of="2026-11-03", view=view(), actor="pat", historians=HISTORIANS)

    async def why(when: Viewpoint) -> list[str | None]:
        compared = await compare_with(database, KEY, "Plan", view=when)
        return [each.why for each in compared.comparison.items if each.uid == f"{SOURCE}:2"]

    assert [await why(then(11, day)) for day in (9, 12, 15, 18)] == [[None], ["archived"], [None], ["gone"]]


async def test_work_in_progress_was_touched_when_its_last_change_until_then_says(database: Database) -> None:
    """Begun in September, estimated anew today: thirty days and more before the 16th nothing had happened to it."""
    begun = {"started_at": on(9, 7), "updated_at": NOW, **BEGUN}
    await a_past(database, well(1, **begun), well(2, **begun))
    for number, at in ((1, on(9, 7)), (2, on(11, 2))):
        await add_change(database, number, at, "status", TO_DO, DOING)
    for number in (1, 2):
        await add_change(database, number, NOW, "priority", ("3", "Low"), ("2", "High"))

    async def untouched(when: Viewpoint) -> list[str]:
        told = await get_data_quality(database, KEY, view=when, asked_for=Asked(lacks=("updated",)))
        return [each.key for each in told.data.items]

    assert await untouched(view()) == []
    assert await untouched(then(11, 16)) == ["PAY-1"]
    assert await untouched(then(10, 5)) == []


async def test_what_was_done_then_and_again_later_was_done_on_a_known_day(database: Database) -> None:
    await a_past(database, well(1, status="Closed", status_category="done", started_at=on(11, 4), done_at=on(11, 18)))
    for at, before, after in ((on(11, 10), DOING, CLOSED), (on(11, 12), CLOSED, DOING), (on(11, 18), DOING, CLOSED)):
        await add_change(database, 1, at, "status", before, after)
    told = (await get_data_quality(database, KEY, view=then(11, 11))).data
    (done_at,) = [each for each in told.quality.checks if each.check == "done_at"]

    assert (done_at.asked, done_at.missing) == (1, 0)


async def test_a_risk_was_as_urgent_then_as_its_history_says(database: Database) -> None:
    risk = {"item_type": "Risk", "priority": "Low", "assignee_id": None}
    await a_past(database, well(1, **risk), well(2))
    await add_change(database, 1, on(11, 12), "priority", ("1", "Critical"), ("4", "Low"))

    assert rule(await health(database, then(11, 9)), Rule.UNOWNED_RISKS).value == 1.0
    assert rule(await health(database, view()), Rule.UNOWNED_RISKS).value == 0.0


async def test_scope_had_grown_by_what_had_come_by_then(database: Database) -> None:
    """Two of four came within the thirty days before 16 November, two more since."""
    old, new, newest = moment(date(2026, 9, 1)), moment(date(2026, 11, 2)), moment(date(2026, 11, 18))
    rows = [well(number, created_at=at) for number, at in enumerate((old, old, new, new, newest, newest), start=1)]
    await a_past(database, *rows)
    grown = rule(await health(database, then(11, 16)), Rule.SCOPE_GROWTH)

    assert (grown.value, grown.message) == (1.0, "Thirty days before 2 items counted, on 16 Nov 2026 4.")
    assert rule(await health(database, view()), Rule.SCOPE_GROWTH).value == 2.0


async def test_work_was_as_old_then_as_it_was(database: Database) -> None:
    done = [
        well(
            number,
            status="Closed",
            status_category="done",
            started_at=moment(date(2026, 10, 19)),
            done_at=moment(date(2026, 10, 21)),
        )
        for number in range(20, 32)
    ]
    await a_past(database, *done, well(1, started_at=moment(date(2026, 11, 9)), **BEGUN))
    for each in done:
        await add_change(database, int(each["native_id"]), each["done_at"], "status", DOING, CLOSED)

    assert rule(await health(database, then(11, 10)), Rule.AGEING).value == 0.0
    assert rule(await health(database, then(11, 16)), Rule.AGEING).value == 1.0


async def test_what_rested_then_was_not_in_progress_and_has_no_age(database: Database) -> None:
    """Begun on the 2nd, put back on the 9th, begun again on the 18th: its life tells only when it first was."""
    await a_past(database, well(1, started_at=on(11, 2), **BEGUN))
    for at, before, after in ((on(11, 2), TO_DO, DOING), (on(11, 9), DOING, TO_DO), (on(11, 18), TO_DO, DOING)):
        await add_change(database, 1, at, "status", before, after)

    ageing = [rule(await health(database, when), Rule.AGEING) for when in (then(11, 5), then(11, 16), view())]
    assert [each.reason for each in ageing] == ["no_cycle_times", "nothing_in_progress", "no_cycle_times"]


async def concerns(database: Database, when: Viewpoint) -> dict[str, list[Concern]]:
    found: dict[str, list[Concern]] = {}
    for each in (await get_attention(database, KEY, view=when)).data.attention:
        found.setdefault(each.kind, []).append(each)
    return found


async def test_a_milestone_slipped_as_often_as_it_had_by_then(database: Database) -> None:
    """Once in September, once on 2 November, and once more since."""
    await a_past(database, well(1, item_type="Milestone"))
    days_of = [date(2026, 11, 25), date(2026, 12, 1), date(2026, 12, 4), date(2026, 12, 11)]
    for at, before, after in zip((on(9, 1), on(11, 2), on(11, 18)), days_of, days_of[1:], strict=False):
        await add_change(database, 1, at, "duedate", *days(before, after))
    (first,) = (await concerns(database, then(11, 16)))["slipped_milestone"]
    (now,) = (await concerns(database, view()))["slipped_milestone"]

    assert (first.why, now.why) == (
        "Its date moved later once in 30 days.",
        "Its date moved later 2 times in 30 days.",
    )
    assert "slipped_milestone" not in await concerns(database, then(10, 30))


async def test_whom_to_ask_is_who_had_it_then(database: Database) -> None:
    await a_past(database, well(1, due=date(2026, 11, 2)), well(2))
    async with database.transaction() as uow:
        await insert_person(uow.connection, "u2", "Sam Roe")
    await add_change(database, 1, on(11, 12), "assignee", ("u2", "Sam Roe"), ("u1", "Pat Doe"))
    (before,), (now,) = [(await concerns(database, when))["overdue"] for when in (then(11, 9), view())]

    assert (before.who.name, now.who.name) == ("Sam Roe", "Pat Doe")
    mended = await get_data_quality(database, KEY, view=then(11, 9), asked_for=Asked(lacks=("not_overdue",)))
    assert [each.assignee for each in mended.data.items] == ["Sam Roe"]


async def test_how_stale_a_source_was_nobody_keeps(database: Database) -> None:
    await a_past(database, well(1), well(2))
    later = view(today=date(2026, 11, 24))

    assert "stale_source" in await concerns(database, later)
    assert "stale_source" in await concerns(database, later.at(later.now, HISTORIANS))
    assert "stale_source" not in await concerns(database, later.at(on(11, 23), HISTORIANS))


async def test_who_waits_for_a_plan_that_had_slipped_twice_was_at_risk(database: Database) -> None:
    """Rung 6 of the ladder, in the thirty days before the moment: not what slipped since."""
    await a_past(database, well(1, due=date(2026, 12, 1)), well(2, start=date(2026, 12, 14), due=date(2026, 12, 18)))
    await link(database, "10", 1, 2)
    told = [date(2026, 11, 23), date(2026, 11, 25), date(2026, 11, 27), date(2026, 12, 1)]
    for at, before, after in zip((on(11, 2), on(11, 5), on(11, 18)), told, told[1:], strict=False):
        await add_change(database, 1, at, "duedate", *days(before, after))

    async def slips(when: Viewpoint) -> int:
        network = (await network_of(database, KEY, when)).network.network
        return network.items[network.place[f"{SOURCE}:1"]].slips

    assert [await slips(when) for when in (then(11, 3), then(11, 9), view().at(NOW, HISTORIANS), view())] == [
        1,
        2,
        3,
        3,
    ]


async def test_once_a_history_tells_more_the_answer_of_then_is_another(database: Database) -> None:
    """It is kept until something changes that it rests on."""
    await a_past(database, well(1), well(2))
    first = await health(database, then(11, 16))
    assert await health(database, then(11, 16)) == first

    await add_change(database, 1, on(11, 18), "duedate", *days(date(2026, 11, 10), date(2026, 12, 11)))
    assert (first.computed, (await health(database, then(11, 16))).computed) == ("green", "red")


async def test_how_fresh_the_sources_are_is_of_now_also_where_the_rest_is_kept(database: Database) -> None:
    """Nothing of the network moves when a tool beyond the program is read again."""
    await a_waiting_past(database)

    async def proofs() -> dict[str, datetime | None]:
        return {each.name: each.last_complete_sync for each in (await answer(database, then(11, 10))).sources}

    before = await proofs()
    read_again = NOW.replace(microsecond=0)
    async with database.transaction() as uow:
        beyond = update(sources).where(sources.c.name == ASANA)
        await uow.connection.execute(beyond.values(last_complete_sync=read_again))

    assert before[ASANA] != read_again
    assert await proofs() == before | {ASANA: read_again}


async def test_a_track_record_of_then_has_no_promises_of_later_days(database: Database) -> None:
    await a_finishing_program(database)
    records = [(await get_calibration(database, KEY, view=when)).data for when in (then(10, 30), view())]

    assert records[0].last_origin is not None
    assert records[0].last_origin < date(2026, 10, 30)
    assert records[0].origins < records[1].origins
    assert all(each.origin < date(2026, 10, 30) for each in records[0].promises)


@pytest.mark.parametrize("hours", [0, 3])
async def test_earlier_today_the_day_is_still_today(database: Database, hours: int) -> None:
    """Lives know days: an hour ago they were what they are, and none of them is taken for one of yesterday."""
    await a_past(database, well(1), well(2, **BEGUN, started_at=on(11, 16)))
    when = view().at(NOW - timedelta(hours=hours), HISTORIANS)

    assert (await health(database, when)).computed == (await health(database, view())).computed
    assert "lives_of_today" not in {each.code for each in (await answer(database, when)).warnings}
