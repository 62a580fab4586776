"""What an item without an estimate weighs is the operator's choice, and part of what an answer depends on."""

from __future__ import annotations

from typing import Any

import httpx

from service.domain.progress import MissingWeight
from service.store.engine import Database
from tests.api.client import a_client, services_over
from tests.builders.items import an_item
from tests.programs.portfolio import a_checkout, add_members

ROLLUP = "/api/v1/programs/CHECKOUT/rollup"


async def _asked(database: Database, missing: MissingWeight, **headers: str) -> httpx.Response:
    async with a_client(services_over(database, missing=missing)) as client:
        return await client.get(ROLLUP, headers=headers)


def _points(response: httpx.Response) -> dict[str, Any]:
    points: dict[str, Any] = response.json()["data"]["progress"]["points"]
    return points


async def test_the_chosen_weight_decides_the_numbers_and_is_named(sqlite_database: Database) -> None:
    """Stories of 5 (done) and 8 points, and one that nobody estimated: it weighs their mean, 6.5."""
    await a_checkout(sqlite_database)
    await add_members(sqlite_database, an_item(17))

    skipped = _points(await _asked(sqlite_database, MissingWeight.SKIP))
    imputed = _points(await _asked(sqlite_database, MissingWeight.IMPUTE_MEAN))

    assert (skipped["policy"], skipped["total"], skipped["value"]) == ("skip", 13.0, 0.384615)
    assert (imputed["policy"], imputed["total"], imputed["value"]) == ("impute_mean", 19.5, 0.25641)


async def test_an_answer_held_under_another_choice_is_not_current(sqlite_database: Database) -> None:
    await a_checkout(sqlite_database)
    tag = (await _asked(sqlite_database, MissingWeight.SKIP)).headers["etag"]

    same = await _asked(sqlite_database, MissingWeight.SKIP, **{"If-None-Match": tag})
    other = await _asked(sqlite_database, MissingWeight.ZERO, **{"If-None-Match": tag})

    assert (same.status_code, other.status_code) == (304, 200)
    assert _points(other)["policy"] == "zero"


async def test_the_page_shows_the_same_numbers(sqlite_database: Database) -> None:
    await a_checkout(sqlite_database)
    await add_members(sqlite_database, an_item(17))
    async with a_client(services_over(sqlite_database, missing=MissingWeight.IMPUTE_MEAN)) as client:
        page = (await client.get("/programs/CHECKOUT")).text

    assert "26% done: 5 of 19.5" in page
