"""Programs, their rules, who belongs to them and why, and the audit of what people changed."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Date, ForeignKey, Index, Integer, Table, Text

from service.store.tables.base import Moment, metadata

programs = Table(
    "programs",
    metadata,
    Column("key", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("objective", Text),
    Column("owner", Text),
    Column("start", Date),
    Column("target", Date),
    Column("count_subtasks", Boolean, nullable=False, default=False),
    Column("position", Integer, nullable=False),  # order in the file
    Column("revision", Integer, nullable=False, default=0),  # grows whenever an answer about it may change
)

mapping_rules = Table(
    "mapping_rules",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("program_key", Text, ForeignKey("programs.key", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", Text, nullable=False),  # include | exclude | workstream | confirm_suggested
    Column("position", Integer, nullable=False),
    Column("name", Text),  # workstreams have one
    Column("matchers", JSON, nullable=False),  # {"project": ["PAY"], …} as in the file
    Column("descendants", Boolean, nullable=False, default=True),
    Column("description", Text, nullable=False),  # the rule in words, for `why`
)

memberships = Table(
    "memberships",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("program_key", Text, ForeignKey("programs.key", ondelete="CASCADE"), nullable=False),
    Column("item_uid", Text, nullable=False),
    Column("rule", Text, nullable=False),  # description of the rule that decided; outlives the rule
    Column("via", Text, nullable=False),  # direct | descendant
    Column("via_uid", Text),  # the ancestor that matched, for descendants
    Column("workstream", Text),
    Column("valid_from", Moment, nullable=False),
    Column("valid_to", Moment),  # None: current
)
Index(
    "uq_memberships_current",
    memberships.c.program_key,
    memberships.c.item_uid,
    unique=True,
    postgresql_where=memberships.c.valid_to.is_(None),
    sqlite_where=memberships.c.valid_to.is_(None),
)
Index("ix_memberships_item_uid", memberships.c.item_uid)
Index("ix_memberships_program_key_valid_from", memberships.c.program_key, memberships.c.valid_from)

declared_dependencies = Table(
    "declared_dependencies",
    metadata,
    Column("program_key", Text, ForeignKey("programs.key", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("predecessor", Text, nullable=False),  # "source:KEY" or "source:native-id" as written
    Column("successor", Text, nullable=False),
    Column("lag_days", Integer, nullable=False, default=0),
)

pending_assignments = Table(
    "pending_assignments",  # items whose membership must be decided anew; written with the items, drained after
    metadata,
    Column("item_uid", Text, primary_key=True),
    sqlite_with_rowid=False,
)

options = Table(
    "options",  # choices of the configuration that are on
    metadata,
    Column("name", Text, primary_key=True),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Column("origin", Text),  # an address, or "terminal"
)
