"""OAuth: the grants of sources, with their refresh tokens sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")  # SQLite: sortable UTC text


def upgrade() -> None:
    op.create_table(
        "oauth_grants",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("began_with", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed_refresh_token", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text()),
        sa.Column("held_until", MOMENT),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("renewed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("source", "began_with", name="pk_oauth_grants"),
    )


def downgrade() -> None:
    op.drop_table("oauth_grants")
