"""Where the API gives the evidence for a figure, of the same moment as the figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Self
from urllib.parse import quote, urlencode

from service.programs.dependency_terms import Viewpoint
from service.programs.freshness import whole_seconds

LAST_DAY: Final[Mapping[str, str]] = {"changes": "until", "scope": "to", "trend": "to"}
"""What is asked about a time, and by which parameter it ends; all else is asked about a moment."""


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses about one program, from the root of the service. `as_of` is an earlier moment, `day` its day."""

    key: str
    as_of: datetime | None = None
    day: date | None = None

    @classmethod
    def of(cls, key: str, view: Viewpoint) -> Self:
        return cls(key, view.earlier, view.today)

    @property
    def program(self) -> str:
        return f"/api/v1/programs/{quote(self.key, safe='')}"

    def to(self, path: str, **query: str | None) -> str:
        """With those parameters that have a value; a trailing underscore is no part of a name (`from_`)."""
        given = {name.rstrip("_"): value for name, value in query.items() if value is not None}
        every = given | {name: value for name, value in self._moment(path).items() if name not in query}
        return f"{self.program}/{path}{'?' if every else ''}{urlencode(every, safe=':,')}"

    def _moment(self, path: str) -> Mapping[str, str]:
        if self.as_of is None or self.day is None:
            return {}
        last_day = LAST_DAY.get(path)
        return {"as_of": written(self.as_of)} if last_day is None else {last_day: self.day.isoformat()}


def written(moment: datetime) -> str:
    """As an address can hold it: 2026-11-13T23:00:00Z."""
    return whole_seconds(moment).isoformat().replace("+00:00", "Z")
