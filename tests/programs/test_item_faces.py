"""With whom items of a network are shown: who had them at the moment that the network is of, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.programs.bottlenecks import list_bottlenecks
from service.programs.dependencies import list_dependencies
from service.programs.dependency_terms import Viewpoint
from service.programs.impact import get_impact
from service.programs.item_faces import faces_of
from service.programs.networks import network_of
from service.store.engine import Database
from service.store.past_items import PastItems
from tests.builders.items import SOURCE, insert_person
from tests.programs.histories import add_change, on
from tests.programs.portfolio import KEY
from tests.programs.test_past_health import then
from tests.programs.waiting import view
from tests.programs.waiting_past import a_waiting_past

FIRST = f"{SOURCE}:1"


@pytest.fixture
async def handed_over(database: Database) -> Database:
    """On the 12th PAY-1 went from Sam to Pat, who has PAY-11, too."""
    await a_waiting_past(database)
    async with database.transaction() as uow:
        await insert_person(uow.connection, "u2", "Sam Roe")
    await add_change(database, 1, on(11, 12), "assignee", ("u2", "Sam Roe"), ("u1", "Pat Doe"), number=2)
    return database


def by_person(when: Viewpoint) -> Viewpoint:
    return replace(when, terms=replace(when.terms, by_person=True))


async def test_ends_of_edges_are_with_whom_they_were(handed_over: Database) -> None:
    for when, name in ((then(11, 9), "Sam Roe"), (view(), "Pat Doe")):
        edges = (await list_dependencies(handed_over, KEY, view=when, limit=100)).data.dependencies
        impact = (await get_impact(handed_over, FIRST, view=when)).data

        assert {each.predecessor.assignee for each in edges if each.predecessor.uid == FIRST} == {name}
        assert impact.item.assignee == name


async def test_an_account_is_called_by_its_own_name_whoever_has_its_items_now(handed_over: Database) -> None:
    told = (await list_bottlenecks(handed_over, KEY, by="person", view=by_person(then(11, 9)))).data.bottlenecks
    now = (await list_bottlenecks(handed_over, KEY, by="person", view=by_person(view()))).data.bottlenecks

    assert {"Sam Roe", "Pat Doe"} <= {each.name for each in told}
    assert "Sam Roe" not in {each.name for each in now}


async def test_of_now_nobody_is_looked_up_twice(handed_over: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(_self: PastItems, _ids: object) -> None:
        raise AssertionError("the item itself says whom it is assigned to")

    monkeypatch.setattr(PastItems, "people", never)
    network = (await network_of(handed_over, KEY, view())).network.network
    async with handed_over.reading() as uow:
        faces = await faces_of(uow.connection, network.items)

    assert faces[FIRST].assignee == "Pat Doe"
