"""An item that its tool cannot give: set apart by its name, asked for again, and no obstacle to the others."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from connectors.contract import ItemsUnreadable
from service.store.engine import Database
from service.store.rejects import Rejects
from service.store.tables.sources import sources
from service.store.tables.webhooks import webhook_inbox
from service.sync.outcome import Mode, Outcome, RunStatus
from tests.flows import asana
from tests.flows.deliveries import an_applier, put_down, standing, told
from tests.flows.stored import item, live, scopes, stored, tombs
from tests.flows.support import CLOUD, DATA_CENTER, Flow, a_site, codes, flowing, ids_in

EDITIONS = pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])
POISON = "Nobody can read this"
REJECTED = [("rejected_records", None)]


def poison(flow: Flow, native_id: str) -> None:
    """From now on Jira fails whenever it is asked for this issue; a listing of ids still names it."""
    flow.site.touch(native_id, flow.clock.now(), summary=POISON)
    flow.options.poison = POISON


async def rejects(database: Database) -> list[tuple[str, str]]:
    """(native id, what is said of it)."""
    async with database.reading() as uow:
        return [
            (each.native_id, each.reason) for each in (await Rejects(uow.connection).latest(each=20)).get("acme", [])
        ]


async def proven_at(database: Database) -> object:
    return (await stored(database, [sources]))["sources"][0]["last_complete_sync"]


def assert_told(outcome: Outcome) -> None:
    assert outcome.status is RunStatus.PARTIAL
    assert codes(outcome) == REJECTED
    assert outcome.rejected == 1


@EDITIONS
async def test_a_poisoned_issue_is_kept_apart_with_its_name_until_it_can_be_read(kind: str, database: Database) -> None:
    async with flowing(a_site(issues=60), database, kind=kind) as flow:
        native_id = ids_in(flow.site, "BULK1")[7]
        poison(flow, native_id)

        first = await flow.sync(full=True)

        assert_told(first)
        assert live(await stored(database)) == sorted(set(flow.site.issues) - {native_id})
        ((shown, reason),) = await rejects(database)
        assert shown == native_id
        assert reason.startswith("The tool fails to give it: ")
        assert " answered 500" in reason
        scope = (await scopes(database))["BULK1"]
        assert (scope["error"], scope["proven_at"]) == (None, flow.clock.now())
        assert await proven_at(database) == flow.clock.now()

        flow.clock.pass_by(hours=6)
        assert_told(await flow.sync())
        assert [each[0] for each in await rejects(database)] == [native_id]
        flow.clock.pass_by(hours=6)
        assert_told(await flow.sync(mode=Mode.CENSUS))

        flow.options.poison = None
        flow.clock.pass_by(hours=6)
        await flow.sync_whole()
        assert await rejects(database) == []
        assert live(await stored(database)) == sorted(flow.site.issues)


@EDITIONS
async def test_a_census_neither_buries_a_poisoned_issue_nor_forgets_what_it_was(
    kind: str, sqlite_database: Database
) -> None:
    async with flowing(a_site(issues=60), sqlite_database, kind=kind) as flow:
        await flow.sync_whole(full=True)
        flow.clock.pass_by(hours=1)
        native_id = ids_in(flow.site, "BULK1")[7]
        before = item(await stored(sqlite_database), native_id)["title"]
        poison(flow, native_id)
        flow.clock.pass_by(hours=1)

        assert_told(await flow.sync(mode=Mode.CENSUS))

        assert tombs(await stored(sqlite_database)) == {}
        assert item(await stored(sqlite_database), native_id)["title"] == before
        assert [each[0] for each in await rejects(sqlite_database)] == [native_id]


async def test_a_poisoned_issue_that_is_deleted_is_no_longer_shown(sqlite_database: Database) -> None:
    async with flowing(a_site(issues=40), sqlite_database) as flow:
        native_id = ids_in(flow.site, "BULK1")[7]
        poison(flow, native_id)
        assert_told(await flow.sync(full=True))
        flow.site.delete(native_id)
        flow.clock.pass_by(hours=6)

        await flow.sync_whole(mode=Mode.CENSUS)

        assert await rejects(sqlite_database) == []


async def test_a_tool_that_is_ill_all_over_fails_its_scopes_instead(sqlite_database: Database) -> None:
    """More than ten at once are no poisoned items; nothing moves, and nothing is said of single issues."""
    async with flowing(a_site(issues=60), sqlite_database) as flow:
        for native_id in ids_in(flow.site, "BULK1")[:15]:
            poison(flow, native_id)

        outcome = await flow.sync(full=True)

        assert outcome.status is RunStatus.PARTIAL
        assert codes(outcome) == [("unavailable", "BULK1")]
        assert (await scopes(sqlite_database))["BULK1"]["proven_at"] is None
        assert await rejects(sqlite_database) == []


async def test_of_deliveries_read_together_the_poisoned_one_alone_waits(database: Database) -> None:
    async with flowing(a_site(issues=60), database) as flow:
        await flow.sync_whole(full=True)
        flow.clock.pass_by(hours=1)
        well, ill, also_well = ids_in(flow.site, "BULK1")[:3]
        poison(flow, ill)
        for native_id in (well, also_well):
            flow.site.touch(native_id, flow.clock.now(), summary="Told")
        await put_down(database, *(told(flow, each) for each in (well, ill, also_well)), now=flow.clock.now())

        with capture_logs() as logs:
            assert await an_applier(flow).apply() == 2

        assert ("deliveries_postponed", 1) in [(each["event"], each.get("deliveries")) for each in logs]
        store = await stored(database)
        assert [item(store, each)["title"] for each in (well, also_well)] == ["Told", "Told"]
        assert (await standing(database)).waiting == 1
        errors = [row["error"] for row in (await stored(database, [webhook_inbox]))["webhook_inbox"] if row["error"]]
        assert errors == [f"Items that cannot be read at present: {ill}."]

        flow.options.poison = None
        flow.clock.pass_by(minutes=1)
        assert await an_applier(flow).apply() == 1
        assert (await standing(database)).waiting == 0


async def test_a_delivery_heals_what_a_run_could_not_read(sqlite_database: Database) -> None:
    async with flowing(a_site(issues=40), sqlite_database) as flow:
        native_id = ids_in(flow.site, "BULK1")[7]
        poison(flow, native_id)
        assert_told(await flow.sync(full=True))
        flow.options.poison = None
        await put_down(sqlite_database, told(flow, native_id), now=flow.clock.now())

        assert await an_applier(flow).apply() == 1

        assert await rejects(sqlite_database) == []
        assert item(await stored(sqlite_database), native_id)["title"] == POISON


async def test_a_poisoned_task_of_asana_breaks_every_page_it_is_on_and_is_kept_apart(database: Database) -> None:
    two = asana.two_projects()
    ill = two.tasks[1]
    two.site.touch(ill, name=POISON)
    async with asana.flowing(two.site, database, settings={"projects": [two.first]}, poison=POISON) as flow:
        first = await flow.sync()

        assert_told(first)
        assert live(await stored(database)) == sorted({*two.tasks, two.subtask, two.shared} - {ill})
        assert [each[0] for each in await rejects(database)] == [ill]
        flow.clock.pass_by(hours=6)
        two.site.touch(two.tasks[0], name="Changed beside it")
        flow.clock.pass_by(minutes=10)
        assert_told(await flow.sync())
        assert item(await stored(database), two.tasks[0])["title"] == "Changed beside it"

        flow.options.poison = None
        flow.clock.pass_by(hours=6)
        await flow.sync_whole()
        assert await rejects(database) == []
        assert item(await stored(database), ill)["title"] == POISON


async def test_what_can_be_read_comes_with_the_names_of_what_cannot(sqlite_database: Database) -> None:
    two = asana.two_projects()
    two.site.touch(two.tasks[1], name=POISON)
    async with asana.flowing(two.site, sqlite_database, poison=POISON) as flow:
        with pytest.raises(ItemsUnreadable) as caught:
            await flow.source.read_items(two.tasks)

    assert {each.record.native_id for each in caught.value.found} == {two.tasks[0], two.tasks[2]}
    assert caught.value.reasons.keys() == {two.tasks[1]}
