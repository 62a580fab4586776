"""A programs file over HTTP: planned, applied, refused."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy import select

from service.store.engine import Database
from service.store.tables.programs import audit_log
from tests.api.client import a_client, services_over
from tests.programs.portfolio import a_checkout

FILE = """
programs:
  - key: CART
    name: Cart
    include:
      - {source: acme-jira, project: CART}
"""


async def test_a_plan_tells_what_would_move_and_changes_nothing(client: httpx.AsyncClient) -> None:
    before = (await client.get("/api/v1/programs")).json()["data"]
    plan = await client.post("/api/v1/mapping/plan", content=FILE)
    after = (await client.get("/api/v1/programs")).json()["data"]

    assert plan.status_code == 200
    assert [(p["key"], p["action"], p["items_after"]) for p in plan.json()["data"]["programs"]] == [
        ("CART", "added", 1),
        ("CHECKOUT", "removed", 0),
    ]
    assert before == after


async def test_applying_a_file_makes_it_so_and_says_who_did(database: Database) -> None:
    await a_checkout(database)
    async with a_client(services_over(database)) as client:
        applied = await client.post("/api/v1/mapping/apply", content=FILE, headers={"Content-Type": "text/yaml"})
        again = await client.post("/api/v1/mapping/apply", content=FILE)
        listed = (await client.get("/api/v1/programs")).json()["data"]["programs"]
    async with database.reading() as uow:
        actors = list((await uow.connection.execute(select(audit_log.c.actor))).scalars())

    assert applied.json()["data"] == {
        "added": ["CART"],
        "changed": [],
        "removed": ["CHECKOUT"],
        "memberships": {"opened": 1, "closed": 0},
    }
    assert again.json()["data"]["memberships"] == {"opened": 0, "closed": 0}
    assert [each["key"] for each in listed] == ["CART"]
    assert actors == ["this machine (local)"]


async def test_json_of_the_same_shape_is_taken(local: httpx.AsyncClient) -> None:
    file = {"programs": [{"key": "ALL", "name": "Tab\there", "include": [{"source": "acme-jira"}]}]}
    response = await local.post("/api/v1/mapping/plan", json=file)

    assert [each["key"] for each in response.json()["data"]["programs"]] == ["ALL", "CHECKOUT"]


async def test_a_file_with_mistakes_names_line_path_and_reason(local: httpx.AsyncClient) -> None:
    response = await local.post("/api/v1/mapping/apply", content="programs:\n  - key: A\n    nmae: Cart\n")
    body = response.json()

    assert (response.status_code, body["type"]) == (422, "/problems/invalid-programs-file")
    assert body["detail"].endswith(" Nothing was changed.")
    assert all(set(error) == {"line", "path", "message"} for error in body["errors"])
    assert "programs[0].nmae" in [error["path"] for error in body["errors"]]


@pytest.mark.parametrize(
    ("content", "kind", "status", "detail"),
    [
        (b"\xff", "text/yaml", 400, "Byte 0 of the body is not UTF-8; save the file as UTF-8."),
        (
            b"{",
            "application/json",
            400,
            "The body is not JSON at line 1, column 2; see /docs for an example.",
        ),
        (b"x", "text/csv", 415, "The body is text/csv; send application/yaml or application/json."),
    ],
)
async def test_a_body_that_is_no_programs_file_is_refused(
    local: httpx.AsyncClient, content: bytes, kind: str, status: int, detail: str
) -> None:
    response = await local.post("/api/v1/mapping/plan", content=content, headers={"Content-Type": kind})

    assert (response.status_code, response.json()["detail"]) == (status, detail)


async def test_what_no_program_holds_is_listed(database: Database) -> None:
    await a_checkout(database)
    async with a_client(services_over(database)) as client:
        await client.post("/api/v1/mapping/apply", content=FILE)
        page = (await client.get("/api/v1/mapping/unmapped?limit=2")).json()["data"]

    assert [each["key"] for each in page["unmapped"]] == ["PAY-10", "PAY-11"]
    assert page["total"] == 5
    assert page["next_cursor"]
