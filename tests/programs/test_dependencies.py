"""Answers about the dependencies of a program: statuses, order, pages, filters, cycles, the matrix."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from service.domain.errors import InvalidQuery, UnknownProgram
from service.programs.answers import Answer
from service.programs.dependencies import DependencyFilters, get_cycles, get_matrix, list_dependencies
from service.programs.dependency_answers import DependencyList, EdgeData, StatusCounts
from service.programs.dependency_terms import DependencyTerms
from service.store.engine import Database
from service.store.tables.items import edge_decisions, work_items
from tests.builders.edges import insert_link, insert_pointer
from tests.builders.items import SOURCE, an_epic, insert_items
from tests.programs.portfolio import KEY, NOW, SYNCED, a_checkout
from tests.programs.waiting import ASANA, LINKS, a_waiting_program, view


async def listed(database: Database, **asked: object) -> Answer[DependencyList]:
    filters = DependencyFilters(**asked)  # type: ignore[arg-type]  # each test names what it asks for
    return await list_dependencies(database, KEY, view=view(), filters=filters)


async def statuses(database: Database, **asked: object) -> dict[str, str]:
    """Native id of the link, or where else the edge comes from → status."""
    return {_name(edge): edge.status for edge in (await listed(database, **asked)).data.dependencies}


def _name(edge: EdgeData) -> str:
    return edge.id.partition(":")[2] if edge.provenance == "jira_link" else edge.provenance


async def test_every_edge_has_its_status_the_worst_first(database: Database) -> None:
    await a_waiting_program(database)

    found = await statuses(database)

    assert found == {name: status for name, (_, _, status) in LINKS.items()} | {"declared": "unknown"}
    assert list(found.values()) == [
        "cyclic",
        "cyclic",
        "broken",
        "blocked",
        "off_track",
        "at_risk",
        "at_risk",
        "unknown",
        "on_track",
        "resolved",
    ]


async def test_an_edge_says_who_waits_for_whom_since_when_and_how_late(database: Database) -> None:
    await a_waiting_program(database)

    (edge,) = (await listed(database, status=("blocked",))).data.dependencies

    assert (edge.predecessor.key, edge.successor.key) == ("PAY-1", "PAY-2")
    assert (edge.predecessor.assignee, edge.predecessor.project, edge.predecessor.team) == ("Pat Doe", "PAY", "Ants")
    assert edge.predecessor.url == "https://acme-jira.example/browse/PAY-1"
    assert edge.successor.url == "https://acme-jira.example/browse/PAY-2"
    assert (str(edge.blocked_since), edge.blocked_days) == ("2026-11-16", 4)
    assert str(edge.planned_finish) == "2026-11-27"
    assert edge.downstream_items == 1
    assert [reason.code for reason in edge.reasons] == ["successor_started"]
    assert (edge.cross_project, edge.cross_tool, edge.stale, edge.confirmed) == (False, False, False, True)


async def test_the_score_and_the_counts_are_those_of_the_whole_program_whatever_is_listed(database: Database) -> None:
    await a_waiting_program(database)

    every, few = (await listed(database)).data, (await listed(database, status=("blocked",))).data

    assert few.health == every.health
    assert every.health.counts == StatusCounts(
        resolved=1, cyclic=2, broken=1, blocked=1, off_track=1, at_risk=2, unknown=1, on_track=1
    )
    assert every.health.cycles == ((f"{SOURCE}:6", f"{SOURCE}:7"),)
    assert (every.total, few.total) == (10, 1)
    assert every.health.score is not None
    assert 0 < every.health.score < 50


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"status": ("blocked", "broken")}, {"100", "106"}),
        ({"project": ("cart",)}, {"101", "102"}),
        ({"project": ("App",)}, {"108"}),
        ({"team": ("BEES",)}, {"101", "102"}),
        ({"source": (ASANA,)}, {"declared"}),
        ({"provenance": ("declared",)}, {"declared"}),
        ({"cross_tool": True}, {"declared"}),
        ({"cross_project": True}, {"101", "108", "declared"}),
        ({"cross_project": True, "cross_tool": False}, {"101", "108"}),
        ({"status": ("blocked",), "team": ("Bees",)}, set()),
    ],
)
async def test_filters_look_at_either_end_and_all_must_hold(
    sqlite_database: Database, asked: dict[str, object], expected: set[str]
) -> None:
    await a_waiting_program(sqlite_database)

    assert set(await statuses(sqlite_database, **asked)) == expected


async def test_a_status_that_does_not_exist_is_refused_with_those_that_do(sqlite_database: Database) -> None:
    await a_waiting_program(sqlite_database)

    with pytest.raises(InvalidQuery, match=r"status: 'late' is not known\. Allowed: resolved, cyclic"):
        await listed(sqlite_database, status=("late",))
    with pytest.raises(UnknownProgram):
        await list_dependencies(sqlite_database, "NOPE", view=view())


async def test_pages_hold_every_edge_once_and_in_the_same_order(sqlite_database: Database) -> None:
    await a_waiting_program(sqlite_database)
    whole = [edge.id for edge in (await listed(sqlite_database)).data.dependencies]
    seen: list[str] = []
    cursor = None
    for _ in range(10):
        page = await list_dependencies(sqlite_database, KEY, view=view(), cursor=cursor, limit=3)
        seen += [edge.id for edge in page.data.dependencies]
        cursor = page.data.next_cursor
        if cursor is None:
            break

    assert seen == whole
    with pytest.raises(InvalidQuery, match="cursor"):
        await list_dependencies(sqlite_database, KEY, view=view(), cursor="bm9wZQ")


async def test_ends_outside_the_program_are_shown_with_why_they_cannot_be_read(sqlite_database: Database) -> None:
    await a_waiting_program(sqlite_database)
    edges = {_name(edge): edge for edge in (await listed(sqlite_database)).data.dependencies}

    gone, away, task = edges["106"].predecessor, edges["108"].successor, edges["declared"].predecessor

    assert (gone.visible, gone.presence, gone.member, gone.url) == (False, "gone", False, None)
    assert (away.visible, away.member, away.key, away.project) == (True, False, "APP-20", "APP")
    assert (task.source, task.title, task.member) == (ASANA, "Sign", False)


async def test_a_member_beneath_an_epic_of_another_program_stays_a_member(database: Database) -> None:
    """The epic is an end of an edge, and what lies beneath it is read with it."""
    await a_waiting_program(database)
    async with database.transaction() as uow:
        await insert_items(uow.connection, an_epic(30, project_id="3"))
        await insert_link(uow.connection, "109", f"{SOURCE}:30", f"{SOURCE}:2")
        await uow.connection.execute(
            update(work_items).where(work_items.c.uid == f"{SOURCE}:3").values(parent_uid=f"{SOURCE}:30")
        )

    edges = {_name(edge): edge for edge in (await listed(database)).data.dependencies}

    assert not edges["109"].predecessor.member
    assert (edges["101"].successor.member, edges["101"].successor.workstream) == (True, "Payments")
    assert edges["101"].downstream_items > 0


async def test_the_answer_rests_on_the_sources_of_both_ends_and_an_old_one_makes_it_stale(
    sqlite_database: Database,
) -> None:
    await a_waiting_program(sqlite_database)
    patient = view()
    hurried = view(terms=DependencyTerms(stale_after=timedelta(hours=1)))

    calm = await list_dependencies(sqlite_database, KEY, view=patient)
    old = await list_dependencies(sqlite_database, KEY, view=hurried)

    assert [source.name for source in calm.sources] == [ASANA, SOURCE]
    assert calm.as_of == SYNCED.replace(microsecond=0)
    assert not any(edge.stale for edge in calm.data.dependencies)
    assert all(edge.stale for edge in old.data.dependencies)
    assert [edge.status for edge in old.data.dependencies] == [edge.status for edge in calm.data.dependencies]


async def test_what_is_merely_suggested_is_listed_and_counts_for_nothing(database: Database) -> None:
    await a_waiting_program(database)
    before = (await listed(database)).data.health
    async with database.transaction() as uow:
        await insert_pointer(uow.connection, f"{SOURCE}:12", "https://acme-jira.example/browse/PAY-9")

    suggested = (await listed(database, provenance=("suggested",))).data
    async with database.transaction() as uow:
        decided = {"first_uid": f"{SOURCE}:12", "second_uid": f"{SOURCE}:9", "decision": "confirmed"}
        who = {"predecessor_uid": f"{SOURCE}:9", "decided_at": NOW, "decided_by": "pat"}
        await uow.connection.execute(edge_decisions.insert(), [decided | who])
    confirmed = (await listed(database, provenance=("suggested",))).data

    assert [edge.confirmed for edge in suggested.dependencies] == [False]
    assert suggested.health == before
    assert [edge.confirmed for edge in confirmed.dependencies] == [True]
    assert confirmed.health != before


async def test_cycles_are_told_once_with_their_items_in_order(sqlite_database: Database) -> None:
    await a_waiting_program(sqlite_database)

    answer = await get_cycles(sqlite_database, KEY, view=view())

    assert [[end.key for end in cycle.items] for cycle in answer.data.cycles] == [["PAY-6", "PAY-7"]]


async def test_the_matrix_says_who_waits_for_whom_the_worst_first(sqlite_database: Database) -> None:
    await a_waiting_program(sqlite_database)

    by_project = (await get_matrix(sqlite_database, KEY, view=view(), by="project")).data.cells
    by_team = (await get_matrix(sqlite_database, KEY, view=view())).data.cells

    assert [(cell.waiting, cell.awaited, cell.edges, cell.worst) for cell in by_project] == [
        ("PAY", "PAY", 6, "cyclic"),
        ("CART", "CART", 1, "off_track"),
        ("APP", "PAY", 1, "at_risk"),
        ("CART", "PAY", 1, "at_risk"),
        ("PAY", "1", 1, "unknown"),  # the task's project has no name, so that its id stands for it
    ]
    assert ("Bees", "Ants", 1, "at_risk") in [(c.waiting, c.awaited, c.edges, c.worst) for c in by_team]
    assert sum(cell.edges for cell in by_team) == 10
    with pytest.raises(InvalidQuery, match="Allowed: team, project, workstream"):
        await get_matrix(sqlite_database, KEY, view=view(), by="person")


async def test_without_any_edge_there_is_no_score_and_it_says_why(sqlite_database: Database) -> None:
    await a_checkout(sqlite_database)

    health = (await listed(sqlite_database)).data.health

    assert (health.score, health.reason, health.counts) == (None, "no_open_dependencies", StatusCounts())
