"""API keys as stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.access import Scope
from service.store.tables.access import api_keys

USE_NOTED_EVERY = timedelta(minutes=1)  # a write for every request would cost more than the answer


@dataclass(frozen=True, slots=True)
class StoredKey:
    """`programs` empty: not limited. A key is good until it expires or is revoked."""

    id: str
    name: str
    digest: str
    scope: Scope
    programs: tuple[str, ...]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def use_is_noted(self, now: datetime) -> bool:
        return self.last_used_at is not None and now - self.last_used_at < USE_NOTED_EVERY


class Keys:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def any(self) -> bool:
        """Whether a key was ever made, revoked and expired ones included."""
        return (await self._connection.execute(select(api_keys.c.id).limit(1))).first() is not None

    async def all(self) -> list[StoredKey]:
        """By name; among those of one name the newest last."""
        query = select(api_keys).order_by(api_keys.c.name, api_keys.c.created_at, api_keys.c.id)
        return [_key(row) for row in await self._connection.execute(query)]

    async def by_id(self, key_id: str) -> StoredKey | None:
        row = (await self._connection.execute(select(api_keys).where(api_keys.c.id == key_id))).first()
        return None if row is None else _key(row)

    async def live(self, name: str) -> StoredKey | None:
        """The key of that name which is not revoked."""
        query = select(api_keys).where(api_keys.c.name == name, api_keys.c.revoked_at.is_(None))
        row = (await self._connection.execute(query)).first()
        return None if row is None else _key(row)

    async def add(self, key: StoredKey) -> None:
        values: dict[str, Any] = {name: getattr(key, name) for name in key.__slots__}
        await self._connection.execute(
            api_keys.insert().values(values | {"scope": key.scope.value, "programs": list(key.programs)})
        )

    async def revoke(self, key_id: str, *, at: datetime) -> None:
        await self._connection.execute(api_keys.update().where(api_keys.c.id == key_id).values(revoked_at=at))

    async def note_use(self, key_id: str, *, at: datetime) -> None:
        """Unless another process noted it in the same minute."""
        stale = or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at <= at - USE_NOTED_EVERY)
        await self._connection.execute(api_keys.update().where(api_keys.c.id == key_id, stale).values(last_used_at=at))


def _key(row: Row[*tuple[Any, ...]]) -> StoredKey:
    values: Sequence[Any] = row
    fields = dict(zip(row._fields, values, strict=True))
    return StoredKey(**fields | {"scope": Scope(row.scope), "programs": tuple(row.programs)})
