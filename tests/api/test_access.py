"""Every route states what it needs, and nobody gets more than that."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from sqlalchemy import insert
from starlette.routing import Route

from service import app
from service.api.access import NEEDS
from service.api.routers import (
    audit,
    baselines,
    changes,
    dependencies,
    forecasts,
    health,
    items,
    mapping,
    programs,
    running,
    sources,
)
from service.app import create_app
from service.auth.keys import revoke_key
from service.domain.access import Reach, Scope
from service.programs.baselines import take_baseline
from service.store.engine import Database
from service.store.tables.programs import memberships
from tests.api.client import a_client, services_over
from tests.auth.support import GROUPS, Provider, a_key, bearer, connected
from tests.builders.items import an_item
from tests.programs.portfolio import NOW, SYNCED, a_checkout, add_members, add_program
from tests.programs.waiting import view

ELSEWHERE = "http://interlock.internal"
FILE = "programs: []"
REQUESTS = {  # one that every route understands, by its name
    "list_programs": "GET /api/v1/programs",
    "get_program": "GET /api/v1/programs/CHECKOUT",
    "get_rollup": "GET /api/v1/programs/CHECKOUT/rollup",
    "get_trend": "GET /api/v1/programs/CHECKOUT/trend",
    "get_scope": "GET /api/v1/programs/CHECKOUT/scope",
    "list_items": "GET /api/v1/programs/CHECKOUT/items",
    "list_dependencies": "GET /api/v1/programs/CHECKOUT/dependencies",
    "list_cycles": "GET /api/v1/programs/CHECKOUT/dependencies/cycles",
    "get_matrix": "GET /api/v1/programs/CHECKOUT/dependencies/matrix",
    "list_bottlenecks": "GET /api/v1/programs/CHECKOUT/dependencies/bottlenecks",
    "get_graph": "GET /api/v1/programs/CHECKOUT/dependencies/graph",
    "get_critical_path": "GET /api/v1/programs/CHECKOUT/critical-path",
    "get_portfolio": "GET /api/v1/portfolio",
    "get_health": "GET /api/v1/programs/CHECKOUT/health",
    "get_data_quality": "GET /api/v1/programs/CHECKOUT/data-quality",
    "get_attention": "GET /api/v1/programs/CHECKOUT/attention",
    "override_health": "PUT /api/v1/programs/CHECKOUT/override",
    "withdraw_override": "DELETE /api/v1/programs/CHECKOUT/override",
    "get_forecast": "GET /api/v1/programs/CHECKOUT/forecast",
    "get_calibration": "GET /api/v1/programs/CHECKOUT/forecast/calibration",
    "get_report": "GET /api/v1/programs/CHECKOUT/report?for=weekly",
    "get_flow": "GET /api/v1/programs/CHECKOUT/flow",
    "get_changes": "GET /api/v1/programs/CHECKOUT/changes?since=2026-11-01",
    "list_baselines": "GET /api/v1/programs/CHECKOUT/baselines",
    "get_baseline": "GET /api/v1/programs/CHECKOUT/baselines/latest",
    "take_baseline": "POST /api/v1/programs/CHECKOUT/baselines",
    "simulate": "POST /api/v1/programs/CHECKOUT/simulate",
    "get_impact": "GET /api/v1/items/acme-jira:11/impact",
    "get_item": "GET /api/v1/items/acme-jira:11",
    "get_item_history": "GET /api/v1/items/acme-jira:11/history",
    "explain_item": "GET /api/v1/items/acme-jira:11/why",
    "plan_mapping": "POST /api/v1/mapping/plan",
    "apply_mapping": "POST /api/v1/mapping/apply",
    "list_unmapped": "GET /api/v1/mapping/unmapped",
    "list_overlaps": "GET /api/v1/mapping/overlaps",
    "list_suggestions": "GET /api/v1/mapping/suggestions",
    "decide_suggestion": "POST /api/v1/mapping/suggestions/x",
    "list_sources": "GET /api/v1/sources",
    "start_sync": "POST /api/v1/sources/acme-jira/sync",
    "list_sync_runs": "GET /api/v1/sync-runs",
    "get_sync_run": "GET /api/v1/sync-runs/1",
    "watch_sync_run": "GET /api/v1/sync-runs/1/events",
    "list_audit": "GET /api/v1/audit",
    "metrics": "GET /metrics",
    "openapi_document": "GET /openapi.json",
    "home": "GET /",
    "program_page": "GET /programs/CHECKOUT",
    "docs_page": "GET /docs",
    "healthz": "GET /healthz",
    "readyz": "GET /readyz",
    "problem_kind_page": "GET /problems/unexpected",
    "sign_in_page": "GET /login",
    "sign_in": "POST /login",
    "leave_for_provider": "GET /login/start",
    "return_from_provider": "GET /login/callback",
    "sign_out": "POST /logout",
    "receive_from_jira": "POST /webhooks/jira/acme-jira",
    "receive_from_unsigning_jira": "POST /webhooks/jira/acme-jira/n0nce",
    "receive_from_asana": "POST /webhooks/asana/acme-jira/n0nce",
}
BODIES: dict[str, Any] = {
    "plan_mapping": {"content": FILE},
    "apply_mapping": {"content": FILE},
    "decide_suggestion": {"json": {"decision": "dismiss"}},
    "take_baseline": {"json": {"name": "Board"}},
    "override_health": {"json": {"value": "amber", "reason": "Wait."}},
    "simulate": {"json": {"slips": [{"item": "acme-jira:12", "days": 5}]}},
}
GUARDED = sorted(name for name, need in NEEDS.items() if need.scope is not None)


async def asked(client: httpx.AsyncClient, name: str, **headers: str) -> httpx.Response:
    method, path = REQUESTS[name].split(" ")
    return await client.request(method, path, headers=headers, **BODIES.get(name, {}))


@pytest.fixture
async def guarded(sqlite_database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A service at which somebody has a key, asked from elsewhere."""
    await a_checkout(sqlite_database)
    await a_key(sqlite_database, "first", Scope.ADMIN)
    async with a_client(services_over(sqlite_database), peer="10.0.0.7", base_url=ELSEWHERE) as client:
        yield client


