"""One item, what changed on it, and why it is where it is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as InPath
from starlette.requests import Request
from starlette.responses import Response

from service.api.dependencies import WantedForm, WithServices
from service.api.openapi import answers
from service.api.paging import DEFAULT_LIMIT, Cursor, Limit
from service.api.problems import Kind
from service.api.replies import Rows, settled
from service.api.schemas import examples
from service.programs import read
from service.programs.answers import Answer, Change, History, ItemData

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
async def get_item(request: Request, services: WithServices, uid: Uid) -> Response:
    answer = await read.get_item(services.database, uid, now=services.clock.now())
    return settled(request, services, answer)


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
    form: WantedForm,
    uid: Uid,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    answer = await read.get_history(services.database, uid, now=services.clock.now(), cursor=cursor, limit=limit)
    return settled(request, services, answer, form=form, rows=Rows("changes", Change))
