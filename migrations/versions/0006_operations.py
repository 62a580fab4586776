"""Operations: what is asked of tools, whether they let us in, proven coverage of scopes, how long deliveries take."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")  # SQLite: sortable UTC text
COUNTS = ("requests", "retries", "throttled", "bytes_received")


def upgrade() -> None:
    op.create_table(
        "source_usage",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in COUNTS),
        sa.Column("counted_at", MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_source_usage"),
    )
    op.create_table(
        "source_contacts",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("account", sa.Text()),
        sa.Column("clock_ahead", sa.Float()),
        sa.Column("error", sa.JSON()),
        sa.PrimaryKeyConstraint("source", name="pk_source_contacts"),
    )
    op.create_table(
        "delivery_delays",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("bound", sa.Text(), nullable=False),
        sa.Column("deliveries", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("source", "bound", name="pk_delivery_delays"),
        sqlite_with_rowid=False,
    )
    for name in ("stored", "rejected"):
        op.add_column("scopes", sa.Column(name, sa.Integer()))
    op.add_column("scopes", sa.Column("error_since", MOMENT))
    op.add_column("webhook_counters", sa.Column("changed", sa.Integer()))


def downgrade() -> None:
    op.drop_column("webhook_counters", "changed")
    for name in ("error_since", "rejected", "stored"):
        op.drop_column("scopes", name)
    for table in ("delivery_delays", "source_contacts", "source_usage"):
        op.drop_table(table)
