"""Health as somebody decided it, for a while: what it was before and after stays computed."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from service.store.tables.base import Moment, metadata

health_overrides = Table(
    "health_overrides",  # all that ever were; at most one per program holds
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("program_key", Text, nullable=False),  # no foreign key: what was decided outlives a program
    Column("value", Text, nullable=False),  # red | amber | green
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("set_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("ended_at", Moment),  # withdrawn or replaced before it expired
    Column("ended_by", Text),
)
Index(
    "uq_health_overrides_not_ended",
    health_overrides.c.program_key,
    unique=True,
    postgresql_where=health_overrides.c.ended_at.is_(None),
    sqlite_where=health_overrides.c.ended_at.is_(None),
)
Index("ix_health_overrides_program_key", health_overrides.c.program_key)
