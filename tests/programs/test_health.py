"""The health of stored programs: rules over real rows, parts, what people state, and where words and work differ."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from connectors.items import Facet
from service.domain.health import LIMITS, Limits, Rule, Worse
from service.programs.answers import Answer
from service.programs.data_quality import Asked, get_data_quality
from service.programs.health import get_health
from service.programs.health_answers import HealthData, RuleData
from service.programs.health_terms import HealthTerms
from service.programs.portfolio import Terms, get_portfolio
from service.store.engine import Database
from service.store.tables.reference import status_updates
from tests.builders.edges import insert_link, insert_link_type
from tests.builders.items import SOURCE, Row, an_item, insert_facets, insert_field, insert_person, insert_project
from tests.programs.portfolio import KEY, SYNCED, TODAY, add_members, add_program, add_source, change
from tests.programs.waiting import view

BEGUN: Row = {"status": "In Progress", "status_category": "in_progress"}


def moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def well(number: int, **values: Any) -> Row:
    """An open story of which everything is known."""
    kept: Row = {"assignee_id": "u1", "due": date(2026, 12, 11), "points": 3.0, "updated_at": moment(TODAY)}
    return an_item(number, **(kept | values))


async def a_program(database: Database, *rows: Row, workstream: str | None = None, **values: Any) -> None:
    await add_source(database)
    await add_program(database, **values)
    async with database.transaction() as uow:
        await insert_project(uow.connection, "1", "PAY", "Payments")
        await insert_project(uow.connection, "2", "CART", "Cart")
        await insert_person(uow.connection, "u1", "Pat Doe")
        await insert_link_type(uow.connection, "Blocks")
    await add_members(database, *rows, workstream=workstream)


async def link(database: Database, number: str, before: int, after: int) -> None:
    async with database.transaction() as uow:
        await insert_link(uow.connection, number, f"{SOURCE}:{before}", f"{SOURCE}:{after}")


async def say(database: Database, status: str, *, project: str = "1", number: str = "s1") -> None:
    row = {"source": SOURCE, "native_id": number, "parent_kind": "project", "parent_id": project, "status": status}
    async with database.transaction() as uow:
        await uow.connection.execute(
            insert(status_updates), [row | {"title": None, "author_id": "u1", "created_at": SYNCED}]
        )


async def health(database: Database, **values: Any) -> HealthData:
    answer: Answer[HealthData] = await get_health(database, KEY, view=view(), **values)
    return answer.data


def rule(data: HealthData, name: Rule) -> RuleData:
    (found,) = [each for each in data.rules if each.rule == name]
    return found


async def test_every_rule_is_told_with_its_limits_whether_it_speaks_or_not(database: Database) -> None:
    await a_program(database, well(1), well(2))
    data = await health(database)

    assert [each.code for each in data.rules] == ["R1", "R2", "R3", "R4", "H", "R5", "R6", "R7", "R8", "R9", "P"]
    for each in data.rules:
        assert (each.colour is None) == (each.value is None)
        assert (each.reason is not None) == (each.value is None)
        assert each.message.endswith(".")


async def test_a_program_that_goes_well_is_green(database: Database) -> None:
    await a_program(database, well(1), well(2))
    data = await health(database)

    assert (data.effective, data.computed, data.reason) == ("green", "green", None)


async def test_overdue_items_are_the_evidence_with_their_addresses(database: Database) -> None:
    """One of six with a due date is more than 15 of 100."""
    late = well(1, due=date(2026, 11, 19), title="Accept a card")
    await a_program(database, late, *(well(number) for number in range(2, 7)), well(7, due=None))
    data = await health(database)
    overdue = rule(data, Rule.OVERDUE)

    assert (data.computed, overdue.colour, overdue.value, overdue.limit) == ("red", "red", 0.166667, 0.15)
    assert overdue.message == "1 of 6 open items with a due date is overdue."
    assert [(each.key, each.title, each.url) for each in overdue.evidence] == [
        ("PAY-1", "Accept a card", "https://acme-jira.example/browse/PAY-1")
    ]
    assert overdue.more == "/api/v1/programs/CHECKOUT/data-quality?lacks=not_overdue"


async def test_a_blocked_edge_on_the_critical_path_is_red_and_one_beside_it_is_not(database: Database) -> None:
    long, hours = {"remaining_seconds": 20 * 28_800}, {"remaining_seconds": 3_600}
    started = {"started_at": moment(date(2026, 11, 16)), **BEGUN}
    await a_program(
        database,
        well(1, **long),
        well(2, **long, **started),
        well(3, **hours),
        well(4, **hours, **started),
    )
    await link(database, "10", 3, 4)
    beside = rule(await health(database), Rule.BLOCKED_CRITICAL)
    await link(database, "11", 1, 2)
    on_the_path = rule(await health(database), Rule.BLOCKED_CRITICAL)

    assert (beside.colour, beside.value) == ("green", 0.0)
    assert (on_the_path.colour, on_the_path.value) == ("red", 1.0)
    assert on_the_path.message == "1 dependency on the critical path is blocked."
    assert [each.key for each in on_the_path.evidence] == ["PAY-1"]


async def test_work_older_than_most_of_its_type_is_ageing(database: Database) -> None:
    done = [
        well(
            number,
            status_category="done",
            started_at=moment(date(2026, 11, 2)),
            done_at=moment(date(2026, 11, 4)),
        )
        for number in range(20, 32)
    ]
    active = [well(1, started_at=moment(date(2026, 11, 2)), **BEGUN), well(2, started_at=moment(TODAY), **BEGUN)]
    await a_program(database, *done, *active)
    ageing = rule(await health(database), Rule.AGEING)

    assert (ageing.colour, ageing.value) == ("amber", 0.5)
    assert ageing.message == "1 of 2 items in progress is older than 85% of their type took to finish."
    assert [each.key for each in ageing.evidence] == ["PAY-1"]


@pytest.mark.parametrize(
    ("risk", "colour"),
    [
        ({"priority": "Critical"}, "amber"),
        ({"priority": "Critical", "assignee_id": "u1"}, "green"),
        ({"priority": "Low"}, "green"),
        ({"priority": "critical", "status_category": "done"}, "green"),
        ({"priority": "Critical", "item_type": "Story"}, None),
    ],
)
async def test_an_open_critical_risk_needs_an_owner(database: Database, risk: Row, colour: str | None) -> None:
    await a_program(database, well(1), well(2, **({"item_type": "Risk", "assignee_id": None} | risk)))

    assert rule(await health(database), Rule.UNOWNED_RISKS).colour == colour


async def test_poor_data_are_grey_and_the_rules_are_still_told(database: Database) -> None:
    bare = [an_item(number) for number in range(2, 9)]
    await a_program(database, an_item(1, due=date(2026, 11, 2)), *bare)
    data = await health(database)

    assert (data.computed, data.reason, data.without_gate) == ("grey", "low_data_quality", "red")


async def test_a_finished_program_is_green(database: Database) -> None:
    await a_program(database, an_item(1, status_category="done", done_at=moment(TODAY)))
    data = await health(database)

    assert (data.computed, data.reason) == ("green", "nothing_left")


async def test_an_empty_program_is_grey(database: Database) -> None:
    await a_program(database, an_item(1, status_category="cancelled"))

    assert (await health(database)).computed == "grey"


async def test_parts_are_workstreams_and_projects_where_there_are_none(database: Database) -> None:
    """A small part that is red, and decides about the end, makes the whole red."""
    payments = [well(number, remaining_seconds=3_600) for number in range(1, 20)]
    await a_program(database, *payments, workstream="Payments")
    await add_members(database, well(50, project_id="2", due=date(2026, 11, 18), remaining_seconds=80 * 3_600))
    data = await health(database)

    assert rule(data, Rule.OVERDUE).colour == "green"
    assert [(each.name, each.colour, each.share, each.critical, each.rules) for each in data.parts] == [
        ("CART", "red", 0.05, True, ("overdue",)),
        ("Payments", "green", 0.95, False, ("overdue", "data_quality")),
    ]
    assert rule(data, Rule.PARTS).message == "1 of 2 parts is red (5% of the work, on the critical path): CART."
    assert data.computed == "red"


async def test_green_outside_and_red_inside_is_a_watermelon(database: Database) -> None:
    await a_program(database, well(1, due=date(2026, 11, 2)), well(2))
    await say(database, "on_track")
    data = await health(database)

    assert (data.stated.colour, data.computed) == ("green", "red")
    assert data.disagreement is not None
    assert data.disagreement.kind == "watermelon"
    assert data.disagreement.message == (
        "People state green, and the work says red. 1 of 2 open items with a due date is overdue."
    )
    assert [(each.status, each.author) for each in data.stated.statements] == [("on_track", "Pat Doe")]


async def test_of_several_projects_the_worst_word_is_the_programs(database: Database) -> None:
    await a_program(database, well(1, due=date(2026, 11, 2)), well(2, project_id="2"))
    await say(database, "on_track")
    await say(database, "off_track", project="2", number="s2")
    data = await health(database)

    assert (data.stated.colour, data.disagreement) == ("red", None)


async def test_limits_are_the_operators(database: Database) -> None:
    await a_program(database, well(1, due=date(2026, 11, 2)), well(2))
    lenient = HealthTerms(limits={**LIMITS, Rule.OVERDUE: Limits(Worse.HIGHER, red=0.9, amber=0.4)})

    assert (await health(database)).computed == "red"
    assert (await health(database, terms=lenient)).computed == "amber"


async def test_a_change_of_the_work_is_seen_at_once(database: Database) -> None:
    await a_program(database, well(1, due=date(2026, 11, 2)), well(2))
    before = (await health(database)).computed
    await change(database, f"{SOURCE}:1", due=date(2026, 12, 1))

    assert (before, (await health(database)).computed) == ("red", "green")


async def test_tomorrow_is_another_day(database: Database) -> None:
    await a_program(database, well(1, due=TODAY), well(2))
    tomorrow = view(today=TODAY + timedelta(days=1))

    assert (await health(database)).computed == "green"
    assert (await get_health(database, KEY, view=tomorrow)).data.computed == "red"


async def test_the_list_to_mend_is_paged_and_says_what_each_item_lacks(database: Database) -> None:
    await a_program(database, well(1, assignee_id=None, team="Ants"), well(2, due=None, points=None), well(3))
    first = (await get_data_quality(database, KEY, view=view(), limit=1)).data
    second = (await get_data_quality(database, KEY, view=view(), limit=1, cursor=first.next_cursor)).data
    nobody = (await get_data_quality(database, KEY, view=view(), asked_for=Asked(lacks=("owner",)))).data

    assert [(each.key, each.lacks) for each in (*first.items, *second.items)] == [
        ("PAY-2", ("planned", "estimated")),
        ("PAY-1", ("owner",)),
    ]
    assert (first.total, second.next_cursor) == (2, None)
    assert [(each.key, each.team, each.assignee) for each in nobody.items] == [("PAY-1", "Ants", None)]


async def test_quality_is_told_by_team_with_those_of_none_last(database: Database) -> None:
    await a_program(database, well(1, team="Bees"), well(2, team="Ants", assignee_id=None), well(3))
    data = (await get_data_quality(database, KEY, view=view(), asked_for=Asked(by="team"))).data

    assert [(row.name, row.checks["owner"]) for row in data.breakdown] == [("Ants", 0.0), ("Bees", 1.0), (None, 1.0)]


async def test_health_stated_in_a_field_of_open_items_counts_as_a_word_of_people(database: Database) -> None:
    """The epic says green; a done one and a field of another source say nothing."""
    terms = HealthTerms(health_fields={SOURCE: "health", "another": "Health"})
    await a_program(database, well(1, due=date(2026, 11, 2), title="Wallet"), well(2, status_category="done"))
    async with database.transaction() as uow:
        await insert_field(uow.connection, "customfield_7", "Health")
        for number, said in (("1", "On Track"), ("2", "Off Track")):
            await insert_facets(uow.connection, f"{SOURCE}:{number}", Facet.FIELD, said, name="customfield_7")
    data = await health(database, terms=terms)
    silent = await health(database)
    (row,) = (await get_portfolio(database, view=view(), terms=Terms(health=terms))).data.programs

    assert [(each.kind, each.name, each.status, each.title) for each in data.stated.statements] == [
        ("item", "PAY-1 Wallet", "on_track", "On Track")
    ]
    assert data.disagreement is not None
    assert (data.disagreement.kind, row.health.disagreement) == ("watermelon", "watermelon")
    assert (silent.stated.colour, silent.disagreement) == (None, None)
