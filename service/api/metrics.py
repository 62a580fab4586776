"""What Prometheus reads about requests to this process. Each app has its own registry, so two can live in one."""

from __future__ import annotations

from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Metrics:
    """Labels are endpoint names, never paths: an address from outside must not create a time series."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "interlock_http_requests_total",
            "Requests answered.",
            ("operation", "method", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "interlock_http_request_seconds",
            "Time to answer, in seconds.",
            ("operation",),
            buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 2, 10),
            registry=self._registry,
        )

    def observe(self, *, operation: str, method: str, status: int, seconds: float) -> None:
        self._requests.labels(operation, method, str(status)).inc()
        self._seconds.labels(operation).observe(seconds)

    def exposition(self) -> bytes:
        """The text format."""
        return generate_latest(self._registry)


class Measured:
    """Counts and times every request."""

    METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        began = perf_counter()

        async def send_noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_noting_status)
        finally:
            method = scope["method"] if scope["method"] in self.METHODS else "other"
            endpoint = getattr(scope.get("endpoint"), "__name__", "unmatched")
            self._metrics.observe(operation=endpoint, method=method, status=status, seconds=perf_counter() - began)
