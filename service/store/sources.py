"""Connected sources and their scopes: how far each one is read, and what went wrong last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.bulk import run, upsert, within
from service.store.coverage import Coverage
from service.store.tables import sources as tables


@dataclass(frozen=True, slots=True)
class StoredScope:
    """`state` is live, archived, gone or out_of_scope; no `cursor` means never read to its end."""

    native_id: str
    key: str
    state: str
    cursor: datetime | None
    listed: int | None
    proven_at: datetime | None
    token: str | None = None


class Sources:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def register(self, name: str, *, kind: str, url: str) -> None:
        """Make a configured source known, or follow its configuration."""
        columns = ("name", "kind", "url")
        await upsert(self._connection, tables.sources, columns, [(name, kind, url)], key=("name",))

    async def describe(self, name: str, **values: object) -> None:
        """Set columns of the source: who its credential is, its last run, its last proof."""
        query = update(tables.sources).where(tables.sources.c.name == name)
        await self._connection.execute(query.values(**values))

    async def last_run(self, name: str) -> int:
        """The id of its latest run; 0 when there was none."""
        c = tables.sources.c
        return (await self._connection.execute(select(c.last_run_id).where(c.name == name))).scalar_one_or_none() or 0

    async def proofs(self) -> dict[str, datetime | None]:
        """The start of the last complete sync by source; None: there was none."""
        c = tables.sources.c
        found = await self._connection.execute(select(c.name, c.last_complete_sync))
        return {row.name: row.last_complete_sync for row in found}


class Scopes:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def known(self, source: str) -> dict[str, StoredScope]:
        """native id → what is stored."""
        c = tables.scopes.c
        query = select(c.native_id, c.key, c.state, c.cursor, c.listed, c.proven_at, c.token).where(c.source == source)
        return {row.native_id: StoredScope(*row) for row in await self._connection.execute(query)}

    async def register(self, source: str, rows: Iterable[Mapping[str, str]]) -> None:
        """The scopes of this configuration (native_id, key, name, state); a known cursor stays, others are out."""
        names = ("native_id", "key", "name", "state")
        tuples = [(source, *(row[name] for name in names)) for row in rows]
        c = tables.scopes.c
        others = update(tables.scopes).where(c.source == source, c.native_id.not_in([row[1] for row in tuples]))
        await self._connection.execute(others.values(state="out_of_scope"))
        await upsert(self._connection, tables.scopes, ("source", *names), tuples, key=("source", "native_id"))

    async def mark_gone(self, source: str, keys: Sequence[str]) -> None:
        """Scopes that were asked for and cannot be seen any more."""
        await run(
            self._connection,
            f"UPDATE scopes SET state = 'gone' WHERE source = ? AND {within(self._connection, 'key')}",  # noqa: S608
            (source, list(keys)),
        )

    async def complete(
        self,
        source: str,
        scope_id: str,
        *,
        cursor: datetime,
        proven_at: datetime,
        coverage: Coverage | None,
        token: str | None = None,
    ) -> None:
        """Move the cursor: every page and child is stored. `coverage` is that of a census, None when none was taken."""
        values: dict[str, Any] = {"cursor": cursor, "last_complete_sync": proven_at, "token": token}
        values |= {"error": null(), "error_since": None}
        if coverage is not None:
            values |= {"listed": coverage.listed, "stored": coverage.stored, "rejected": coverage.rejected}
            values |= {"proven_at": proven_at}
        await self._update(source, scope_id, values)

    async def fail(self, source: str, scope_id: str, error: Mapping[str, Any], *, now: datetime) -> None:
        """Keep the cursor where it is, and say why ({"code", "message", …}); the same trouble keeps its beginning."""
        c = tables.scopes.c
        query = select(c.error, c.error_since).where(c.source == source, c.native_id == scope_id)
        known = (await self._connection.execute(query)).first()
        same = known is not None and known.error is not None and known.error.get("code") == error["code"]
        since = known.error_since if known is not None and same else None
        await self._update(source, scope_id, {"error": dict(error), "error_since": since or now})

    async def _update(self, source: str, scope_id: str, values: dict[str, Any]) -> None:
        c = tables.scopes.c
        query = update(tables.scopes).where(c.source == source, c.native_id == scope_id)
        await self._connection.execute(query.values(values))
