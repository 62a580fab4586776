"""Sources, and the runs that read them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from service.api import sources, syncing
from service.api.access import WithPrincipal, address_of
from service.api.dependencies import WantedForm, WithServices
from service.api.openapi import answers, problem_responses
from service.api.paging import DEFAULT_LIMIT, Cursor, Limit
from service.api.problems import Kind
from service.api.replies import Rows, reply
from service.api.run_events import run_events
from service.api.schemas import examples, source_examples
from service.api.schemas.sources import SourceData, SourceList
from service.api.schemas.sync import StartedRun, SyncRun, SyncRunDetail, SyncRunList
from service.programs.answers import Answer

router = APIRouter(tags=["sources"])

SourceName = Annotated[str, InPath(max_length=100, description="The name in interlock.yaml.", examples=["acme-jira"])]


@router.get(
    "/sources",
    summary="List the sources",
    responses=answers(
        Answer[SourceList],
        Kind.INVALID_REQUEST,
        description="Every source at a glance: how fresh, what is proven of each scope, and what needs somebody.",
        example=source_examples.SOURCES,
        csv=True,
    ),
)
async def list_sources(request: Request, services: WithServices, form: WantedForm) -> Response:
    return reply(request, await sources.list_sources(services), form=form, rows=Rows("sources", SourceData))


@router.post(
    "/sources/{name}/sync",
    summary="Sync a source now",
    status_code=202,
    responses=answers(
        Answer[StartedRun],
        Kind.UNKNOWN_SOURCE,
        Kind.SYNC_ALREADY_RUNNING,
        Kind.NO_WORKER,
        Kind.INVALID_REQUEST,
        Kind.READ_ONLY_ELSEWHERE,
        Kind.FOREIGN_ORIGIN,
        description="The run has begun; follow it under its Location.",
        example=examples.STARTED,
        status=202,
    ),
)
async def start_sync(request: Request, services: WithServices, who: WithPrincipal, name: SourceName) -> Response:
    answer = await syncing.start_sync(services, name, actor=who.actor, origin=address_of(request))
    headers = {"Location": f"/api/v1/sync-runs/{answer.data.id}", "Cache-Control": "no-store"}
    return reply(request, answer, status=202, headers=headers)


@router.get(
    "/sync-runs",
    summary="List the sync runs",
    responses=answers(
        Answer[SyncRunList],
        Kind.UNKNOWN_SOURCE,
        Kind.INVALID_REQUEST,
        description="Newest first.",
        example=examples.SYNC_RUNS,
        csv=True,
    ),
)
async def list_sync_runs(
    request: Request,
    services: WithServices,
    form: WantedForm,
    source: Annotated[str | None, Query(max_length=100, description="Only the runs of this source.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    answer = await syncing.list_runs(services, source=source, cursor=cursor, limit=limit)
    return reply(request, answer, form=form, rows=Rows("sync_runs", SyncRun))


@router.get(
    "/sync-runs/{run_id}",
    summary="One sync run",
    responses=answers(
        Answer[SyncRunDetail],
        Kind.UNKNOWN_SYNC_RUN,
        Kind.INVALID_REQUEST,
        description="The run and each scope it read.",
        example=examples.SYNC_RUN,
    ),
)
async def get_sync_run(
    request: Request, services: WithServices, run_id: Annotated[int, InPath(description="The run's number.")]
) -> Response:
    return reply(request, await syncing.get_run(services, run_id))


@router.get(
    "/sync-runs/{run_id}/events",
    summary="Watch a sync run",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events: `progress` whenever its counts move, then one `finished`.",
            "content": {"text/event-stream": {"example": examples.RUN_EVENTS}},
        },
        **problem_responses(Kind.UNKNOWN_SYNC_RUN, Kind.INVALID_REQUEST),
    },
)
async def watch_sync_run(
    services: WithServices, run_id: Annotated[int, InPath(description="The run's number.")]
) -> Response:
    await syncing.run_now(services, run_id)  # a number that no run has is refused before the stream begins
    return StreamingResponse(
        run_events(lambda: syncing.run_now(services, run_id)),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
