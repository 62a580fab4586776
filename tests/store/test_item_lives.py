"""The lives of a program's items as both databases tell them."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from connectors.items import Facet
from service.domain.lives import ItemLife, Span
from service.store.engine import Database
from service.store.item_lives import ItemLives, LifeTerms
from service.store.program_items import ProgramItems
from tests.builders.edges import declare, insert_link, insert_link_type
from tests.builders.items import SOURCE, Row, an_epic, an_item, insert_facets
from tests.builders.planning import insert_change
from tests.programs.finishing import OPEN, a_finishing_program, at, finished_rows, with_a_past
from tests.programs.portfolio import KEY, add_members, add_program, add_source
from tests.programs.waiting_tasks import ASANA, a_task_that_waited

UTC = ZoneInfo("UTC")
TOLD = LifeTerms(UTC, frozenset({"in progress"}), frozenset({"bug"}), frozenset({"escaped"}))


async def lives(database: Database, terms: LifeTerms = TOLD) -> dict[str, ItemLife]:
    """By native id."""
    async with database.reading() as uow:
        program = await ProgramItems(uow.connection).program(KEY)
        assert program is not None
        found = await ItemLives(uow.connection, terms).of(program)
    return {life.uid.partition(":")[2]: life for life in found}


async def test_what_counts_is_there_and_what_holds_it_is_not(database: Database) -> None:
    await a_finishing_program(database)

    found = await lives(database)

    assert "900" not in found
    assert sum(life.is_open for life in found.values()) == OPEN
    assert sum(life.done_on is not None for life in found.values()) == len(finished_rows())


async def test_a_life_is_told_by_the_history_of_its_item(database: Database) -> None:
    await a_finishing_program(database)
    await with_a_past(database)

    life = (await lives(database))["501"]

    assert life.done_spells == (Span(date(2026, 10, 14), date(2026, 10, 15)),)
    assert life.blocked == (Span(date(2026, 11, 9), date(2026, 11, 12)),)
    assert life.estimates == ((date(2026, 8, 17), 3.0), (date(2026, 10, 15), 8.0))
    assert life.sprints == ((date(2026, 8, 17), ()), (date(2026, 10, 2), ("7",)), (date(2026, 10, 19), ("8",)))
    assert (life.project_id, life.workstream, life.started_on) == ("2", "Cart", date(2026, 9, 8))


async def test_a_cancelled_item_is_kept_with_the_day_on_which_it_left(database: Database) -> None:
    """Cancelled while its history is unread: the tool's own resolution date; a cancelled epic never counted."""
    await a_finishing_program(database)
    await with_a_past(database)
    await add_members(
        database,
        an_epic("910", status_category="cancelled", resolved_at=at(date(2026, 10, 1))),
        an_item("911", parent_uid=f"{SOURCE}:910"),
        an_item("912", parent_uid=f"{SOURCE}:911", level=-1, subtask=True, status_category="cancelled"),
        an_item("913", status_category="cancelled", created_at=at(date(2026, 9, 1))),
    )
    async with database.transaction() as uow:
        await insert_change(uow.connection, f"{SOURCE}:913", "1", "status", "1", "5", at=at(date(2026, 9, 30)))

    found = await lives(database)

    assert found["502"].left_on == date(2026, 10, 7)
    assert found["913"].left_on == date(2026, 9, 30)
    assert {"910", "912"}.isdisjoint(found)
    assert found["911"].is_open


async def test_days_are_those_of_the_programs_time_zone(database: Database) -> None:
    await add_source(database)
    await add_program(database)
    late = at(date(2026, 11, 2), 23)
    await add_members(database, an_item("1", status_category="done", created_at=late, started_at=late, done_at=late))

    here, madrid = await lives(database), await lives(database, LifeTerms(ZoneInfo("Europe/Madrid")))

    assert here["1"].done_on == date(2026, 11, 2)
    assert (madrid["1"].created_on, madrid["1"].started_on, madrid["1"].done_on) == (date(2026, 11, 3),) * 3


async def test_a_task_that_was_completed_twice_was_reopened(database: Database) -> None:
    """Asana tells of completions alone; its dates come as days or moments."""
    await add_source(database, "acme-asana", kind="asana")
    await add_program(database)
    task = an_item("1201", source="acme-asana", status_category="done", done_at=at(date(2026, 11, 10)))
    await add_members(database, task | {"created_at": at(date(2026, 10, 1)), "due": date(2026, 11, 13)})
    async with database.transaction() as uow:
        for number, before, after, day in (
            ("9", "false", "true", 3),
            ("10", "true", "false", 5),
            ("11", "false", "true", 10),
        ):
            await insert_change(
                uow.connection, "acme-asana:1201", number, "completed", before, after, at=at(date(2026, 11, day))
            )
        await insert_change(
            uow.connection,
            "acme-asana:1201",
            "12",
            "due_on",
            "2026-11-06T15:00:00.000Z",
            "2026-11-13",
            at=at(date(2026, 11, 4)),
        )

    life = (await lives(database))["1201"]

    assert life.done_spells == (Span(date(2026, 11, 3), date(2026, 11, 5)), Span(date(2026, 11, 10), None))
    assert life.dues == ((date(2026, 10, 1), date(2026, 11, 6)), (date(2026, 11, 4), date(2026, 11, 13)))


