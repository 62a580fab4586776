"""What Asana announces in headers: coming changes to its API, each worth one line in the log."""

from __future__ import annotations

import structlog

from connectors.answers import Headers

log = structlog.get_logger(__name__)


class Notices:
    """Fed by `saw` with the headers of each answer."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._told: set[str] = set()

    def saw(self, headers: Headers) -> None:
        """`Asana-Change: name=…;info=<address>;affected=true`, repeated or joined by commas."""
        announced = headers.get("asana-change", "")
        for change in (each.strip() for each in announced.split(",") if each.strip()):
            if change not in self._told:
                self._told.add(change)
                log.warning("asana_change_announced", source=self._source, change=change)
