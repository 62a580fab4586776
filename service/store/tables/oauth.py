"""Grants of OAuth whose refresh token changes each time it is used."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text

from service.store.tables.base import Moment, metadata

oauth_grants = Table(
    "oauth_grants",
    metadata,
    Column("source", Text, primary_key=True),
    Column("began_with", Text, primary_key=True),  # SHA-256 of the refresh token in the configuration, in hex
    Column("version", Integer, nullable=False),  # how many refresh tokens came before the present one
    Column("sealed_refresh_token", Text, nullable=False),  # readable with INTERLOCK_SECRET_KEY alone
    Column("holder", Text),  # who is spending it now, and until when nobody else may
    Column("held_until", Moment),
    Column("began_at", Moment, nullable=False),
    Column("renewed_at", Moment, nullable=False),
)
