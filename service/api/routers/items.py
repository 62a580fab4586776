"""One item, what changed on it, and why it is where it is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from starlette.requests import Request
from starlette.responses import Response

from service.api.access import WithPrincipal
from service.api.dependencies import WantedForm, WithServices, WithView
from service.api.openapi import answers
from service.api.paging import DEFAULT_LIMIT, Cursor, Limit
from service.api.problems import Kind
from service.api.replies import Rows, settled
from service.api.schemas import dependency_examples, examples
from service.api.schemas.mapping import Why
from service.programs import explain, impact, read
from service.programs.answers import Answer, Change, History, ItemData
from service.programs.dependency_answers import ImpactData
from service.programs.envelope import enveloped
from service.programs.visible import item_among, require_item
from service.store.freshness import Freshness

router = APIRouter(prefix="/items", tags=["items"])

Uid = Annotated[
    str,
    InPath(
        max_length=400,
        description="`source:native-id`, `source:KEY`, or a former key of the item.",
        examples=["acme-jira:PAY-12"],
    ),
]


@router.get(
    "/{uid}",
    summary="One item",
    responses=answers(
        Answer[ItemData],
        Kind.UNKNOWN_ITEM,
        Kind.INVALID_REQUEST,
        description="Everything that is stored about it.",
        example=examples.ITEM,
        conditional=True,
    ),
)
async def get_item(request: Request, services: WithServices, who: WithPrincipal, uid: Uid) -> Response:
    await require_item(services.database, uid, among=who.programs)
    answer = await read.get_item(services.database, uid, now=services.clock.now())
    return settled(request, services, item_among(answer, who.programs))


@router.get(
    "/{uid}/history",
    summary="What changed on an item",
    responses=answers(
        Answer[History],
        Kind.UNKNOWN_ITEM,
        Kind.INVALID_REQUEST,
        description="Changes, newest first.",
        example=examples.HISTORY,
        csv=True,
        conditional=True,
    ),
)
async def get_item_history(
    request: Request,
    services: WithServices,
    who: WithPrincipal,
    form: WantedForm,
    uid: Uid,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    await require_item(services.database, uid, among=who.programs)
    answer = await read.get_history(services.database, uid, now=services.clock.now(), cursor=cursor, limit=limit)
    return settled(request, services, answer, form=form, rows=Rows("changes", Change))


@router.get(
    "/{uid}/why",
    summary="Why an item is where it is",
    description="An item that has left its tool's listing is explained, too.",
    responses=answers(
        Answer[Why],
        Kind.UNKNOWN_ITEM,
        Kind.INVALID_REQUEST,
        description="The rule behind each membership, and what fails where it is not a member.",
        example=examples.WHY,
        conditional=True,
    ),
)
async def explain_item(request: Request, services: WithServices, who: WithPrincipal, uid: Uid) -> Response:
    await require_item(services.database, uid, among=who.programs)
    found = await explain.why(services.database, uid, among=who.programs)
    async with services.database.reading() as uow:
        facts = await Freshness(uow.connection).of_sources()
    involved = [each for each in facts if each.name == found["item"]["source"]]
    return settled(request, services, enveloped(found, sources=involved, now=services.clock.now()))


@router.get(
    "/{uid}/impact",
    summary="What an item waits for, and what waits for it",
    description="Through however many others, and by how many working days it can slip. "
    "In the network of one program: what another program's items wait for is that program's answer.",
    responses=answers(
        Answer[ImpactData],
        Kind.UNKNOWN_ITEM,
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        description="Upstream, downstream and float.",
        example=dependency_examples.IMPACT,
        conditional=True,
    ),
)
async def get_impact(
    request: Request,
    services: WithServices,
    view: WithView,
    who: WithPrincipal,
    uid: Uid,
    program: Annotated[
        str | None, Query(max_length=200, description="Key of a program; else the first that the item is in.")
    ] = None,
) -> Response:
    answer = await impact.get_impact(services.database, uid, view, program=program, among=who.programs)
    return settled(request, services, answer)
