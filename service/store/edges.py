"""All dependencies of a program in one read: drawn in a tool, declared, confirmed and suggested, each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.edges import Edge, Provenance, collapse
from service.domain.suggestions import Status, Suggestion
from service.store.drawn_edges import DrawnEdges, live_members
from service.store.suggestions import Suggestions

__all__ = ["Edge", "Edges"]


class Edges:
    """Reads only."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of_program(self, key: str) -> list[Edge]:
        """The edges with at least one live member of the program, ordered by their ends.

        Dismissed and unresolved suggestions are none. The far end may be in another program, in none, or unseen.
        """
        return await self.touching(await self.members(key))

    async def members(self, key: str) -> frozenset[str]:
        """Uids of the live members of the program."""
        return frozenset((await self._connection.execute(live_members(key))).scalars())

    async def touching(self, members: frozenset[str]) -> list[Edge]:
        """As of a program with these members."""
        return collapse(await self.told(members))

    async def told(self, members: frozenset[str]) -> list[Edge]:
        """The same, each as often as something says so."""
        if not members:
            return []
        drawn = await DrawnEdges(self._connection).touching(members)
        suggested = [each for each in await Suggestions(self._connection).all() if members.intersection(each.ends)]
        return [*drawn, *_edges(suggested)]


def _edges(suggestions: Iterable[Suggestion]) -> Iterator[Edge]:
    for each in suggestions:
        if each.predecessor_uid is not None and each.status in (Status.SUGGESTED, Status.CONFIRMED):
            yield Edge(
                id=each.id,
                predecessor_uid=each.predecessor_uid,
                successor_uid=each.successor_uid,
                provenance=Provenance.SUGGESTED,
                confirmed=each.status is Status.CONFIRMED,
                origins=each.origins,
            )
