"""Taking a baseline and standing against it, on both databases."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec import UNSET

from service.domain.errors import BaselineExists, InvalidChange, InvalidQuery, UnknownBaseline, UnknownProgram
from service.programs import baselines as baselines_module
from service.programs.baseline_answers import BaselineData, EarnedValueData, EarnedValues, VarianceData
from service.programs.baselines import compare_with, get_baseline, list_baselines, take_baseline
from service.programs.dependency_terms import Viewpoint
from service.store.audit import Audit
from service.store.engine import Database
from service.store.programs import Programs
from tests.builders.items import SOURCE, an_item
from tests.builders.planning import insert_sprint
from tests.programs.changing import HISTORIANS, a_program, at, plan_in_sprint, told
from tests.programs.portfolio import KEY, NOW, TODAY, a_checkout, add_members, change
from tests.programs.waiting import view

NEXT_WEEK = TODAY + timedelta(days=7)
DONE_AT = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)


async def taken(database: Database, name: str = "Approved", *, at: Viewpoint | None = None) -> BaselineData:
    answer = await take_baseline(
        database, KEY, name=name, note=" agreed ", view=at or view(), actor="pat (key)", origin="10.0.0.7"
    )
    return answer.data.baseline


def on(values: EarnedValues, basis: str) -> EarnedValueData:
    told = getattr(values, basis)
    assert isinstance(told, EarnedValueData)
    return told


async def against(database: Database, which: str = "latest", *, today: date = TODAY) -> VarianceData:
    return (await get_baseline(database, KEY, which, view=view(today=today))).data


async def test_a_baseline_says_what_counted_when_it_was_taken_and_by_whom(database: Database) -> None:
    await a_checkout(database)

    kept = await taken(database)

    assert (kept.name, kept.note, kept.taken_by) == ("Approved", "agreed", "pat (key)")
    assert kept.as_of == kept.taken_at == NOW.replace(microsecond=0)
    assert (kept.items, kept.points, kept.time_seconds) == (3, 13.0, 60)
    assert (kept.start, kept.target) == (date(2026, 1, 5), date(2026, 12, 18))
    assert (kept.planned_start, kept.planned_finish) == (date(2026, 1, 5), date(2026, 12, 24))
    async with database.reading() as uow:
        (entry,) = await Audit(uow.connection).page(action="baseline_taken", before=None, limit=9)
    assert (entry.actor, entry.origin, entry.subject) == ("pat (key)", "10.0.0.7", KEY)
    assert entry.detail == {"baseline": kept.id, "name": "Approved", "as_of": NOW.isoformat(), "items": 3}


async def test_a_week_later_it_tells_what_moved_by_how_many_working_days(database: Database) -> None:
    await a_checkout(database)
    await taken(database)
    await change(database, f"{SOURCE}:12", due=date(2027, 1, 11), points=13.0)
    await change(database, f"{SOURCE}:16", status_category="done", done_at=DONE_AT, started_at=NOW)
    await add_members(database, an_item(17, points=3.0))

    data = await against(database, today=NEXT_WEEK)

    assert {item.key: (item.fate, item.finish_days) for item in data.items} == {
        "PAY-12": ("kept", 12),
        "PAY-10": ("kept", 12),
        "PAY-11": ("kept", None),
        "CART-16": ("kept", -17),
        "PAY-17": ("added", None),
    }
    assert [item.finish_days for item in data.items][:3] == [12, 12, -17]
    finish = data.schedule.finish
    assert (finish.baseline, finish.now, finish.days) == (date(2026, 12, 24), date(2027, 1, 11), 12)
    assert data.schedule.target.days == 0
    points = data.scope.points
    assert (points.baseline, points.added, points.reestimated, points.now) == (13.0, 3.0, 5.0, 21.0)
    assert (data.scope.items.kept, data.scope.items.added, data.scope.items.removed) == (3, 1, 0)


async def test_earned_value_is_told_on_every_basis_with_its_unit_and_without_cost(database: Database) -> None:
    await a_checkout(database)
    await taken(database)
    await change(database, f"{SOURCE}:16", status_category="done", done_at=DONE_AT)

    value = (await against(database, today=NEXT_WEEK)).earned_value

    count, points, time = (on(value, basis) for basis in ("count", "points", "time"))
    assert (count.unit, count.bac, count.ev, count.percent_complete) == ("items", 3.0, 2.0, 0.666667)
    assert (points.unit, points.bac, points.ev, points.coverage) == ("points", 13.0, 5.0, 0.666667)
    assert (time.unit, time.bac, time.ev) == ("seconds", 60.0, 60.0)
    assert (count.ac, count.cpi, count.eac, count.cost_reason) == (None, None, None, "no_cost")
    assert count.schedule is not None
    assert count.schedule.start == date(2026, 1, 5)
    assert count.schedule.planned_finish == date(2026, 12, 24)
    assert count.schedule.elapsed_days == 234.0
    assert count.schedule.spi_t is not None
    assert count.schedule.forecast_finish is not None
    assert count.without_removed is None


async def test_one_basis_alone_can_be_asked_for(database: Database) -> None:
    await a_checkout(database)
    await taken(database)

    answer = await get_baseline(database, KEY, "first", basis="points", view=view())

    assert answer.data.earned_value.count is UNSET
    assert on(answer.data.earned_value, "points").unit == "points"
    with pytest.raises(InvalidQuery, match="'story_points' is not known"):
        await get_baseline(database, KEY, "first", basis="story_points", view=view())


async def test_what_left_the_program_is_removed_scope_with_the_reason(database: Database) -> None:
    await a_checkout(database)
    await add_members(database, an_item(18), an_item(19))
    await taken(database)
    await change(database, f"{SOURCE}:12", tombstone="gone")
    await change(database, f"{SOURCE}:18", status_category="cancelled")
    await change(database, f"{SOURCE}:19", tombstone="archived", archived=True, status_category="done", done_at=NOW)

    data = await against(database)

    told = {item.key: (item.fate, item.why, item.url is None) for item in data.items}
    assert told["PAY-12"] == ("removed", "gone", True)
    assert told["PAY-18"] == ("removed", "cancelled", False)
    assert told["PAY-19"] == ("kept", None, False)
    assert data.scope.items.removed == 2
    assert data.scope.count.removed == 2.0
    without = on(data.earned_value, "count").without_removed
    assert without is not None
    assert without.bac == 3.0


async def test_every_baseline_is_kept_and_can_be_asked_for_in_four_ways(database: Database) -> None:
    await a_checkout(database)
    first = await taken(database, "Original Ärger")
    second = await taken(database, "After the split", at=view(today=NEXT_WEEK))

    listed = (await list_baselines(database, KEY, view=view())).data

    assert [each.id for each in listed.baselines] == [first.id, second.id]
    for which, expected in (
        ("first", first),
        ("LATEST", second),
        (str(first.id), first),
        ("original  ÄRGER", first),
        ("original a\N{COMBINING DIAERESIS}rger", first),
    ):
        assert (await against(database, which)).baseline == expected


async def test_a_taken_name_an_unknown_baseline_and_an_unknown_program_are_told(database: Database) -> None:
    await a_checkout(database)
    await taken(database)

    with pytest.raises(BaselineExists) as taken_already:
        await taken(database, " approved")
    assert taken_already.value.message == (
        "CHECKOUT has a baseline approved already, and a baseline never changes; take another name."
    )
    for which in ("Other", "99", str(10**30), "²"):
        with pytest.raises(UnknownBaseline):
            await against(database, which)
    with pytest.raises(UnknownProgram):
        await take_baseline(database, "NOPE", name="x", view=view(), actor="pat")
    with pytest.raises(UnknownProgram):
        await list_baselines(database, "NOPE", view=view())


async def test_of_two_who_take_the_same_name_at_once_one_is_told_so(database: Database) -> None:
    await a_checkout(database)

    ended = await asyncio.gather(taken(database), taken(database), return_exceptions=True)

    assert sorted(type(each).__name__ for each in ended) == ["BaselineData", "BaselineExists"]
    assert len((await list_baselines(database, KEY, view=view())).data.baselines) == 1
    async with database.reading() as uow:
        assert len(await Audit(uow.connection).page(action="baseline_taken", before=None, limit=9)) == 1


@pytest.mark.parametrize(
    "name",
    ["", "   ", "x" * 101, "two\nlines", "nul\x00", "42", "٤٢", "Latest", "first", "right\N{RIGHT-TO-LEFT OVERRIDE}"],
)
async def test_a_name_nobody_could_ask_for_is_refused(sqlite_database: Database, name: str) -> None:
    await a_checkout(sqlite_database)

    with pytest.raises(InvalidChange) as refused:
        await taken(sqlite_database, name)

    assert refused.value.parameter == "name"


@pytest.mark.parametrize(
    "name", ["'; DROP TABLE baselines; --", "<script>alert(1)</script>", "../../etc", "計画 🚀", "%s"]
)
async def test_a_hostile_name_is_a_name(database: Database, name: str) -> None:
    await a_checkout(database)

    kept = await taken(database, name)

    assert kept.name == name
    assert (await against(database, name)).baseline == kept


async def test_there_is_a_most_that_is_kept(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines_module, "MOST_BASELINES", 1)
    await a_checkout(sqlite_database)
    await taken(sqlite_database)

    with pytest.raises(InvalidChange, match="CHECKOUT has 1 baselines, and more are not kept"):
        await taken(sqlite_database, "Another")


async def test_a_program_that_leaves_the_file_and_comes_back_finds_its_baselines(database: Database) -> None:
    await a_checkout(database)
    kept = await taken(database)
    async with database.transaction() as uow:
        programs = Programs(uow.connection)
        (stored,) = await programs.all()
        await programs.remove(KEY)
        await programs.put(stored.definition, position=0, known=False)

    listed = (await list_baselines(database, KEY, view=view())).data.baselines
    data = await against(database)

    assert listed == (kept,)
    assert {item.why for item in data.items} == {"unmapped"}


async def test_pages_hold_every_item_once(database: Database) -> None:
    await a_checkout(database)
    await taken(database)
    seen: list[str] = []
    cursor = None
    while True:
        data = (await get_baseline(database, KEY, "latest", view=view(), cursor=cursor, limit=1)).data
        seen += [item.uid for item in data.items]
        if (cursor := data.next_cursor) is None:
            break

    assert len(seen) == len(set(seen)) == data.total == 4
    with pytest.raises(InvalidQuery):
        await get_baseline(database, KEY, "latest", view=view(), cursor="x")


async def test_others_can_compute_with_a_comparison(sqlite_database: Database) -> None:
    await a_checkout(sqlite_database)
    await taken(sqlite_database)

    compared = await compare_with(sqlite_database, KEY, "latest", view=view())

    assert compared.baseline.name == "Approved"
    assert compared.comparison.finish == date(2026, 12, 24)


async def test_a_baseline_can_be_taken_of_a_day_in_the_past(database: Database) -> None:
    """As if it had been taken then: what was done since was open, what was moved stood where it stood."""
    await a_program(
        database,
        an_item(1, due=date(2026, 12, 11), points=5.0, updated_at=at(18)),
        an_item(2, status="Done", status_category="done", points=3.0, done_at=at(17), updated_at=at(17)),
        an_item(3, created_at=at(16), points=8.0),
        an_item(4, updated_at=at(18)),
    )
    await told(database, 1, "duedate", "2026-11-27", "2026-12-11", when=at(18))
    await told(database, 1, "points", "2", "5", when=at(18))
    await told(database, 2, "status", "in_progress", "done", when=at(17))
    await plan_in_sprint(database, 4, "8", at(27))
    async with database.transaction() as uow:
        await insert_sprint(uow.connection, "7", at(9), at(13))
    await told(database, 4, "sprint", "7", "8", when=at(18))

    answer = await take_baseline(
        database, KEY, name="Then", as_of="2026-11-13", view=view(), actor="pat", historians=HISTORIANS
    )

    kept = answer.data.baseline
    assert (kept.as_of.isoformat(), kept.taken_at) == ("2026-11-13T23:59:59+00:00", NOW.replace(microsecond=0))
    assert (kept.items, kept.points, kept.planned_finish) == (3, 5.0, date(2026, 12, 18))
    assert "reconstructed" in [warning.code for warning in answer.warnings]
    items = {item.key: item for item in (await against(database)).items}
    assert items["PAY-1"].baseline_finish == date(2026, 11, 27)
    assert (items["PAY-1"].finish, items["PAY-1"].finish_days) == (date(2026, 12, 11), 10)
    assert (items["PAY-2"].done, items["PAY-2"].baseline_points) == (True, 3.0)
    assert items["PAY-3"].fate == "added"
    assert (items["PAY-4"].baseline_start, items["PAY-4"].baseline_finish) == (date(2026, 11, 9), date(2026, 11, 13))
    assert items["PAY-4"].finish == date(2026, 11, 27)


@pytest.mark.parametrize("as_of", ["tomorrow", "2026-11-21", "2027-01-01", "2019-01-01"])
async def test_a_moment_of_which_nothing_is_known_is_refused(sqlite_database: Database, as_of: str) -> None:
    await a_checkout(sqlite_database)

    with pytest.raises(InvalidChange) as refused:
        await take_baseline(
            sqlite_database, KEY, name="Then", as_of=as_of, view=view(), actor="pat", historians=HISTORIANS
        )

    assert refused.value.parameter == "as_of"
    assert (await list_baselines(sqlite_database, KEY, view=view())).data.baselines == ()
