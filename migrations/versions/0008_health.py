"""Health: what somebody decided about the colour of a program, for a while."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")  # SQLite: sortable UTC text


def upgrade() -> None:
    op.create_table(
        "health_overrides",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("program_key", "value", "reason", "author")),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_by", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_health_overrides"),
    )
    op.create_index(
        "uq_health_overrides_not_ended",
        "health_overrides",
        ["program_key"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_health_overrides_program_key", "health_overrides", ["program_key"])


def downgrade() -> None:
    op.drop_table("health_overrides")
