"""Flow over HTTP, on both databases: how work goes, what blocks it, what escapes, and how predictable it is."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from connectors.items import Facet
from service.domain.business_value import ValueFields
from service.programs.flow_terms import FlowTerms
from service.store.engine import Database
from tests.api.client import a_client, answered, services_over
from tests.builders.items import an_item, insert_facets, insert_field
from tests.builders.planning import SPRINT_FIELD, insert_change, insert_release, plan_in
from tests.programs.finishing import FLOW, a_finishing_program, at, with_a_past
from tests.programs.portfolio import TODAY, add_members
from tests.programs.waiting_tasks import a_task_that_waited

BASE = "/api/v1/programs/CHECKOUT"


async def got(client: httpx.AsyncClient, path: str) -> Any:
    return (await answered(client, f"{BASE}/{path}"))["data"]


async def test_flow_of_a_program_says_how_its_work_goes(database: Database) -> None:
    await a_finishing_program(database)
    await with_a_past(database)
    async with a_client(services_over(database, flow=FLOW)) as client:
        data = await got(client, "flow")
    (group,) = data["groups"]

    assert data["window"] == {"first": "2026-08-24", "last": "2026-11-15", "weeks": 12}
    assert (group["throughput"]["total"], group["throughput"]["mean"]) == (120, 10.0)
    assert group["throughput"]["weeks"][7] == {"week": "2026-10-12", "finished": 10, "restated": 1}
    assert {name: group["cycle_time"]["calendar_days"][name] for name in ("n", "small_sample", "p50", "p95")} == {
        "n": 120,
        "small_sample": False,
        "p50": 3,
        "p95": 3,
    }
    assert group["never_started"] == {"part": 0.0, "whole": 120.0, "value": 0.0, "reason": None}
    assert group["wip"] == {"items": 1, "ageing": 0, "stale": 1, "unknown": 0, "oldest_days": 74}
    assert group["service_level"]["message"] == "85 % of items are done within 3 days of being begun (120 items)."
    assert group["blocked"] == {"now": 0, "items": 1, "working_days": 3, "reason": None}
    assert group["reopen_rate"] == {"part": 1.0, "whole": 121.0, "value": 0.008264, "reason": None}
    assert group["churn_points"]["re_estimated"] == 5.0
    assert (group["churn_items"]["added"], group["churn_items"]["removed"]) == (3.0, 1.0)
    assert group["predictability"]["items"] == {"part": 0.0, "whole": 1.0, "value": 0.0, "reason": None}  # reopened
    assert group["defect_escape_rate"] == {
        "escaped": 1,
        "found": 2,
        "value": 0.5,
        "low": 0.094531,
        "high": 0.905469,
        "small_sample": True,
        "reason": None,
    }
    assert [(each["key"], each["age_days"], each["usual_days"], each["state"]) for each in data["ageing"]] == [
        ("PAY-501", 74, 3, "stale")
    ]


async def test_predictability_by_business_value_follows_the_fields_that_the_configuration_names(
    database: Database,
) -> None:
    """Sprint 7 was begun with 501, planned at 8, and ended with it and with 505, which joined on its third day: 6 and
    1.5. A field of that name in another source, and a word instead of a number, say nothing."""
    await a_finishing_program(database)
    await with_a_past(database)
    await add_members(database, an_item("505", created_at=at(date(2026, 9, 1))), workstream="Cart")
    async with database.transaction() as uow:
        connection = uow.connection
        for source in ("acme-jira", "another"):
            await insert_field(connection, "customfield_30", "Planned Value", source=source)
            await insert_field(connection, "customfield_31", "Actual Value", source=source)
        for number, planned, actual in (("501", "8", "6.0"), ("505", "much", "1.5")):
            await insert_facets(connection, f"acme-jira:{number}", Facet.FIELD, planned, name="customfield_30")
            await insert_facets(connection, f"acme-jira:{number}", Facet.FIELD, actual, name="customfield_31")
        joined, left = at(date(2026, 10, 7)), at(date(2026, 11, 1))
        await insert_change(connection, "acme-jira:505", "1", SPRINT_FIELD, "", "7", at=joined)
        await insert_change(connection, "acme-jira:505", "2", SPRINT_FIELD, "7", "", at=left)
    ours, other = (ValueFields(name, "planned value", "customfield_31") for name in ("acme-jira", "another"))
    async with a_client(services_over(database, flow=FlowTerms(business_value=(ours,)))) as client:
        (group,) = (await got(client, "flow"))["groups"]
    async with a_client(services_over(database, flow=FlowTerms(business_value=(other,)))) as client:
        (unnamed,) = (await got(client, "flow"))["groups"]

    assert group["predictability"]["business_value"] == {
        "planned": 8.0,
        "actual": 7.5,
        "value": 0.9375,
        "band": "within",
        "iterations": [
            {
                "iteration": "Sprint 7",
                "end": "2026-10-16",
                "committed": 1,
                "valued": 1,
                "planned": 8.0,
                "actual": 7.5,
                "value": 0.9375,
            }
        ],
        "reason": None,
    }
    nothing = unnamed["predictability"]["business_value"]
    assert (nothing["value"], nothing["band"], nothing["reason"]) == (None, None, "no_business_value")
    assert [(each["valued"], each["actual"]) for each in nothing["iterations"]] == [(0, None)]


async def test_defects_are_told_by_the_release_that_they_affect(database: Database) -> None:
    """Of three defects of the release of September one was found before it; 59 days of it have passed. One that was
    cancelled is none, and the release of next month is not out."""
    await a_finishing_program(database)
    out = date(2026, 9, 22)
    async with database.transaction() as uow:
        for native_id, day, released in (("7", out, True), ("8", date(2026, 12, 1), False)):
            await insert_release(uow.connection, native_id, day, released=released)
    bugs = (
        (601, out - timedelta(days=9), "to_do"),
        (602, out, "to_do"),
        (603, TODAY, "to_do"),
        (604, out, "cancelled"),
    )
    for number, found, category in bugs:
        bug = an_item(number, item_type="Bug", created_at=at(found), status_category=category)
        await add_members(database, bug, workstream="Cart")
        async with database.transaction() as uow:
            await plan_in(uow.connection, bug["uid"], Facet.AFFECTED, "7", "8")
    async with a_client(services_over(database, flow=FLOW)) as client:
        (group,) = (await got(client, "flow"))["groups"]
        (then,) = (await got(client, "flow?as_of=2026-10-12"))["groups"]
        cart, payments = (await got(client, "flow?by=workstream"))["groups"]

    assert group["defect_escape_cohorts"] == {
        "releases": [
            {
                "source": "acme-jira",
                "release": "Cart 7",
                "released": "2026-09-22",
                "days_observed": 59,
                "complete": False,
                "escaped": 2,
                "found": 3,
                "value": 0.666667,
                "low": 0.20766,
                "high": 0.938508,
                "small_sample": True,
            }
        ],
        "reason": None,
    }
    (seen,) = then["defect_escape_cohorts"]["releases"]
    assert (seen["days_observed"], seen["escaped"], seen["found"]) == (20, 1, 2)
    assert cart["defect_escape_cohorts"] == group["defect_escape_cohorts"]
    assert payments["defect_escape_cohorts"] == {"releases": [], "reason": "no_affected_release"}


async def test_tasks_are_blocked_by_what_they_depend_on(database: Database) -> None:
    """Three, one and two working days until last Sunday; of 272 hours the task was held up for 204."""
    await a_task_that_waited(database)
    async with a_client(services_over(database, flow=FLOW)) as client:
        (group,) = (await got(client, "flow"))["groups"]
        (then,) = (await got(client, "flow?as_of=2026-11-09"))["groups"]
        (sunday,) = (await got(client, "flow?as_of=2026-11-08"))["groups"]
        (before,) = (await got(client, "flow?as_of=2026-11-01"))["groups"]

    assert group["blocked"] == {"now": 1, "items": 1, "working_days": 6, "reason": None}
    assert then["blocked"] == {"now": 0, "items": 1, "working_days": 4, "reason": None}
    assert sunday["blocked"]["now"] == 1  # what was needed had been opened again on Friday
    assert before["blocked"] == {"now": 0, "items": 0, "working_days": 0, "reason": None}
    assert group["flow_efficiency"] == {"part": 68 * 3600.0, "whole": 272 * 3600.0, "value": 0.25, "reason": None}


async def test_flow_of_a_day_of_the_past_is_what_was_known_then(database: Database) -> None:
    """On the evening of 14 October item 501 had just been done, for a day; on the next it was open again. Beside it
    were those that would be done on the next two working days."""
    await a_finishing_program(database)
    await with_a_past(database)
    async with a_client(services_over(database, flow=FLOW)) as client:
        done = await answered(client, f"{BASE}/flow?as_of=2026-10-14&weeks=4")
        (again,) = (await got(client, "flow?as_of=2026-10-15&weeks=4"))["groups"]
    (group,) = done["data"]["groups"]

    assert (done["as_of"], done["data"]["window"]["last"]) == ("2026-10-14T23:59:59Z", "2026-10-11")
    assert (group["throughput"]["total"], group["wip"]["items"], again["wip"]["items"]) == (40, 4, 3)
    assert again["wip"]["oldest_days"] == 38
    assert group["blocked"]["reason"] == "never_flagged"  # until November
    assert "mapping_of_today" in [warning["code"] for warning in done["warnings"]]


async def test_what_nobody_told_is_null_with_a_reason_and_never_zero(database: Database) -> None:
    await a_finishing_program(database)
    async with a_client(services_over(database, flow=FLOW)) as client:
        (group,) = (await got(client, "flow"))["groups"]
    async with a_client(services_over(database)) as client:
        (untagged,) = (await got(client, "flow"))["groups"]

    assert (group["blocked"]["working_days"], group["blocked"]["reason"]) == (None, "never_flagged")
    assert (group["churn_points"]["rate"], group["churn_points"]["reason"]) == (None, "no_estimates")
    assert (group["predictability"]["items"]["value"], group["predictability"]["items"]["reason"]) == (
        None,
        "nothing_planned",
    )
    assert group["defect_escape_rate"]["reason"] == "no_defects"
    assert (untagged["flow_efficiency"]["value"], untagged["flow_efficiency"]["reason"]) == (None, "no_status_tagging")
    assert untagged["defect_escape_rate"]["reason"] == "no_escape_rule"


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("workstream", ["Cart", "Payments"]),
        ("project", ["CART", "PAY"]),
        ("team", ["Ants", None]),
    ],
)
async def test_flow_is_told_by_what_people_are_organised_in(
    database: Database, by: str, keys: list[str | None]
) -> None:
    await a_finishing_program(database)
    await with_a_past(database)
    async with a_client(services_over(database)) as client:
        groups = (await got(client, f"flow?by={by}"))["groups"]

    assert [group["key"] for group in groups] == keys
    assert sum(group["throughput"]["total"] for group in groups) == 120


async def test_the_csv_of_flow_has_a_row_for_each_group(finishing: httpx.AsyncClient) -> None:
    answer = await finishing.get(f"{BASE}/flow?by=project&format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))

    assert [(row["key"], row["name"], row["throughput.total"]) for row in rows] == [
        ("CART", "Cart", "60"),
        ("PAY", "Payments", "60"),
    ]