async def test_a_task_of_several_projects_names_them_all_its_own_first(database: Database) -> None:
    await add_source(database)
    await add_program(database)
    await add_members(database, an_item("1", project_id="7"), an_item("2"))
    async with database.transaction() as uow:
        await insert_facets(uow.connection, f"{SOURCE}:1", Facet.PROJECT, "3", "7")

    found = await lives(database)

    assert (found["1"].homes, found["2"].homes) == (("7", "3"), ())


async def test_only_defects_escape_and_only_by_a_label_that_says_so(database: Database) -> None:
    await a_finishing_program(database)
    await with_a_past(database)

    found = await lives(database)

    assert [found[native].escaped for native in ("503", "504", "501")] == [True, False, None]
    assert (await lives(database, LifeTerms(UTC)))["503"].escaped is None


async def test_time_worked_on_is_read_from_the_statuses_between_begun_and_done(database: Database) -> None:
    await a_finishing_program(database)
    begun, waits, back, done = (at(date(2026, 11, 10), hour) for hour in (9, 10, 14, 16))
    await add_members(
        database,
        an_item("601", status_category="done", status_id="5", status="Done", started_at=begun, done_at=done),
        an_item("602", status_category="done", status_id="5", status="Done", started_at=begun, done_at=done),
    )
    steps = (("To Do", "In Progress", begun), ("In Progress", "Waiting", waits), ("Waiting", "In Progress", back))
    async with database.transaction() as uow:
        for number, (before, after, moment) in enumerate((*steps, ("In Progress", "Done", done))):
            await insert_change(
                uow.connection,
                f"{SOURCE}:601",
                str(number),
                "status",
                None,
                None,
                at=moment,
                from_text=before,
                to_text=after,
            )

    worked = await lives(database)
    untagged = await lives(database, LifeTerms(UTC))

    assert (worked["601"].active_seconds, worked["601"].elapsed_seconds) == (3 * 3600, 7 * 3600)
    assert worked["602"].active_seconds == 0.0  # nothing says that it ever stood in a status that is work
    assert untagged["601"].active_seconds is None


async def test_a_task_is_blocked_while_what_it_depends_on_is_not_completed(database: Database) -> None:
    await a_task_that_waited(database)

    found = await lives(database)

    assert found["1201"].blocked == (
        Span(date(2026, 11, 2), date(2026, 11, 5)),
        Span(date(2026, 11, 6), date(2026, 11, 9)),
        Span(date(2026, 11, 10), date(2026, 11, 12)),
    )
    assert found["1208"].blocked == (Span(date(2026, 11, 16), date(2026, 11, 17)), Span(date(2026, 11, 17), None))


async def test_only_a_dependency_of_asana_itself_blocks(database: Database) -> None:
    """Jira has a flag for it, and what a programs file declares is an order that nobody sees in the tool."""
    await add_source(database)
    await add_source(database, ASANA, kind="asana")
    await add_program(database)
    begun: Row = {"status_category": "in_progress", "started_at": at(date(2026, 11, 2))}
    await add_members(database, an_item("1"), an_item("2", **begun), an_item("1201", source=ASANA, **begun))
    async with database.transaction() as uow:
        await insert_link_type(uow.connection, "Blocks")
        await insert_link(uow.connection, "1", f"{SOURCE}:1", f"{SOURCE}:2")
        await declare(uow.connection, KEY, f"{SOURCE}:1", f"{ASANA}:1201")

    found = await lives(database)

    assert [(found[each].blocked, found[each].depends) for each in ("2", "1201")] == [((), False)] * 2


async def test_work_on_a_task_is_what_is_left_of_its_time_without_waiting(database: Database) -> None:
    """Of 11 days and 8 hours it waited 3 days and 6 hours, 3 days, and from 9 on Tuesday to 15 on Thursday."""
    await a_task_that_waited(database)

    life = (await lives(database))["1201"]

    hours = 11 * 24 + 8
    waited = (3 * 24 + 6) + 3 * 24 + (2 * 24 + 6)
    assert life.elapsed_seconds == hours * 3600
    assert life.active_seconds == (hours - waited) * 3600


async def test_a_task_nobody_blocks_was_worked_on_all_the_time_but_while_it_was_completed(database: Database) -> None:
    """Begun on Monday at nine, completed from Wednesday to Thursday at nine, and at last on Friday."""
    await add_source(database, ASANA, kind="asana")
    await add_program(database)
    task = an_item("1201", source=ASANA, status="Complete", status_category="done", created_at=at(date(2026, 10, 1)))
    await add_members(database, task | {"started_at": at(date(2026, 11, 2)), "done_at": at(date(2026, 11, 6))})
    async with database.transaction() as uow:
        for number, before, after, day in (
            ("1", "false", "true", 4),
            ("2", "true", "false", 5),
            ("3", "false", "true", 6),
        ):
            moment = at(date(2026, 11, day))
            await insert_change(uow.connection, f"{ASANA}:1201", number, "completed", before, after, at=moment)

    life = (await lives(database))["1201"]

    assert (life.active_seconds, life.elapsed_seconds) == (3 * 86_400, 4 * 86_400)
