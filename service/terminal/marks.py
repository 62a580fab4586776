"""Marks that say how a thing is by their shape, and by colour besides."""

from __future__ import annotations

from typing import Final

from rich.text import Text

from service.api.concerns import Severity

SHAPES: Final = {
    Severity.WELL: ("✓", "green"),
    Severity.NOTE: ("·", "dim"),
    Severity.ATTENTION: ("!", "yellow"),
    Severity.FAILED: ("✗", "red"),
}
PLAIN: Final = {"✓": "ok", "·": "-", "!": "!", "✗": "x"}


def mark(severity: str, *, encoding: str) -> Text:
    """One character, or a word where the terminal cannot show it."""
    shape, colour = SHAPES[Severity(severity)]
    return Text(shape if encoding.lower().startswith("utf") else PLAIN[shape], style=colour)
