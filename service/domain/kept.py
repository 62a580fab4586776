"""Values that were computed once and hold for a later object too."""

from __future__ import annotations


def hand_on(before: object, after: object, *names: str) -> None:
    """The cached properties of these names, as far as they were asked of `before`, which would be the same."""
    for name in names:
        if name in vars(before):
            vars(after)[name] = vars(before)[name]
