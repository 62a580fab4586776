"""Programs, their roll-up and their items."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from starlette.requests import Request
from starlette.responses import Response

from service.api.access import WithPrincipal
from service.api.dependencies import AsOf, WantedForm, WithServices
from service.api.openapi import answers
from service.api.paging import DEFAULT_LIMIT, Cursor, Limit
from service.api.problems import Kind
from service.api.replies import Rows, conditional, settled
from service.api.schemas import examples, time_examples
from service.programs import past_list, read, trend
from service.programs.answers import (
    Answer,
    BreakdownRow,
    ItemList,
    ItemRow,
    ItemSummary,
    ProgramData,
    ProgramList,
    ProgramSummary,
    RollupData,
)
from service.programs.freshness import fingerprint
from service.programs.stated import fingerprint_with_health
from service.programs.trend_answers import ScopeChangesData, ScopePeriod, TrendData, TrendPoint

router = APIRouter(prefix="/programs", tags=["programs"])

Key = Annotated[str, InPath(max_length=200, description="The program's key.", examples=["CHECKOUT"])]
By = Literal["project", "workstream", "epic", "source", "item_type", "team"]
Basis = Literal["count", "points", "time"]
Category = Literal["to_do", "in_progress", "done", "cancelled"]
Interval = Literal["day", "week"]
From = Annotated[
    date | None, Query(alias="from", description="The first day; else the program's start, or thirteen weeks ago.")
]
To = Annotated[date | None, Query(alias="to", description="The last day; today when left out.")]


@router.get(
    "",
    summary="List the programs",
    description="As of an earlier moment with as many items as they had.",
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
    as_of: AsOf = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    answer = await read.list_programs(
        services.database,
        now=services.clock.now(),
        limit=limit,
        cursor=cursor,
        among=who.programs,
        as_of=services.moment(as_of),
    )
    return settled(request, services, answer, form=form, rows=Rows("programs", ProgramSummary))


@router.get(
    "/{key}",
    summary="One program, with the rules that fill it",
    responses=answers(
        Answer[ProgramData],
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        description="As its file describes it today, and its health as people state it in their tools.",
        example=examples.PROGRAM,
        conditional=True,
    ),
)
async def get_program(request: Request, services: WithServices, key: Key, as_of: AsOf = None) -> Response:
    moment = services.moment(as_of)
    return await conditional(
        request,
        services,
        fingerprint=await fingerprint_with_health(services.database, key),
        ask=lambda: read.get_program(
            services.database, key, now=services.clock.now(), as_of=moment, historians=services.historians
        ),
    )


@router.get(
    "/{key}/rollup",
    summary="How far a program is",
    description="Scope, progress on three bases, dates and a breakdown, now or as of an earlier moment. "
    "As CSV: the rows of the breakdown.",
    responses=answers(
        Answer[RollupData],
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        description="The roll-up; `as_of` is the moment that was asked for.",
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
    as_of: AsOf = None,
) -> Response:
    moment = services.moment(as_of)
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
            as_of=moment,
            historians=services.historians,
        ),
        form=form,
        rows=Rows("breakdown", BreakdownRow),
    )


@router.get(
    "/{key}/items",
    summary="The items of a program",
    description="Filters may be repeated: any value of one will do, and all filters must hold. Case is ignored. "
    "As of an earlier moment each item says which of its values later changes told (`reconstructed`) and which "
    "nothing can tell (`unknown`); the others are exact.",
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
    as_of: AsOf = None,
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
    moment = services.moment(as_of)

    async def ask() -> Answer[ItemList]:
        database, now = services.database, services.clock.now()
        if moment is None:
            return await read.list_items(database, key, filters=filters, cursor=cursor, limit=limit, now=now)
        return await past_list.list_items_then(
            database,
            key,
            as_of=moment,
            historians=services.historians,
            filters=filters,
            cursor=cursor,
            limit=limit,
            now=now,
        )

    return await conditional(
        request,
        services,
        fingerprint=await fingerprint(services.database, key),
        ask=ask,
        form=form,
        rows=Rows("items", ItemRow if moment is None else ItemSummary),
    )


@router.get(
    "/{key}/trend",
    summary="Burn-up and cumulative flow of a program",
    description="Who counts is decided anew for each day, as the roll-up of that day would. As CSV: one row a day.",
    responses=answers(
        Answer[TrendData],
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        description="One point a day, or for each week its last day; `as_of` is the last of them.",
        example=time_examples.TREND,
        csv=True,
        conditional=True,
    ),
)
async def get_trend(
    request: Request,
    services: WithServices,
    form: WantedForm,
    key: Key,
    since: From = None,
    until: To = None,
    interval: Annotated[Interval, Query(description="A point a day, or a week.")] = "day",
) -> Response:
    return await conditional(
        request,
        services,
        fingerprint=await fingerprint(services.database, key),
        ask=lambda: trend.get_trend(
            services.database,
            key,
            since=since,
            until=until,
            interval=interval,
            zone=services.calendar_zone,
            now=services.clock.now(),
            historians=services.historians,
        ),
        form=form,
        rows=Rows("trend", TrendPoint),
    )


@router.get(
    "/{key}/scope",
    summary="How the scope of a program changed",
    description="What came, what left and what was estimated anew, compared day by day. As CSV: one row a period.",
    responses=answers(
        Answer[ScopeChangesData],
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        description="One row a period, and the totals with churn and growth.",
        example=time_examples.SCOPE,
        csv=True,
        conditional=True,
    ),
)
async def get_scope(
    request: Request,
    services: WithServices,
    form: WantedForm,
    key: Key,
    since: From = None,
    until: To = None,
    interval: Annotated[Interval, Query(description="A row a day, or a week.")] = "week",
) -> Response:
    return await conditional(
        request,
        services,
        fingerprint=await fingerprint(services.database, key),
        ask=lambda: trend.get_scope(
            services.database,
            key,
            since=since,
            until=until,
            interval=interval,
            zone=services.calendar_zone,
            now=services.clock.now(),
            historians=services.historians,
        ),
        form=form,
        rows=Rows("scope", ScopePeriod),
    )
