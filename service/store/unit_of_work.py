"""What a transaction hands to its block: the connection that repositories are built from."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """One open transaction. Only `Database` begins and ends it; repositories never commit."""

    connection: AsyncConnection
