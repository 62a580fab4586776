"""Webhooks: an inbox of deliveries, what is counted about them, and subscriptions with sealed secrets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")  # SQLite: sortable UTC text


def upgrade() -> None:
    op.create_table(
        "webhook_inbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("occurred_at", MOMENT),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("native_ids", sa.JSON(), nullable=False),
        sa.Column("deleted_ids", sa.JSON(), nullable=False),
        sa.Column("scope_id", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_inbox"),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_webhook_inbox_source_dedupe_key", "webhook_inbox", ["source", "dedupe_key"], unique=True)
    still_open = sa.text("state != 'applied'")
    op.create_index(
        "ix_webhook_inbox_open",
        "webhook_inbox",
        ["source", "attempts", "id"],
        postgresql_where=still_open,
        sqlite_where=still_open,
    )
    op.create_index("ix_webhook_inbox_source_received_at", "webhook_inbox", ["source", "received_at"])
    op.create_table(
        "webhook_counters",
        sa.Column("source", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("received", "repeated", "refused", "ignored")),
        sa.Column("last_event_at", MOMENT),
        sa.Column("last_refused_at", MOMENT),
        sa.Column("missed", sa.Integer()),
        sa.PrimaryKeyConstraint("source", name="pk_webhook_counters"),
    )
    op.create_table(
        "webhook_subscriptions",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("scope_id", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("nonce_digest", sa.Text()),
        sa.Column("pending_until", MOMENT),
        sa.Column("sealed_secret", sa.Text()),
        sa.Column("native_id", sa.Text()),
        sa.Column("created_at", MOMENT, nullable=False),
        *(sa.Column(name, MOMENT) for name in ("expires_at", "last_success_at", "last_failure_at")),
        sa.Column("last_failure", sa.Text()),
        sa.Column("looked_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_subscriptions"),
        sa.UniqueConstraint("nonce_digest", name="uq_webhook_subscriptions_nonce_digest"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_webhook_subscriptions_source", "webhook_subscriptions", ["source"])


def downgrade() -> None:
    for table in ("webhook_subscriptions", "webhook_counters", "webhook_inbox"):
        op.drop_table(table)
