"""What applying a programs file did."""

from __future__ import annotations

from msgspec import Struct

from service.programs.apply import Applied


class Memberships(Struct, frozen=True):
    opened: int
    closed: int


class AppliedData(Struct, frozen=True):
    """Keys of the programs whose definition was added, changed or removed; memberships may move without it."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    memberships: Memberships

    @classmethod
    def of(cls, applied: Applied) -> AppliedData:
        assigned = applied.assigned
        return cls(applied.added, applied.changed, applied.removed, Memberships(assigned.opened, assigned.closed))
