"""What changed that networks of dependencies rest on: written by triggers of the migration, whoever writes."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, text

from service.store.tables.base import metadata

network_changes = Table(
    "network_changes",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("reach", Text, nullable=False),  # values | shape | names | all (service.store.network_changes.Reach)
    Column("uid", Text),  # the item that changed
    Column("other_uid", Text),  # its parent, or the other end of a link
    Column("program_key", Text),  # the program that it came to or left
    Column("xact", BigInteger, nullable=False, server_default=text("0")),  # PostgreSQL: the transaction that wrote it
    sqlite_autoincrement=True,  # a number is never given twice, also when the latest rows are gone
)
Index("ix_network_changes_xact", network_changes.c.xact)
