"""How one stand-in server behaves, and what it was asked. Tests hold it and may change it while the server runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.sandbox.faults import Fault


def system_time() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request as it was answered. `status` is 0 where the connection was cut; `body` is the decoded JSON."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int


@dataclass(slots=True)
class SandboxOptions:
    """`clock` gives the server's time: its Date header, relative JQL bounds and the index lag follow it."""

    email: str = "demo@example.com"
    token: str = "sandbox"  # noqa: S105  opens nothing but this stand-in
    clock: Callable[[], datetime] = system_time
    zone: str | None = None  # the caller's profile zone; None: the caller's own `timeZone`
    index_lag: timedelta = timedelta(0)  # search shows a change only this much later
    latency: float = 0.0  # seconds before every answer
    max_page: int = 100  # Cloud: rows per search page once more than id and updated are asked
    changelog_cap: int = 40  # Cloud: histories in expand=changelog
    search_cap: int = 1000  # Data Center: jira.search.views.default.max
    numeric_created: str | None = None  # Cloud's bulk changelog: "s" or "ms" instead of ISO text
    token_life: timedelta = timedelta(days=7)
    silent_anonymous: bool = False  # a wrong credential is taken for nobody instead of refused
    server_version: tuple[int, int, int] = (10, 3, 24)  # Data Center
    may_administer: bool = True  # the caller, webhooks of the site
    app_secret: str | None = field(default=None, repr=False)  # Cloud: the caller is an OAuth app with that secret
    poison: str | None = None  # a text; every answer that would hold it is a 500 instead
    login_page: bool = False  # every answer is a page for people
    faults: list[Fault] = field(default_factory=list)
    requests: list[Recorded] = field(default_factory=list)
    _hooks: dict[int, list[Callable[[], None]]] = field(default_factory=dict)
    _arrived: int = 0

    def on_request(self, number: int, callback: Callable[[], None]) -> None:
        """Call back when the n-th request from now arrives (1 is the next), before it is answered."""
        self._hooks.setdefault(self._arrived + number, []).append(callback)

    def arrived(self) -> None:
        """The server's side of `on_request`."""
        self._arrived += 1
        for callback in self._hooks.pop(self._arrived, ()):
            callback()

    def asked(self, path: str) -> int:
        """How many recorded requests had that text in their path."""
        return sum(path in request.path for request in self.requests)

    def spoils(self, content: bytes) -> bool:
        """Whether the server breaks over the answer that it was about to give."""
        return self.poison is not None and self.poison.encode() in content

    def struck(self, path: str, size: int) -> Fault | None:
        """The fault that hits a request, if any."""
        return next((fault for fault in self.faults if fault.strikes(path, size)), None)
