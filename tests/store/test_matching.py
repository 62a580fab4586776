"""Each matcher, asked of both databases: which live items meet the rule."""

from __future__ import annotations

import re

import pytest

from connectors.items import Facet
from service.domain.mapping import Rule
from service.store.engine import Database
from service.store.matching import direct_matches, postgresql_regex, sqlite_glob
from service.store.options import JOIN_PEOPLE, Options
from service.store.tables.items import item_stubs, work_items
from tests.builders.items import (
    an_epic,
    an_item,
    insert_alias,
    insert_facets,
    insert_field,
    insert_items,
    insert_person,
    insert_project,
)

PAY, CART, ASANA = "acme-jira:1", "acme-jira:2", "acme-asana:7"
EPIC = "acme-jira:9"


@pytest.fixture
async def portfolio(database: Database) -> Database:
    """An epic with one story in PAY, one moved and unassigned item in CART, one Asana task in two projects."""
    async with database.transaction() as uow:
        connection = uow.connection
        await insert_project(connection, "1", "PAY", "Payments")
        await insert_project(connection, "2", "CART", "Cart [web] 50%")
        await insert_project(connection, "3", "3", "Lanzamiento ñandú", source="acme-asana")
        await insert_person(connection, "u1", "Pat Íñigo", "pat@example.com")
        await insert_field(connection, "customfield_1", "Cost centre")
        await insert_items(
            connection,
            an_epic(9, key="PAY-9", project_id="1"),
            an_item(1, assignee_id="u1", team="Blue", epic_uid=EPIC, parent_uid=EPIC, status="Won't Do"),
            an_item(2, key="CART-2", project_id="2", item_type="Bug", parent_uid="acme-jira:77"),
            an_item(7, source="acme-asana", key="7", project_id="9", level=-1, status_category="done"),
            an_item(8, tombstone="gone", assignee_id="u1", team="Blue", status="Won't Do", level=2),
        )
        await insert_alias(connection, "PAY-200", CART)
        await insert_alias(connection, "OLD-9", EPIC)
        await connection.execute(
            item_stubs.insert(),
            [{"uid": "acme-jira:77", "source": "acme-jira", "native_id": "77", "key": "OPS-77"}],
        )
        await insert_facets(connection, PAY, Facet.LABEL, "Checkout", "web-app")
        await insert_facets(connection, PAY, Facet.COMPONENT, "API")
        await insert_facets(connection, PAY, Facet.RELEASE, "1.0")
        await insert_facets(connection, CART, Facet.ITERATION, "Sprint 3, late")
        await insert_facets(connection, CART, Facet.FIELD, "A-100", name="customfield_1")
        await insert_facets(connection, ASANA, Facet.SECTION, "Doing")
        await insert_facets(connection, ASANA, Facet.TAG, "Urgent")
        await insert_facets(connection, ASANA, Facet.PORTFOLIO, "Commerce")
        await insert_facets(connection, ASANA, Facet.PROJECT, "Lanzamiento ñandú")
    return database


async def met(database: Database, **matchers: str | tuple[str, ...]) -> list[str]:
    rule = Rule(
        {
            re.sub("^field_", "field:", name): (values,) if isinstance(values, str) else values
            for name, values in matchers.items()
        }
    )
    async with database.reading() as uow:
        return sorted((await uow.connection.execute(direct_matches(rule))).scalars())


