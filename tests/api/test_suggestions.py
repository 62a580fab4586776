"""Suggested edges over HTTP: listed, decided, refused."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select

from service.domain.suggestions import suggestion_id
from service.store.engine import Database
from service.store.tables.items import item_references
from service.store.tables.programs import audit_log, memberships, programs
from tests.api.client import a_client, services_over
from tests.auth.support import a_key, bearer
from tests.builders.edges import insert_pointer
from tests.programs.portfolio import SYNCED, add_program, two_tools

LIST = "/api/v1/mapping/suggestions"
ISSUE, TASK = "acme-jira:11", "acme-asana:1201"
TASK_URL = "https://app.asana.com/0/1200/1201"
ID = suggestion_id(ISSUE, TASK)


@pytest.fixture
async def asked(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """PAY-11 points at the task, the task at an issue that nobody saw."""
    await two_tools(database)
    async with database.transaction() as uow:
        await insert_pointer(uow.connection, ISSUE, TASK_URL, relationship="links to")
        await insert_pointer(uow.connection, TASK, "https://acme-jira.example/browse/PAY-404", origin="text")
    async with a_client(services_over(database)) as client:
        yield client


async def test_a_limited_key_sees_an_edge_only_when_it_sees_both_ends(
    database: Database, asked: httpx.AsyncClient
) -> None:
    """ISSUE stands in both programs, TASK in one: its title is nothing for who sees the other program alone."""
    await add_program(database, "BOTH", name="Across tools", position=1)
    row = {"program_key": "BOTH", "rule": "r", "via": "direct", "valid_from": SYNCED}
    async with database.transaction() as uow:
        await uow.connection.execute(insert(memberships), [row | {"item_uid": uid} for uid in (ISSUE, TASK)])
    told = {}
    for program in ("CHECKOUT", "BOTH"):
        key = await a_key(database, program, programs=(program,))
        answer = await asked.get(LIST, headers=bearer(key))
        told[program] = [each["id"] for each in answer.json()["data"]["suggestions"] if each["id"] == ID]
        assert (TASK in answer.text) is (program == "BOTH")

    assert told == {"CHECKOUT": [], "BOTH": [ID]}


async def rows(client: httpx.AsyncClient, query: str = "") -> list[dict[str, Any]]:
    response = await client.get(f"{LIST}{query}")
    found: list[dict[str, Any]] = response.json()["data"]["suggestions"]
    return found


async def decide(client: httpx.AsyncClient, **body: Any) -> httpx.Response:
    return await client.post(f"{LIST}/{ID}", json=body)


async def audited(database: Database) -> list[Any]:
    async with database.reading() as uow:
        return list(await uow.connection.execute(select(audit_log).order_by(audit_log.c.id)))


async def revision(database: Database) -> int:
    async with database.reading() as uow:
        return int((await uow.connection.execute(select(programs.c.revision))).scalar_one())


async def test_what_points_is_listed_with_both_items_and_every_pointer(asked: httpx.AsyncClient) -> None:
    (found,) = await rows(asked, "?status=suggested")

    assert found == {
        "id": ID,
        "status": "suggested",
        "predecessor": {
            "uid": TASK,
            "key": "1201",
            "title": "Item 1201",
            "source": "acme-asana",
            "status_category": "to_do",
            "url": None,
            "live": True,
        },
        "successor": {
            "uid": ISSUE,
            "key": "PAY-11",
            "title": "Item 11",
            "source": "acme-jira",
            "status_category": "to_do",
            "url": "https://acme-jira.example/browse/PAY-11",
            "live": True,
        },
        "origins": ["web_link"],
        "doubt": None,
        "decided_by": None,
        "decided_at": None,
        "pointers": [{"item": ISSUE, "origin": "web_link", "target": TASK_URL, "relationship": "links to"}],
    }


async def test_a_pointer_at_nothing_seen_is_listed_as_unresolved(asked: httpx.AsyncClient) -> None:
    (found,) = await rows(asked, "?status=unresolved")

    assert (found["predecessor"], found["successor"]["uid"]) == (None, TASK)
    assert found["pointers"][0]["target"] == "https://acme-jira.example/browse/PAY-404"


async def test_pages_join_without_gap_or_repeat_and_are_tagged(asked: httpx.AsyncClient) -> None:
    first = await asked.get(f"{LIST}?limit=1")
    second = await asked.get(first.links["next"]["url"])
    again = await asked.get(f"{LIST}?limit=1", headers={"If-None-Match": first.headers["etag"]})

    both = [*first.json()["data"]["suggestions"], *second.json()["data"]["suggestions"]]
    assert [each["id"] for each in both] == [each["id"] for each in await rows(asked)]
    assert (first.json()["data"]["total"], second.json()["data"]["next_cursor"]) == (2, None)
    assert again.status_code == 304


async def test_the_list_can_be_read_as_csv(asked: httpx.AsyncClient) -> None:
    response = await asked.get(f"{LIST}?format=csv&status=suggested")
    (row,) = csv.DictReader(io.StringIO(response.text))

    assert (row["id"], row["predecessor.key"], row["successor.key"]) == (ID, "1201", "PAY-11")
    assert row["pointers"] == f"item={ISSUE}; origin=web_link; target={TASK_URL}; relationship=links to"


async def test_confirming_is_audited_once_and_makes_answers_about_the_program_new(
    asked: httpx.AsyncClient, database: Database
) -> None:
    before = await revision(database)
    first = await decide(asked, decision="confirm")
    again = await decide(asked, decision="confirm", predecessor=TASK)

    told = first.json()["data"]["suggestion"]
    assert (told["status"], told["decided_by"], told["decided_at"]) == (
        "confirmed",
        "this machine (local)",
        "2026-11-20T08:00:12.345678Z",
    )
    assert again.json()["data"] == first.json()["data"]
    assert [each["id"] for each in await rows(asked, "?status=confirmed")] == [ID]
    (entry,) = await audited(database)
    assert (entry.actor, entry.action, entry.subject) == ("this machine (local)", "suggestion_confirmed", ID)
    assert entry.detail["before"]["status"] == "suggested"
    assert entry.detail["after"] == {
        "status": "confirmed",
        "predecessor": TASK,
        "successor": ISSUE,
        "decided_by": "this machine (local)",
    }
    assert await revision(database) == before + 1


async def test_a_person_may_turn_dismiss_and_withdraw(asked: httpx.AsyncClient, database: Database) -> None:
    turned = (await decide(asked, decision="confirm", predecessor=ISSUE)).json()["data"]["suggestion"]
    dismissed = (await decide(asked, decision="dismiss")).json()["data"]["suggestion"]
    withdrawn = (await decide(asked, decision="withdraw")).json()["data"]["suggestion"]
    again = (await decide(asked, decision="withdraw")).json()["data"]["suggestion"]

    assert (turned["predecessor"]["uid"], turned["successor"]["uid"]) == (ISSUE, TASK)
    assert (dismissed["status"], dismissed["predecessor"]["uid"]) == ("dismissed", TASK)
    assert withdrawn == again
    assert (withdrawn["status"], withdrawn["decided_by"]) == ("suggested", None)
    assert [each.action for each in await audited(database)] == [
        "suggestion_confirmed",
        "suggestion_dismissed",
        "suggestion_withdrawn",
    ]


async def test_an_unknown_suggestion_is_a_404_that_says_where_to_look(asked: httpx.AsyncClient) -> None:
    response = await asked.post(f"{LIST}/0000", json={"decision": "confirm"})

    assert (response.status_code, response.json()["type"]) == (404, "/problems/unknown-suggestion")
    assert response.json()["detail"] == (
        "There is no suggested edge 0000; it may have ended with the pointers it rested on. "
        "GET /api/v1/mapping/suggestions lists them."
    )


@pytest.mark.parametrize(
    ("body", "parameter", "message"),
    [
        ({}, "decision", "is missing"),
        ({"decision": "maybe"}, "decision", "must be one of the allowed values"),
        ({"decision": "confirm", "predecessor": "x:1"}, "predecessor", "'x:1' is neither of the two items"),
        ({"decision": "dismiss", "predecessor": TASK}, "predecessor", "belongs to `confirm` alone; leave it out"),
        ({"decision": "confirm", "first": TASK}, "first", "is not known here"),
        ({"decision": "confirm", "predecessor": 7}, "predecessor", "must be a text"),
        ([], "body", "must be a JSON object, sent as application/json"),
    ],
)
async def test_a_decision_that_means_nothing_is_refused_by_name(
    asked: httpx.AsyncClient, body: Any, parameter: str, message: str
) -> None:
    response = await asked.post(f"{LIST}/{ID}", json=body)
    (error,) = response.json()["errors"]

    assert response.status_code == 422
    assert (error["parameter"], error["in"], error["message"]) == (parameter, "body", message)


async def test_a_body_that_is_no_json_is_refused(asked: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    response = await asked.post(f"{LIST}/{ID}", content=b"{", headers=headers)

    assert (response.status_code, response.json()["detail"]) == (422, "body is not JSON.")


async def test_nothing_can_be_decided_about_a_pointer_at_nothing_seen(asked: httpx.AsyncClient) -> None:
    (unresolved,) = await rows(asked, "?status=unresolved")
    response = await asked.post(f"{LIST}/{unresolved['id']}", json={"decision": "confirm"})

    assert (response.status_code, response.json()["errors"][0]["message"]) == (
        422,
        "the pointer leads to no item that was seen; there is nothing to decide yet",
    )


async def test_where_both_point_the_one_that_comes_first_must_be_named(
    asked: httpx.AsyncClient, database: Database
) -> None:
    async with database.transaction() as uow:
        await uow.connection.execute(item_references.delete())
        await insert_pointer(uow.connection, ISSUE, TASK_URL)
        await insert_pointer(uow.connection, TASK, "PAY-11", origin="field:7")
    (open_one,) = await rows(asked)
    refused = await decide(asked, decision="confirm")
    confirmed = await decide(asked, decision="confirm", predecessor=ISSUE)

    assert (open_one["id"], open_one["doubt"]) == (ID, "both_ways")
    assert refused.json()["errors"] == [
        {
            "parameter": "predecessor",
            "in": "body",
            "message": "nothing tells which item comes first; name it",
            "allowed": [TASK, ISSUE],
        }
    ]
    assert confirmed.json()["data"]["suggestion"]["predecessor"]["uid"] == ISSUE


async def test_an_unknown_status_is_refused_with_those_there_are(asked: httpx.AsyncClient) -> None:
    response = await asked.get(f"{LIST}?status=open")

    assert (response.status_code, response.json()["allowed"]) == (
        422,
        ["suggested", "confirmed", "dismissed", "unresolved"],
    )


async def test_deciding_is_for_this_machine_alone(database: Database) -> None:
    await two_tools(database)
    services = services_over(database, allow_anonymous="read")
    async with a_client(services, peer="203.0.113.9") as client:
        response = await decide(client, decision="confirm")

    assert (response.status_code, response.json()["type"]) == (403, "/problems/read-only-elsewhere")
