"""What changed in a program, told from its histories on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import update

from service.domain.errors import InvalidQuery, UnknownProgram
from service.programs.change_answers import ChangeEntry
from service.programs.changes import Asked, get_changes, window_of
from service.store.engine import Database
from service.store.tables.programs import memberships
from tests.builders.edges import insert_link, insert_link_type
from tests.builders.items import Row, an_epic, an_item, insert_items
from tests.builders.planning import insert_change, insert_sprint
from tests.programs.changing import (
    HISTORIANS,
    PAT,
    a_busy_week,
    a_program,
    asked,
    at,
    bury,
    entries,
    plan_in_sprint,
    told,
    uid,
)
from tests.programs.portfolio import NOW, add_members
from tests.programs.waiting import view


def by_kind(found: list[ChangeEntry]) -> dict[str, list[ChangeEntry]]:
    kinds: dict[str, list[ChangeEntry]] = {}
    for entry in found:
        kinds.setdefault(entry.kind, []).append(entry)
    return kinds


async def test_a_busy_week_is_told_in_one_sentence_and_one_line_an_item(database: Database) -> None:
    await a_busy_week(database)

    data = (await asked(database)).data

    assert data.headline == (
        "1 item added (3 points), 2 removed (3 points), 1 finished (8 points), 1 reopened (1 point), "
        "1 slipped (worst 10 working days), 1 pulled in, 1 newly blocked, 1 unblocked, 1 re-estimated (+5 points), "
        "1 newly waiting for others."
    )
    assert [(group.kind, group.changes, group.points) for group in data.groups] == [
        ("added", 1, 3.0),
        ("removed", 2, 3.0),
        ("slipped", 1, None),
        ("blocked", 1, None),
        ("reopened", 1, 1.0),
        ("finished", 1, 8.0),
        ("started", 1, None),
        ("unblocked", 1, None),
        ("pulled_in", 1, None),
        ("reestimated", 1, 5.0),
        ("dated", 1, None),
        ("undated", 1, None),
        ("dependency_blocked", 1, None),
        ("dependency_added", 1, None),
        ("dependency_removed", 1, None),
        ("dependency_resolved", 1, None),
    ]
    assert data.left_out == 1  # the part of a story


async def test_each_line_says_who_when_and_where_it_opens(database: Database) -> None:
    await a_busy_week(database)

    found = {entry.kind: entry for entry in await entries(database)}

    created = found["added"]
    assert (created.key, created.why, created.by, created.at) == ("PAY-1", "created", "Sam Roe", at(16))
    assert created.url == "https://acme-jira.example/browse/PAY-1"
    slipped = found["slipped"]
    assert (slipped.key, slipped.field, slipped.old, slipped.new) == ("PAY-3", "due", "2026-11-27", "2026-12-11")
    assert (slipped.days, slipped.times, slipped.slips, slipped.by) == (10, 2, 3, "Sam Roe")
    assert (found["pulled_in"].days, found["pulled_in"].slips) == (-10, None)
    estimate = found["reestimated"]
    assert (estimate.field, estimate.old, estimate.new, estimate.by) == ("points", "8", "13", "Pat Doe")
    assert (found["started"].key, found["started"].at) == ("PAY-7", at(16))
    assert (found["blocked"].key, found["blocked"].why) == ("PAY-4", "flagged")
    assert (found["unblocked"].key, found["unblocked"].by) == ("PAY-8", "Sam Roe")
    assert (found["dated"].new, found["undated"].old) == ("2026-12-01", "2026-12-01")


async def test_removed_scope_says_whether_it_was_cancelled_or_deleted(database: Database) -> None:
    await a_busy_week(database)

    removed = {entry.key: entry for entry in await entries(database, kinds=["removed"])}

    assert (removed["PAY-2"].why, removed["PAY-2"].by) == ("cancelled", "Pat Doe")
    assert (removed["PAY-15"].why, removed["PAY-15"].at, removed["PAY-15"].url) == ("gone", at(18), None)


async def test_dependencies_come_go_and_are_met(database: Database) -> None:
    await a_busy_week(database)

    found = {
        entry.kind: (entry.key, entry.other.key if entry.other else None, entry.by)
        for entry in await entries(database)
        if entry.kind.startswith("dependency")
    }

    assert found == {
        "dependency_blocked": ("PAY-7", "PAY-3", None),
        "dependency_added": ("PAY-11", "PAY-10", "Pat Doe"),
        "dependency_removed": ("PAY-9", "PAY-99", "Pat Doe"),
        "dependency_resolved": ("PAY-9", "PAY-6", "Pat Doe"),
    }


async def test_a_link_that_was_removed_and_made_again_is_told_by_where_it_stands_at_both_moments(
    database: Database,
) -> None:
    await a_program(database, an_item(1, updated_at=at(19)), an_item(2, updated_at=at(19)))
    async with database.transaction() as uow:
        await insert_link_type(uow.connection, "Blocks")
        await insert_link(uow.connection, "100", uid(1), uid(2))
        for day, made in ((14, False), (16, True), (17, False), (19, True)):
            sentence = "This issue blocks PAY-2"
            await insert_change(
                uow.connection,
                uid(1),
                str(day),
                "link",
                None if made else "PAY-2",
                "PAY-2" if made else None,
                at=at(day),
                author=PAT,
                from_text=None if made else sentence,
                to_text=sentence if made else None,
            )

    found = {
        (since, until): [
            (entry.kind, entry.key, entry.at) for entry in await entries(database, since=since, until=until)
        ]
        for since, until in (
            ("2026-11-14", None),
            ("2026-11-14", "2026-11-18"),
            ("2026-11-15", "2026-11-16"),
            ("2026-11-15", "2026-11-18"),
            ("2026-11-18", None),
        )
    }

    assert found == {
        ("2026-11-14", None): [],
        ("2026-11-14", "2026-11-18"): [("dependency_removed", "PAY-2", at(17))],
        ("2026-11-15", "2026-11-16"): [("dependency_added", "PAY-2", at(16))],
        ("2026-11-15", "2026-11-18"): [],
        ("2026-11-18", None): [("dependency_added", "PAY-2", at(19))],
    }


async def test_what_others_finished_is_met_and_what_nobody_waits_for_any_more_is_not_told(database: Database) -> None:
    done: Row = {"status": "Done", "status_category": "done"}
    await a_program(
        database, an_item(1), an_item(2, done_at=at(3), **done), an_item(3, done_at=at(18), updated_at=at(18), **done)
    )
    await told(database, 3, "status", "in_progress", "done", when=at(18))
    async with database.transaction() as uow:
        await insert_link_type(uow.connection, "Blocks")
        await insert_items(uow.connection, an_item(90, done_at=at(17), **done), an_item(91, done_at=at(2), **done))
        for number, (before, after) in enumerate(((90, 1), (91, 1), (90, 2), (3, 2))):
            await insert_link(uow.connection, str(number), uid(before), uid(after))

    found = [(entry.kind, entry.key, entry.other and entry.other.key, entry.at) for entry in await entries(database)]

    assert found == [("finished", "PAY-3", None, at(18)), ("dependency_resolved", "PAY-1", "PAY-90", at(17))]


async def test_of_scope_that_left_containers_do_not_count_and_parts_are_left_out(database: Database) -> None:
    cancelled: Row = {"status": "Won't Do", "status_category": "cancelled", "updated_at": at(17)}
    await a_program(
        database,
        an_epic(1, points=20.0, **cancelled),
        an_item(2, parent_uid=uid(1), points=3.0, **cancelled),
        an_item(3, parent_uid=uid(2), level=-1, subtask=True, points=1.0, **cancelled),
    )
    for number in (1, 2, 3):
        await told(database, number, "status", "to_do", "cancelled", when=at(17))

    data = (await asked(database)).data

    assert data.headline == "1 item removed (3 points)."
    assert {entry.key: entry.counts for entry in data.changes} == {"PAY-1": False, "PAY-2": True}
    assert data.left_out == 1


async def test_what_came_and_went_in_between_is_told_nowhere(database: Database) -> None:
    await a_program(
        database,
        an_item(1, due=date(2026, 12, 1), updated_at=at(18)),
        an_item(2, created_at=at(16), tombstone="gone"),
        an_item(3, points=5.0, updated_at=at(18)),
    )
    await told(database, 1, "duedate", "2026-12-01", "2026-12-11", when=at(16))
    await told(database, 1, "duedate", "2026-12-11", "2026-12-01", when=at(18))
    await told(database, 3, "points", "5", "8", when=at(16))
    await told(database, 3, "points", "8", "5", when=at(18))
    await bury(database, 2, "gone", when=at(18))

    data = (await asked(database)).data

    assert data.changes == ()
    assert data.headline == "Nothing that counts has changed."


async def test_a_reopening_is_told_even_where_it_was_finished_again(database: Database) -> None:
    await a_program(database, an_item(1, status="Done", status_category="done", updated_at=at(19)))
    for day, before, after in ((16, "done", "in_progress"), (17, "in_progress", "done"), (18, "done", "to_do")):
        await told(database, 1, "status", before, after, when=at(day))
    await told(database, 1, "status", "to_do", "done", when=at(19))

    (entry,) = await entries(database)

    assert (entry.kind, entry.times, entry.at, entry.status_category) == ("reopened", 2, at(18), "done")


async def test_what_is_new_is_not_told_again_as_estimated_or_planned(database: Database) -> None:
    await a_program(
        database,
        an_item(1, created_at=at(16), points=5.0, due=date(2026, 12, 1), status_category="done", updated_at=at(18)),
    )
    await told(database, 1, "points", None, "5", when=at(17))
    await told(database, 1, "duedate", None, "2026-12-01", when=at(17))
    await told(database, 1, "status", "to_do", "done", when=at(18))

    assert [entry.kind for entry in await entries(database)] == ["added", "finished"]


async def test_work_that_was_merely_mapped_was_not_finished_in_between(database: Database) -> None:
    await a_program(database, an_item(1))
    await add_members(database, an_item(2, status_category="done", done_at=at(2), updated_at=at(2)))
    async with database.transaction() as uow:
        joined = update(memberships).where(memberships.c.item_uid == uid(2)).values(valid_from=at(17))
        await uow.connection.execute(joined)

    (entry,) = await entries(database)

    assert (entry.kind, entry.why, entry.at) == ("added", "mapped", at(17))


async def test_what_the_rules_let_go_is_unmapped_and_what_moved_project_has_moved(database: Database) -> None:
    await a_program(database, an_item(1), an_item(2, updated_at=at(17)))
    await told(database, 2, "project", "1", "7", when=at(17))
    async with database.transaction() as uow:
        await uow.connection.execute(update(memberships).values(valid_to=at(18)))

    assert {entry.key: (entry.why, entry.by) for entry in await entries(database)} == {
        "PAY-1": ("unmapped", None),
        "PAY-2": ("moved_out", "Pat Doe"),
    }


async def test_without_a_due_date_the_sprint_says_when(database: Database) -> None:
    await a_program(database, an_item(1, updated_at=at(18)))
    await plan_in_sprint(database, 1, "8", at(27))
    async with database.transaction() as uow:
        await insert_sprint(uow.connection, "7", at(13), at(13))
    await told(database, 1, "sprint", "7", "8", when=at(18))

    (entry,) = await entries(database)

    assert (entry.kind, entry.field, entry.old, entry.new) == ("slipped", "iteration", "2026-11-13", "2026-11-27")
    assert entry.days == 10


async def test_a_window_in_the_past_sees_what_happened_in_it_alone(database: Database) -> None:
    await a_busy_week(database)

    found = by_kind(await entries(database, since="2026-11-02", until="2026-11-16"))

    assert {kind: [entry.key for entry in several] for kind, several in found.items()} == {
        "added": ["PAY-1"],
        "slipped": ["PAY-3"],
        "started": ["PAY-7"],
        "unblocked": ["PAY-8"],
    }
    assert (found["slipped"][0].old, found["slipped"][0].new) == ("2026-11-20", "2026-12-04")


async def test_the_biggest_come_first_and_the_rest_are_counted(database: Database) -> None:
    await a_program(
        database, *(an_item(number, due=date(2026, 12, number), updated_at=at(18)) for number in range(1, 5))
    )
    for number in range(1, 5):
        await told(database, number, "duedate", "2026-11-20", f"2026-12-0{number}", when=at(18))

    data = (await asked(database, each=2)).data

    assert [entry.key for entry in data.changes] == ["PAY-4", "PAY-3"]
    assert (data.groups[0].changes, data.groups[0].shown, data.groups[0].worst_days) == (4, 2, 10)


async def test_kinds_can_be_chosen_and_a_kind_nobody_knows_is_refused(database: Database) -> None:
    await a_busy_week(database)

    assert [entry.kind for entry in await entries(database, kinds=["finished", "slipped"])] == ["slipped", "finished"]
    with pytest.raises(InvalidQuery, match="'late' is not known"):
        await asked(database, kinds=["late"])


async def test_a_program_nobody_knows_and_a_time_that_is_none_are_told(sqlite_database: Database) -> None:
    await a_busy_week(sqlite_database)

    with pytest.raises(UnknownProgram):
        await get_changes(sqlite_database, "NOPE", Asked(), view=view(), historians=HISTORIANS)
    for question, parameter in (
        ({"since": "yesterday"}, "since"),
        ({"since": "2027-01-01"}, "since"),
        ({"until": "2026-13-01"}, "until"),
        ({"until": "2027-01-01"}, "until"),
        ({"since": "2026-11-18", "until": "2026-11-17"}, "until"),
    ):
        with pytest.raises(InvalidQuery) as refused:
            await asked(sqlite_database, **question)
        assert refused.value.parameter == parameter


def test_a_day_begins_for_since_and_ends_for_until() -> None:
    since, until = window_of(Asked(since="2026-11-13", until="2026-11-16"), view())

    assert since == at(13, 0)
    assert until is not None
    assert until + timedelta(microseconds=1) == at(17, 0)
    assert window_of(Asked(), view()) == (at(13, 0), None)
    assert window_of(Asked(since="2026-11-13T10:00:00+01:00"), view())[0] == at(13, 9)
    assert window_of(Asked(since=NOW.isoformat()), view())[0] == NOW


async def test_before_the_first_mapping_the_members_of_today_stand_in_and_it_is_said(database: Database) -> None:
    await a_busy_week(database)

    answer = await asked(database, since="2026-09-01")

    assert "mapping_of_today" in [warning.code for warning in answer.warnings]
