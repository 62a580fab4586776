"""What a baseline may be called, so that everybody can tell it from the others, and ask for it by name."""

from __future__ import annotations

import unicodedata
from typing import Final

from service.domain.errors import InvalidChange

LONGEST_NAME: Final = 100
LONGEST_NOTE: Final = 2_000
FIRST, LATEST = "first", "latest"  # words that stand for a baseline wherever one is asked for


def checked_name(name: str) -> str:
    """As it is kept. Raises InvalidChange."""
    kept = unicodedata.normalize("NFC", name).strip()
    if not kept:
        raise InvalidChange("name", "a baseline needs a name.")
    if len(kept) > LONGEST_NAME:
        raise InvalidChange("name", f"may have {LONGEST_NAME} characters at most.")
    if any(unicodedata.category(letter).startswith(("C", "Zl", "Zp")) for letter in kept):
        raise InvalidChange("name", "holds a character that cannot be seen.")
    if kept.isdecimal():
        raise InvalidChange("name", "digits alone would be taken for the number of a baseline.")
    if folded(kept) in {FIRST, LATEST}:
        raise InvalidChange("name", f"{FIRST!r} and {LATEST!r} stand for the first and the latest baseline.")
    return kept


def checked_note(note: str | None) -> str | None:
    """Raises InvalidChange."""
    kept = unicodedata.normalize("NFC", note or "").strip()
    if len(kept) > LONGEST_NOTE:
        raise InvalidChange("note", f"may have {LONGEST_NOTE:,} characters at most.")
    if any(unicodedata.category(letter).startswith("C") and letter not in "\n\t" for letter in kept):
        raise InvalidChange("note", "holds a character that cannot be seen.")
    return kept or None


def folded(name: str) -> str:
    """Two names with the same are the same name: in any case, and however their letters are put together."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
