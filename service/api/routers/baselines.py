"""Baselines of a program: taking one, listing them, and how the program stands against one."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query
from fastapi import Path as InPath
from starlette.requests import Request
from starlette.responses import Response

from service.api.access import WithPrincipal, address_of
from service.api.dependencies import WantedForm, WithServices, WithView
from service.api.openapi import answers
from service.api.paging import DEFAULT_LIMIT, Cursor, Limit
from service.api.problems import Kind
from service.api.replies import Rows, reply, settled
from service.api.schemas import baselines as examples
from service.api.schemas.baselines import NewBaseline
from service.programs import baselines
from service.programs.answers import Answer
from service.programs.baseline_answers import (
    BaselineData,
    BaselineList,
    ItemVarianceData,
    TakenBaseline,
    VarianceData,
)

router = APIRouter(prefix="/programs", tags=["baselines"])

Key = Annotated[str, InPath(max_length=200, description="The program's key.", examples=["CHECKOUT"])]
Which = Annotated[
    str,
    InPath(
        max_length=200,
        description="Name or number of the baseline; `first` and `latest` are those taken first and last.",
        examples=["latest"],
    ),
]
Basis = Literal["count", "points", "time"]


@router.post(
    "/{key}/baselines",
    summary="Take a baseline",
    description="Freezes what the program holds now, or held at a moment in the past, and when each item is planned. "
    "Nothing changes it afterwards.",
    status_code=201,
    responses=answers(
        Answer[TakenBaseline],
        Kind.UNKNOWN_PROGRAM,
        Kind.BASELINE_EXISTS,
        Kind.INVALID_REQUEST,
        Kind.BODY_TOO_LARGE,
        Kind.READ_ONLY_ELSEWHERE,
        Kind.FOREIGN_ORIGIN,
        description="Taken, and audited. Its address is in the Location header.",
        example=examples.TAKEN,
        status=201,
    ),
)
async def take_baseline(
    request: Request,
    services: WithServices,
    who: WithPrincipal,
    key: Key,
    new: Annotated[NewBaseline, Body(openapi_examples={"take": {"value": examples.TAKE}})],
) -> Response:
    answer = await baselines.take_baseline(
        services.database,
        key,
        name=new.name,
        note=new.note,
        as_of=new.as_of,
        view=services.viewpoint(),
        actor=who.actor,
        origin=address_of(request),
        historians=services.historians,
    )
    headers = {"Cache-Control": "no-store", "Location": f"{request.url.path}/{answer.data.baseline.id}"}
    return reply(request, answer, status=201, headers=headers)


@router.get(
    "/{key}/baselines",
    summary="The baselines of a program",
    description="As of an earlier moment those that describe a later one are left out.",
    responses=answers(
        Answer[BaselineList],
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        description="In the order in which they were taken.",
        example=examples.BASELINES,
        csv=True,
        conditional=True,
    ),
)
async def list_baselines(
    request: Request,
    services: WithServices,
    form: WantedForm,
    key: Key,
    view: WithView,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    answer = await baselines.list_baselines(services.database, key, view=view, cursor=cursor, limit=limit)
    return settled(request, services, answer, form=form, rows=Rows("baselines", BaselineData))


@router.get(
    "/{key}/baselines/{baseline}",
    summary="How a program stands against a baseline",
    description="Variance in working days, scope and estimates, and earned value with earned schedule (SPI(t), the "
    "finish that follows from it); now, or as it stood at an earlier moment. As CSV: the items.",
    responses=answers(
        Answer[VarianceData],
        Kind.UNKNOWN_PROGRAM,
        Kind.UNKNOWN_BASELINE,
        Kind.INVALID_REQUEST,
        description="Of the whole program, and one page of its items, the latest against their plan first.",
        example=examples.VARIANCE,
        csv=True,
        conditional=True,
    ),
)
async def get_baseline(  # noqa: PLR0913, PLR0917 - one argument a parameter is what makes them documented
    request: Request,
    services: WithServices,
    form: WantedForm,
    key: Key,
    baseline: Which,
    view: WithView,
    basis: Annotated[Basis | None, Query(description="Earned value on this basis alone.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    answer = await baselines.get_baseline(
        services.database,
        key,
        baseline,
        basis=basis,
        view=view,
        cursor=cursor,
        limit=limit,
    )
    return settled(request, services, answer, form=form, rows=Rows("items", ItemVarianceData))
