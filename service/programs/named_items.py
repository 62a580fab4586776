"""Items that a question names: by uid, by source:KEY or by a former key, among the items of a network."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.errors import InvalidQuery
from service.programs.dependency_network import ProgramNetwork
from service.store.item_reads import ItemReads

MOST_CHARACTERS = 400


async def place_of(
    connection: AsyncConnection,
    asked: ProgramNetwork,
    name: str,
    *,
    parameter: str,
    error: type[InvalidQuery] = InvalidQuery,
) -> int:
    """Its place in the network. Raises InvalidQuery where the program and its edges do not hold it.

    Nothing is said about items elsewhere, not even whether they exist.
    """
    place = asked.network.place.get(name)
    if place is None:
        place = _by_key(asked, name)
    if place is None and (found := await ItemReads(connection).resolve(name)) is not None:
        place = asked.network.place.get(found.uid)
    if place is None:
        shown = name if len(name) <= MOST_CHARACTERS else f"{name[:MOST_CHARACTERS]}…"
        raise error(parameter, f"{shown!r} is no item of {asked.program.key}, nor an end of one of its edges.")
    return place


def _by_key(asked: ProgramNetwork, name: str) -> int | None:
    """Also the key alone, where only one item of the network has it."""
    source, colon, key = name.partition(":")
    found = [
        place
        for place, item in enumerate(asked.network.items)
        if item.key.casefold() == (key if colon else source).casefold() and (not colon or item.source == source)
    ]
    return found[0] if len(found) == 1 else None
