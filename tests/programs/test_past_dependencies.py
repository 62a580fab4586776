"""Dependencies as of an earlier day, on both databases: how they stood, with the edges that were there by then."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from service.programs.answers import Answer
from service.programs.dependencies import list_dependencies
from service.programs.dependency_answers import DependencyList
from service.store.engine import Database
from tests.programs.histories import HISTORIANS, add_grave, day, on
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
    assert {each.code for each in same.warnings} - {each.code for each in now.warnings} == {
        "after_last_sync",
        "edges_of_today",
    }


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
    assert told["edges_of_today"] == (
        "Dependencies that were taken away since are not shown, and of some nobody knows since when."
    )
    assert "mapping_of_today" in told
