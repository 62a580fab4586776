"""Lists come in pages: `limit` and an opaque `cursor` in, `next_cursor` and a Link header out."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query
from starlette.requests import Request

DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 1000

Limit = Annotated[
    int,
    Query(ge=1, le=MAX_LIMIT, description="How many rows a page holds.", examples=[DEFAULT_LIMIT]),
]
Cursor = Annotated[
    str | None,
    Query(
        max_length=1024,
        description="Where the page starts: `next_cursor` of the page before. Leave out for the first page.",
    ),
]


def next_link(request: Request, cursor: str | None) -> dict[str, str]:
    """The Link header of a page that has a successor; relative, so it holds behind any proxy."""
    if cursor is None:
        return {}
    query = request.url.include_query_params(cursor=cursor).query
    return {"Link": f'<{request.url.path}?{query}>; rel="next"'}
