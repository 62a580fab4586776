"""Stub sites behind a real socket: the jira SDK does not take a mock transport.

One server for all tests of a process, each site under a context path of its own; starting one per test is slow.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.connectors.jira.stub import StubJira

SITES: dict[str, StubJira] = {}
NUMBERS = count(1)


@contextmanager
def served(site: StubJira) -> Iterator[str]:
    """Its address, with a context path."""
    name = f"jira-{next(NUMBERS)}"
    SITES[name] = site
    try:
        yield f"http://127.0.0.1:{_port()}/{name}"
    finally:
        del SITES[name]


@cache
def _port() -> int:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(_app, lifespan="off", log_level="critical", date_header=False, server_header=False)
    server = uvicorn.Server(config)
    threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True).start()
    while not server.started:
        time.sleep(0.005)
    port: int = listener.getsockname()[1]
    return port


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    name, _, path = request.url.path.removeprefix("/").partition("/")
    site = SITES[name]
    reply = site.handle(request.method, f"/{path}", request.url.query, await request.body())
    kept = {field: value for field, value in reply.headers.items() if field != "content-length"}
    await Response(reply.content, reply.status_code, headers=kept)(scope, receive, send)
