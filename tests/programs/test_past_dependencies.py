"""Dependencies as of an earlier day, on both databases: how they stood, with the edges that were there by then."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from connectors.jira.config import JiraOptions
from connectors.jira.historian import JiraHistorian
from service.programs.answers import Answer
from service.programs.dependencies import list_dependencies
from service.programs.dependency_answers import DependencyList
from service.programs.historians import Historians
from service.store.engine import Database
from service.store.tables.items import item_changes, pending_details, work_items
from service.store.tables.programs import declared_dependencies
from tests.builders.edges import declare
from tests.builders.items import SOURCE, an_item, insert_items
from tests.programs.histories import HISTORIANS, add_change, add_grave, day, on
from tests.programs.portfolio import KEY, NOW
from tests.programs.waiting import LINKS, view
from tests.programs.waiting_past import a_waiting_past


@pytest.fixture
async def past(database: Database) -> Database:
    await a_waiting_past(database)
    return database


async def asked(database: Database, moment: datetime | None) -> Answer[DependencyList]:
    present = view()
    asking = present if moment is None else present.at(moment, HISTORIANS)
    return await list_dependencies(database, KEY, view=asking, limit=100)


def ends(answer: Answer[DependencyList]) -> dict[tuple[str, str], Any]:
    return {
        (edge.predecessor.uid.partition(":")[2], edge.successor.uid.partition(":")[2]): edge
        for edge in answer.data.dependencies
    }


async def test_as_of_now_dependencies_stand_as_they_do_now(past: Database) -> None:
    now, same = await asked(past, None), await asked(past, NOW)

    assert same.data == now.data
    assert {each.code for each in same.warnings} - {each.code for each in now.warnings} == {"after_last_sync"}


async def test_before_anybody_had_begun_nobody_was_blocked(past: Database) -> None:
    then, now = ends(await asked(past, on(11, 13))), ends(await asked(past, None))

    assert (now["1", "2"].status, now["5", "1"].status) == ("blocked", "resolved")
    assert then["1", "2"].status != "blocked"
    assert (then["1", "2"].predecessor.status, then["1", "2"].predecessor.due) == (
        "Open",
        day(11, 20),
    )
    assert then["5", "1"].status == "resolved"  # closed on the 11th


async def test_a_predecessor_that_was_closed_later_was_still_waited_for(past: Database) -> None:
    then = ends(await asked(past, on(11, 10)))

    assert then["5", "1"].status != "resolved"
    assert then["5", "1"].predecessor.status_category == "in_progress"


async def test_a_predecessor_whose_completion_no_history_tells_of_was_waited_for_until_the_tool_says_it_was_done(
    past: Database,
) -> None:
    async with past.transaction() as uow:
        five = item_changes.c.item_uid == f"{SOURCE}:5"
        await uow.connection.execute(delete(item_changes).where(five))
        await uow.connection.execute(
            update(work_items).where(work_items.c.uid == f"{SOURCE}:5").values(done_at=on(11, 11), updated_at=on(9, 1))
        )

    before, after = ends(await asked(past, on(11, 10))), ends(await asked(past, on(11, 13)))

    assert (before["5", "1"].predecessor.status_category, after["5", "1"].status) == ("to_do", "resolved")
    assert before["5", "1"].status != "resolved"


async def test_an_edge_is_there_from_the_moment_on_that_its_history_tells(past: Database) -> None:
    before, after = ends(await asked(past, on(11, 10))), ends(await asked(past, on(11, 13)))

    assert set(after) - set(before) == {("1", "3")}
    assert len(after) == len(LINKS) + 1  # and the declared one


async def test_an_end_that_was_away_for_a_while_keeps_its_edges(past: Database) -> None:
    await add_grave(past, 6, on(11, 14), on(11, 15))

    during = ends(await asked(past, on(11, 14, 20)))
    after = ends(await asked(past, on(11, 16)))

    assert ("6", "7") in during
    assert after["6", "7"].status == "cyclic"


async def test_an_answer_about_the_past_says_what_it_cannot_know(past: Database) -> None:
    answer = await asked(past, on(11, 13))

    told = {each.code: each.message for each in answer.warnings}
    assert answer.as_of == on(11, 13)
    assert told["unknown_dependencies"] == (
        "Whether 1 dependency was there then cannot be told; what comes closest is shown"
    )  # the declared one
    assert told.keys() == {"mapping_of_today", "reconstructed", "unknown_dependencies"}


async def test_a_dependency_that_was_taken_away_since_is_there_until_then(past: Database) -> None:
    """PAY-2 waited for CART-3 from the 11th to the 14th."""
    await add_change(past, 2, on(11, 11), "link", None, ("CART-3", "This issue not blocks CART-3"))
    await add_change(past, 3, on(11, 14), "link", ("PAY-2", "This issue blocks PAY-2"), None)

    days = {day: ends(await asked(past, on(11, day, 20))) for day in (10, 11, 13, 14)}

    assert [day for day, found in days.items() if ("3", "2") in found] == [11, 13]
    edge = days[13]["3", "2"]
    assert (edge.provenance, edge.link_type, edge.confirmed) == ("jira_link", "Blocks", True)
    assert edge.id == days[11]["3", "2"].id
    assert ("3", "2") not in ends(await asked(past, None))


async def test_a_dependency_that_was_made_twice_was_there_in_its_first_life_as_well(past: Database) -> None:
    await add_change(past, 1, on(11, 5), "link", None, ("CART-3", "This issue blocks CART-3"))
    await add_change(past, 1, on(11, 8), "link", ("CART-3", "This issue blocks CART-3"), None)

    days = {day: ends(await asked(past, on(11, day, 20))) for day in (4, 6, 9, 13)}

    assert {day: ("1", "3") in found for day, found in days.items()} == {4: False, 6: True, 9: False, 13: True}
    assert days[6]["1", "3"].id == days[13]["1", "3"].id == "acme-jira:101"


async def test_an_end_of_which_only_a_dependency_of_then_tells_is_read_with_it(past: Database) -> None:
    async with past.transaction() as uow:
        await insert_items(uow.connection, an_item(50, title="Elsewhere", key="OPS-50"))
    await add_change(past, 2, on(11, 14), "link", ("OPS-50", "This issue not blocks OPS-50"), None)
    await add_change(past, 4, on(11, 14), "link", ("LOST-1", "This issue blocks LOST-1"), None)

    then = ends(await asked(past, on(11, 13)))

    assert then["50", "2"].predecessor.title == "Elsewhere"
    assert then["4", "LOST-1"].successor.key == "LOST-1"


async def test_words_that_no_link_type_has_are_counted_and_change_nothing(past: Database) -> None:
    await add_change(past, 2, on(11, 14), "link", ("CART-4", "Dieser Vorgang blockiert CART-4"), None)

    then, later = await asked(past, on(11, 13)), await asked(past, on(11, 15))

    assert ends(then).keys() == ends(later).keys()
    told = {each.code: each.message for each in then.warnings}
    assert told["unread_links"] == (
        "Links between 1 pair of items changed since in words that no link type has; these changes are left out"
    )
    assert "unread_links" not in {each.code for each in later.warnings}


async def test_where_histories_tell_everything_nothing_is_in_doubt(past: Database) -> None:
    async with past.transaction() as uow:
        await uow.connection.execute(delete(declared_dependencies))

    codes = {each.code for each in (await asked(past, on(11, 13))).warnings}

    assert codes == {"mapping_of_today", "reconstructed"}


async def test_a_history_that_contradicts_what_stands_today_leaves_a_dependency_in_doubt(past: Database) -> None:
    await add_change(past, 2, on(11, 11), "link", None, ("CART-4", "This issue blocks CART-4"))

    before, after = await asked(past, on(11, 10)), await asked(past, on(11, 13))

    assert _doubts(before) == "Whether 1 dependency was there then cannot be told; what comes closest is shown"
    assert _doubts(after) == "Whether 2 dependencies were there then cannot be told; what comes closest is shown"
    assert ("2", "4") not in ends(after)


async def test_items_whose_histories_are_not_read_yet_are_counted(past: Database) -> None:
    """As in Asana, where they come apart from the item."""
    async with past.transaction() as uow:
        row = {"item_uid": f"{SOURCE}:2", "source": SOURCE, "updated_at": on(11, 16)}
        await uow.connection.execute(insert(pending_details), [row])
    apart = Historians({SOURCE: lambda payloads: _Apart(payloads, options=JiraOptions())})

    answer = await list_dependencies(past, KEY, view=view().at(on(11, 13), apart), limit=100)

    told = {each.code: each.message for each in answer.warnings}
    assert told["unread_histories"] == (
        "Of 1 item the history cannot be read, or not yet: dependencies that were taken away since may be missing"
    )


class _Apart(JiraHistorian):
    comes_apart = True


def _doubts(answer: Answer[DependencyList]) -> str:
    return next(each.message for each in answer.warnings if each.code == "unknown_dependencies")


async def test_who_waits_then_waits_since_the_link_of_then(past: Database) -> None:
    """It was made on the 17th, taken away on the 18th, and made again on the 19th."""
    sentence = ("PAY-2", "This issue blocks PAY-2")
    for number, made in ((17, True), (18, False), (19, True)):
        before, after = (None, sentence) if made else (sentence, None)
        await add_change(past, 1, on(11, number), "link", before, after, number=number)

    then, now = ends(await asked(past, on(11, 18, 10))), ends(await asked(past, None))

    assert (then["1", "2"].status, then["1", "2"].blocked_since) == ("blocked", day(11, 17))
    assert now["1", "2"].blocked_since == day(11, 19)


async def test_what_is_declared_as_well_is_no_more_in_doubt_than_the_link(past: Database) -> None:
    async with past.transaction() as uow:
        await uow.connection.execute(delete(declared_dependencies))
        await declare(uow.connection, KEY, f"{SOURCE}:PAY-1", f"{SOURCE}:CART-3")

    before, after = await asked(past, on(11, 10)), await asked(past, on(11, 13))

    assert ("1", "3") in ends(before)
    assert _doubts(before) == "Whether 1 dependency was there then cannot be told; what comes closest is shown"
    assert "unknown_dependencies" not in {each.code for each in after.warnings}
