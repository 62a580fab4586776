"""Asana's two limits: requests in a minute, where a refused one counts too, and requests in flight."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from math import ceil

from connectors.sandbox.asana.options import AsanaOptions
from connectors.sandbox.asana.refusals import too_many


class Limits:
    """Counts by kind of request; every limit that is None is off."""

    def __init__(self, options: AsanaOptions) -> None:
        self._options = options
        self._lately: dict[str, deque[datetime]] = {"all": deque(), "search": deque()}
        self._in_flight = {"reads": 0, "writes": 0}

    def spend(self, *, search: bool = False) -> None:
        """Take one request off the minute's quota, or refuse it."""
        options = self._options
        self._take("all", options.requests_per_minute)
        if search:
            self._take("search", options.searches_per_minute)

    @contextmanager
    def in_flight(self, method: str) -> Iterator[bool]:
        """Whether one more request of that kind may be under way, for as long as it is."""
        options = self._options
        kind = "reads" if method == "GET" else "writes"
        most = options.concurrent_reads if kind == "reads" else options.concurrent_writes
        self._in_flight[kind] += 1
        try:
            yield most is None or self._in_flight[kind] <= most
        finally:
            self._in_flight[kind] -= 1

    def _take(self, kind: str, most: int | None) -> None:
        if most is None:
            return
        now, lately = self._options.clock(), self._lately[kind]
        while lately and now - lately[0] >= self._options.minute:
            lately.popleft()
        lately.append(now)
        if len(lately) > most:
            frees = lately[len(lately) - most] + self._options.minute
            raise too_many(max(1, ceil((frees - now).total_seconds())))
