"""What a run tells whoever is watching, while it goes on."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """`source` is the name of the source. Counts are of items."""

    def started(self, source: str, scopes: int) -> None: ...

    def listed(self, source: str, items: int) -> None:
        """The listing of one more scope is complete and named `items` items to read."""

    def stored(self, source: str, items: int) -> None:
        """`items` more are committed."""

    def finished(self, source: str) -> None: ...


class Silent:
    """Nobody is watching."""

    def started(self, source: str, scopes: int) -> None: ...

    def listed(self, source: str, items: int) -> None: ...

    def stored(self, source: str, items: int) -> None: ...

    def finished(self, source: str) -> None: ...
