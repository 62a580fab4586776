"""From an Answer to the bytes of a response: the form, the entity tag, the link to the next page.

A client that still holds the answer gets 304 before anything is computed; only the fingerprint is read.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from service.api import csv
from service.api.dependencies import Form
from service.api.etags import entity_tag, is_current
from service.api.paging import next_link
from service.api.services import Services
from service.programs.answers import Answer, encode

JSON: Final = "application/json"
PRIVATE: Final = {"Cache-Control": "private, no-cache", "Vary": "Accept"}


@dataclass(frozen=True, slots=True)
class Rows:
    """Which member of `data` is the list, and what one row looks like."""

    plural: str
    schema: type[Struct]


async def conditional(
    request: Request,
    services: Services,
    *,
    fingerprint: str,
    ask: Callable[[], Awaitable[Answer[Any]]],
    form: Form = "json",
    rows: Rows | None = None,
) -> Response:
    """304 when the client's tag is current, else the answer to `ask` with its tag."""
    tag = entity_tag(
        fingerprint,
        path=request.url.path,
        query=[pair for pair in request.query_params.multi_items() if pair[0] != "format"],
        today=services.today(),
        definitions=services.definitions,
        form=form,
    )
    headers = {**PRIVATE, "ETag": tag}
    if is_current(tag, request.headers.get("if-none-match")):
        return Response(status_code=304, headers=headers)
    return reply(request, await ask(), form=form, rows=rows, headers=headers)


def settled(
    request: Request, services: Services, answer: Answer[Any], *, form: Form = "json", rows: Rows | None = None
) -> Response:
    """For answers without a fingerprint: the tag is that of the content, less what passes by itself."""
    timeless = msgspec.structs.replace(
        answer,
        generated_at=None,
        sources=tuple(msgspec.structs.replace(each, lag_seconds=None) for each in answer.sources),
    )
    tag = entity_tag(
        encode(timeless).decode(),
        path=request.url.path,
        query=[],
        today=services.today(),
        definitions=services.definitions,
        form=form,
    )
    headers = {**PRIVATE, "ETag": tag}
    if is_current(tag, request.headers.get("if-none-match")):
        return Response(status_code=304, headers=headers)
    return reply(request, answer, form=form, rows=rows, headers=headers)


def settled_text(request: Request, text: str, *, media_type: str) -> Response:
    """A text that is no envelope; its tag is that of its content."""
    body = text.encode("utf-8")
    tag = f'"{blake2b(media_type.encode() + body, digest_size=16).hexdigest()}"'
    headers = {**PRIVATE, "ETag": tag}
    if is_current(tag, request.headers.get("if-none-match")):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)


def reply(
    request: Request,
    answer: Answer[Any],
    *,
    form: Form = "json",
    rows: Rows | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The envelope as JSON, or the rows of its list as CSV."""
    if rows is None:
        return Response(encode(answer), status, headers=dict(headers or PRIVATE), media_type=JSON)
    data = msgspec.to_builtins(answer.data)
    further = {**(headers or PRIVATE), **next_link(request, data.get("next_cursor"))}
    if form == "csv":
        further["Content-Disposition"] = f'attachment; filename="{rows.plural}.csv"'
        body = csv.to_csv(data[rows.plural], schema=rows.schema)
        return Response(body, status, headers=further, media_type=csv.MEDIA_TYPE)
    return Response(encode(answer), status, headers=further, media_type=JSON)


def plain(body: Mapping[str, Any], *, status: int = 200) -> Response:
    """JSON outside the envelope: probes."""
    return Response(
        json.dumps(body, ensure_ascii=False), status, headers={"Cache-Control": "no-store"}, media_type=JSON
    )
