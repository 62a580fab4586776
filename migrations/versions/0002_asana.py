"""What a second tool needs: feeds of changes, silent moves, portfolios, stated health, goals, pointers across tools."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")  # SQLite: sortable UTC text

TABLES = (
    "portfolios",
    "portfolio_projects",
    "status_updates",
    "goals",
    "source_capabilities",
    "item_references",
    "edge_decisions",
    "pending_details",
    "options",
)


def upgrade() -> None:
    op.add_column("scopes", sa.Column("token", sa.Text()))
    op.add_column("work_items", sa.Column("url", sa.Text()))
    op.add_column("work_items", sa.Column("listing_mark", sa.Text()))
    op.add_column("item_stubs", sa.Column("visible", sa.Boolean()))
    _program_level()
    _across_tools()
    op.create_table(
        "pending_details",
        sa.Column("item_uid", sa.Text(), primary_key=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
    )
    op.create_index("ix_pending_details_source_updated_at", "pending_details", ["source", "updated_at"])
    op.create_table("options", sa.Column("name", sa.Text(), primary_key=True))


def _program_level() -> None:
    op.create_table(
        "portfolios",
        sa.Column("source", sa.Text(), primary_key=True),
        sa.Column("native_id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text()),
    )
    op.create_table(
        "portfolio_projects",
        sa.Column("source", sa.Text(), primary_key=True),
        sa.Column("portfolio_id", sa.Text(), primary_key=True),
        sa.Column("project_id", sa.Text(), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "status_updates",
        sa.Column("source", sa.Text(), primary_key=True),
        sa.Column("native_id", sa.Text(), primary_key=True),
        sa.Column("parent_kind", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("title", sa.Text()),
        sa.Column("author_id", sa.Text()),
        sa.Column("created_at", MOMENT),
    )
    op.create_table(
        "goals",
        sa.Column("source", sa.Text(), primary_key=True),
        sa.Column("native_id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text()),
        sa.Column("status", sa.Text()),
        sa.Column("start", sa.Date()),
        sa.Column("due", sa.Date()),
        sa.Column("progress", sa.Float()),
    )
    op.create_table(
        "source_capabilities",
        sa.Column("source", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text()),
    )


def _across_tools() -> None:
    op.create_table(
        "item_references",
        sa.Column("item_uid", sa.Text(), primary_key=True),
        sa.Column("origin", sa.Text(), primary_key=True),
        sa.Column("target", sa.Text(), primary_key=True),
        sa.Column("relationship", sa.Text()),
    )
    op.create_table(
        "edge_decisions",
        sa.Column("first_uid", sa.Text(), primary_key=True),
        sa.Column("second_uid", sa.Text(), primary_key=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("predecessor_uid", sa.Text()),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    for table, column in (
        ("item_stubs", "visible"),
        ("work_items", "listing_mark"),
        ("work_items", "url"),
        ("scopes", "token"),
    ):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
