"""History: who was in a program at an earlier moment is found without reading every membership."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_memberships_program_key_valid_from", "memberships", ["program_key", "valid_from"])


def downgrade() -> None:
    op.drop_index("ix_memberships_program_key_valid_from", "memberships")