def _routes(router: APIRouter) -> Iterator[Route]:
    for each in router.routes:
        assert isinstance(each, Route), each
        yield each


def test_every_route_states_its_need_and_no_need_is_left_over(sqlite_database: Database) -> None:
    """The table is walked from both ends; so are the requests of this file."""
    app = create_app(services_over(sqlite_database))
    served = {route.name for route in _all_routes(app.router)}

    assert served == set(NEEDS)
    assert set(REQUESTS) == set(NEEDS)


def _all_routes(router: Any) -> Iterator[Route]:
    """However deep FastAPI keeps the included routers."""
    for each in router.routes:
        if isinstance(each, Route):
            yield each
        elif getattr(each, "original_router", None) is not None:
            yield from _all_routes(each.original_router)


async def test_a_route_that_states_no_need_cannot_be_served(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    router = APIRouter()
    router.routes.append(APIRoute("/forgotten", lambda: None, name="forgotten"))
    monkeypatch.setattr(app, "ROUTERS", (*app.ROUTERS, (router, "")))

    with pytest.raises(KeyError, match="forgotten"):
        create_app(services_over(sqlite_database))


def test_what_only_reads_asks_for_no_more_than_reading() -> None:
    reading = {
        route.name
        for module in (
            *(audit, baselines, changes, dependencies, forecasts, health),
            *(items, mapping, programs, running, sources),
        )
        for route in _routes(module.router)
        if route.methods is not None and "GET" in route.methods
    }

    assert {name for name in reading if NEEDS[name].scope not in {Scope.READ, None}} == {"list_audit"}


@pytest.mark.parametrize("name", GUARDED)
async def test_nobody_gets_an_answer_without_a_credential(guarded: httpx.AsyncClient, name: str) -> None:
    response = await asked(guarded, name)

    assert (response.status_code, response.json()["type"]) == (401, "/problems/sign-in-needed")
    assert response.headers["www-authenticate"] == 'Bearer realm="interlock"'
    assert response.json()["detail"] == (
        "Nobody is signed in. Send an API key as `Authorization: Bearer ilk_…` (`interlock keys create` makes one), "
        "or sign in at /login."
    )


@pytest.mark.parametrize("name", sorted(set(NEEDS) - set(GUARDED)))
async def test_what_is_open_is_answered_to_everybody(guarded: httpx.AsyncClient, name: str) -> None:
    response = await asked(guarded, name)

    assert response.status_code < 500
    assert not any(kind in response.text for kind in ("sign-in-needed", "loopback-only", "host-not-allowed"))


async def test_unknown_paths_tell_nobody_that_they_are_unknown(guarded: httpx.AsyncClient) -> None:
    assert (await guarded.get("/nothing")).status_code == 401


@pytest.mark.parametrize("name", GUARDED)
@pytest.mark.parametrize("held", list(Scope))
async def test_each_scope_opens_exactly_what_needs_it(sqlite_database: Database, name: str, held: Scope) -> None:
    await a_checkout(sqlite_database)
    key = await a_key(sqlite_database, "k", held)
    async with a_client(services_over(sqlite_database), peer="10.0.0.7", base_url=ELSEWHERE) as client:
        response = await asked(client, name, **bearer(key))

    needed = NEEDS[name].scope
    assert needed is not None
    if held.covers(needed):
        assert response.status_code not in {401, 403}, response.text
    else:
        assert (response.status_code, response.json()["type"]) == (403, "/problems/scope-missing")
        assert response.json()["needed"] == needed
        assert f'error="insufficient_scope", scope="{needed}"' in response.headers["www-authenticate"]


async def test_a_missing_scope_says_who_asked_what_is_missing_and_what_next(sqlite_database: Database) -> None:
    key = await a_key(sqlite_database, "dashboard")
    async with a_client(services_over(sqlite_database)) as client:
        response = await client.post("/api/v1/mapping/apply", content=FILE, headers=bearer(key))

    assert response.json()["detail"] == (
        "dashboard (key) may read, and POST /api/v1/mapping/apply needs the scope admin; "
        "ask whoever runs this service for it."
    )


async def test_a_wrong_key_is_refused_and_not_repeated(guarded: httpx.AsyncClient) -> None:
    response = await guarded.get("/api/v1/programs", headers=bearer("ilk_s3cret"))

    assert (response.status_code, response.json()["type"]) == (401, "/problems/credential-refused")
    assert response.headers["www-authenticate"] == 'Bearer realm="interlock", error="invalid_token"'
    assert "s3cret" not in response.text


async def test_many_wrong_keys_are_told_to_wait(guarded: httpx.AsyncClient) -> None:
    answers = [await guarded.get("/api/v1/programs", headers=bearer("ilk_x")) for _ in range(11)]

    assert [each.status_code for each in answers] == [401] * 10 + [429]
    assert answers[-1].headers["retry-after"] == "60"
    assert answers[-1].json()["type"] == "/problems/too-many-failures"


async def test_a_key_in_the_address_is_no_credential(guarded: httpx.AsyncClient, sqlite_database: Database) -> None:
    key = await a_key(sqlite_database)

    assert (await guarded.get(f"/api/v1/programs?key={key.token}")).status_code == 401


async def test_this_machine_signs_in_like_everybody_once_there_is_a_key(database: Database) -> None:
    await a_checkout(database)
    async with a_client(services_over(database)) as before:
        assert (await before.get("/api/v1/programs")).status_code == 200
    key = await a_key(database)
    async with a_client(services_over(database)) as client:
        assert (await client.get("/api/v1/programs")).status_code == 401
        assert (await client.get("/api/v1/programs", headers=bearer(key))).status_code == 200
        await revoke_key(database, "ci", actor="pat", origin="terminal", now=NOW)
        assert (await client.get("/api/v1/programs")).status_code == 401


async def test_reading_that_was_opened_stays_open_beside_keys_and_nothing_else_is(database: Database) -> None:
    await a_checkout(database)
    key = await a_key(database, "boss", Scope.ADMIN)
    services = services_over(database, allow_anonymous="read")
    async with a_client(services) as client:
        read = await client.get("/api/v1/programs")
        audited = await client.get("/api/v1/audit")
        applied = await client.post("/api/v1/mapping/apply", content=FILE)
        by_key = await client.get("/api/v1/audit", headers=bearer(key))

    assert [each.status_code for each in (read, audited, applied, by_key)] == [200, 403, 401, 200]


async def test_a_token_of_the_identity_provider_is_as_good_as_a_key(sqlite_database: Database) -> None:
    provider = Provider()
    services = services_over(sqlite_database, provider=connected(provider))
    async with a_client(services, peer="10.0.0.7", base_url=ELSEWHERE) as client:
        nobody = await client.get("/api/v1/programs")
        reader = await client.get("/api/v1/programs", headers=bearer(provider.token()))
        chess = await client.get("/api/v1/programs", headers=bearer(provider.token(groups=["chess"])))
        boss = await client.get("/api/v1/audit", headers=bearer(provider.token(groups=list(GROUPS[Scope.ADMIN]))))

    assert [each.status_code for each in (nobody, reader, chess, boss)] == [401, 200, 403, 200]
    assert chess.json()["detail"] == (
        "pat@acme.example (sign-in) may nothing here, and GET /api/v1/programs needs the scope read; "
        "ask whoever runs this service for it."
    )


async def test_while_the_identity_provider_is_away_keys_still_work(sqlite_database: Database) -> None:
    provider = Provider()
    provider.away = True
    key = await a_key(sqlite_database)
    async with a_client(services_over(sqlite_database, provider=connected(provider))) as client:
        by_token = await client.get("/api/v1/programs", headers=bearer(provider.token()))
        by_key = await client.get("/api/v1/programs", headers=bearer(key))

    assert (by_token.status_code, by_token.json()["type"]) == (503, "/problems/provider-away")
    assert "id.acme.example" not in by_token.text
    assert by_key.status_code == 200


async def test_readiness_is_told_to_everybody_and_its_reasons_to_readers(sqlite_database: Database) -> None:
    key = await a_key(sqlite_database)
    async with a_client(services_over(sqlite_database), peer="10.0.0.7", base_url=ELSEWHERE) as client:
        stranger, reader = await client.get("/readyz"), await client.get("/readyz", headers=bearer(key))

    assert (stranger.status_code, stranger.json()) == (200, {"status": "ready"})
    assert reader.json() == {"status": "ready", "checks": []}


# A key that is limited to one of two programs, which share an item.


@pytest.fixture
async def limited(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """CHECKOUT holds acme-jira:10 to 16; HIDDEN holds 30 and shares 11; 40 is in no program."""
    await a_checkout(database)
    await add_program(database, "HIDDEN", name="Not for you", position=1)
    await add_members(database, an_item(30, title="Secret thing"), program="HIDDEN")
    async with database.transaction() as uow:
        row = {"program_key": "HIDDEN", "item_uid": "acme-jira:11", "rule": "r", "via": "direct", "valid_from": SYNCED}
        await uow.connection.execute(insert(memberships), [row])
    await take_baseline(database, "CHECKOUT", name="Kick-off", view=view(), actor="pat")
    key = await a_key(database, "team", programs=("CHECKOUT",))
    async with a_client(services_over(database), peer="10.0.0.7", base_url=ELSEWHERE) as client:
        client.headers.update(bearer(key))
        yield client


@pytest.mark.parametrize("name", [name for name in GUARDED if NEEDS[name].reach is not Reach.WHOLE])
async def test_a_limited_key_never_reads_of_the_other_program(limited: httpx.AsyncClient, name: str) -> None:
    """It may only read: what changes anything is refused."""
    response = await asked(limited, name)

    assert response.status_code == (200 if NEEDS[name].scope is Scope.READ else 403)
    assert "HIDDEN" not in response.text
    assert "Not for you" not in response.text


async def test_a_limited_key_lists_its_programs_alone(limited: httpx.AsyncClient) -> None:
    listed = (await limited.get("/api/v1/programs")).json()["data"]

    assert ([each["key"] for each in listed["programs"]], listed["next_cursor"]) == (["CHECKOUT"], None)


@pytest.mark.parametrize("path", ["", "/rollup", "/items"])
async def test_another_program_is_as_unknown_as_one_that_does_not_exist(limited: httpx.AsyncClient, path: str) -> None:
    hidden = await limited.get(f"/api/v1/programs/HIDDEN{path}")
    nowhere = await limited.get(f"/api/v1/programs/NOWHERE{path}")

    assert hidden.status_code == 404
    assert hidden.text.replace("HIDDEN", "NOWHERE") == nowhere.text


@pytest.mark.parametrize("path", ["", "/history", "/why"])
async def test_an_item_of_no_program_of_theirs_is_as_unknown_as_one_never_read(
    limited: httpx.AsyncClient, path: str
) -> None:
    hidden = await limited.get(f"/api/v1/items/acme-jira:30{path}")
    nowhere = await limited.get(f"/api/v1/items/acme-jira:99{path}")

    assert hidden.status_code == 404
    assert hidden.text.replace(":30", ":99") == nowhere.text


async def test_a_shared_item_shows_nothing_of_the_other_program(limited: httpx.AsyncClient) -> None:
    item = (await limited.get("/api/v1/items/acme-jira:11")).json()["data"]["item"]
    why = (await limited.get("/api/v1/items/acme-jira:11/why")).json()["data"]
    shared = (await limited.get("/api/v1/mapping/overlaps")).json()["data"]

    assert [each["key"] for each in item["programs"]] == ["CHECKOUT"]
    assert [each["program"] for each in (*why["memberships"], *why["absences"])] == ["CHECKOUT"]
    assert (shared["overlaps"], shared["total"]) == ([], 0)


async def test_one_who_sees_both_programs_sees_what_they_share(database: Database, limited: httpx.AsyncClient) -> None:
    both = await a_key(database, "both", programs=("CHECKOUT", "HIDDEN"))

    shared = (await limited.get("/api/v1/mapping/overlaps", headers=bearer(both))).json()["data"]

    assert [(each["uid"], each["programs"]) for each in shared["overlaps"]] == [
        ("acme-jira:11", ["CHECKOUT", "HIDDEN"])
    ]


@pytest.mark.parametrize(
    "name", [name for name in GUARDED if NEEDS[name].reach is Reach.WHOLE and NEEDS[name].scope is Scope.READ]
)
async def test_what_concerns_all_of_the_work_is_refused_to_a_limited_key(limited: httpx.AsyncClient, name: str) -> None:
    response = await asked(limited, name)

    assert (response.status_code, response.json()["type"]) == (403, "/problems/limited-to-programs")
    assert response.json()["detail"] == (
        "team (key) is limited to CHECKOUT, and this answer concerns all of the work. "
        "Ask about a program, or use a key without a limit."
    )


def test_the_document_says_what_each_operation_needs(sqlite_database: Database) -> None:
    document = create_app(services_over(sqlite_database)).openapi()
    operations = {
        operation["operationId"]: operation for methods in document["paths"].values() for operation in methods.values()
    }

    assert set(document["components"]["securitySchemes"]) == {"bearer", "session"}
    for name, operation in operations.items():
        scope = NEEDS[name].scope
        assert operation["security"] == ([] if scope is None else [{"bearer": [scope]}, {"session": [scope]}])
        assert scope is None or {"401", "403", "429"} <= set(operation["responses"])
    json.dumps(document)
