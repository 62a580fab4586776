"""What decides when a program is finished, what would move if, and what hangs on one item."""

from __future__ import annotations

from datetime import date

import pytest

from service.domain.errors import InvalidChange, InvalidQuery, UnknownItem
from service.programs.dependency_answers import CriticalPathData, SimulationData
from service.programs.impact import get_impact
from service.programs.schedules import get_critical_path
from service.programs.what_if import Change, NewEdge, simulate
from service.store.engine import Database
from tests.builders.items import SOURCE
from tests.flows.stored import stored
from tests.programs.portfolio import KEY
from tests.programs.waiting import ASANA, OTHER, a_waiting_program, view


async def path(database: Database, **asked: object) -> CriticalPathData:
    return (await get_critical_path(database, KEY, view=view(), **asked)).data  # type: ignore[arg-type]


async def what_if(database: Database, change: Change) -> SimulationData:
    return (await simulate(database, KEY, change, view())).data


async def test_the_critical_path_is_told_in_order_with_days_and_floats(database: Database) -> None:
    await a_waiting_program(database)

    data = await path(database)

    # four days of work from Friday, then five: 20, 23, 24, 25 November, then until Wednesday, 2 December
    assert [(item.key, str(item.early_start), str(item.early_finish)) for item in data.paths[0].items] == [
        ("PAY-1", "2026-11-20", "2026-11-25"),
        ("CART-3", "2026-11-26", "2026-12-02"),
        ("CART-4", "2026-12-02", "2026-12-02"),
    ]
    assert (str(data.finish), str(data.target), data.float_to_target) == ("2026-12-02", "2026-12-18", 12)
    assert [item.total_float for item in data.paths[0].items] == [12, 12, 12]
    assert [item.slack_to_finish for item in data.paths[0].items] == [0, 0, 0]
    assert all(item.critical for item in data.paths[0].items)


async def test_every_open_item_has_its_float_in_pages_least_first(sqlite_database: Database) -> None:
    await a_waiting_program(sqlite_database)
    whole = await path(sqlite_database)
    seen, cursor = [], None
    for _ in range(10):
        page = await path(sqlite_database, cursor=cursor, limit=3)
        seen += [item.uid for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break

    floats = [item.total_float for item in whole.items]
    assert floats == sorted(floats)
    assert seen == [item.uid for item in whole.items]
    assert {item.key for item in whole.items} == {
        *(f"PAY-{number}" for number in (1, 2, 6, 7, 9, 10, 11, 12)),
        "CART-3",
        "CART-4",
        "1201",  # what the program waits for takes part, what waits for it elsewhere does not
    }


async def test_a_slip_of_the_float_moves_no_finish_and_one_more_day_moves_it_by_one(database: Database) -> None:
    await a_waiting_program(database)
    spare = next(item.slack_to_finish for item in (await path(database)).items if item.key == "PAY-9")

    kept = await what_if(database, Change(slips=[(f"{SOURCE}:PAY-9", spare)]))
    moved = await what_if(database, Change(slips=[("PAY-9", spare + 1)]))

    assert (kept.finish.days, moved.finish.days) == (0, 1)
    assert (str(moved.finish.before), str(moved.finish.after)) == ("2026-12-02", "2026-12-03")
    assert (moved.finish.float_to_target_before, moved.finish.float_to_target_after) == (12, 11)


async def test_a_slip_tells_which_milestones_and_items_move_before_and_after(database: Database) -> None:
    await a_waiting_program(database)

    data = await what_if(database, Change(slips=[(f"{SOURCE}:1", 5)]))

    assert [(item.key, item.start_days, item.finish_days) for item in data.items] == [
        ("PAY-1", 5, 5),
        ("PAY-2", 5, 5),
        ("CART-3", 5, 5),
        ("CART-4", 5, 5),
    ]
    (milestone,) = data.milestones
    assert (milestone.key, str(milestone.finish_before), str(milestone.finish_after)) == (
        "CART-4",
        "2026-12-02",
        "2026-12-09",
    )
    assert data.moved == 4


async def test_cut_work_and_dropped_edges_bring_the_finish_forward(sqlite_database: Database) -> None:
    await a_waiting_program(sqlite_database)

    cut = await what_if(sqlite_database, Change(removals=[f"{SOURCE}:PAY-1"]))
    dropped = await what_if(sqlite_database, Change(dropped=[f"{SOURCE}:101"]))

    assert str(cut.finish.after) == "2026-11-26"  # five days of CART-3 from Friday on
    assert "PAY-1" not in {item.key for item in cut.items}
    assert str(dropped.finish.after) == "2026-11-27"  # four days of PAY-1, then two of PAY-2


async def test_an_added_edge_holds_its_successor_up(sqlite_database: Database) -> None:
    await a_waiting_program(sqlite_database)
    edge = NewEdge(predecessor=f"{SOURCE}:4", successor="PAY-9", lag_days=2)

    data = await what_if(sqlite_database, Change(added=[edge]))

    assert [(item.key, str(item.start_after)) for item in data.items] == [("PAY-9", "2026-12-07")]
    assert (str(data.finish.after), data.finish.days) == ("2026-12-07", 3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Change(slips=[("acme-jira:PAY-404", 1)]), r"slips\[0\]\.item: 'acme-jira:PAY-404' is no item of CHECKOUT"),
        (Change(removals=["nobody"]), r"removals\[0\]: 'nobody' is no item"),
        (Change(dropped=["acme-jira:404"]), r"dropped\[0\]: 'acme-jira:404' is no edge of CHECKOUT"),
        (
            Change(added=[NewEdge(predecessor="PAY-1", successor="PAY-1")]),
            r"added\[0\]: an item cannot wait for itself",
        ),
        (Change(added=[NewEdge(predecessor="CART-4", successor="PAY-1")]), r"added\[0\]: closes a cycle"),
    ],
)
async def test_a_change_that_cannot_be_is_refused_by_its_path(
    sqlite_database: Database, change: Change, said: str
) -> None:
    await a_waiting_program(sqlite_database)

    with pytest.raises(InvalidChange, match=said):
        await what_if(sqlite_database, change)


