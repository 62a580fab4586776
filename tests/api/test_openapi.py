"""The OpenAPI document says what the service does: checked by looking, by example, and by schemathesis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.core.result import Ok

from service.api.services import Services
from service.app import create_app
from service.domain.access import Scope
from service.store.engine import Database
from tests.api.client import a_client, services_over
from tests.auth.support import a_key, bearer
from tests.builders.edges import insert_link, insert_link_type, insert_pointer
from tests.programs.portfolio import a_checkout


def _document(services: Services) -> dict[str, Any]:
    return create_app(services).openapi()


@pytest.fixture
def document(sqlite_database: Database) -> dict[str, Any]:
    return _document(services_over(sqlite_database))


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "components": document["components"]}


def test_the_document_lists_every_path_of_the_contract(document: dict[str, Any]) -> None:
    assert sorted(document["paths"]) == [
        "/api/v1/audit",
        "/api/v1/items/{uid}",
        "/api/v1/items/{uid}/history",
        "/api/v1/items/{uid}/impact",
        "/api/v1/items/{uid}/why",
        "/api/v1/mapping/apply",
        "/api/v1/mapping/overlaps",
        "/api/v1/mapping/plan",
        "/api/v1/mapping/suggestions",
        "/api/v1/mapping/suggestions/{suggestion_id}",
        "/api/v1/mapping/unmapped",
        "/api/v1/portfolio",
        "/api/v1/programs",
        "/api/v1/programs/{key}",
        "/api/v1/programs/{key}/attention",
        "/api/v1/programs/{key}/baselines",
        "/api/v1/programs/{key}/baselines/{baseline}",
        "/api/v1/programs/{key}/changes",
        "/api/v1/programs/{key}/critical-path",
        "/api/v1/programs/{key}/data-quality",
        "/api/v1/programs/{key}/dependencies",
        "/api/v1/programs/{key}/dependencies/bottlenecks",
        "/api/v1/programs/{key}/dependencies/cycles",
        "/api/v1/programs/{key}/dependencies/graph",
        "/api/v1/programs/{key}/dependencies/matrix",
        "/api/v1/programs/{key}/flow",
        "/api/v1/programs/{key}/forecast",
        "/api/v1/programs/{key}/forecast/calibration",
        "/api/v1/programs/{key}/health",
        "/api/v1/programs/{key}/items",
        "/api/v1/programs/{key}/override",
        "/api/v1/programs/{key}/report",
        "/api/v1/programs/{key}/rollup",
        "/api/v1/programs/{key}/scope",
        "/api/v1/programs/{key}/simulate",
        "/api/v1/programs/{key}/trend",
        "/api/v1/sources",
        "/api/v1/sources/{name}/sync",
        "/api/v1/sync-runs",
        "/api/v1/sync-runs/{run_id}",
        "/api/v1/sync-runs/{run_id}/events",
        "/healthz",
        "/metrics",
        "/readyz",
    ]


def test_whatever_is_told_of_programs_can_be_asked_of_an_earlier_time(document: dict[str, Any]) -> None:
    """As of a moment or, where a time is asked about, up to its end."""
    told = {
        path: {each["name"] for each in operation["parameters"]}
        for path, method, operation in _operations(document)
        if method == "get" and path.startswith(("/api/v1/programs", "/api/v1/portfolio"))
    }

    assert len(told) > 15
    assert [path for path, names in told.items() if names.isdisjoint({"as_of", "to", "until"})] == []


def test_every_example_fits_its_own_schema(document: dict[str, Any]) -> None:
    checked = 0
    for _, _, operation in _operations(document):
        for response in operation["responses"].values():
            for content in response.get("content", {}).values():
                schema = content.get("schema")
                examples = [each["value"] for each in content.get("examples", {}).values()]
                for example in [*examples, *([content["example"]] if "example" in content else [])]:
                    if schema and "$ref" in schema:
                        jsonschema.validate(example, _resolved(document, schema))
                        checked += 1
    assert checked > 50


def test_every_operation_of_the_api_has_a_name_a_summary_and_examples(document: dict[str, Any]) -> None:
    names = []
    for path, _, operation in _operations(document):
        names.append(operation["operationId"])
        assert operation["summary"], path
        if path.startswith("/api/"):
            success = next(
                operation["responses"][code] for code in ("200", "201", "202") if code in operation["responses"]
            )
            kind = "text/event-stream" if path.endswith("/events") else "application/json"
            assert success["content"][kind]["example"], path
            assert operation["responses"]["422"]["content"]["application/problem+json"]["examples"], path
    assert len(set(names)) == len(names)


async def test_the_answers_about_real_rows_fit_the_document(database: Database) -> None:
    await a_checkout(database)
    async with database.transaction() as uow:
        await insert_pointer(uow.connection, "acme-jira:11", "https://acme-jira.example/browse/PAY-12")
        await insert_pointer(uow.connection, "acme-jira:11", "https://acme-jira.example/browse/PAY-404")
        await insert_link_type(uow.connection, "Blocks")
        await insert_link(uow.connection, "1", "acme-jira:12", "acme-jira:16")
        await insert_link(uow.connection, "2", "acme-jira:16", "acme-jira:12")
        await insert_link(uow.connection, "3", "acme-jira:10", "acme-jira:16")
    services = services_over(database)
    document = _document(services)
    asked = {
        "/api/v1/programs": "/api/v1/programs",
        "/api/v1/programs/CHECKOUT": "/api/v1/programs/{key}",
        "/api/v1/programs/CHECKOUT/rollup?by=epic": "/api/v1/programs/{key}/rollup",
        "/api/v1/programs/CHECKOUT/rollup?basis=points": "/api/v1/programs/{key}/rollup",
        "/api/v1/programs/CHECKOUT/rollup?as_of=2026-11-01": "/api/v1/programs/{key}/rollup",
        "/api/v1/programs/CHECKOUT/trend": "/api/v1/programs/{key}/trend",
        "/api/v1/programs/CHECKOUT/scope": "/api/v1/programs/{key}/scope",
        "/api/v1/programs/CHECKOUT/items": "/api/v1/programs/{key}/items",
        "/api/v1/programs/CHECKOUT/items?as_of=2026-11-01": "/api/v1/programs/{key}/items",
        "/api/v1/programs/CHECKOUT/dependencies?as_of=2026-11-01": "/api/v1/programs/{key}/dependencies",
        "/api/v1/programs/CHECKOUT/critical-path?as_of=2026-11-01": "/api/v1/programs/{key}/critical-path",
        "/api/v1/programs?as_of=2026-11-01": "/api/v1/programs",
        "/api/v1/programs/CHECKOUT?as_of=2026-11-01": "/api/v1/programs/{key}",
        "/api/v1/programs/CHECKOUT/health?as_of=2026-11-01": "/api/v1/programs/{key}/health",
        "/api/v1/programs/CHECKOUT/attention?as_of=2026-11-01": "/api/v1/programs/{key}/attention",
        "/api/v1/programs/CHECKOUT/data-quality?as_of=2026-11-01": "/api/v1/programs/{key}/data-quality",
        "/api/v1/programs/CHECKOUT/baselines?as_of=2026-11-01": "/api/v1/programs/{key}/baselines",
        "/api/v1/programs/CHECKOUT/report?as_of=2026-11-01": "/api/v1/programs/{key}/report",
        "/api/v1/portfolio?as_of=2026-11-01": "/api/v1/portfolio",
        "/api/v1/programs/CHECKOUT/changes?since=2026-01-01": "/api/v1/programs/{key}/changes",
        "/api/v1/programs/CHECKOUT/baselines": "/api/v1/programs/{key}/baselines",
        "/api/v1/programs/CHECKOUT/dependencies": "/api/v1/programs/{key}/dependencies",
        "/api/v1/programs/CHECKOUT/dependencies/cycles": "/api/v1/programs/{key}/dependencies/cycles",
        "/api/v1/programs/CHECKOUT/dependencies/bottlenecks": "/api/v1/programs/{key}/dependencies/bottlenecks",
        "/api/v1/programs/CHECKOUT/dependencies/graph": "/api/v1/programs/{key}/dependencies/graph",
        "/api/v1/programs/CHECKOUT/dependencies/matrix": "/api/v1/programs/{key}/dependencies/matrix",
        "/api/v1/programs/CHECKOUT/critical-path": "/api/v1/programs/{key}/critical-path",
        "/api/v1/programs/CHECKOUT/flow?by=project": "/api/v1/programs/{key}/flow",
        "/api/v1/programs/CHECKOUT/forecast": "/api/v1/programs/{key}/forecast",
        "/api/v1/programs/CHECKOUT/forecast/calibration": "/api/v1/programs/{key}/forecast/calibration",
        "/api/v1/items/acme-jira:12/impact": "/api/v1/items/{uid}/impact",
        "/api/v1/items/acme-jira:11": "/api/v1/items/{uid}",
        "/api/v1/items/acme-jira:11/why": "/api/v1/items/{uid}/why",
        "/api/v1/items/acme-jira:11/history": "/api/v1/items/{uid}/history",
        "/api/v1/portfolio": "/api/v1/portfolio",
        "/api/v1/programs/CHECKOUT/health": "/api/v1/programs/{key}/health",
        "/api/v1/programs/CHECKOUT/attention": "/api/v1/programs/{key}/attention",
        "/api/v1/programs/CHECKOUT/data-quality": "/api/v1/programs/{key}/data-quality",
        "/api/v1/mapping/unmapped": "/api/v1/mapping/unmapped",
        "/api/v1/mapping/overlaps": "/api/v1/mapping/overlaps",
        "/api/v1/mapping/suggestions": "/api/v1/mapping/suggestions",
        "/api/v1/sources": "/api/v1/sources",
        "/api/v1/sync-runs": "/api/v1/sync-runs",
    }
    async with a_client(services) as client:
        for address, path in asked.items():
            response = await client.get(address)
            schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            jsonschema.validate(response.json(), _resolved(document, schema))


@pytest.mark.parametrize("who", ["this machine", "a key", "nobody"])
async def test_no_generated_request_breaks_the_service(sqlite_database: Database, who: str) -> None:
    """Every operation, a bounded number of generated requests each: never a 5xx, always a documented answer."""
    await a_checkout(sqlite_database)
    services = services_over(sqlite_database)
    schema = schemathesis.openapi.from_dict(_document(services))
    key = None if who == "this machine" else await a_key(sqlite_database, scope=Scope.ADMIN)
    async with a_client(services) as client:
        for result in schema.get_all_operations():
            assert isinstance(result, Ok)
            guarded = bool(result.ok().definition.raw["security"])
            for case in _cases(result.ok()):
                response = await _send(client, case, bearer(key) if key and who == "a key" else {})
                if who == "nobody" and guarded:
                    assert response.status_code in {401, 400, 414}, case.as_curl_command()
                elif guarded:
                    assert response.status_code != 401, case.as_curl_command()


def _cases(operation: Any) -> list[Any]:
    """Drawn first and sent after, as a generator runs synchronously and the client does not."""
    drawn: list[Any] = []

    @settings(max_examples=12, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def draw(case: Any) -> None:
        drawn.append(case)

    draw()
    return drawn


async def _send(client: httpx.AsyncClient, case: Any, credential: dict[str, str]) -> httpx.Response:
    arguments = case.as_transport_kwargs(base_url="http://127.0.0.1:8000")
    arguments.pop("cookies", None)
    arguments["headers"] = _without_credentials(arguments.get("headers")) | credential
    if isinstance(arguments.get("data"), bytes | str):
        arguments["content"] = arguments.pop("data")
    response = await client.request(**arguments)
    documented = case.operation.definition.raw["responses"]
    assert response.status_code < 500 or response.status_code == 503, (case.as_curl_command(), response.text)
    assert str(response.status_code) in documented or response.status_code in {400, 404, 405, 414}, (
        case.as_curl_command(),
        response.text,
    )
    if response.status_code >= 400:
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["status"] == response.status_code
    return response


def _without_credentials(headers: Any) -> dict[str, str]:
    """Schemathesis makes up credentials as well, which would brake the address."""
    return {
        name: value for name, value in dict(headers or {}).items() if name.lower() not in {"authorization", "cookie"}
    }
