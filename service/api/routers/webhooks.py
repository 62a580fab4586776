"""Where tools deliver what happened. Nobody signs in here: each delivery proves itself.

Unknown query parameters are no error: old servers add the user who did it. The paths are no part of the API's
document, for only tools call them; docs/how-to/receive-webhooks.md says how to set them up.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as InPath
from starlette.requests import Request
from starlette.responses import Response

from service.api import receiving
from service.api.dependencies import WithServices

router = APIRouter(prefix="/webhooks", include_in_schema=False)

SourceName = Annotated[str, InPath(max_length=100)]
Nonce = Annotated[str, InPath(max_length=400)]


@router.post("/jira/{source}")
async def receive_from_jira(request: Request, services: WithServices, source: SourceName) -> Response:
    await receiving.receive_signed(services, source, await request.body(), request.headers)
    return _taken()


@router.post("/jira/{source}/{nonce}")
async def receive_from_unsigning_jira(
    request: Request, services: WithServices, source: SourceName, nonce: Nonce
) -> Response:
    await receiving.receive_by_nonce(services, source, nonce, await request.body(), request.headers)
    return _taken()


@router.post("/asana/{source}/{nonce}")
async def receive_from_asana(request: Request, services: WithServices, source: SourceName, nonce: Nonce) -> Response:
    answer = await receiving.receive_by_subscription(services, source, nonce, await request.body(), request.headers)
    return _taken(answer)


def _taken(headers: dict[str, str] | None = None) -> Response:
    return Response(status_code=200, headers={"Cache-Control": "no-store", **(headers or {})})
