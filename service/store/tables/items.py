"""Work items and what hangs on them. `uid` is "source:native-id"; it is the identity everywhere."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Float, Index, Integer, Table, Text

from service.store.tables.base import Moment, metadata

work_items = Table(
    "work_items",
    metadata,
    Column("uid", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("native_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("project_id", Text, nullable=False),
    Column("item_type_id", Text, nullable=False),
    Column("item_type", Text, nullable=False),
    Column("level", Integer, nullable=False),  # -1 sub-task, 0 standard, 1 epic, 2… above
    Column("subtask", Boolean, nullable=False),
    Column("status_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("status_category", Text, nullable=False),  # to_do | in_progress | done | cancelled
    Column("resolution", Text),
    Column("no_resolution", Boolean, nullable=False),
    Column("priority", Text),
    Column("assignee_id", Text),
    Column("reporter_id", Text),
    Column("team", Text),
    Column("parent_uid", Text),  # resolved; may name a stub
    Column("parent_key", Text),  # as the tool gave it, when it gave no id
    Column("epic_uid", Text),  # nearest ancestor of level 1
    Column("points", Float),
    Column("points_field", Text),
    Column("estimate_seconds", Integer),
    Column("spent_seconds", Integer),
    Column("remaining_seconds", Integer),
    Column("start", Date),
    Column("due", Date),
    Column("target_start", Date),
    Column("target_end", Date),
    Column("flagged", Boolean, nullable=False),
    Column("archived", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("resolved_at", Moment),
    Column("started_at", Moment),
    Column("done_at", Moment),
    Column("tombstone", Text),  # None: live; else the reason: gone | archived | access_lost | out_of_scope
    Column("warnings", Text),  # space-separated codes
    Column("url", Text),  # where it opens, when that cannot be told from source and key
    Column("listing_mark", Text),  # what a listing shows of it while it is as stored; None: its tool needs none
)
Index("ix_work_items_source_key", work_items.c.source, work_items.c.key)
Index("ix_work_items_source_project", work_items.c.source, work_items.c.project_id)
Index("ix_work_items_parent_uid", work_items.c.parent_uid)

item_facets = Table(
    "item_facets",
    metadata,
    Column("item_uid", Text, primary_key=True),
    Column("facet", Text, primary_key=True),  # connectors.items.Facet
    Column("name", Text, primary_key=True),  # field id for facet "field", else ""
    Column("value", Text, primary_key=True),
    Column("native_id", Text, primary_key=True, default=""),  # "" where the tool has none; two sprints may share a name
    sqlite_with_rowid=False,
)
Index("ix_item_facets_facet_value", item_facets.c.facet, item_facets.c.value)

item_aliases = Table(
    "item_aliases",
    metadata,
    Column("source", Text, primary_key=True),
    Column("key", Text, primary_key=True),  # a former key
    Column("item_uid", Text, nullable=False),
    sqlite_with_rowid=False,
)

item_changes = Table(
    "item_changes",
    metadata,
    Column("item_uid", Text, primary_key=True),
    Column("change_id", Text, primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("field_id", Text, nullable=False),
    Column("author_id", Text),
    Column("from_value", Text),
    Column("to_value", Text),
    Column("from_text", Text),
    Column("to_text", Text),
    sqlite_with_rowid=False,
)

item_stubs = Table(
    "item_stubs",  # ends of links and parents that were never read themselves
    metadata,
    Column("uid", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("native_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("title", Text),
    Column("status", Text),
    Column("status_category", Text),
    Column("item_type", Text),
    Column("visible", Boolean),  # asked for directly: can be read or not; None: known from links alone
)

links = Table(
    "links",  # one row per canonical edge
    metadata,
    Column("source", Text, primary_key=True),
    Column("native_id", Text, primary_key=True),
    Column("type_id", Text, nullable=False),
    Column("source_uid", Text, nullable=False),  # the end that shows the outward phrase
    Column("target_uid", Text, nullable=False),
    Column("provenance", Text, nullable=False),  # jira_link | asana | declared | suggested
    Column("seen_from_source", Boolean, nullable=False),
    Column("seen_from_target", Boolean, nullable=False),
)
Index("ix_links_source_uid", links.c.source_uid)
Index("ix_links_target_uid", links.c.target_uid)

tombstones = Table(
    "tombstones",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("item_uid", Text, nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("detail", Text),
    Column("found_at", Moment, nullable=False),
    Column("run_id", Integer),
    Column("restored_at", Moment),
)

item_references = Table(
    "item_references",  # pointers at items of other tools, as found; candidates for edges
    metadata,
    Column("item_uid", Text, primary_key=True),
    Column("origin", Text, primary_key=True),  # web_link | attachment | text | field:<id>
    Column("target", Text, primary_key=True),  # an address or a key
    Column("relationship", Text),
)

edge_decisions = Table(
    "edge_decisions",  # what people decided about suggested edges
    metadata,
    Column("first_uid", Text, primary_key=True),  # of the two items, the smaller uid
    Column("second_uid", Text, primary_key=True),
    Column("decision", Text, nullable=False),  # confirmed | dismissed
    Column("predecessor_uid", Text),  # of a confirmed edge, one of the two
    Column("decided_at", Moment, nullable=False),
    Column("decided_by", Text, nullable=False),
)

pending_details = Table(
    "pending_details",  # items with records that no page brings and that are still to be read
    metadata,
    Column("item_uid", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("updated_at", Moment, nullable=False),
)
Index("ix_pending_details_source_updated_at", pending_details.c.source, pending_details.c.updated_at)
