"""What one who is limited to programs sees of an item: nothing, unless it stands in one of them."""

from __future__ import annotations

from collections.abc import Collection

from msgspec.structs import replace

from service.domain.errors import UnknownItem
from service.programs.answers import Answer, ItemData
from service.store.engine import Database
from service.store.item_reads import ItemReads


async def require_item(database: Database, uid: str, *, among: Collection[str] | None) -> None:
    """Raises UnknownItem, as for an item that was never read, for one in none of these programs."""
    if among is None:
        return
    async with database.reading() as uow:
        reader = ItemReads(uow.connection)
        found = await reader.resolve(uid)
        programs = [] if found is None else await reader.programs_of(found.uid)
    if not any(each.key in among for each in programs):
        raise UnknownItem(uid)


def item_among(answer: Answer[ItemData], among: Collection[str] | None) -> Answer[ItemData]:
    """The answer without the other programs that the item stands in."""
    if among is None:
        return answer
    item = answer.data.item
    seen = tuple(each for each in item.programs if each.key in among)
    return replace(answer, data=ItemData(replace(item, programs=seen)))
