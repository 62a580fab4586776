"""Track records of forecasts by dependencies: computed once a week, as each past week takes a second or more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "track_records",
        sa.Column("program_key", sa.Text(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("program_key", "week", name="pk_track_records"),
    )


def downgrade() -> None:
    op.drop_table("track_records")
