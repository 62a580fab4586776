"""A report as a page: headings, sentences, lists and tables of words and links, before it is Markdown or HTML.

Words are plain text here. What is markup in them is the renderer's business, and so is that nobody is led astray.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Run:
    """Words, perhaps with an address. `tone`: a colour of health or a status, where the words are one."""

    words: str
    address: str | None = None
    strong: bool = False
    tone: str | None = None


Line: TypeAlias = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    line: Line
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Bullets:
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Table:
    """`numeric` columns are aligned to the right."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Line]]
    numeric: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class BurnUp:
    """A drawing, where there can be one; the table beside it says the same."""

    caption: str
    done: Sequence[float]
    total: Sequence[float]
    first: str
    last: str


Block: TypeAlias = Paragraph | Bullets | Table | BurnUp


@dataclass(frozen=True, slots=True)
class Section:
    heading: str
    blocks: Sequence[Block] = field(default_factory=tuple)
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """`tone` is the colour of health that counts; None where it is not told."""

    title: str
    subtitle: str
    lead: str
    sections: Sequence[Section]
    tone: str | None
    colophon: Line


def text(words: str, address: str | None = None) -> Run:
    return Run(words, address)


def strong(words: str, address: str | None = None, *, tone: str | None = None) -> Run:
    return Run(words, address, strong=True, tone=tone)


def line(*parts: Run | str) -> Line:
    """Strings are plain words."""
    return tuple(Run(part) if isinstance(part, str) else part for part in parts)


def joined(lines: Sequence[Line], between: str) -> Line:
    """One line of several."""
    found: list[Run] = []
    for place, each in enumerate(lines):
        found += [*([Run(between)] if place else []), *each]
    return tuple(found)


def followable(address: str | None, base: str) -> str | None:
    """Where a link leads: a web address, or one of the service's own, from `base`. Anything else is no link."""
    if address is None:
        return None
    if address.startswith(("https://", "http://")):
        return address
    return f"{base}{address}" if address.startswith("/") and not address.startswith("//") else None
