"""What dependency health reads of a program and of the far ends of its edges, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from msgspec.structs import asdict
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.items import Facet
from service.domain.network import Iteration, NetworkItem, Presence
from service.domain.status import StatusCategory
from service.store.engine import Database
from service.store.network_items import NetworkItems
from service.store.planning import planning
from service.store.program_items import ProgramItems
from service.store.tables.items import item_stubs
from tests.builders.edges import insert_stub
from tests.builders.items import CREATED, SOURCE, an_epic, an_item, insert_items
from tests.builders.planning import insert_release, insert_sprint, plan_in
from tests.programs.portfolio import KEY, add_members, add_program, add_source

MADRID = ZoneInfo("Europe/Madrid")
MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


async def reader(connection: AsyncConnection) -> NetworkItems:
    return NetworkItems(connection, await planning(connection, zone=MADRID))


async def members(database: Database) -> dict[str, NetworkItem]:
    """By native id."""
    async with database.reading() as uow:
        program = await ProgramItems(uow.connection).program(KEY)
        assert program is not None
        found = await (await reader(uow.connection)).members(program)
    return {item.uid.partition(":")[2]: NetworkItem(**asdict(item)) for item in found}


async def elsewhere(database: Database, *uids: str) -> list[NetworkItem]:
    async with database.reading() as uow:
        return await (await reader(uow.connection)).elsewhere(uids)


async def test_a_member_comes_with_everything_that_decides_a_status(database: Database) -> None:
    await add_source(database)
    await add_program(database)
    row = an_item(
        12,
        title="Accept a card",
        status="In Progress",
        status_category="in_progress",
        parent_uid=f"{SOURCE}:10",
        team="Ants",
        assignee_id="u1",
        start=date(2026, 11, 2),
        due=date(2026, 11, 27),
        started_at=MONDAY,
        points=5.0,
        remaining_seconds=7200,
        estimate_seconds=36_000,
    )
    await add_members(database, row, workstream="Payments")

    assert await members(database) == {
        "12": NetworkItem(
            uid=f"{SOURCE}:12",
            key="PAY-12",
            title="Accept a card",
            source=SOURCE,
            project_id="1",
            item_type="Story",
            status="In Progress",
            status_category=StatusCategory.IN_PROGRESS,
            parent_uid=f"{SOURCE}:10",
            team="Ants",
            workstream="Payments",
            assignee_id="u1",
            start=date(2026, 11, 2),
            due=date(2026, 11, 27),
            created_at=CREATED,
            started_at=MONDAY,
            points=5.0,
            remaining_seconds=7200,
        )
    }


async def test_work_left_is_the_estimate_less_what_was_spent_where_no_more_is_said(database: Database) -> None:
    await add_program(database)
    await add_members(
        database,
        an_item(1, estimate_seconds=36_000),
        an_item(2, estimate_seconds=36_000, spent_seconds=6_000),
        an_item(3, estimate_seconds=3_600, spent_seconds=6_000),
        an_item(4, spent_seconds=6_000),
        an_item(5, remaining_seconds=0, estimate_seconds=3_600),
    )

    left = {name: item.remaining_seconds for name, item in (await members(database)).items()}

    assert left == {"1": 36_000, "2": 30_000, "3": 0, "4": None, "5": 0}


async def test_members_count_as_they_do_in_a_roll_up(database: Database) -> None:
    await add_program(database)
    await add_members(
        database,
        an_epic(10),
        an_item(11, parent_uid=f"{SOURCE}:10"),
        an_item(12, parent_uid=f"{SOURCE}:11", subtask=True, item_type="Sub-task"),
        an_item(13, status_category="cancelled"),
        an_item(14, item_type="Milestone"),
        an_item(15, tombstone="archived"),
    )

    found = await members(database)

    assert {name: item.countable for name, item in found.items()} == {
        "10": False,
        "11": True,
        "12": False,
        "13": False,
        "14": True,
    }
    assert found["12"].level == -1
    assert [name for name, item in found.items() if item.milestone] == ["14"]


async def test_of_several_sprints_the_latest_that_is_not_closed_plans_the_item(database: Database) -> None:
    await add_program(database)
    await add_members(database, *(an_item(number) for number in range(1, 6)))
    async with database.transaction() as uow:
        at = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)  # the first of December in Madrid
        await insert_sprint(uow.connection, "7", datetime(2026, 11, 2, 8, 0, tzinfo=UTC), at, state="active")
        await insert_sprint(uow.connection, "8", at, datetime(2026, 12, 14, 8, 0, tzinfo=UTC), state="closed")
        await insert_sprint(uow.connection, "9", None, None)
        await insert_sprint(uow.connection, "10", MONDAY, MONDAY, state="closed")
        await plan_in(uow.connection, f"{SOURCE}:1", Facet.ITERATION, "7", "8")
        await plan_in(uow.connection, f"{SOURCE}:2", Facet.ITERATION, "7", "9")
        await plan_in(uow.connection, f"{SOURCE}:3", Facet.ITERATION, "10", "8")
        await plan_in(uow.connection, f"{SOURCE}:4", Facet.ITERATION, "404")

    found = {name: item.iteration for name, item in (await members(database)).items()}

    assert found == {
        "1": Iteration("Sprint 7", date(2026, 11, 2), date(2026, 12, 1)),
        "2": Iteration("Sprint 9", None, None),
        "3": Iteration("Sprint 8", date(2026, 12, 1), date(2026, 12, 14)),
        "4": Iteration("iteration 404", None, None),
        "5": None,
    }


async def test_the_earliest_release_counts_and_one_without_a_day_tells_nothing(database: Database) -> None:
    await add_program(database)
    await add_members(database, an_item(1), an_item(2))
    async with database.transaction() as uow:
        await insert_release(uow.connection, "100", date(2027, 1, 29))
        await insert_release(uow.connection, "101", date(2026, 11, 30))
        await insert_release(uow.connection, "102", None)
        await plan_in(uow.connection, f"{SOURCE}:1", Facet.RELEASE, "100", "101", "102")
        await plan_in(uow.connection, f"{SOURCE}:2", Facet.RELEASE, "102")

    found = await members(database)

    assert [found["1"].release, found["2"].release] == [date(2026, 11, 30), None]


async def test_far_ends_say_why_they_cannot_be_seen(database: Database) -> None:
    async with database.transaction() as uow:
        await insert_items(
            uow.connection,
            an_item(1),
            an_item(2, tombstone="gone"),
            an_item(3, tombstone="archived"),
            an_item(4, tombstone="access_lost"),
            an_item(5, tombstone="out_of_scope"),
        )
        await insert_stub(uow.connection, "6", "SEC-6")
        await insert_stub(uow.connection, "7", "SEC-7")
        await uow.connection.execute(item_stubs.update().where(item_stubs.c.native_id == "7").values(visible=False))

    found = await elsewhere(database, *(f"{SOURCE}:{number}" for number in range(1, 8)), "acme-jira:NOPE-1")

    assert {item.uid.partition(":")[2]: item.presence for item in found} == {
        "1": Presence.LIVE,
        "2": Presence.GONE,
        "3": Presence.ARCHIVED,
        "4": Presence.ACCESS_LOST,
        "5": Presence.OUT_OF_SCOPE,
        "6": Presence.STUB,
        "7": Presence.HIDDEN,
        "NOPE-1": Presence.UNKNOWN,
    }
    assert not any(item.member for item in found)
    assert [item.uid for item in found if item.countable] == [f"{SOURCE}:1"]


async def test_a_container_elsewhere_brings_what_lies_beneath_it(database: Database) -> None:
    async with database.transaction() as uow:
        await insert_items(
            uow.connection,
            an_epic(10),
            an_item(11, parent_uid=f"{SOURCE}:10"),
            an_item(12, parent_uid=f"{SOURCE}:11", level=-1, subtask=True),
            an_item(13, parent_uid=f"{SOURCE}:10", tombstone="gone"),
            an_item(14),
        )

    found = await elsewhere(database, f"{SOURCE}:10")

    assert [(item.uid, item.countable) for item in found] == [
        (f"{SOURCE}:10", False),
        (f"{SOURCE}:11", True),
        (f"{SOURCE}:12", False),
    ]


async def test_a_stub_keeps_what_the_link_told_of_its_status(database: Database) -> None:
    async with database.transaction() as uow:
        await insert_stub(uow.connection, "6", "SEC-6")
        told = {"title": "Sign the contract", "status": "Done", "status_category": "done", "item_type": "Task"}
        await uow.connection.execute(item_stubs.update().values(**told))

    (stub,) = await elsewhere(database, f"{SOURCE}:6")

    assert (stub.key, stub.title, stub.status_category) == ("SEC-6", "Sign the contract", StatusCategory.DONE)
