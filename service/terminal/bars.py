"""A bar of text: done, in progress and to do by three different characters, so that it needs no colour."""

from __future__ import annotations

from typing import Final

from rich.text import Text

SHAPES: Final = ("█", "▒", "·")
PLAIN: Final = ("#", "=", ".")


def bar(done: float, in_progress: float, total: float, *, width: int, encoding: str) -> Text:
    """`width` characters; a share above nothing shows, and done fills the bar only when all is done."""
    shapes = SHAPES if encoding.lower().startswith("utf") else PLAIN
    filled = _share(done, total, width)
    begun = min(_share(done + in_progress, total, width), width)
    begun = max(begun, min(filled + 1, width) if in_progress > 0 else filled)
    return Text.assemble(
        (shapes[0] * filled, "green"), (shapes[1] * (begun - filled), "cyan"), (shapes[2] * (width - begun), "dim")
    )


def _share(part: float, total: float, width: int) -> int:
    if total <= 0 or part <= 0:
        return 0
    if part >= total:
        return width
    return min(max(1, round(width * part / total)), width - 1)