@pytest.mark.parametrize(
    ("matcher", "value", "expected"),
    [
        ("source", "ACME-jira", [PAY, CART, EPIC]),
        ("source", "*asana", [ASANA]),
        ("project", "pay", [PAY, EPIC]),
        ("project", "payments", [PAY, EPIC]),
        ("project", "Cart [web] 50%", [CART]),
        ("project", "cart [w*", [CART]),
        ("project", "2", [CART]),
        ("project", "LANZAMIENTO ÑANDÚ", [ASANA]),
        ("project", "lanzamiento ?and?", [ASANA]),
        ("item_type", "epic", [EPIC]),
        ("level", "1", [EPIC]),
        ("level", "-1", [ASANA]),
        ("key", "cart-2", [CART]),
        ("key", "PAY-200", [CART]),
        ("key", "acme-jira:PAY-1", [PAY]),
        ("key", "acme-asana:7", [ASANA]),
        ("key", "PAY-?", [PAY, EPIC]),
        ("epic", "pay-9", [PAY]),
        ("epic", EPIC, [PAY]),
        ("parent", "PAY-9", [PAY]),
        ("epic", "OLD-9", [PAY]),
        ("parent", "OPS-77", [CART]),
        ("label", "checkout", [PAY]),
        ("label", "WEB-*", [PAY]),
        ("label", "web", []),
        ("component", "api", [PAY]),
        ("release", "1.0", [PAY]),
        ("release", "1?0", [PAY]),
        ("release", "1", []),
        ("iteration", "sprint 3, *", [CART]),
        ("team", "blue", [PAY]),
        ("team", "*", [PAY]),
        ("assignee", "pat íÑIGO", [PAY]),
        ("assignee", "PAT@example.com", [PAY]),
        ("assignee", "u1", [PAY]),
        ("status", "won't do", [PAY]),
        ("status_category", "DONE", [ASANA]),
        ("section", "doing", [ASANA]),
        ("tag", "urgent", [ASANA]),
        ("portfolio", "comm*", [ASANA]),
        ("field_Cost CENTRE", "a-*", [CART]),
        ("field_customfield_1", "A-100", [CART]),
        ("field_Cost centre", "B*", []),
    ],
)
async def test_a_matcher_finds_the_live_items_it_names(
    portfolio: Database, matcher: str, value: str, expected: list[str]
) -> None:
    assert await met(portfolio, **{matcher: value}) == sorted(expected)


async def test_all_matchers_of_a_rule_must_hold_and_any_value_of_a_list_will_do(portfolio: Database) -> None:
    assert await met(portfolio, project=("PAY", "CART"), item_type=("bug", "ep*")) == [CART, EPIC]
    assert await met(portfolio, project="PAY", item_type="Bug") == []


async def test_a_long_list_of_keys_is_one_question(portfolio: Database) -> None:
    keys = tuple(f"NONE-{n}" for n in range(5_000))

    assert await met(portfolio, key=(*keys, "PAY-1")) == [PAY]


async def test_a_question_can_be_limited_to_a_few_items(portfolio: Database) -> None:
    few = work_items.select().where(work_items.c.uid.in_([PAY, ASANA])).subquery()

    async with portfolio.reading() as uow:
        query = direct_matches(Rule({"source": ("*",)}), within=few)
        assert sorted((await uow.connection.execute(query)).scalars()) == [ASANA, PAY]


def test_brackets_and_dots_stand_for_themselves_on_both_databases() -> None:
    assert sqlite_glob("[1].*") == "[[]1].*"
    assert postgresql_regex("[1].*") == r"^\[1\]\..*$"


@pytest.mark.parametrize(
    ("values", "apart", "joined"),
    [
        (("Pat Íñigo",), {PAY}, {PAY, ASANA}),
        (("pat í*",), {PAY}, {PAY, ASANA}),
        (("u1",), {PAY}, {PAY, ASANA}),
        (("g7",), {ASANA}, {PAY, ASANA}),
        (("pat@example.com",), {PAY, ASANA}, {PAY, ASANA}),
        (("Nobody",), set(), set()),
        (("No address",), set(), set()),
    ],
)
async def test_a_person_with_accounts_in_two_tools_is_one_only_where_the_operator_says_so(
    portfolio: Database, values: tuple[str, ...], apart: set[str], joined: set[str]
) -> None:
    rule = Rule({"assignee": values})
    async with portfolio.transaction() as uow:
        connection = uow.connection
        await insert_person(connection, "g7", "P. Inigo", "PAT@example.com", source="acme-asana")
        await insert_person(connection, "u2", "No address", "")
        await insert_person(connection, "g8", "None either", None, source="acme-asana")
        await connection.execute(work_items.update().where(work_items.c.uid == ASANA).values(assignee_id="g7"))
        await connection.execute(work_items.update().where(work_items.c.uid == CART).values(assignee_id="g8"))
        before = set((await connection.execute(direct_matches(rule))).scalars())
        await Options(connection).turn(JOIN_PEOPLE, on=True)
        after = set((await connection.execute(direct_matches(rule))).scalars())
        await Options(connection).turn(JOIN_PEOPLE, on=False)
        again = set((await connection.execute(direct_matches(rule))).scalars())

    assert (before, after, again) == (apart, joined, apart)
