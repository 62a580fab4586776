"""Links as histories tell of them: three types, and what an end says of another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connectors.items import LinkDirection, SourceLinkType
from service.domain.link_history import LinkMove, Phrases

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
BLOCKS = SourceLinkType("1", "Blocks", "blocks", "is blocked by", LinkDirection.PREDECESSOR_FIRST, "phrases")
NEEDS = SourceLinkType("2", "Needs", "depends on", "is required by", LinkDirection.SUCCESSOR_FIRST, "phrases")
RELATES = SourceLinkType("3", "Relates", "relates to", "relates to", LinkDirection.NONE, "phrases")
PHRASES = {"acme": Phrases([BLOCKS, NEEDS, RELATES])}


def at(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def a_move(
    uid: str,
    other: str,
    *,
    made: bool = True,
    hours: float = 1,
    phrase: str | None = "blocks",
    text: str | None = None,
    by: str | None = "u1",
) -> LinkMove:
    """Items are called by what stands behind the colon; without a phrase there is no sentence, unless `text` is one."""
    key = f"PAY-{other.partition(':')[2]}"
    said = text or (None if phrase is None else f"This issue {phrase} {key}")
    return LinkMove(uid, other, at(hours), by, made, key, said)
