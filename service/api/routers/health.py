"""The colour of programs and why, what people decided, the quality of the data, what to chase, all on one page."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query
from fastapi import Path as InPath
from starlette.requests import Request
from starlette.responses import Response

from service.api.access import WithPrincipal, address_of
from service.api.dependencies import WantedForm, WithServices, WithView, separated
from service.api.openapi import answers
from service.api.paging import DEFAULT_LIMIT, Cursor, Limit
from service.api.problems import Kind
from service.api.replies import Rows, reply, settled
from service.api.schemas import health_examples as examples
from service.api.schemas.health import OverrideBody
from service.programs import attention, data_quality, health, overrides, portfolio
from service.programs.answers import Answer
from service.programs.data_quality import Asked
from service.programs.health_answers import (
    AttentionData,
    Concern,
    DataQualityData,
    HealthData,
    ItemToMend,
    OverrideAnswer,
    PortfolioData,
    PortfolioRow,
)
from service.programs.portfolio import PATIENCE_THEN, Terms

router = APIRouter(tags=["health"])

Key = Annotated[str, InPath(max_length=200, description="The program's key.", examples=["CHECKOUT"])]
By = Literal["source", "team", "project", "workstream"]
Lacks = Annotated[
    list[Annotated[str, Query(max_length=400)]] | None,
    Query(
        description="Only items that lack one of these: owner, planned, estimated, not_overdue, updated, in_hierarchy, "
        "ends_visible, done_at, consistent; repeated, or with commas.",
        examples=[["owner,planned"]],
    ),
]
FRESH = {"Cache-Control": "no-store"}
REFUSED = (
    Kind.UNKNOWN_PROGRAM,
    Kind.INVALID_REQUEST,
    Kind.READ_ONLY_ELSEWHERE,
    Kind.FOREIGN_ORIGIN,
)


@router.get(
    "/portfolio",
    summary="All programs on one page",
    description="Progress, dates, health, dependencies and freshness of each; all of them, in one answer. As of an "
    "earlier moment those are left out that had not begun, and those that are not computed in time; both are named.",
    responses=answers(
        Answer[PortfolioData],
        Kind.INVALID_REQUEST,
        description="In the order of the programs file; one who is limited to programs sees those.",
        example=examples.PORTFOLIO,
        csv=True,
        conditional=True,
    ),
)
async def get_portfolio(
    request: Request, services: WithServices, who: WithPrincipal, form: WantedForm, view: WithView
) -> Response:
    answer = await portfolio.get_portfolio(
        services.database,
        view=view,
        terms=Terms(health=services.health, missing=services.missing),
        among=who.programs,
        patience=None if view.earlier is None else PATIENCE_THEN,
    )
    return settled(request, services, answer, form=form, rows=Rows("programs", PortfolioRow))


@router.get(
    "/programs/{key}/health",
    summary="How a program is, and why",
    description="Named rules with limits, values and evidence; what people state in their tools, what somebody "
    "decided, and where these differ.",
    responses=answers(
        Answer[HealthData],
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        description="The colour that counts is `effective`.",
        example=examples.HEALTH,
        conditional=True,
    ),
)
async def get_health(request: Request, services: WithServices, key: Key, view: WithView) -> Response:
    answer = await health.get_health(services.database, key, view=view, terms=services.health)
    return settled(request, services, answer)


@router.get(
    "/programs/{key}/data-quality",
    summary="How far the data can be trusted, and what to mend",
    description="Nine checks as shares, per source, team, project or workstream, and the items that lack something.",
    responses=answers(
        Answer[DataQualityData],
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        description="One page of items, what lacks most first.",
        example=examples.DATA_QUALITY,
        csv=True,
        conditional=True,
    ),
)
async def get_data_quality(  # noqa: PLR0913, PLR0917 - one argument per parameter is what makes them documented
    request: Request,
    services: WithServices,
    form: WantedForm,
    key: Key,
    view: WithView,
    by: Annotated[By, Query(description="What the rows of the breakdown are.")] = "source",
    lacks: Lacks = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    wanted = separated(lacks)
    answer = await data_quality.get_data_quality(
        services.database,
        key,
        view=view,
        terms=services.health,
        asked_for=Asked(by, wanted),
        cursor=cursor,
        limit=limit,
    )
    return settled(request, services, answer, form=form, rows=Rows("items", ItemToMend))


@router.get(
    "/programs/{key}/attention",
    summary="What to chase",
    description="What is blocked, overdue, slipping, ageing, nobody's or without a date, sources that are behind, and "
    "programs that are stated green while they are red; each with whom to ask, why, and a score whose parts are shown. "
    "As of an earlier moment without sources: how far they could be trusted then nobody keeps.",
    responses=answers(
        Answer[AttentionData],
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        description="One page, the most pressing first.",
        example=examples.ATTENTION,
        csv=True,
        conditional=True,
    ),
)
async def get_attention(
    request: Request,
    services: WithServices,
    form: WantedForm,
    key: Key,
    view: WithView,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    answer = await attention.get_attention(
        services.database, key, view=view, terms=services.health, cursor=cursor, limit=limit
    )
    return settled(request, services, answer, form=form, rows=Rows("attention", Concern))


@router.put(
    "/programs/{key}/override",
    summary="Decide the colour of a program, for a while",
    description="With a reason, and until a day; by default for fourteen days. What is computed is shown beside it.",
    responses=answers(
        Answer[OverrideAnswer],
        *REFUSED,
        Kind.BODY_TOO_LARGE,
        description="What holds now. Audited; it replaces the one that held.",
        example=examples.OVERRIDDEN,
    ),
)
async def override_health(
    request: Request,
    services: WithServices,
    who: WithPrincipal,
    key: Key,
    decision: Annotated[OverrideBody, Body(openapi_examples={"override": {"value": examples.OVERRIDE_BODY}})],
) -> Response:
    answer = await overrides.override(
        services.database,
        key,
        decision.decision(),
        author=who.actor,
        origin=address_of(request),
        view=services.viewpoint(),
    )
    return reply(request, answer, headers=FRESH)


@router.delete(
    "/programs/{key}/override",
    summary="Take the decided colour back",
    responses=answers(
        Answer[OverrideAnswer],
        *REFUSED,
        description="What is computed counts again. Audited; without an override nothing changes.",
        example=examples.WITHDRAWN,
    ),
)
async def withdraw_override(request: Request, services: WithServices, who: WithPrincipal, key: Key) -> Response:
    answer = await overrides.withdraw(
        services.database, key, author=who.actor, origin=address_of(request), view=services.viewpoint()
    )
    return reply(request, answer, headers=FRESH)
