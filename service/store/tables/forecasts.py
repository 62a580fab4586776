"""What is known of forecasts beside what is computed from the items."""

from __future__ import annotations

from sqlalchemy import Column, Date, Table, Text

from service.store.tables.base import metadata

track_records = Table(
    "track_records",
    metadata,
    Column("program_key", Text, primary_key=True),  # no foreign key: a program that comes back finds its records
    Column("week", Date, primary_key=True),  # the Monday of the week in which it was computed
    Column("told", Text, nullable=False),  # JSON
)
