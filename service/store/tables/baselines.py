"""Baselines: written once, and never changed or deleted; triggers of the migration see to it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Float, ForeignKey, Integer, Table, Text, UniqueConstraint

from service.store.tables.base import Moment, metadata

baselines = Table(
    "baselines",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("program_key", Text, nullable=False),  # no foreign key: a program that comes back finds its baselines
    Column("name", Text, nullable=False),
    Column("folded", Text, nullable=False),  # the name as it is compared: one "Original" a program, in any case
    Column("note", Text),
    Column("as_of", Moment, nullable=False),  # the moment it describes
    Column("taken_at", Moment, nullable=False),
    Column("taken_by", Text, nullable=False),
    Column("definition_version", Text, nullable=False),
    Column("program_start", Date),
    Column("program_target", Date),
    Column("items", Integer, nullable=False),  # that count
    Column("points", Float),
    Column("time_seconds", BigInteger),
    Column("start", Date),  # the earliest and the latest planned day of what counts
    Column("finish", Date),
    UniqueConstraint("program_key", "folded"),
)

baseline_items = Table(
    "baseline_items",
    metadata,
    Column("baseline_id", Integer, ForeignKey("baselines.id"), primary_key=True),
    Column("uid", Text, primary_key=True),
    Column("called", Text, nullable=False),
    Column("item_type", Text, nullable=False),
    Column("parent_uid", Text),
    Column("category", Text, nullable=False),
    Column("excluded", Text),  # None: it counts
    Column("points", Float),
    Column("time_seconds", BigInteger),
    Column("start", Date),
    Column("finish", Date),
    Column("planned_by", Text),
    sqlite_with_rowid=False,
)
