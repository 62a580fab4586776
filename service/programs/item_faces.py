"""How items of a network are shown: with whom they are assigned to at the moment that the network is of."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.network import NetworkItem
from service.store.faces import Face, Faces
from service.store.past_items import PastItems


async def faces_of(connection: AsyncConnection, items: Iterable[NetworkItem]) -> dict[str, Face]:
    """By uid, as `Faces.of`; who was assigned then is only looked up where it is somebody else now."""
    wanted = {item.uid: item for item in items}
    faces = await Faces(connection).of(wanted.keys())
    moved = {uid: item for uid, item in wanted.items() if uid in faces and faces[uid].assignee_id != item.assignee_id}
    if not moved:
        return faces
    people = await PastItems(connection).people({_account(item) for item in moved.values()})
    names = {account: name for account, (name, _) in people.items()}
    return faces | {uid: faces[uid]._replace(assignee=names.get(_account(item))) for uid, item in moved.items()}


def _account(item: NetworkItem) -> tuple[str, str]:
    return item.source, item.assignee_id or ""
