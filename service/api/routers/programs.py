"""Programs, their roll-up and their items."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from starlette.requests import Request
from starlette.responses import Response

from service.api.access import WithPrincipal
from service.api.dependencies import WantedForm, WithServices
from service.api.openapi import answers
from service.api.paging import DEFAULT_LIMIT, Cursor, Limit
from service.api.problems import Kind, Problem
from service.api.replies import Rows, conditional, settled
from service.api.schemas import examples
from service.programs import read
from service.programs.answers import (
    Answer,
    BreakdownRow,
    ItemList,
    ItemSummary,
    ProgramData,
    ProgramList,
    ProgramSummary,
    RollupData,
)
from service.programs.freshness import fingerprint
from service.programs.stated import fingerprint_with_health

router = APIRouter(prefix="/programs", tags=["programs"])

Key = Annotated[str, InPath(max_length=200, description="The program's key.", examples=["CHECKOUT"])]
By = Literal["project", "workstream", "epic", "source", "item_type", "team"]
Basis = Literal["count", "points", "time"]
Category = Literal["to_do", "in_progress", "done", "cancelled"]


@router.get(
    "",
    summary="List the programs",
    responses=answers(
        Answer[ProgramList],
        Kind.INVALID_REQUEST,
        description="In the order of the programs file.",
        example=examples.PROGRAMS,
        csv=True,
        conditional=True,
    ),
)
async def list_programs(
    request: Request,
    services: WithServices,
    who: WithPrincipal,
    form: WantedForm,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    answer = await read.list_programs(
        services.database, now=services.clock.now(), limit=limit, cursor=cursor, among=who.programs
    )
    return settled(request, services, answer, form=form, rows=Rows("programs", ProgramSummary))


@router.get(
    "/{key}",
    summary="One program, with the rules that fill it",
    responses=answers(
        Answer[ProgramData],
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        description="As its file describes it, and its health as people state it in their tools.",
        example=examples.PROGRAM,
        conditional=True,
    ),
)
async def get_program(request: Request, services: WithServices, key: Key) -> Response:
    return await conditional(
        request,
        services,
        fingerprint=await fingerprint_with_health(services.database, key),
        ask=lambda: read.get_program(services.database, key, now=services.clock.now()),
    )


@router.get(
    "/{key}/rollup",
    summary="How far a program is",
    description="Scope, progress on three bases, dates and a breakdown. As CSV: the rows of the breakdown.",
    responses=answers(
        Answer[RollupData],
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        Kind.HISTORY_NOT_SERVED,
        description="The roll-up as of now.",
        example=examples.ROLLUP,
        csv=True,
        conditional=True,
    ),
)
async def get_rollup(
    request: Request,
    services: WithServices,
    form: WantedForm,
    key: Key,
    by: Annotated[By, Query(description="What the rows of the breakdown are.")] = "project",
    basis: Annotated[Basis | None, Query(description="Only this basis; all three when left out.")] = None,
    as_of: Annotated[str | None, Query(max_length=64, description="Not served yet: leave it out.")] = None,
) -> Response:
    if as_of is not None:
        raise Problem(
            Kind.HISTORY_NOT_SERVED,
            f"as_of={as_of} asks for an earlier state, and only the current one is served; leave as_of out.",
            errors=[{"parameter": "as_of", "in": "query", "message": "must be left out"}],
        )
    return await conditional(
        request,
        services,
        fingerprint=await fingerprint(services.database, key),
        ask=lambda: read.get_rollup(
            services.database,
            key,
            by=by,
            basis=basis,
            missing=services.missing,
            now=services.clock.now(),
            today=services.today(),
        ),
        form=form,
        rows=Rows("breakdown", BreakdownRow),
    )


@router.get(
    "/{key}/items",
    summary="The items of a program",
    description="Filters may be repeated: any value of one will do, and all filters must hold. Case is ignored.",
    responses=answers(
        Answer[ItemList],
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        description="One page, by uid.",
        example=examples.ITEMS,
        csv=True,
        conditional=True,
    ),
)
async def list_items(  # noqa: PLR0913, PLR0917 - one argument per filter is what makes them documented and checked
    request: Request,
    services: WithServices,
    form: WantedForm,
    key: Key,
    status_category: Annotated[list[Category] | None, Query(description="Where the item stands.")] = None,
    project: Annotated[list[str] | None, Query(description="Key, name or id of the tool's project.")] = None,
    item_type: Annotated[list[str] | None, Query(description="Such as Story or Bug.")] = None,
    team: Annotated[list[str] | None, Query(description="The team's name.")] = None,
    assignee: Annotated[list[str] | None, Query(description="Name, e-mail address or id.")] = None,
    workstream: Annotated[list[str] | None, Query(description="A workstream of the program.")] = None,
    epic: Annotated[list[str] | None, Query(description="Key or uid of the epic.")] = None,
    label: Annotated[list[str] | None, Query(description="A label.")] = None,
    countable: Annotated[bool | None, Query(description="Only what counts, or only what does not.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    filters = read.ItemFilters(
        status_category=status_category,
        project=project,
        item_type=item_type,
        team=team,
        assignee=assignee,
        workstream=workstream,
        epic=epic,
        label=label,
        countable=countable,
    )
    return await conditional(
        request,
        services,
        fingerprint=await fingerprint(services.database, key),
        ask=lambda: read.list_items(
            services.database, key, filters=filters, cursor=cursor, limit=limit, now=services.clock.now()
        ),
        form=form,
        rows=Rows("items", ItemSummary),
    )
