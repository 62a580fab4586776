"""Estimates in two fields, none, nought and nonsense; and a team-managed project with statuses of its own."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox.portfolio import generate_portfolio
from connectors.sandbox.portfolio_schema import POINT_ESTIMATE, STORY_POINTS
from service.store.engine import Database
from service.store.tables.sources import source_findings
from tests.flows.scenarios.oracle import category_of
from tests.flows.stored import item, stored
from tests.flows.support import CLOUD, DATA_CENTER, TODAY, flowing, ids_in, project_id

ESTIMATES: list[tuple[dict[str, Any], float | None, str | None, str]] = [
    ({STORY_POINTS: None, POINT_ESTIMATE: None}, None, None, ""),
    ({STORY_POINTS: 0, POINT_ESTIMATE: None}, 0.0, STORY_POINTS, ""),
    ({STORY_POINTS: 0.5, POINT_ESTIMATE: None}, 0.5, STORY_POINTS, ""),
    ({STORY_POINTS: None, POINT_ESTIMATE: 5}, 5.0, POINT_ESTIMATE, ""),
    ({STORY_POINTS: 3, POINT_ESTIMATE: 8}, 3.0, STORY_POINTS, "points_conflict"),
    ({STORY_POINTS: "many", POINT_ESTIMATE: None}, None, None, "points_not_a_number"),
    ({STORY_POINTS: "8", POINT_ESTIMATE: 2}, 2.0, POINT_ESTIMATE, "points_not_a_number"),
]
"""What the fields hold → points, the field they are from, and the warning; where the board counts story points."""


@pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])
async def test_an_estimate_is_what_the_project_s_own_field_says_and_never_a_guess(
    kind: str, database: Database
) -> None:
    """Two story-point fields, null against 0, text in a number field; own status ids of a team-managed project."""
    site = generate_portfolio(issues=150, today=TODAY)
    numbers = ids_in(site, "PAY")[: len(ESTIMATES)]
    for number, (fields, *_) in zip(numbers, ESTIMATES, strict=True):
        site.replace(number, site.issues[number]["fields"] | fields)
    own = ids_in(site, "LOYAL")[0]
    site.replace(own, site.issues[own]["fields"] | {STORY_POINTS: 13, POINT_ESTIMATE: 1})
    async with flowing(site, database, kind=kind) as flow:
        await flow.sync_whole(full=True)
        store = await stored(database)

        for number, (fields, points, field, warning) in zip(numbers, ESTIMATES, strict=True):
            row = item(store, number)
            assert (row["points"], row["points_field"]) == (points, field), fields
            told = [each for each in (row["warnings"] or "").split() if each.startswith("points")]
            assert told == ([warning] if warning else []), fields
        assert (item(store, own)["points"], item(store, own)["points_field"]) == (1.0, POINT_ESTIMATE)
        findings = (await stored(database, [source_findings]))["source_findings"]
        (told_once,) = [row["message"] for row in findings if row["code"] == "field_candidates"]
        assert STORY_POINTS in told_once
        assert POINT_ESTIMATE in told_once

        loyal = project_id(site, "LOYAL")
        theirs = {row["id"] for row in site.statuses if "scope" in row}
        used = {item(store, number)["status_id"] for number in ids_in(site, "LOYAL")}
        assert used <= theirs
        if kind == CLOUD:  # Data Center has no projects with statuses of their own, and does not say whose one is
            assert {row["native_id"] for row in store["statuses"] if row["project_id"] == loyal} == theirs
        categories = {number: item(store, number)["status_category"] for number in ids_in(site, "LOYAL")}
        assert categories == {number: category_of(site.issues[number]) for number in categories}

        # nought becomes nothing, and nothing becomes nought
        flow.clock.pass_by(minutes=30)
        none, nought, *_ = numbers
        site.touch(none, flow.clock.now(), **{STORY_POINTS: 0})
        site.touch(nought, flow.clock.now(), **{STORY_POINTS: None})
        await flow.sync_whole()
        store = await stored(database)
        assert (item(store, none)["points"], item(store, nought)["points"]) == (0.0, None)
