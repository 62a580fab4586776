"""A stand-in served on a free port of this machine, in a thread of its own, for as long as a block lasts."""

from __future__ import annotations

import socket
import threading
import time
from types import TracebackType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.sandbox.application import HANG_UP

START_WITHIN = 20.0  # seconds; a machine that is busy with tests is slow


class SandboxServer:
    """`with SandboxServer(create_cloud(site)) as server:` — `server.url` has no slash at its end.

    `context_path` ("/jira") serves the application below that path, as many Data Center sites are.
    """

    def __init__(self, app: ASGIApp, *, context_path: str = "", host: str = "127.0.0.1", port: int = 0) -> None:
        self._mounted = Starlette(routes=[Mount(context_path, app=app)]) if context_path else app
        self._address = (host, port)
        self._context_path = context_path
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self.url = ""

    def __enter__(self) -> SandboxServer:
        listener = socket.create_server(self._address)
        host, port = listener.getsockname()[:2]
        self.url = f"http://{host}:{port}{self._context_path}"
        config = uvicorn.Config(
            self._serve,
            interface="asgi3",
            http="h11",
            proxy_headers=False,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            date_header=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="sandbox", daemon=True
        )
        self._thread.start()
        self._await_start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.wait()

    def stop(self) -> None:
        """Ask the server to end; `wait` returns once it has. Safe to call from a signal handler."""
        if self._server is not None:
            self._server.should_exit = True

    def wait(self) -> None:
        """Until the server has ended, by itself or by `stop`."""
        if self._thread is not None:
            self._thread.join()

    def _await_start(self) -> None:
        deadline = time.monotonic() + START_WITHIN
        while self._server is not None and not self._server.started:
            if time.monotonic() > deadline or self._thread is None or not self._thread.is_alive():
                raise RuntimeError(f"the stand-in did not start within {START_WITHIN:.0f} seconds")
            time.sleep(0.005)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})[HANG_UP] = self._hang_up
        await self._mounted(scope, receive, send)

    def _hang_up(self, client: tuple[str, int], *, flush: bool) -> None:
        """Close the connection from that client; with `flush` what was written still goes out."""
        if self._server is None:
            return
        for connection in list(self._server.server_state.connections):
            transport: Any = getattr(connection, "transport", None)
            if transport is not None and transport.get_extra_info("peername")[:2] == tuple(client):
                transport.close() if flush else transport.abort()
