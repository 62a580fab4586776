"""How a stand-in posts to the addresses that were registered with it: in order, beside its answers, to this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

TIMEOUT = 10.0  # seconds; Asana waits as long


class Reply(NamedTuple):
    """`status` is 0 where nobody answered. `headers` by lower-case names."""

    status: int
    headers: Mapping[str, str]

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


NOBODY = Reply(0, {})


def is_here(address: str) -> bool:
    """Whether it is an address of this machine: a stand-in posts nowhere else."""
    place = urlsplit(address)
    if place.scheme != "http" or not place.hostname:
        return False
    try:
        return ip_address(place.hostname).is_loopback
    except ValueError:
        return place.hostname == "localhost"


def post(address: str, body: bytes, headers: Mapping[str, str]) -> Reply:
    """Waits for the reply."""
    if not is_here(address):
        return NOBODY
    place = urlsplit(address)
    path = f"{place.path or '/'}{f'?{place.query}' if place.query else ''}"
    connection = HTTPConnection(place.hostname or "", place.port or 80, timeout=TIMEOUT)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        answer.read()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()})
    except (OSError, HTTPException):
        return NOBODY
    finally:
        connection.close()


class Postman:
    """Posts one after the other in a thread of its own, so that whoever edits a site waits for nobody."""

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None

    def send(
        self, address: str, body: bytes, headers: Mapping[str, str], *, then: Callable[[Reply], None] | None = None
    ) -> None:
        """`then` hears the reply, in that thread."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-postman")
        self._thread.submit(_deliver, address, body, dict(headers), then)

    def wait(self) -> None:
        """Until all that was sent so far has been answered."""
        if self._thread is not None:
            self._thread.submit(lambda: None).result()


def _deliver(address: str, body: bytes, headers: Mapping[str, str], then: Callable[[Reply], None] | None) -> None:
    reply = post(address, body, headers)
    if then is not None:
        then(reply)
