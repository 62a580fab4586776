"""Items as a historian meets them: the snapshot as it was read, and the way back to a moment."""

from __future__ import annotations

from datetime import datetime

from connectors.contract import Historian
from connectors.history import ItemState
from connectors.items import SourceItem

SHARED = set(ItemState.__struct_fields__) & set(SourceItem.__struct_fields__) - {"iterations", "releases"}


def present(item: SourceItem, historian: Historian) -> ItemState:
    """The snapshot, with what its facets tell."""
    return historian.settled(ItemState(**{name: getattr(item, name) for name in SHARED}), item.facets)


def state_at(item: SourceItem, historian: Historian, moment: datetime) -> ItemState:
    """All that happened after the moment is undone, the latest first."""
    state = present(item, historian)
    for change in reversed(item.changes):
        if change.at > moment:
            state = historian.undo(state, change)
    return state
