"""A tool of the plainest kind: its fields are called what they decide, and its histories hold the values themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.contract import Historian
from connectors.history import Aspect, ItemState
from connectors.items import Facet, FacetValue, SourceChange, StatusCategory


class FieldHistorian:
    """Implements `connectors.contract.Historian`."""

    without_history: frozenset[Aspect] = frozenset()
    comes_apart = False
    fields: Mapping[str, Aspect] = {
        "status": Aspect.STATUS,
        "points": Aspect.POINTS,
        "timeoriginalestimate": Aspect.TIME,
        "duedate": Aspect.DUE,
        "flagged": Aspect.FLAGGED,
        "sprint": Aspect.ITERATION,
        "fixVersions": Aspect.RELEASE,
        "project": Aspect.PROJECT,
    }

    def aspect_of(self, field_id: str) -> Aspect | None:
        return self.fields.get(field_id)

    def is_chained(self, field_id: str) -> bool:
        return field_id not in {"sprint", "fixVersions"}

    def settled(self, state: ItemState, facets: Sequence[FacetValue]) -> ItemState:
        return replace(
            state,
            iterations=tuple(each.native_id for each in facets if each.facet is Facet.ITERATION and each.native_id),
            releases=tuple(each.native_id for each in facets if each.facet is Facet.RELEASE and each.native_id),
        )

    def undo(self, state: ItemState, change: SourceChange) -> ItemState:  # noqa: PLR0911 - one line a field
        said = change.from_value
        match change.field_id:
            case "status":
                return replace(state, status_category=StatusCategory(said or "to_do"))
            case "points":
                return replace(state, points=None if said is None else float(said))
            case "timeoriginalestimate":
                return replace(state, estimate_seconds=None if said is None else int(said))
            case "duedate":
                return replace(state, due=None if said is None else date.fromisoformat(said))
            case "flagged":
                return replace(state, flagged=bool(said))
            case "sprint":
                return replace(state, iterations=tuple(filter(None, (said or "").split(", "))))
            case "fixVersions":
                return replace(state, releases=tuple(filter(None, (said or "").split(", "))))
            case _:
                return replace(state, project_id=said or "")


class FixedHistorians:
    """The same historian for every source, without anything that was discovered."""

    def __init__(self, historian: Historian) -> None:
        self._historian = historian

    async def of(self, _connection: AsyncConnection, sources: Iterable[str]) -> dict[str, Historian]:
        return dict.fromkeys(sources, self._historian)
