"""What was computed a moment ago, kept per database until its fingerprint changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Generic, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from service.domain.breakdown import Breakdown
from service.domain.notices import Notice
from service.domain.program_history import ProgramHistory
from service.domain.progress import Basis, MissingWeight
from service.domain.scope import Exclusion
from service.programs.answers import RollupData
from service.store.engine import Database
from service.store.network_changes import Position

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


MOST_OF_HISTORIES = 200_000  # items and changes, of about a kilobyte each


class Wanted(NamedTuple):
    """What is asked about a program: the rows of its breakdown, one basis or all, what missing estimates weigh."""

    by: Breakdown
    basis: Basis | None
    missing: MissingWeight


class Question(NamedTuple):
    """What a roll-up depends on. `today` is the local date in ISO form."""

    fingerprint: str
    program: str
    wanted: Wanted
    today: str


class KeptHistory(NamedTuple):
    """Made of everything that stood there at a position."""

    position: Position
    history: ProgramHistory


@dataclass(frozen=True, slots=True)
class Computed:
    """Totals and rows, no items."""

    data: RollupData
    notices: tuple[Notice, ...]


class Recent(Generic[Key, Value]):
    """The `kept` most recently used values; fewer where they weigh more than `most` together, but always the last."""

    def __init__(self, kept: int, *, weigh: Callable[[Value], int] | None = None, most: int = 0) -> None:
        self._kept = kept
        self._weigh = weigh
        self._most = most
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        found = self._values.get(key)
        if found is not None:
            self._values.move_to_end(key)
        return found

    def put(self, key: Key, value: Value) -> None:
        self._values[key] = value
        self._values.move_to_end(key)
        while len(self._values) > 1 and self._is_too_much():
            self._values.popitem(last=False)

    def values(self) -> tuple[Value, ...]:
        return tuple(self._values.values())

    def keys(self) -> tuple[Key, ...]:
        """The least recently used one first."""
        return tuple(self._values)

    def leaves_half(self, weight: int) -> bool:
        """Whether half of the room stays free with one more value of that weight: that is for what people ask."""
        enough = self._weigh is None or (self._weight + weight) * 2 <= self._most
        return enough and (len(self._values) + 1) * 2 <= self._kept

    def clear(self) -> None:
        self._values.clear()

    def _is_too_much(self) -> bool:
        return len(self._values) > self._kept or (self._weigh is not None and self._weight > self._most)

    @property
    def _weight(self) -> int:
        return 0 if self._weigh is None else sum(map(self._weigh, self._values.values()))


class Beside(Generic[Value]):
    """One value for each owner, kept in the owner itself: it lives as long as that does, and may refer to it.

    A dictionary with weak keys would keep an owner for good that its own value refers to.
    """

    def __init__(self, name: str) -> None:
        self._name = f"_beside_{name}"

    def get(self, owner: object) -> Value | None:
        found: Value | None = vars(owner).get(self._name)
        return found

    def put(self, owner: object, value: Value) -> None:
        vars(owner)[self._name] = value


@dataclass(frozen=True, slots=True)
class AnswerCache:
    """Not shared between processes: each finds the same by itself. All but histories are by fingerprint."""

    rollups: Recent[Question, Computed] = field(default_factory=lambda: Recent(128))
    histories: Recent[str, KeptHistory] = field(  # by program
        default_factory=lambda: Recent(32, weigh=attrgetter("history.size"), most=MOST_OF_HISTORIES)
    )
    exclusions: Recent[str, Mapping[str, Exclusion]] = field(default_factory=lambda: Recent(16))
    backlogs: Recent[str, tuple[Notice, ...]] = field(default_factory=lambda: Recent(16))


_caches: WeakKeyDictionary[Database, AnswerCache] = WeakKeyDictionary()


def cache_of(database: Database) -> AnswerCache:
    return _caches.setdefault(database, AnswerCache())
