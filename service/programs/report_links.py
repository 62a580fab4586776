"""Where the API gives the evidence for a figure of a report."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses about one program, from the root of the service."""

    key: str

    @property
    def program(self) -> str:
        return f"/api/v1/programs/{quote(self.key, safe='')}"

    def to(self, path: str, **query: str | None) -> str:
        """With those parameters that have a value; a trailing underscore is no part of a name (`from_`)."""
        given = {name.rstrip("_"): value for name, value in query.items() if value is not None}
        return f"{self.program}/{path}{'?' if given else ''}{urlencode(given, safe=':,')}"
