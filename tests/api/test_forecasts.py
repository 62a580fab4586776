"""Forecasts and their track record over HTTP, on both databases."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from service.clock import FixedClock
from service.domain.access import Scope
from service.domain.calendars import WorkingCalendar
from service.programs.dependency_terms import DependencyTerms
from service.store.engine import Database
from service.store.tables.programs import programs
from tests.api.client import a_client, answered, services_over
from tests.auth.support import a_key, bearer
from tests.builders.items import an_item
from tests.programs.finishing import FIRST, OPEN, TARGET, a_finishing_program, at, finished_rows, open_rows
from tests.programs.portfolio import NOW, TODAY, add_members, add_program, add_source, change

BASE = "/api/v1/programs/CHECKOUT"


async def got(client: httpx.AsyncClient, path: str) -> Any:
    return (await answered(client, f"{BASE}/{path}"))["data"]


async def test_a_steady_team_is_told_the_day_and_how_sure_it_is(finishing: httpx.AsyncClient) -> None:
    """30 items at exactly ten a week take 15 working days, today (a Friday) being the first."""
    data = await got(finishing, "forecast?by=2026-11-27")
    outlook = data["forecast"]

    assert (data["remaining"], data["target"], data["reason"], data["unit"]) == (30, "2026-12-11", None, "items")
    assert outlook["without_growth"]["dates"] == {"p50": "2026-12-10", "p85": "2026-12-10", "p95": "2026-12-10"}
    assert outlook["without_growth"]["on_target"]["value"] == 1.0
    assert 0.999 < outlook["without_growth"]["on_target"]["low"] < 1.0
    assert outlook["p85_range"] == {"low": "2026-12-10", "high": "2026-12-10"}
    assert outlook["how_many"] == {"by": "2026-11-27", "working_days": 6, "p50": 12, "p85": 12, "p95": 12}
    assert data["message"] == (
        "With 85 % confidence the 30 open items are done by 2026-12-10 (half of the trials: by 2026-12-10), "
        "if no work is added."
    )
    assert data["stability"]["stable"]
    assert [week["finished"] for week in data["history"]] == [10] * 12


async def test_the_track_record_stands_beside_the_forecast(finishing: httpx.AsyncClient) -> None:
    beside = (await got(finishing, "forecast"))["calibration"]
    whole = await got(finishing, "forecast/calibration")

    assert {name: beside[name] for name in ("badge", "question", "message")} == {
        name: whole[name] for name in ("badge", "question", "message")
    }
    assert whole["badge"] == "insufficient"  # fifteen weeks of work
    assert (whole["origins"], whole["skipped"]) == (12, 3)
    finished = [each for each in whole["promises"] if each["question"] == "items_finished"]
    assert {(each["happened"], each["kept_p95"]) for each in finished} == {(40, True)}
    assert (finished[-1]["p50"], finished[-1]["p95"]) == (40, 30)  # one of the twelve weeks then was without any


async def test_the_csv_of_the_track_record_holds_every_promise(finishing: httpx.AsyncClient) -> None:
    promises = (await got(finishing, "forecast/calibration"))["promises"]
    answer = await finishing.get(f"{BASE}/forecast/calibration", headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))

    assert len(rows) == len(promises) > 10
    assert [row["origin"] for row in rows] == [each["origin"] for each in promises]


async def test_growth_puts_the_day_off_and_cancelled_work_is_no_growth(database: Database) -> None:
    await a_finishing_program(database)
    added = [an_item(str(700 + week), created_at=at(date(2026, 10, 5) + timedelta(weeks=week))) for week in range(6)]
    gone = an_item(
        "750", status_category="cancelled", created_at=at(date(2026, 10, 6)), resolved_at=at(date(2026, 11, 3))
    )
    await add_members(database, *added, gone)
    async with a_client(services_over(database)) as client:
        data = await got(client, "forecast")

    assert data["remaining"] == OPEN + 6
    growth = {week["week"]: week["growth"] for week in data["history"]}
    assert (growth["2026-10-05"], growth["2026-11-02"], growth["2026-11-09"]) == (2, 0, 1)
    plain, growing = data["forecast"]["without_growth"], data["forecast"]["with_growth"]
    assert growing["dates"]["p85"] > plain["dates"]["p85"]
    assert growing["on_target"]["value"] <= plain["on_target"]["value"]


async def test_a_pace_that_changed_is_answered_twice(database: Database) -> None:
    """Ten a week became twenty in October; the weeks since then stand beside the whole window."""
    await a_finishing_program(database)
    faster = finished_rows(first=date(2026, 10, 12), daily=8)
    await add_members(
        database, *(row | {"uid": f"{row['uid']}0", "native_id": f"{row['native_id']}0"} for row in faster)
    )
    async with a_client(services_over(database)) as client:
        answer = await answered(client, f"{BASE}/forecast")
    data = answer["data"]

    assert data["stability"] | {"mean": None, "lower": None, "upper": None} == {
        "stable": False,
        "reason": "non_stationary",
        "since": "2026-10-12",
        "mean": None,
        "lower": None,
        "upper": None,
    }
    assert (data["recent"]["first_week"], data["recent"]["weeks"]) == ("2026-10-12", 5)
    assert data["recent"]["without_growth"]["dates"]["p85"] < data["forecast"]["without_growth"]["dates"]["p85"]
    assert "non_stationary" in [warning["code"] for warning in answer["warnings"]]


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("empty_scope", "No forecast: nothing counts in this program yet."),
        ("nothing_left", "Nothing is left to do."),
        ("insufficient_history", "No forecast: 2 complete weeks of history, and at least 4 are needed."),
        ("no_throughput", "No forecast: nothing was finished in 12 weeks."),
    ],
)
async def test_where_there_cannot_be_a_forecast_it_says_why(database: Database, reason: str, message: str) -> None:
    await add_source(database)
    await add_program(database, target=TARGET)
    rows = {
        "empty_scope": [],
        "nothing_left": finished_rows(),
        "insufficient_history": [
            row | {"created_at": at(date(2026, 11, 3))}
            for row in (*open_rows(3), *finished_rows(first=date(2026, 11, 3)))
        ],
        "no_throughput": open_rows(3),
    }[reason]
    if rows:
        await add_members(database, *rows)
    async with a_client(services_over(database)) as client:
        data = await got(client, "forecast")

    assert (data["forecast"], data["reason"], data["message"]) == (None, reason, message)


async def test_a_program_without_a_target_has_no_probability_of_it(database: Database) -> None:
    await a_finishing_program(database, target=None)
    async with a_client(services_over(database)) as client:
        data = await got(client, "forecast")

    assert data["target"] is None
    assert data["forecast"]["without_growth"]["on_target"] is None


async def test_holidays_of_the_calendar_put_the_end_off(database: Database) -> None:
    await a_finishing_program(database)
    off = WorkingCalendar(frozenset({date(2026, 12, 7), date(2026, 12, 8)}))
    async with a_client(services_over(database, terms=DependencyTerms(calendar=off))) as client:
        data = await got(client, "forecast")

    assert data["forecast"]["without_growth"]["dates"]["p50"] == "2026-12-14"
    assert data["forecast"]["without_growth"]["on_target"]["value"] == 0.0


async def test_items_that_do_not_count_are_neither_history_nor_left(database: Database) -> None:
    """Sub-tasks on one side alone would make a team look faster, or its work longer, than it is."""
    await a_finishing_program(database)
    async with a_client(services_over(database)) as client:
        before = await got(client, "forecast")
        parent = "acme-jira:2"
        subtasks = [
            an_item(str(800 + place), parent_uid=parent, level=-1, subtask=True, item_type="Sub-task")
            for place in range(9)
        ]
        done = [row | {"status_category": "done", "done_at": at(date(2026, 11, 4))} for row in subtasks[:4]]
        await add_members(database, *done, *subtasks[4:])
        await change(database, "acme-jira:2", title="With sub-tasks")
        after = await got(client, "forecast")

    assert (after["remaining"], after["history"]) == (before["remaining"], before["history"])


async def test_a_day_of_tidying_up_is_told_and_left_out_on_request(database: Database) -> None:
    await a_finishing_program(database)
    tidied = [
        an_item(str(5000 + place), status_category="done", created_at=at(FIRST), done_at=at(date(2026, 10, 7)))
        for place in range(200)
    ]
    await add_members(database, *tidied)
    async with a_client(services_over(database)) as client:
        told = await answered(client, f"{BASE}/forecast")
        without = await answered(client, f"{BASE}/forecast?without_bulk_days=true")
        flow = await answered(client, f"{BASE}/flow")
        flow_without = await answered(client, f"{BASE}/flow?without_bulk_days=true")

    assert max(week["finished"] for week in told["data"]["history"]) == 210
    assert [week["finished"] for week in without["data"]["history"]][6] == 8  # the two of that day went with it
    assert [each["message"] for each in told["warnings"] if each["code"] == "bulk_done"] == [
        "Unusually many items were done at once: 202 items on 2026-10-07. "
        "They count; without_bulk_days=true leaves them out."
    ]
    assert flow["data"]["bulk_days"] == [{"day": "2026-10-07", "items": 202, "what": "done", "left_out": False}]
    assert flow["data"]["groups"][0]["throughput"]["total"] == 320
    assert flow_without["data"]["groups"][0]["throughput"]["total"] == 118


async def test_the_same_question_has_the_same_answer_and_a_tag_until_something_changes(database: Database) -> None:
    await a_finishing_program(database)
    for path in ("forecast", "forecast/calibration", "flow"):
        async with a_client(services_over(database)) as client:
            first = await client.get(f"{BASE}/{path}")
            unchanged = await client.get(f"{BASE}/{path}", headers={"If-None-Match": first.headers["etag"]})
        async with a_client(services_over(database)) as other:
            again = await other.get(f"{BASE}/{path}")
        assert (unchanged.status_code, again.json()["data"]) == (304, first.json()["data"])
    async with a_client(services_over(database)) as client:
        held = {"If-None-Match": (await client.get(f"{BASE}/forecast")).headers["etag"]}
        await change(database, "acme-jira:3", status_category="done", done_at=at(date(2026, 11, 19)))
        changed = await client.get(f"{BASE}/forecast", headers=held)

    assert changed.status_code == 200
    assert changed.json()["data"]["remaining"] == OPEN - 1


async def test_a_new_target_is_another_answer(database: Database) -> None:
    await a_finishing_program(database)
    async with a_client(services_over(database)) as client:
        met = await got(client, "forecast")
        async with database.transaction() as uow:
            await uow.connection.execute(programs.update().values(target=date(2026, 12, 9)))
        missed = await got(client, "forecast")

    chances = [each["forecast"]["without_growth"]["on_target"]["value"] for each in (met, missed)]
    assert chances == [1.0, 0.0]


async def test_tomorrow_is_another_day(database: Database) -> None:
    await a_finishing_program(database)
    async with a_client(services_over(database, clock=FixedClock(NOW + timedelta(days=3)))) as client:
        data = await got(client, "forecast")

    assert data["forecast"]["without_growth"]["dates"]["p50"] == "2026-12-11"


async def test_of_a_day_of_the_past_it_says_what_would_have_been_said_then(finishing: httpx.AsyncClient) -> None:
    """On the evening of 23 October, a Friday, 38 items more were open: 68, six weeks and four days of work."""
    then = await answered(finishing, f"{BASE}/forecast?as_of=2026-10-23&by=2026-10-30")
    outlook = then["data"]["forecast"]

    assert then["as_of"] == "2026-10-23T23:59:59Z"
    assert then["data"]["remaining"] == OPEN + 38
    assert outlook["without_growth"]["dates"]["p50"] == "2026-12-09"
    assert outlook["how_many"]["working_days"] == 6
    assert then["data"]["history"][-1]["week"] == "2026-10-12"
    assert then["data"]["dependency_aware"]["dates"]["p85"] == "2026-10-27"
    assert "mapping_of_today" in [warning["code"] for warning in then["warnings"]]


async def test_in_the_middle_of_a_day_nothing_is_known_of_it(finishing: httpx.AsyncClient) -> None:
    morning = await got(finishing, "forecast?as_of=2026-10-23T09:00:00Z")
    evening = await got(finishing, "forecast?as_of=2026-10-23")
    today, now = await got(finishing, "forecast?as_of=2026-11-20"), await got(finishing, "forecast")

    assert morning["remaining"] == evening["remaining"] + 2
    assert today == now


async def test_a_day_before_the_program_has_no_forecast_and_one_after_today_is_refused(
    finishing: httpx.AsyncClient,
) -> None:
    before = await got(finishing, "forecast?as_of=2026-01-05")
    refused = await finishing.get(f"{BASE}/forecast?as_of=2026-11-21")

    assert (before["forecast"], before["reason"], before["remaining"]) == (None, "empty_scope", 0)
    assert (await got(finishing, "forecast?as_of=2026-01-04"))["dependency_aware"] is None
    assert (refused.status_code, refused.json()["errors"][0]["parameter"]) == (422, "as_of")


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("forecast?by=2026-11-19", "by"),
        ("forecast?by=2040-01-01", "by"),
        ("forecast?by=soon", "by"),
        ("forecast?weeks=3", "weeks"),
        ("forecast?weeks=105", "weeks"),
        ("forecast?seed=1", "seed"),
        ("flow?by=person", "by"),
        ("flow?weeks=0", "weeks"),
        ("forecast/calibration?weeks=12", "weeks"),
    ],
)
async def test_a_bad_question_is_told_what_is_wrong_with_it(
    local: httpx.AsyncClient, path: str, parameter: str
) -> None:
    refused = await local.get(f"{BASE}/{path}")

    assert refused.status_code == 422
    assert [each["parameter"] for each in refused.json()["errors"]] == [parameter]


@pytest.mark.parametrize("path", ["forecast", "forecast/calibration", "flow"])
async def test_a_program_that_is_not_there_or_not_theirs_is_not_found(sqlite_database: Database, path: str) -> None:
    await a_finishing_program(sqlite_database)
    await add_program(sqlite_database, "OTHER", position=1)
    await a_key(sqlite_database, "everybody", Scope.ADMIN)
    key = bearer(await a_key(sqlite_database, "mobile", Scope.READ, programs=("OTHER",)))
    async with a_client(services_over(sqlite_database)) as client:
        answers = [
            await client.get(f"/api/v1/programs/{program}/{path}", headers=key)
            for program in ("NOWHERE", "CHECKOUT", "OTHER")
        ]

    assert [answer.status_code for answer in answers] == [404, 404, 200]
    assert TODAY.isoformat() not in answers[0].text
