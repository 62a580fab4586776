"""Running it: alive, ready, measured. Outside `/api/v1` and outside the envelope."""

from __future__ import annotations

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from service.api.access import may_read_reasons
from service.api.dependencies import WithServices
from service.api.metrics import Metrics, SourceState
from service.api.problems import Kind, Problem
from service.api.replies import plain
from service.api.syncing import source_states

router = APIRouter(tags=["running it"])


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
        200: {
            "content": {
                "application/json": {
                    "example": {
                        "status": "ready",
                        "checks": [
                            {"name": "database", "ok": True, "detail": "SQLite interlock.db"},
                            {
                                "name": "last sync acme-jira",
                                "ok": True,
                                "detail": "20 Nov 2026, 02:14 UTC, 5 hours ago",
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
                        Kind.NOT_READY, "Not ready: migrations.", checks=[{"name": "migrations", "ok": False}]
                    ).body("/readyz")
                }
            },
        },
    },
)
async def readyz(request: Request, services: WithServices) -> Response:
    """Every named check; 503 when one of them fails. Who may not read is told ready or not, and no reason."""
    checks = await services.readiness()
    lines = [{"name": check.name, "ok": check.ok, "detail": check.detail} for check in checks]
    missing = [f"{check.name} ({check.detail})" for check in checks if not check.ok]
    if not await may_read_reasons(request):
        if missing:
            raise Problem(Kind.NOT_READY, "Not ready; /readyz names the reasons to those who may read.")
        return plain({"status": "ready"})
    if missing:
        raise Problem(Kind.NOT_READY, f"Not ready: {'; '.join(missing)}.", checks=lines)
    return plain({"status": "ready", "checks": lines})


@router.get("/openapi.json", include_in_schema=False)
async def openapi_document(request: Request) -> Response:
    """The description of this API for machines."""
    return plain(request.app.openapi())


@router.get("/metrics", summary="Metrics for Prometheus", responses={200: {"content": {"text/plain": {}}}})
async def metrics(request: Request, services: WithServices) -> Response:
    meters: Metrics = request.app.state.metrics
    states = await source_states(services, now=services.clock.now())
    text = meters.exposition(SourceState(state.name, state.lag_seconds, running) for state, running in states)
    return Response(text, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})
