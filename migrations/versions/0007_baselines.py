"""Baselines, which nothing may change once they are taken: not even this service."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")  # SQLite: sortable UTC text
TABLES = ("baselines", "baseline_items")
REFUSED = "a baseline is never changed"


def upgrade() -> None:
    op.create_table(
        "baselines",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("program_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.Column("taken_at", MOMENT, nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("definition_version", sa.Text(), nullable=False),
        sa.Column("program_start", sa.Date()),
        sa.Column("program_target", sa.Date()),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("points", sa.Float()),
        sa.Column("time_seconds", sa.BigInteger()),
        sa.Column("start", sa.Date()),
        sa.Column("finish", sa.Date()),
        sa.PrimaryKeyConstraint("id", name="pk_baselines"),
        sa.UniqueConstraint("program_key", "folded", name="uq_baselines_program_key_folded"),
    )
    op.create_table(
        "baseline_items",
        sa.Column("baseline_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("called", sa.Text(), nullable=False),
        sa.Column("item_type", sa.Text(), nullable=False),
        sa.Column("parent_uid", sa.Text()),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("excluded", sa.Text()),
        sa.Column("points", sa.Float()),
        sa.Column("time_seconds", sa.BigInteger()),
        sa.Column("start", sa.Date()),
        sa.Column("finish", sa.Date()),
        sa.Column("planned_by", sa.Text()),
        sa.PrimaryKeyConstraint("baseline_id", "uid", name="pk_baseline_items"),
        sa.ForeignKeyConstraint(["baseline_id"], ["baselines.id"], name="fk_baseline_items_baseline_id"),
        sqlite_with_rowid=False,
    )
    _forbid_changes()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change_of_baseline()")


def _forbid_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change_of_baseline() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{REFUSED}'; END $$"
        )
        for table in TABLES:
            op.execute(
                f"CREATE TRIGGER keep_{table} BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change_of_baseline()"
            )
        return
    for table in TABLES:
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER keep_{table}_from_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
            )
