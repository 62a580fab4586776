"""Between whoever holds a source and the deliveries that are applied meanwhile: whose turn it is, and who read later.

What a run has in hand was read some time ago. A delivery's item is read by id after that, so what the run still brings
of the same item stands back: an older state never overwrites a newer one, and nobody rises from the dead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, KeysView


class Meanwhile:
    """One for each time that a source is held.

    Whoever writes items of the source takes the `turn`, and asks no tool while having it. Nothing is applied before it
    is `ready`: before it is known which scopes are pulled.
    """

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.ready = asyncio.Event()
        self._read: dict[str, int] = {}
        self._gone: set[str] = set()
        self._moment = 0

    @property
    def read(self) -> KeysView[str]:
        """Native ids that deliveries named and the tool showed since the source is held."""
        return self._read.keys()

    @property
    def gone(self) -> Collection[str]:
        """Native ids that were said to be deleted, and were."""
        return self._gone

    def note(self, *, read: Iterable[str] = (), gone: Iterable[str] = ()) -> None:
        """What a delivery has just brought; to be told while having the turn."""
        self._moment += 1
        for native_id in read:
            self._read[native_id] = self._moment
            self._gone.discard(native_id)
        for native_id in gone:
            self._read.pop(native_id, None)
            self._gone.add(native_id)

    def moment(self) -> int:
        """To be asked for before a tool is, and given to `read_after` when it has answered."""
        return self._moment

    def read_after(self, moment: int) -> set[str]:
        return {native_id for native_id, when in self._read.items() if when > moment}
