"""Who may ask: API keys, and in the audit from where something was done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")  # SQLite: sortable UTC text


def upgrade() -> None:
    op.add_column("audit_log", sa.Column("origin", sa.Text()))
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("programs", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.Column("last_used_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
    )
    live = sa.text("revoked_at IS NULL")
    op.create_index(
        "uq_api_keys_name_live", "api_keys", ["name"], unique=True, postgresql_where=live, sqlite_where=live
    )


def downgrade() -> None:
    op.drop_table("api_keys")
    with op.batch_alter_table("audit_log") as batch:
        batch.drop_column("origin")
