"""Keys by which programs and people ask. Only the hash of a secret is kept."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Table, Text

from service.store.tables.base import Moment, metadata

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),  # the public part of the token
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),  # SHA-256 of the secret part, in hex
    Column("scope", Text, nullable=False),  # read | sync | admin
    Column("programs", JSON, nullable=False),  # keys of programs it is limited to; [] is none of a limit
    Column("created_at", Moment, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at", Moment),
    Column("last_used_at", Moment),  # to the minute
    Column("revoked_at", Moment),
)
Index(  # a revoked key gives its name back
    "uq_api_keys_name_live",
    api_keys.c.name,
    unique=True,
    postgresql_where=api_keys.c.revoked_at.is_(None),
    sqlite_where=api_keys.c.revoked_at.is_(None),
)
