"""HEAD tells what GET would, without the body."""

from __future__ import annotations

import httpx
import pytest

PATHS = (
    "/api/v1/programs",
    "/api/v1/programs/CHECKOUT/rollup?by=epic",
    "/api/v1/programs/CHECKOUT/items?format=csv",
    "/api/v1/items/acme-jira:11",
    "/api/v1/sources",
    "/api/v1/programs/NOWHERE",
    "/healthz",
    "/openapi.json",
    "/",
    "/programs/CHECKOUT",
    "/docs",
    "/static/interlock.css",
)


@pytest.mark.parametrize("path", PATHS)
async def test_head_answers_like_get_without_a_body(local: httpx.AsyncClient, path: str) -> None:
    get, head = await local.get(path), await local.head(path)

    assert head.status_code == get.status_code
    assert dict(head.headers) == dict(get.headers)
    assert get.content
    assert head.content == b""


@pytest.mark.parametrize("path", ["/api/v1/programs", "/api/v1/programs/CHECKOUT/rollup"])
async def test_head_knows_an_unchanged_answer(local: httpx.AsyncClient, path: str) -> None:
    tag = (await local.head(path)).headers["etag"]
    again = await local.head(path, headers={"If-None-Match": tag})

    assert (again.status_code, again.headers["etag"], again.content) == (304, tag, b"")


async def test_head_is_refused_where_get_is(local: httpx.AsyncClient) -> None:
    response = await local.head("/api/v1/mapping/plan")

    assert (response.status_code, response.headers["allow"], response.content) == (405, "POST", b"")
