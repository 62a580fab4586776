"""What tools delivered by themselves, and what became of it."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Integer, Table, Text

from service.store.tables.base import Moment, metadata

webhook_inbox = Table(
    "webhook_inbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("source", Text, nullable=False),
    Column("dedupe_key", Text, nullable=False),  # the tool's own name of the delivery, else the hash of its body
    Column("received_at", Moment, nullable=False),
    Column("occurred_at", Moment),  # as the tool says
    Column("event", Text, nullable=False),
    Column("native_ids", JSON, nullable=False),
    Column("deleted_ids", JSON, nullable=False),
    Column("scope_id", Text),  # the project that the items are said to lie in
    Column("state", Text, nullable=False),  # waiting | applied | failed
    Column("attempts", Integer, nullable=False, default=0),
    Column("due_at", Moment, nullable=False),  # not tried before
    Column("error", Text),
    sqlite_autoincrement=True,
)
Index("uq_webhook_inbox_source_dedupe_key", webhook_inbox.c.source, webhook_inbox.c.dedupe_key, unique=True)
Index(
    "ix_webhook_inbox_open",
    webhook_inbox.c.source,
    webhook_inbox.c.attempts,
    webhook_inbox.c.id,
    postgresql_where=webhook_inbox.c.state != "applied",
    sqlite_where=webhook_inbox.c.state != "applied",
)
Index("ix_webhook_inbox_source_received_at", webhook_inbox.c.source, webhook_inbox.c.received_at)

webhook_counters = Table(
    "webhook_counters",
    metadata,
    Column("source", Text, primary_key=True),
    Column("received", Integer, nullable=False, default=0),  # proven, repeated ones and heartbeats included
    Column("repeated", Integer, nullable=False, default=0),
    Column("refused", Integer, nullable=False, default=0),  # without a signature that holds
    Column("ignored", Integer, nullable=False, default=0),  # items of projects that are not pulled
    Column("last_event_at", Moment),
    Column("last_refused_at", Moment),
    Column("missed", Integer),  # items that the last census found changed and no delivery told; None: not counted yet
    Column("changed", Integer),  # all items that had changed since the census before, told or not
)

webhook_subscriptions = Table(
    "webhook_subscriptions",  # webhooks that we registered, and how the tool says they are doing
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("source", Text, nullable=False, index=True),
    Column("scope_id", Text),  # None: one for all that the source reads
    Column("state", Text, nullable=False),  # pending | active | disabled | missing
    Column("nonce_digest", Text, unique=True),  # SHA-256 of the last part of the path, in hex, where it has a nonce
    Column("pending_until", Moment),
    Column("sealed_secret", Text),  # readable with INTERLOCK_SECRET_KEY alone
    Column("native_id", Text),  # the tool's own id of the webhook, once it has said so
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("last_success_at", Moment),
    Column("last_failure_at", Moment),
    Column("last_failure", Text),
    Column("looked_at", Moment),  # when the tool was last asked about it
    sqlite_autoincrement=True,
)
