"""The historians of the sources: built from what discovery said last, and anew when it says something else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.contract import Historian
from service.store.raw import RawRecords

REFERENCE = "reference"  # kind of the records that keep what discovery said
Build = Callable[[Mapping[str, bytes]], Historian]


@dataclass(frozen=True, slots=True)
class Historians:
    """`builders` are those of the configured sources, by name; of another one no history can be read."""

    builders: Mapping[str, Build] = field(default_factory=dict)
    _built: dict[str, tuple[Sequence[bytes], Historian]] = field(default_factory=dict, repr=False)

    async def of(self, connection: AsyncConnection, sources: Iterable[str]) -> dict[str, Historian]:
        """By source; one that was never discovered, or is not configured, is absent."""
        found = {name: await self._of(connection, name) for name in sorted(set(sources))}
        return {name: historian for name, historian in found.items() if historian is not None}

    async def _of(self, connection: AsyncConnection, source: str) -> Historian | None:
        build = self.builders.get(source)
        if build is None:
            return None
        records = RawRecords(connection)
        seal = await records.digests(source, REFERENCE)
        if not seal:
            return None
        known = self._built.get(source)
        if known is not None and known[0] == seal:
            return known[1]
        payloads = {each.native_id: each.payload for each in await records.read(source, REFERENCE)}
        historian = await asyncio.to_thread(build, payloads)
        self._built[source] = (seal, historian)
        return historian


NO_HISTORIANS = Historians()
