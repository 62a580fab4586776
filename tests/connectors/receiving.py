"""A place to which a stand-in can post: it keeps what came, and answers handshakes as it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Delivered:
    path: str
    headers: dict[str, str]  # by lower-case names
    body: bytes


@dataclass
class Place:
    """`shakes_hands` False: it answers 200 and nothing else; `status` is what it answers."""

    url: str = ""
    status: int = 200
    shakes_hands: bool = True
    deliveries: list[Delivered] = field(default_factory=list)

    @property
    def handshakes(self) -> list[Delivered]:
        return [each for each in self.deliveries if "x-hook-secret" in each.headers]


@contextmanager
def a_place() -> Iterator[Place]:
    place = Place()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            delivered = Delivered(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            place.deliveries.append(delivered)
            self.send_response(place.status)
            if place.shakes_hands and "x-hook-secret" in delivered.headers:
                self.send_header("X-Hook-Secret", delivered.headers["x-hook-secret"])
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    place.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield place
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
