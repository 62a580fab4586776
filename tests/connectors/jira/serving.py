"""A stub site behind a real socket: the jira SDK does not take a mock transport."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.connectors.jira.stub import StubJira


@contextmanager
def served(site: StubJira) -> Iterator[str]:
    """Its address, with a context path."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = request.url.path.removeprefix("/jira")
        reply = site.handle(request.method, path, request.url.query, await request.body())
        kept = {name: value for name, value in reply.headers.items() if name not in {"content-length", "date"}}
        kept["Date"] = reply.headers["date"]
        await Response(reply.content, reply.status_code, headers=kept)(scope, receive, send)

    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, lifespan="off", log_level="critical", date_header=False, server_header=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/jira"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