async def test_a_simulation_leaves_every_table_as_it_was(database: Database) -> None:
    await a_waiting_program(database)
    before = await stored(database)
    edge = NewEdge(predecessor=f"{SOURCE}:4", successor="PAY-9")

    await what_if(database, Change(slips=[("PAY-1", 3)], removals=["PAY-12"], added=[edge]))

    assert await stored(database) == before


async def test_one_item_tells_what_it_waits_for_and_what_waits_for_it(database: Database) -> None:
    await a_waiting_program(database)

    data = (await get_impact(database, f"{SOURCE}:CART-3", view())).data

    assert [(item.key, item.distance) for item in data.upstream] == [("PAY-1", 1)]
    assert [(item.key, item.distance) for item in data.downstream] == [("CART-4", 1)]
    assert (data.upstream_items, data.downstream_items) == (1, 1)
    assert [edge.status for edge in data.edges] == ["off_track", "at_risk"]
    assert data.schedule is not None
    assert (data.schedule.total_float, data.schedule.early_start) == (12, date(2026, 11, 26))


async def test_the_impact_of_an_item_is_that_in_one_program(sqlite_database: Database) -> None:
    await a_waiting_program(sqlite_database)

    own = (await get_impact(sqlite_database, f"{SOURCE}:PAY-12", view())).data
    far = (await get_impact(sqlite_database, f"{ASANA}:1201", view(), program=KEY)).data

    assert own.program.key == KEY
    assert [item.key for item in own.upstream] == ["PAY-11"]
    assert [item.key for item in far.downstream] == ["PAY-10"]
    with pytest.raises(InvalidQuery, match="is in no program"):
        await get_impact(sqlite_database, f"{ASANA}:1201", view())
    with pytest.raises(InvalidQuery, match=f"is no item of {OTHER}"):
        await get_impact(sqlite_database, f"{SOURCE}:PAY-1", view(), program=OTHER)
    with pytest.raises(UnknownItem):
        await get_impact(sqlite_database, f"{SOURCE}:404", view())
    with pytest.raises(UnknownItem):
        await get_impact(sqlite_database, f"{SOURCE}:PAY-1", view(), among={OTHER})
