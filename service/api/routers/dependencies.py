"""The dependencies of a program: the list, cycles, the matrix, bottlenecks, the graph, the critical path, what if."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query
from fastapi import Path as InPath
from starlette.requests import Request
from starlette.responses import Response

from service.api.dependencies import WantedForm, WithServices, WithView, separated
from service.api.openapi import answers
from service.api.paging import DEFAULT_LIMIT, Cursor, Limit
from service.api.problems import Kind
from service.api.replies import Rows, reply, settled, settled_text
from service.api.schemas import dependency_examples as examples
from service.api.schemas.what_if import WhatIfBody
from service.programs import bottlenecks, dependencies, graphs, schedules, what_if
from service.programs.answers import Answer
from service.programs.dependencies import DependencyFilters
from service.programs.dependency_answers import (
    BottleneckData,
    BottleneckList,
    CriticalPathData,
    CycleData,
    CycleList,
    DependencyList,
    EdgeData,
    GraphData,
    MatrixCell,
    MatrixData,
    ScheduledItem,
    SimulationData,
)
from service.programs.graph_formats import FORMATS, MEDIA_TYPES

router = APIRouter(prefix="/programs", tags=["dependencies"])

Key = Annotated[str, InPath(max_length=200, description="The program's key.", examples=["CHECKOUT"])]
Names = list[Annotated[str, Query(max_length=400)]] | None
GraphFormat = Literal["json", "dot", "mermaid", "graphml"]
By = Literal["team", "project", "workstream"]
BottlenecksBy = Literal["item", "team", "person"]

Statuses = Annotated[
    Names,
    Query(
        description="One or several of cyclic, broken, blocked, off_track, at_risk, unknown, on_track, resolved; "
        "repeated, or with commas.",
        examples=[["blocked,off_track"]],
    ),
]
Sources = Annotated[Names, Query(description="Name of the source of either end.")]
Projects = Annotated[Names, Query(description="Key, name or id of the project of either end.")]
Teams = Annotated[Names, Query(description="Team of either end.")]
Provenances = Annotated[
    Names, Query(description="Where the edge comes from: jira_link, asana, declared or suggested; as `status`.")
]
CrossTool = Annotated[bool | None, Query(description="Only edges between two tools, or only those within one.")]
CrossProject = Annotated[bool | None, Query(description="Only edges between two projects, or only those within one.")]


@router.get(
    "/{key}/dependencies",
    summary="The dependencies of a program, the worst first",
    description="Who waits for whom, since when, how late it will be and what it drags along. "
    "Filters look at either end; all that are given must hold. The health is that of the whole program. "
    "As of an earlier moment: those of today's dependencies that were there by then, and how they stood.",
    responses=answers(
        Answer[DependencyList],
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        description="One page, and the health of all.",
        example=examples.DEPENDENCIES,
        csv=True,
        conditional=True,
    ),
)
async def list_dependencies(  # noqa: PLR0913, PLR0917 - one argument per filter is what makes them documented
    request: Request,
    services: WithServices,
    view: WithView,
    form: WantedForm,
    key: Key,
    status: Statuses = None,
    source: Sources = None,
    project: Projects = None,
    team: Teams = None,
    provenance: Provenances = None,
    cross_tool: CrossTool = None,
    cross_project: CrossProject = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    answer = await dependencies.list_dependencies(
        services.database,
        key,
        view=view,
        filters=DependencyFilters(
            status=separated(status),
            source=tuple(source or ()),
            project=tuple(project or ()),
            team=tuple(team or ()),
            provenance=separated(provenance),
            cross_tool=cross_tool,
            cross_project=cross_project,
        ),
        cursor=cursor,
        limit=limit,
    )
    return settled(request, services, answer, form=form, rows=Rows("dependencies", EdgeData))


@router.get(
    "/{key}/dependencies/cycles",
    summary="Items that wait for each other",
    responses=answers(
        Answer[CycleList],
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        description="Each cycle once, from its smallest uid; each item waits for the one before it.",
        example=examples.CYCLES,
        csv=True,
        conditional=True,
    ),
)
async def list_cycles(
    request: Request,
    services: WithServices,
    view: WithView,
    form: WantedForm,
    key: Key,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    answer = await dependencies.get_cycles(
        services.database,
        key,
        view=view,
        cursor=cursor,
        limit=limit,
    )
    return settled(request, services, answer, form=form, rows=Rows("cycles", CycleData))


@router.get(
    "/{key}/dependencies/matrix",
    summary="Who waits for whom, by team, project or workstream",
    responses=answers(
        Answer[MatrixData],
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        description="One cell for each two that have edges between them, the worst first.",
        example=examples.MATRIX,
        csv=True,
        conditional=True,
    ),
)
async def get_matrix(  # noqa: PLR0913, PLR0917 - one argument per parameter is what makes them documented
    request: Request,
    services: WithServices,
    view: WithView,
    form: WantedForm,
    key: Key,
    by: Annotated[By, Query(description="What waits and what is waited for.")] = "team",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    answer = await dependencies.get_matrix(
        services.database,
        key,
        view=view,
        by=by,
        cursor=cursor,
        limit=limit,
    )
    return settled(request, services, answer, form=form, rows=Rows("cells", MatrixCell))


@router.get(
    "/{key}/dependencies/bottlenecks",
    summary="What most open work waits for",
    description="By item: the tenth that most distinct open work waits for, directly or through others; gates that "
    "only gather others left out. By team: what waits for any item of it. By person only where the operator allows "
    "it (`people: {bottlenecks: true}`); otherwise that is refused.",
    responses=answers(
        Answer[BottleneckList],
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        description="One page, what most waits for first.",
        example=examples.BOTTLENECKS,
        csv=True,
        conditional=True,
    ),
)
async def list_bottlenecks(  # noqa: PLR0913, PLR0917 - one argument per parameter is what makes them documented
    request: Request,
    services: WithServices,
    view: WithView,
    form: WantedForm,
    key: Key,
    by: Annotated[BottlenecksBy, Query(description="What is told.")] = "item",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    answer = await bottlenecks.list_bottlenecks(
        services.database,
        key,
        view=view,
        by=by,
        cursor=cursor,
        limit=limit,
    )
    return settled(request, services, answer, form=form, rows=Rows("bottlenecks", BottleneckData))


@router.get(
    "/{key}/dependencies/graph",
    summary="The network as a graph",
    description=f"All of it, at most {graphs.MOST_NODES:,} items; or what lies around one item.",
    responses=answers(
        Answer[GraphData],
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        description="Nodes and edges; with another `format` the text of a drawing.",
        example=examples.GRAPH,
        conditional=True,
        texts=tuple(MEDIA_TYPES.values()),
    ),
)
async def get_graph(  # noqa: PLR0913, PLR0917 - one argument per parameter is what makes them documented
    request: Request,
    services: WithServices,
    view: WithView,
    key: Key,
    format_: Annotated[
        GraphFormat, Query(alias="format", description="For people who draw: Graphviz, Mermaid or GraphML.")
    ] = "json",
    status: Statuses = None,
    around: Annotated[
        str | None, Query(max_length=400, description="An item, as `source:native-id` or `source:KEY`.")
    ] = None,
    depth: Annotated[
        int, Query(ge=1, le=graphs.MOST_DEPTH, description="How many edges away from that item, whichever way.")
    ] = 2,
) -> Response:
    answer = await graphs.get_graph(
        services.database,
        key,
        view=view,
        filters=DependencyFilters(status=separated(status)),
        around=around,
        depth=depth,
    )
    if format_ == "json":
        return settled(request, services, answer)
    return settled_text(request, FORMATS[format_](answer.data), media_type=MEDIA_TYPES[format_])


@router.get(
    "/{key}/critical-path",
    summary="What decides when a program is finished",
    description="The critical path over what is left to do, those that are nearly critical, and the float of every "
    "open item: how many working days it can slip before the target, the finish or another item moves. "
    "As CSV: the items.",
    responses=answers(
        Answer[CriticalPathData],
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        description="The paths, and one page of all open items, least float first.",
        example=examples.CRITICAL_PATH,
        csv=True,
        conditional=True,
    ),
)
async def get_critical_path(
    request: Request,
    services: WithServices,
    view: WithView,
    form: WantedForm,
    key: Key,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    answer = await schedules.get_critical_path(
        services.database,
        key,
        view=view,
        cursor=cursor,
        limit=limit,
    )
    return settled(request, services, answer, form=form, rows=Rows("items", ScheduledItem))


@router.post(
    "/{key}/simulate",
    summary="What would move, if",
    description="An item slips, work is cut, an edge is dropped or added: which milestones and items begin or finish "
    "on another day, before and after; and, as far as finished work tells how long work takes, what that does to the "
    "chances of the target and of milestones. Nothing is written.",
    responses=answers(
        Answer[SimulationData],
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        Kind.BODY_TOO_LARGE,
        description="What moves most comes first.",
        example=examples.SIMULATION,
    ),
)
async def simulate(
    request: Request,
    services: WithServices,
    view: WithView,
    key: Key,
    change: Annotated[WhatIfBody, Body(openapi_examples={"what_if": {"value": examples.WHAT_IF}})],
) -> Response:
    answer = await what_if.simulate(services.database, key, change.change(), view, chances=change.chances)
    return reply(request, answer)
