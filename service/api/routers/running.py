"""Running it: alive, ready, measured. Outside `/api/v1` and outside the envelope."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from service.api import source_metrics
from service.api.access import CHALLENGE, may_read_reasons
from service.api.dependencies import WithServices
from service.api.metrics import Metrics
from service.api.openapi import problem_responses
from service.api.problems import Kind, Problem
from service.api.replies import plain
from service.api.services import Check
from service.api.sources import source_facts

router = APIRouter(tags=["running it"])

CHALLENGED: Final = {"WWW-Authenticate": CHALLENGE}


@router.get(
    "/healthz",
    summary="Alive",
    responses={200: {"content": {"application/json": {"example": {"status": "alive"}}}}},
)
async def healthz() -> Response:
    """Answers as long as the process does; touches nothing else."""
    return plain({"status": "alive"})


@router.get(
    "/readyz",
    summary="Ready",
    responses={
        **problem_responses(Kind.SIGN_IN_NEEDED, Kind.INVALID_REQUEST),
        200: {
            "content": {
                "application/json": {
                    "example": {
                        "status": "ready",
                        "checks": [
                            {"name": "database", "ok": True, "level": "ok", "detail": "SQLite interlock.db"},
                            {
                                "name": "last sync acme-jira",
                                "ok": True,
                                "level": "ok",
                                "detail": "20 Nov 2026, 02:14 UTC, 5 hours ago",
                            },
                            {
                                "name": "mapping CHECKOUT",
                                "ok": False,
                                "level": "warning",
                                "detail": 'project "PAY" (rule "project PAY"): gone from acme-jira, deleted or hidden '
                                "from our account; give the account the right to browse it, or take it out of the "
                                "programs file.",
                            },
                        ],
                    }
                }
            }
        },
        503: {
            "description": Kind.NOT_READY.title,
            "content": {
                "application/problem+json": {
                    "example": Problem(
                        Kind.NOT_READY,
                        "Not ready: migrations.",
                        checks=[{"name": "migrations", "ok": False, "level": "failed"}],
                    ).body("/readyz")
                }
            },
        },
    },
)
async def readyz(
    request: Request,
    services: WithServices,
    deep: Annotated[
        bool, Query(description="Ask every tool now whether it lets us in, and wait up to ten seconds; for readers.")
    ] = False,
) -> Response:
    """Every named check; 503 when one of them fails that is no warning.

    Who may not read is told ready or not, and no reason.
    """
    reader = await may_read_reasons(request)
    if deep and not reader:
        raise Problem(Kind.SIGN_IN_NEEDED, "deep=1 asks the tools: send an API key that may read.", headers=CHALLENGED)
    if deep:
        await services.ask_tools()
    checks = await services.readiness()
    lines = [{"name": check.name, "ok": check.ok, "level": _level(check), "detail": check.detail} for check in checks]
    missing = [f"{check.name} ({check.detail})" for check in checks if not (check.ok or check.warning)]
    if not reader:
        if missing:
            raise Problem(Kind.NOT_READY, "Not ready; /readyz names the reasons to those who may read.")
        return plain({"status": "ready"})
    if missing:
        raise Problem(Kind.NOT_READY, f"Not ready: {'; '.join(missing)}.", checks=lines)
    return plain({"status": "ready", "checks": lines})


def _level(check: Check) -> str:
    if check.ok:
        return "ok"
    return "warning" if check.warning else "failed"


@router.get("/openapi.json", include_in_schema=False)
async def openapi_document(request: Request) -> Response:
    """The description of this API for machines."""
    return plain(request.app.openapi())


@router.get("/metrics", summary="Metrics for Prometheus", responses={200: {"content": {"text/plain": {}}}})
async def metrics(request: Request, services: WithServices) -> Response:
    meters: Metrics = request.app.state.metrics
    text = meters.exposition() + source_metrics.exposition(await source_facts(services))
    return Response(text, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})
