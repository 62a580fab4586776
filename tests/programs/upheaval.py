"""Every kind of change that a network of dependencies may rest on, each as rows, and a program to try them on.

Each takes a source of chance and an open connection, and changes one thing somewhere: in the program or elsewhere.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta
from random import Random
from typing import Any

from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.items import Facet
from service.store.engine import Database
from service.store.tables.items import (
    edge_decisions,
    item_aliases,
    item_facets,
    item_references,
    item_stubs,
    links,
    work_items,
)
from service.store.tables.programs import declared_dependencies, mapping_rules, memberships, programs
from service.store.tables.reference import iterations, link_types, projects, releases
from tests.builders.edges import declare, insert_link, insert_link_type, insert_pointer, insert_stub
from tests.builders.items import SOURCE, an_epic, an_item, insert_alias, insert_items, insert_project
from tests.builders.planning import (
    SPRINT_FIELD,
    insert_change,
    insert_release,
    insert_sprint,
    insert_sprint_field,
    plan_in,
)
from tests.programs.portfolio import KEY, NOW, TODAY, add_members, add_program, add_source
from tests.programs.waiting import ASANA, OTHER

Upheaval = Callable[[Random, AsyncConnection], Awaitable[None]]

MEMBERS, ELSEWHERE = range(1, 31), range(31, 41)  # native ids; the latter in another program or in none
DONE_BEFORE = range(101, 121)
ALL = tuple(f"{SOURCE}:{number}" for number in (*MEMBERS, *ELSEWHERE))


async def a_busy_program(database: Database, random: Random) -> None:
    """Thirty items beneath two epics, twenty done ones that tell how long work takes, ten items elsewhere."""
    await add_source(database)
    await add_source(database, ASANA, kind="asana")
    await add_program(database, target=date(2027, 3, 1))
    await add_program(database, OTHER, position=1, include={"project": ["APP"]})
    took = [
        an_item(
            each,
            status_category="done",
            started_at=NOW - timedelta(days=20 + each % 9),
            done_at=NOW - timedelta(days=15),
        )
        for each in DONE_BEFORE
    ]
    await add_members(database, an_epic(29), an_epic(30), *took, *(_an_item(random, each) for each in MEMBERS[:-2]))
    await add_members(database, *(_an_item(random, each, project_id="3") for each in ELSEWHERE[:5]), program=OTHER)
    async with database.transaction() as uow:
        connection = uow.connection
        await insert_items(connection, an_epic(40), *(_an_item(random, each, above=40) for each in ELSEWHERE[5:-1]))
        await insert_items(connection, an_item(1201, source=ASANA, key="1201", title="Sign"))
        for native_id, key in (("1", "PAY"), ("3", "APP")):
            await insert_project(connection, native_id, key, key.title())
        await insert_link_type(connection, "Blocks")
        await insert_link_type(connection, "Relates", "none")
        await insert_sprint_field(connection)
        await insert_sprint(connection, "7", NOW, NOW + timedelta(days=14), state="active")
        await insert_sprint(connection, "8", NOW + timedelta(days=14), NOW + timedelta(days=28))
        await insert_release(connection, "5", date(2027, 1, 15))
        await insert_stub(connection, "77", "SEC-77")
        await insert_link(connection, "900", f"{SOURCE}:77", f"{SOURCE}:4")
        await insert_link(connection, "901", f"{SOURCE}:40", f"{SOURCE}:5")
        await insert_pointer(connection, f"{SOURCE}:12", "https://acme-jira.example/browse/PAY-9")
        await declare(connection, KEY, f"{ASANA}:1201", f"{SOURCE}:PAY-10")
        for _ in range(40):
            await _a_link_is_drawn(random, connection)


def _an_item(random: Random, number: int, *, above: int | None = None, **values: Any) -> dict[str, Any]:
    begun = random.random() < 0.3
    parent = above or random.choice((None, 29, 30))
    return an_item(
        number,
        status_category="in_progress" if begun else "to_do",
        started_at=NOW - timedelta(days=random.randrange(1, 9)) if begun else None,
        team=random.choice((None, "Ants", "Bees")),
        parent_uid=parent and f"{SOURCE}:{parent}",
        start=_day(random),
        due=_day(random),
        remaining_seconds=random.choice((None, 28_800, 144_000)),
        **values,
    )


def _day(random: Random) -> date | None:
    return random.choice((None, TODAY + timedelta(days=random.randrange(-5, 60))))


async def _set(connection: AsyncConnection, table: Table, which: Mapping[str, Any], **values: Any) -> None:
    matching = [table.c[name] == value for name, value in which.items()]
    await connection.execute(update(table).where(*matching).values(**values))


async def _item(random: Random, connection: AsyncConnection, **values: Any) -> str:
    uid = random.choice(ALL)
    await _set(connection, work_items, {"uid": uid}, **values)
    return uid


async def _dates_move(random: Random, connection: AsyncConnection) -> None:
    await _item(random, connection, due=_day(random), start=_day(random))


async def _a_due_date_slips(random: Random, connection: AsyncConnection) -> None:
    """With the history that tells of it, as a sync writes both at once."""
    uid = await _item(random, connection, due=TODAY + timedelta(days=30))
    change = f"c{random.random()}"
    await insert_change(connection, uid, change, "duedate", "2026-11-20", "2026-12-20", at=NOW - timedelta(days=2))
    await insert_change(connection, uid, change, SPRINT_FIELD, "7", "8", at=NOW - timedelta(days=2), ordinal=1)


async def _work_shrinks(random: Random, connection: AsyncConnection) -> None:
    await _item(random, connection, remaining_seconds=random.choice((None, 3_600, 288_000)), points=3.0)


async def _an_item_begins(random: Random, connection: AsyncConnection) -> None:
    began = NOW - timedelta(days=random.randrange(9))
    await _item(random, connection, status="In Progress", status_category="in_progress", started_at=began, done_at=None)


async def _an_item_is_finished(random: Random, connection: AsyncConnection) -> None:
    await _item(
        random, connection, status="Done", status_category="done", started_at=NOW - timedelta(days=3), done_at=NOW
    )


async def _an_item_is_opened_again(random: Random, connection: AsyncConnection) -> None:
    await _item(random, connection, status="To Do", status_category="to_do", started_at=None, done_at=None)


async def _an_item_is_cancelled(random: Random, connection: AsyncConnection) -> None:
    await _item(random, connection, status_category="cancelled", resolution="Won't do")


async def _an_item_goes_to_another_team(random: Random, connection: AsyncConnection) -> None:
    await _item(random, connection, team=random.choice((None, "Ants", "Cats")), assignee_id=random.choice((None, "u1")))


async def _an_item_becomes_another_type(random: Random, connection: AsyncConnection) -> None:
    await _item(random, connection, item_type=random.choice(("Story", "Bug", "Milestone")))


async def _an_item_becomes_a_subtask(random: Random, connection: AsyncConnection) -> None:
    await _item(random, connection, level=random.choice((-1, 0)))


async def _an_item_is_deleted(random: Random, connection: AsyncConnection) -> None:
    await _item(random, connection, tombstone="gone")


async def _the_deleted_come_back(random: Random, connection: AsyncConnection) -> None:
    await connection.execute(update(work_items).values(tombstone=None))


async def _an_item_moves_beneath_another(random: Random, connection: AsyncConnection) -> None:
    await _item(random, connection, parent_uid=random.choice((None, f"{SOURCE}:29", f"{SOURCE}:40")))


async def _an_item_gets_another_key(random: Random, connection: AsyncConnection) -> None:
    uid = random.choice(ALL)
    key = (await connection.execute(select(work_items.c.key).where(work_items.c.uid == uid))).scalar_one()
    await _set(connection, work_items, {"uid": uid}, key=f"NEW-{random.randrange(10**9)}")
    await insert_alias(connection, key, uid)


async def _an_item_arrives_beneath_a_far_end(random: Random, connection: AsyncConnection) -> None:
    await insert_items(connection, _an_item(random, random.randrange(10_000, 10**8), above=40))


async def _an_item_arrives_far_away(random: Random, connection: AsyncConnection) -> None:
    row = _an_item(random, random.randrange(10_000, 10**8)) | {"parent_uid": None}
    await insert_items(connection, row)


async def _a_link_is_drawn(random: Random, connection: AsyncConnection) -> None:
    first, second = random.sample(ALL, 2)
    native_id = str(random.randrange(1_000, 10**9))
    await insert_link(connection, native_id, first, second, type_id=random.choice(("Blocks", "Blocks", "Relates")))
    if random.random() < 0.5:
        key = (await connection.execute(select(work_items.c.key).where(work_items.c.uid == second))).scalar_one()
        await _set(connection, work_items, {"uid": first}, updated_at=NOW)
        await insert_change(connection, first, native_id, "link", None, key, at=NOW - timedelta(days=3))


async def _a_link_ends(random: Random, connection: AsyncConnection) -> None:
    native_id = random.choice((await connection.execute(select(links.c.native_id))).scalars().all())
    await connection.execute(delete(links).where(links.c.native_id == native_id))


async def _a_link_changes_type(random: Random, connection: AsyncConnection) -> None:
    native_id = random.choice((await connection.execute(select(links.c.native_id))).scalars().all())
    await _set(connection, links, {"native_id": native_id}, type_id=random.choice(("Blocks", "Relates")))


async def _a_type_turns_around(random: Random, connection: AsyncConnection) -> None:
    direction = random.choice(("predecessor_first", "successor_first", "none"))
    await _set(connection, link_types, {"native_id": random.choice(("Blocks", "Relates"))}, direction=direction)


async def _a_member_leaves(random: Random, connection: AsyncConnection) -> None:
    await _set(connection, memberships, {"item_uid": random.choice(ALL), "valid_to": None}, valid_to=NOW)


async def _a_member_comes(random: Random, connection: AsyncConnection) -> None:
    uid, program = random.choice(ALL), random.choice((KEY, OTHER))
    row = {"program_key": program, "item_uid": uid, "rule": "", "via": "direct", "valid_from": NOW}
    held = memberships.c
    current = select(held.id).where(held.item_uid == uid, held.program_key == program, held.valid_to.is_(None))
    if (await connection.execute(current)).first() is None:
        await connection.execute(insert(memberships), [row])


async def _a_member_changes_workstream(random: Random, connection: AsyncConnection) -> None:
    await _set(connection, memberships, {"item_uid": random.choice(ALL)}, workstream=random.choice((None, "Pay")))


async def _a_sprint_moves(random: Random, connection: AsyncConnection) -> None:
    end = NOW + timedelta(days=random.randrange(10, 40))
    await _set(
        connection, iterations, {"native_id": random.choice("78")}, end=end, state=random.choice(("active", "closed"))
    )


async def _a_release_moves(random: Random, connection: AsyncConnection) -> None:
    await _set(connection, releases, {"native_id": "5"}, release=TODAY + timedelta(days=random.randrange(60)))


async def _an_item_is_planned(random: Random, connection: AsyncConnection) -> None:
    uid = random.choice(ALL)
    await connection.execute(delete(item_facets).where(item_facets.c.item_uid == uid))
    await plan_in(connection, uid, Facet.ITERATION, *random.sample("78", random.choice((1, 2))))
    await plan_in(connection, uid, Facet.RELEASE, "5")


async def _a_plan_is_dropped(random: Random, connection: AsyncConnection) -> None:
    await connection.execute(delete(item_facets).where(item_facets.c.item_uid == random.choice(ALL)))


async def _a_stub_is_told_of(random: Random, connection: AsyncConnection) -> None:
    category = random.choice((None, "to_do", "done"))
    await _set(connection, item_stubs, {"native_id": "77"}, status_category=category, title=random.choice("ab"))


async def _a_stub_turns_out_hidden(random: Random, connection: AsyncConnection) -> None:
    await _set(connection, item_stubs, {"native_id": "77"}, visible=random.choice((None, True, False)))


async def _a_stub_is_read(random: Random, connection: AsyncConnection) -> None:
    await connection.execute(delete(item_stubs))
    known = select(work_items.c.uid).where(work_items.c.uid == f"{SOURCE}:77")
    if (await connection.execute(known)).first() is None:
        await insert_items(connection, an_item(77, key="SEC-77", due=_day(random)))


async def _a_suggestion_is_decided(random: Random, connection: AsyncConnection) -> None:
    await connection.execute(delete(edge_decisions))
    pair = {"first_uid": f"{SOURCE}:12", "second_uid": f"{SOURCE}:9", "decided_at": NOW, "decided_by": "pat"}
    confirmed = {"decision": "confirmed", "predecessor_uid": f"{SOURCE}:9"}
    said = random.choice((confirmed, {"decision": "dismissed", "predecessor_uid": None}))
    await connection.execute(edge_decisions.insert(), [pair | said])


async def _an_item_points_elsewhere(random: Random, connection: AsyncConnection) -> None:
    uid, number = random.choice(ALL), random.choice(MEMBERS)
    await connection.execute(delete(item_references).where(item_references.c.item_uid == uid))
    await insert_pointer(connection, uid, f"https://acme-jira.example/browse/PAY-{number}", relationship="blocks")


async def _nobody_points_any_more(random: Random, connection: AsyncConnection) -> None:
    await connection.execute(delete(item_references))


async def _a_rule_confirms(random: Random, connection: AsyncConnection) -> None:
    rules = mapping_rules.c.kind == "confirm_suggested"
    await connection.execute(delete(mapping_rules).where(rules))
    if random.random() < 0.5:
        row = {
            "program_key": OTHER,
            "kind": "confirm_suggested",
            "position": 9,
            "description": "",
            "descendants": False,
        }
        await connection.execute(mapping_rules.insert(), [row | {"matchers": {"source": [SOURCE]}}])


async def _an_edge_is_declared(random: Random, connection: AsyncConnection) -> None:
    await connection.execute(delete(declared_dependencies))
    before, after = random.sample(MEMBERS, 2)
    lag = random.randrange(4)
    await declare(connection, OTHER, f"{SOURCE}:PAY-{before}", f"{SOURCE}:{after}", lag_days=lag)


async def _a_project_is_renamed(random: Random, connection: AsyncConnection) -> None:
    await _set(connection, projects, {"native_id": "1"}, key=random.choice(("PAY", "MONEY")))


async def _subtasks_count(random: Random, connection: AsyncConnection) -> None:
    await _set(connection, programs, {"key": KEY}, count_subtasks=random.choice((True, False)))


async def _a_key_is_known_from_before(random: Random, connection: AsyncConnection) -> None:
    await connection.execute(delete(item_aliases))
    await insert_alias(connection, f"PAY-{random.choice(MEMBERS)}", random.choice(ALL))


async def _nothing_but_a_revision(random: Random, connection: AsyncConnection) -> None:
    await connection.execute(update(programs).values(revision=programs.c.revision + 1))


async def _everything_of_one_is_said_again(random: Random, connection: AsyncConnection) -> None:
    await _item(random, connection, updated_at=NOW)


VALUES: tuple[Upheaval, ...] = (  # most of what happens
    _dates_move,
    _a_due_date_slips,
    _work_shrinks,
    _an_item_begins,
    _an_item_is_finished,
    _an_item_is_opened_again,
    _an_item_goes_to_another_team,
    _an_item_is_planned,
    _everything_of_one_is_said_again,
)
RARER: tuple[Upheaval, ...] = (
    _an_item_is_cancelled,
    _an_item_becomes_another_type,
    _an_item_becomes_a_subtask,
    _an_item_is_deleted,
    _the_deleted_come_back,
    _an_item_moves_beneath_another,
    _an_item_gets_another_key,
    _an_item_arrives_beneath_a_far_end,
    _an_item_arrives_far_away,
    _a_link_is_drawn,
    _a_link_ends,
    _a_link_changes_type,
    _a_type_turns_around,
    _a_member_leaves,
    _a_member_comes,
    _a_member_changes_workstream,
    _a_sprint_moves,
    _a_release_moves,
    _a_plan_is_dropped,
    _a_stub_is_told_of,
    _a_stub_turns_out_hidden,
    _a_stub_is_read,
    _a_suggestion_is_decided,
    _an_item_points_elsewhere,
    _nobody_points_any_more,
    _a_rule_confirms,
    _an_edge_is_declared,
    _a_project_is_renamed,
    _subtasks_count,
    _a_key_is_known_from_before,
    _nothing_but_a_revision,
)
