"""Everything the first release stores."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")  # SQLite: sortable UTC text

TABLES = (  # in the order they are made; a table comes after those it refers to
    "sources",
    "scopes",
    "sync_runs",
    "sync_run_scopes",
    "source_leases",
    "source_findings",
    "raw_dictionaries",
    "raw_records",
    "projects",
    "people",
    "statuses",
    "item_types",
    "iterations",
    "releases",
    "link_types",
    "fields",
    "work_items",
    "item_facets",
    "item_aliases",
    "item_changes",
    "item_stubs",
    "links",
    "tombstones",
    "programs",
    "mapping_rules",
    "memberships",
    "declared_dependencies",
    "pending_assignments",
    "audit_log",
)


def upgrade() -> None:
    _sources_and_runs()
    _raw_layer()
    _vocabulary()
    _items()
    _programs()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _sources_and_runs() -> None:
    op.create_table(
        "sources",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text()),
        sa.Column("time_zone", sa.Text()),
        sa.Column("edition", sa.Text()),
        sa.Column("version", sa.Text()),
        sa.Column("last_complete_sync", MOMENT),
        sa.Column("last_run_id", sa.Integer()),
        sa.PrimaryKeyConstraint("name", name="pk_sources"),
    )
    op.create_table(
        "scopes",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cursor", MOMENT),
        sa.Column("last_complete_sync", MOMENT),
        sa.Column("listed", sa.Integer()),
        sa.Column("proven_at", MOMENT),
        sa.Column("error", sa.JSON()),
        sa.ForeignKeyConstraint(["source"], ["sources.name"], name="fk_scopes_source", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("source", "native_id", name="pk_scopes"),
    )
    op.create_table(
        "sync_runs",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("server_started_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        sa.Column("fetched", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["sources.name"], name="fk_sync_runs_source", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_sync_runs"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sync_runs_source", "sync_runs", ["source"], unique=False)
    op.create_table(
        "sync_run_scopes",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("scope_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("listed", sa.Integer()),
        sa.Column("fetched", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("error", sa.JSON()),
        sa.ForeignKeyConstraint(["run_id"], ["sync_runs.id"], name="fk_sync_run_scopes_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "scope_id", name="pk_sync_run_scopes"),
    )
    op.create_table(
        "source_leases",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_source_leases"),
    )
    op.create_table(
        "source_findings",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("blocking", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["sources.name"], name="fk_source_findings_source", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("source", "code", "scope", "message", name="pk_source_findings"),
    )


def _raw_layer() -> None:
    op.create_table(
        "raw_dictionaries",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("trained_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_raw_dictionaries"),
    )
    op.create_index("ix_raw_dictionaries_source", "raw_dictionaries", ["source"], unique=False)
    op.create_table(
        "raw_records",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("scope_id", sa.Text()),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("dictionary_id", sa.Integer()),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("fetched_at", MOMENT, nullable=False),
        sa.Column("last_seen_run", sa.Integer(), nullable=False),
        sa.Column("reject_reason", sa.Text()),
        sa.PrimaryKeyConstraint("source", "kind", "native_id", name="pk_raw_records"),
        sqlite_with_rowid=True,
    )
    if op.get_bind().dialect.name == "postgresql":
        # Payloads arrive compressed: keep them out of line, and do not try to compress them again.
        op.execute("ALTER TABLE raw_records ALTER COLUMN payload SET STORAGE EXTERNAL")
    op.create_index(
        "ix_raw_records_rejected",
        "raw_records",
        ["source"],
        unique=False,
        postgresql_where=sa.text("reject_reason IS NOT NULL"),
        sqlite_where=sa.text("reject_reason IS NOT NULL"),
    )


def _vocabulary() -> None:
    op.create_table(
        "projects",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("style", sa.Text()),
        sa.PrimaryKeyConstraint("source", "native_id", name="pk_projects"),
    )
    op.create_table(
        "people",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text()),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("source", "native_id", name="pk_people"),
    )
    op.create_table(
        "statuses",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text()),
        sa.PrimaryKeyConstraint("source", "native_id", name="pk_statuses"),
    )
    op.create_table(
        "item_types",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Text()),
        sa.PrimaryKeyConstraint("source", "native_id", name="pk_item_types"),
    )
    op.create_table(
        "iterations",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("start", MOMENT),
        sa.Column("end", MOMENT),
        sa.Column("completed", MOMENT),
        sa.Column("goal", sa.Text()),
        sa.Column("board_id", sa.Text()),
        sa.PrimaryKeyConstraint("source", "native_id", name="pk_iterations"),
    )
    op.create_table(
        "releases",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text()),
        sa.Column("start", sa.Date()),
        sa.Column("release", sa.Date()),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("source", "native_id", name="pk_releases"),
    )
    op.create_table(
        "link_types",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("outward", sa.Text(), nullable=False),
        sa.Column("inward", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "native_id", name="pk_link_types"),
    )
    op.create_table(
        "fields",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("custom", sa.Text()),
        sa.Column("role", sa.Text()),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Text()),
        sa.PrimaryKeyConstraint("source", "native_id", name="pk_fields"),
    )


def _items() -> None:
    op.create_table(
        "work_items",
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("item_type_id", sa.Text(), nullable=False),
        sa.Column("item_type", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("subtask", sa.Boolean(), nullable=False),
        sa.Column("status_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_category", sa.Text(), nullable=False),
        sa.Column("resolution", sa.Text()),
        sa.Column("no_resolution", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.Text()),
        sa.Column("assignee_id", sa.Text()),
        sa.Column("reporter_id", sa.Text()),
        sa.Column("team", sa.Text()),
        sa.Column("parent_uid", sa.Text()),
        sa.Column("parent_key", sa.Text()),
        sa.Column("epic_uid", sa.Text()),
        sa.Column("points", sa.Float()),
        sa.Column("points_field", sa.Text()),
        sa.Column("estimate_seconds", sa.Integer()),
        sa.Column("spent_seconds", sa.Integer()),
        sa.Column("remaining_seconds", sa.Integer()),
        sa.Column("start", sa.Date()),
        sa.Column("due", sa.Date()),
        sa.Column("target_start", sa.Date()),
        sa.Column("target_end", sa.Date()),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("resolved_at", MOMENT),
        sa.Column("started_at", MOMENT),
        sa.Column("done_at", MOMENT),
        sa.Column("tombstone", sa.Text()),
        sa.Column("warnings", sa.Text()),
        sa.PrimaryKeyConstraint("uid", name="pk_work_items"),
    )
    op.create_index("ix_work_items_parent_uid", "work_items", ["parent_uid"], unique=False)
    op.create_index("ix_work_items_source_key", "work_items", ["source", "key"], unique=False)
    op.create_index("ix_work_items_source_project", "work_items", ["source", "project_id"], unique=False)
    op.create_table(
        "item_facets",
        sa.Column("item_uid", sa.Text(), nullable=False),
        sa.Column("facet", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("item_uid", "facet", "name", "value", "native_id", name="pk_item_facets"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_item_facets_facet_value", "item_facets", ["facet", "value"], unique=False)
    op.create_table(
        "item_aliases",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("item_uid", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "key", name="pk_item_aliases"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "item_changes",
        sa.Column("item_uid", sa.Text(), nullable=False),
        sa.Column("change_id", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("field_id", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text()),
        sa.Column("from_value", sa.Text()),
        sa.Column("to_value", sa.Text()),
        sa.Column("from_text", sa.Text()),
        sa.Column("to_text", sa.Text()),
        sa.PrimaryKeyConstraint("item_uid", "change_id", "ordinal", name="pk_item_changes"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "item_stubs",
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text()),
        sa.Column("status", sa.Text()),
        sa.Column("status_category", sa.Text()),
        sa.Column("item_type", sa.Text()),
        sa.PrimaryKeyConstraint("uid", name="pk_item_stubs"),
    )
    op.create_table(
        "links",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("type_id", sa.Text(), nullable=False),
        sa.Column("source_uid", sa.Text(), nullable=False),
        sa.Column("target_uid", sa.Text(), nullable=False),
        sa.Column("provenance", sa.Text(), nullable=False),
        sa.Column("seen_from_source", sa.Boolean(), nullable=False),
        sa.Column("seen_from_target", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("source", "native_id", name="pk_links"),
    )
    op.create_index("ix_links_source_uid", "links", ["source_uid"], unique=False)
    op.create_index("ix_links_target_uid", "links", ["target_uid"], unique=False)
    op.create_table(
        "tombstones",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("item_uid", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text()),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("run_id", sa.Integer()),
        sa.Column("restored_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_tombstones"),
    )
    op.create_index("ix_tombstones_item_uid", "tombstones", ["item_uid"], unique=False)


def _programs() -> None:
    op.create_table(
        "programs",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("objective", sa.Text()),
        sa.Column("owner", sa.Text()),
        sa.Column("start", sa.Date()),
        sa.Column("target", sa.Date()),
        sa.Column("count_subtasks", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_programs"),
    )
    op.create_table(
        "mapping_rules",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("program_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("matchers", sa.JSON(), nullable=False),
        sa.Column("descendants", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["program_key"], ["programs.key"], name="fk_mapping_rules_program_key", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_mapping_rules"),
    )
    op.create_index("ix_mapping_rules_program_key", "mapping_rules", ["program_key"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("program_key", sa.Text(), nullable=False),
        sa.Column("item_uid", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("via_uid", sa.Text()),
        sa.Column("workstream", sa.Text()),
        sa.Column("valid_from", MOMENT, nullable=False),
        sa.Column("valid_to", MOMENT),
        sa.ForeignKeyConstraint(
            ["program_key"], ["programs.key"], name="fk_memberships_program_key", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_memberships"),
    )
    op.create_index("ix_memberships_item_uid", "memberships", ["item_uid"], unique=False)
    op.create_index(
        "uq_memberships_current",
        "memberships",
        ["program_key", "item_uid"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
        sqlite_where=sa.text("valid_to IS NULL"),
    )
    op.create_table(
        "declared_dependencies",
        sa.Column("program_key", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("predecessor", sa.Text(), nullable=False),
        sa.Column("successor", sa.Text(), nullable=False),
        sa.Column("lag_days", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["program_key"], ["programs.key"], name="fk_declared_dependencies_program_key", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("program_key", "position", name="pk_declared_dependencies"),
    )
    op.create_table(
        "pending_assignments",
        sa.Column("item_uid", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("item_uid", name="pk_pending_assignments"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
    )
