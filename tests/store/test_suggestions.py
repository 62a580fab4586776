"""Pointers of live items become suggestions about the items they mean now, and decisions hold."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from service.domain.suggestions import Doubt, Status, Suggestion
from service.store.engine import Database
from service.store.suggestions import Suggestions
from service.store.tables.items import item_references, work_items
from service.store.tables.programs import mapping_rules
from tests.builders.edges import declare, insert_link, insert_link_type, insert_pointer, insert_stub
from tests.builders.items import Row, an_item, insert_alias, insert_items
from tests.programs.portfolio import add_program, add_source, two_tools

ISSUE, OTHER, TASK = "acme-jira:11", "acme-jira:12", "acme-asana:1201"
TASK_URL, ISSUE_URL = "https://app.asana.com/0/1200/1201", "https://acme-jira.example/browse/PAY-11"
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.fixture
async def tools(database: Database) -> Database:
    await two_tools(database)
    return database


async def point(
    database: Database, holder: str, target: str, origin: str = "web_link", word: str | None = None
) -> None:
    async with database.transaction() as uow:
        await insert_pointer(uow.connection, holder, target, origin=origin, relationship=word)


async def confirm_by(database: Database, matchers: Row, program: str = "CHECKOUT") -> None:
    row = {"program_key": program, "kind": "confirm_suggested", "position": 9, "description": "", "matchers": matchers}
    async with database.transaction() as uow:
        await uow.connection.execute(mapping_rules.insert(), [row | {"descendants": False}])


async def suggested(database: Database) -> list[Suggestion]:
    async with database.reading() as uow:
        return await Suggestions(uow.connection).all()


def told(suggestions: list[Suggestion]) -> list[tuple[str | None, str, str]]:
    return [(each.predecessor_uid, each.successor_uid, each.status) for each in suggestions]


async def test_a_web_link_to_a_task_suggests_that_the_issue_waits_for_it(tools: Database) -> None:
    await point(tools, ISSUE, TASK_URL)

    assert told(await suggested(tools)) == [(TASK, ISSUE, "suggested")]


async def test_all_pointers_between_two_items_are_kept_in_one_suggestion(tools: Database) -> None:
    await point(tools, TASK, ISSUE_URL, "attachment")
    await point(tools, TASK, "PAY-11", "field:7")
    await point(tools, TASK, ISSUE_URL, "text")
    (found,) = await suggested(tools)

    assert told([found]) == [(ISSUE, TASK, "suggested")]
    assert [(each.origin, each.target) for each in found.pointers] == [
        ("attachment", ISSUE_URL),
        ("field:7", "PAY-11"),
        ("text", ISSUE_URL),
    ]


async def test_a_former_key_and_the_far_end_of_a_link_are_found(tools: Database) -> None:
    async with tools.transaction() as uow:
        await insert_alias(uow.connection, "OLD-3", OTHER)
        await insert_stub(uow.connection, "900", "OPS-9")
    await point(tools, TASK, "https://acme-jira.example/browse/OLD-3", "text")
    await point(tools, TASK, "OPS-9", "field:7")

    assert told(await suggested(tools)) == [(OTHER, TASK, "suggested"), ("acme-jira:900", TASK, "suggested")]


async def test_what_leads_to_nothing_seen_is_listed_until_it_is_seen(tools: Database) -> None:
    await point(tools, TASK, "https://acme-jira.example/browse/PAY-40", "text")
    before = await suggested(tools)
    async with tools.transaction() as uow:
        await insert_items(uow.connection, an_item(40))

    assert told(before) == [(None, TASK, "unresolved")]
    assert told(await suggested(tools)) == [("acme-jira:40", TASK, "suggested")]


async def test_pages_elsewhere_and_items_that_left_suggest_nothing(tools: Database) -> None:
    await point(tools, ISSUE, "https://wiki.example.com/browse/PAY-12")
    await point(tools, OTHER, TASK_URL)
    async with tools.transaction() as uow:
        await uow.connection.execute(work_items.update().where(work_items.c.uid == OTHER).values(tombstone="gone"))

    assert await suggested(tools) == []


async def test_a_key_that_two_jiras_have_suggests_both_and_is_left_to_people(tools: Database) -> None:
    await add_source(tools, "own-jira", kind="jira-dc")
    async with tools.transaction() as uow:
        await insert_items(uow.connection, an_item(11, source="own-jira"))
    await point(tools, TASK, "PAY-11", "field:7")
    await confirm_by(tools, {"origin": ["field"]})
    found = await suggested(tools)

    assert told(found) == [(ISSUE, TASK, "suggested"), ("own-jira:11", TASK, "suggested")]
    assert {each.doubt for each in found} == {Doubt.AMBIGUOUS}


async def test_a_rule_of_the_program_confirms_what_touches_its_live_items(tools: Database) -> None:
    await add_program(tools, "MOBILE", position=1)
    await confirm_by(tools, {"origin": ["web_link"]}, "MOBILE")  # it holds neither end
    await point(tools, ISSUE, TASK_URL)
    before = await suggested(tools)
    await confirm_by(tools, {"origin": ["attachment", "web_link"], "source": ["acme-jira"]})

    assert told(before) == [(TASK, ISSUE, "suggested")]
    (found,) = await suggested(tools)
    assert (found.status, found.by) == (
        Status.CONFIRMED,
        "rule of CHECKOUT: origin attachment or web_link, source acme-jira",
    )


async def test_a_decision_holds_may_change_and_may_be_withdrawn(tools: Database) -> None:
    await point(tools, ISSUE, TASK_URL)
    pair = (TASK, ISSUE)
    async with tools.transaction() as uow:
        store = Suggestions(uow.connection)
        await store.decide(pair, Status.DISMISSED, predecessor_uid=None, by="api", at=NOW)
        dismissed = await store.all()
        await store.decide(pair, Status.CONFIRMED, predecessor_uid=ISSUE, by="api", at=NOW)
    confirmed = await suggested(tools)
    async with tools.transaction() as uow:
        await Suggestions(uow.connection).withdraw(pair)

    assert told(dismissed) == [(TASK, ISSUE, "dismissed")]
    assert told(confirmed) == [(ISSUE, TASK, "confirmed")]
    assert (confirmed[0].by, confirmed[0].at) == ("api", NOW)
    assert told(await suggested(tools)) == [(TASK, ISSUE, "suggested")]


async def test_a_decision_ends_with_the_last_pointer_and_holds_again_with_the_next(tools: Database) -> None:
    await point(tools, ISSUE, TASK_URL)
    async with tools.transaction() as uow:
        await Suggestions(uow.connection).decide(
            (TASK, ISSUE), Status.CONFIRMED, predecessor_uid=TASK, by="api", at=NOW
        )
        await uow.connection.execute(item_references.delete())
    gone = await suggested(tools)
    await point(tools, TASK, ISSUE_URL, "attachment")

    assert gone == []
    assert told(await suggested(tools)) == [(TASK, ISSUE, "confirmed")]


async def test_what_a_file_declares_or_a_tool_links_is_no_longer_suggested(tools: Database) -> None:
    await point(tools, ISSUE, TASK_URL)
    await point(tools, ISSUE, "https://acme-jira.example/browse/PAY-12")
    async with tools.transaction() as uow:
        await declare(uow.connection, "CHECKOUT", "acme-jira:PAY-11", "acme-asana:1201")
        await insert_link_type(uow.connection, "Blocks")
        await insert_link(uow.connection, "500", OTHER, ISSUE)

    found = await suggested(tools)
    assert told(found) == [(ISSUE, TASK, "confirmed"), (OTHER, ISSUE, "confirmed")]
    assert [each.by for each in found] == ["declared", "jira_link"]
