"""The edges of a program as of an earlier moment, and what nobody can tell of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.edges import Edge, collapse
from service.domain.notices import Notice, counted
from service.programs.dependency_terms import Viewpoint
from service.store.edges import Edges
from service.store.past_links import DRAWN, PastLinks, past_links

Ends = tuple[str, str]  # predecessor, successor


@dataclass(frozen=True)
class EdgesThen:
    """`told` are the edges of today, as often as something says so, and `past` tells of those that a tool draws."""

    told: Sequence[Edge]
    past: PastLinks
    view: Viewpoint

    @cached_property
    def there(self) -> list[Edge]:
        """What is declared or suggested has no history: it is what it is today."""
        return collapse([*self.past.there(self.view.moment), *self._undated])

    def notices(self, items: Collection[str], unread: int) -> Iterator[Notice]:
        """`items` are the uids of those that were there, `unread` so many of them whose histories are not read."""
        if self.view.moment >= self.view.now:
            return
        doubtful = len(self._doubtful(items))
        if doubtful:
            whether = "1 dependency was" if doubtful == 1 else f"{doubtful} dependencies were"
            yield Notice(
                "unknown_dependencies",
                f"Whether {whether} there then cannot be told; what comes closest is shown",
            )
        pairs = len(self.past.histories.unread_since(self.view.moment))
        if pairs:
            yield Notice(
                "unread_links",
                f"Links between {counted(pairs, 'pair')} of items changed since in words that no link type has; "
                "these changes are left out",
            )
        if unread:
            yield Notice(
                "unread_histories",
                f"Of {counted(unread, 'item')} the history cannot be read, or not yet: dependencies that were taken "
                "away since may be missing",
            )

    @property
    def _undated(self) -> list[Edge]:
        return [edge for edge in self.told if edge.provenance not in DRAWN]

    def _doubtful(self, items: Collection[str]) -> set[Ends]:
        """By their ends: what one place does not know another one may."""
        moment, histories = self.view.moment, self.past.histories
        sure = {link[:2] for link in histories.there(moment) if histories.links[link].is_known(moment)}
        found = {
            link[:2]
            for link, history in histories.unknown(moment)
            if history.began_by(moment) or _between(link[:2], items)
        }
        undated = ((edge.predecessor_uid, edge.successor_uid) for edge in self._undated)
        return (found | {ends for ends in undated if _between(ends, items)}) - sure


async def edges_then(connection: AsyncConnection, members: frozenset[str], view: Viewpoint) -> EdgesThen:
    """With at least one of these at an end."""
    told = await Edges(connection).told(members)
    return EdgesThen(told, await past_links(connection, members, told), view)


def _between(ends: Ends, items: Collection[str]) -> bool:
    return ends[0] in items and ends[1] in items
