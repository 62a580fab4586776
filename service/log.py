"""Logs are events with fields: readable on a terminal, JSON elsewhere. Never a token, never a payload."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRET_NAMES = ("token", "secret", "password", "authorization", "cookie")
NOISY_LOGGERS = ("httpx", "httpcore", "urllib3", "apscheduler", "jira", "uvicorn.access")


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last line of defence: a field named like a secret never leaves with its value."""
    for name in event:
        if any(word in name.lower() for word in SECRET_NAMES):
            event[name] = "***"
    return event


def configure_logging(*, level: str = "INFO", json: bool | None = None) -> None:
    """Send events to standard error. `json` None: JSON unless a person is watching."""
    as_json = not sys.stderr.isatty() if json is None else json
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    for name in NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
