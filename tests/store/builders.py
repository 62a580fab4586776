"""Items for store tests: everything has a default, a test names what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from connectors.items import SourceChange, SourceItem, SourceLink, SourceStub, StatusCategory

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def an_item(native_id: str, **changes: Any) -> SourceItem:
    item = SourceItem(
        native_id=native_id,
        key=f"PAY-{native_id}",
        title=f"Item {native_id}",
        project_id="100",
        item_type_id="1",
        item_type="Story",
        level=0,
        subtask=False,
        status_id="3",
        status="In Progress",
        status_category=StatusCategory.IN_PROGRESS,
        created_at=MONDAY,
        updated_at=MONDAY,
    )
    return msgspec.structs.replace(item, **changes)


def a_link(native_id: str, source_id: str, target_id: str, seen_from: str) -> SourceLink:
    far = target_id if seen_from == "source" else source_id
    stub = SourceStub(native_id=far, key=f"PAY-{far}", title=f"Item {far}")
    return SourceLink(native_id, "10", source_id, target_id, seen_from, stub)


def a_change(item_id: str, change_id: str, to_text: str = "Done", ordinal: int = 0) -> SourceChange:
    at = MONDAY + timedelta(minutes=int(change_id))
    return SourceChange(item_id, change_id, ordinal, at, "status", "u1", "1", "2", "To Do", to_text)
