"""What of a thing is asked: `opt_fields=name,assignee.name,this.(followers|tags).name` as a tree of names."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product

GROUP = re.compile(r"\(([^()]*)\)")


class Selection:
    """Names, each with what is selected beneath it; compared by identity, so that renderings can be kept by it."""

    __slots__ = ("names",)

    def __init__(self, names: dict[str, Selection] | None = None) -> None:
        self.names: dict[str, Selection] = names or {}


BARE = Selection()
"""A name alone: of a reference the gid and the resource type, of a structure all it has."""
COMPACT = Selection()
"""What lists and references show by themselves."""
FULL = Selection()
"""What a single thing shows by itself: everything but what is opt-in, with compact references."""


@lru_cache(maxsize=256)
def selection_of(opt_fields: str) -> Selection:
    """The tree of a comma list of dotted paths; `this.` and groups in parentheses are written out."""
    top = Selection()
    for path in _split(opt_fields):
        for steps in product(*(_choices(step) for step in path.split("."))):
            here = top
            for step in steps:
                if step != "this":
                    here = here.names.setdefault(step, Selection())
    return top


def _split(opt_fields: str) -> list[str]:
    """At commas; those within parentheses would stand between alternatives in vain and separate paths too."""
    return [path.strip() for path in opt_fields.split(",") if path.strip()]


def _choices(step: str) -> list[str]:
    group = GROUP.fullmatch(step)
    return group[1].split("|") if group else [step]
