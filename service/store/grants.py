"""OAuth grants as stored: each known by the refresh token it began with, in the hands of one at a time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.bulk import run
from service.store.tables.oauth import oauth_grants


def digest_of(refresh_token: str) -> str:
    """What tells one grant from another without telling the token."""
    return hashlib.sha256(refresh_token.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class StoredGrant:
    sealed_refresh_token: str
    version: int


class Grants:
    """Of one source, those that began with the refresh token of this digest."""

    def __init__(self, connection: AsyncConnection, source: str, began_with: str) -> None:
        self._connection = connection
        self._source = source
        self._began_with = began_with
        c = oauth_grants.c
        self._mine = (c.source == source, c.began_with == began_with)

    async def begin(self, sealed_refresh_token: str, *, now: datetime) -> bool:
        """Unless it began long ago. Other grants of the source are left: a process with another file may use them."""
        begun = await run(
            self._connection,
            "INSERT INTO oauth_grants "
            "(source, began_with, version, sealed_refresh_token, began_at, renewed_at) VALUES (?, ?, 0, ?, ?, ?) "
            "ON CONFLICT (source, began_with) DO NOTHING",
            (self._source, self._began_with, sealed_refresh_token, now, now),
        )
        return begun == 1

    async def take(self, *, holder: str, now: datetime, until: datetime) -> StoredGrant | None:
        """Ours until then, or None while another has it: one statement decides, so that two never both win."""
        c = oauth_grants.c
        free = or_(c.holder.is_(None), c.held_until <= now)
        taken = await self._connection.execute(
            update(oauth_grants).where(*self._mine, free).values(holder=holder, held_until=until)
        )
        if taken.rowcount != 1:
            return None
        row = (await self._connection.execute(select(c.sealed_refresh_token, c.version).where(*self._mine))).one()
        return StoredGrant(row.sealed_refresh_token, row.version)

    async def replace(self, sealed_refresh_token: str, *, version: int, now: datetime) -> bool:
        """The token of that version was used and this one follows. False when it had a successor already."""
        c = oauth_grants.c
        statement = update(oauth_grants).where(*self._mine, c.version == version)
        followed = await self._connection.execute(
            statement.values(
                sealed_refresh_token=sealed_refresh_token,
                version=version + 1,
                renewed_at=now,
                holder=None,
                held_until=None,
            )
        )
        return followed.rowcount == 1

    async def give_back(self, *, holder: str) -> None:
        """Another's hold is left alone."""
        statement = update(oauth_grants).where(*self._mine, oauth_grants.c.holder == holder)
        await self._connection.execute(statement.values(holder=None, held_until=None))

    async def forget_others(self, *, unused_since: datetime) -> None:
        """Grants of the source that nobody renewed for so long that the tool has ended them."""
        c = oauth_grants.c
        await self._connection.execute(
            delete(oauth_grants).where(
                c.source == self._source, c.began_with != self._began_with, c.renewed_at < unused_since
            )
        )
