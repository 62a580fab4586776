"""The tools' own vocabulary: projects, people, statuses, types, iterations, releases, fields, portfolios, goals."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Float, Integer, Table, Text

from service.store.tables.base import Moment, metadata


def _reference(name: str, *columns: Column[object]) -> Table:
    return Table(
        name,
        metadata,
        Column("source", Text, primary_key=True),
        Column("native_id", Text, primary_key=True),
        Column("name", Text, nullable=False),
        *columns,
    )


projects = _reference(
    "projects",
    Column("key", Text, nullable=False),
    Column("archived", Boolean, nullable=False),
    Column("style", Text),
)
people = _reference("people", Column("email", Text), Column("active", Boolean, nullable=False))
statuses = _reference("statuses", Column("category", Text, nullable=False), Column("project_id", Text))
item_types = _reference("item_types", Column("level", Integer, nullable=False), Column("project_id", Text))
iterations = _reference(
    "iterations",
    Column("state", Text, nullable=False),
    Column("start", Moment),
    Column("end", Moment),
    Column("completed", Moment),
    Column("goal", Text),
    Column("board_id", Text),
)
releases = _reference(
    "releases",
    Column("project_id", Text),
    Column("start", Date),
    Column("release", Date),
    Column("released", Boolean, nullable=False),
    Column("archived", Boolean, nullable=False),
)
link_types = _reference(
    "link_types",
    Column("outward", Text, nullable=False),
    Column("inward", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
)
fields = _reference(
    "fields",
    Column("kind", Text, nullable=False),
    Column("custom", Text),
    Column("role", Text),
    Column("rank", Integer, nullable=False),
    Column("project_id", Text),
)
portfolios = _reference("portfolios", Column("owner_id", Text))
portfolio_projects = Table(
    "portfolio_projects",  # every project beneath a portfolio, nested ones included
    metadata,
    Column("source", Text, primary_key=True),
    Column("portfolio_id", Text, primary_key=True),
    Column("project_id", Text, primary_key=True),
    sqlite_with_rowid=False,
)
goals = _reference(
    "goals",
    Column("owner_id", Text),
    Column("status", Text),
    Column("start", Date),
    Column("due", Date),
    Column("progress", Float),
)
status_updates = Table(
    "status_updates",  # health as people stated it
    metadata,
    Column("source", Text, primary_key=True),
    Column("native_id", Text, primary_key=True),
    Column("parent_kind", Text, nullable=False),  # project | portfolio | goal
    Column("parent_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("title", Text),
    Column("author_id", Text),
    Column("created_at", Moment),
)
