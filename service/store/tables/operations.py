"""What operators look at: what a source asks of its tool, whether the tool lets us in, how long deliveries take."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Float, Table, Text

from service.store.tables.base import Moment, metadata

source_usage = Table(
    "source_usage",
    metadata,
    Column("source", Text, primary_key=True),
    Column("since", Moment, nullable=False),  # what follows is counted from here, over every process
    Column("requests", BigInteger, nullable=False),
    Column("retries", BigInteger, nullable=False),
    Column("throttled", BigInteger, nullable=False),
    Column("bytes_received", BigInteger, nullable=False),
    Column("counted_at", Moment, nullable=False),
    Column("state", Text, nullable=False),  # the Usage of the process that counted last, as JSON
)

source_contacts = Table(
    "source_contacts",  # the last time that a tool was asked who we are
    metadata,
    Column("source", Text, primary_key=True),
    Column("asked_at", Moment, nullable=False),
    Column("account", Text),  # None where it did not say
    Column("clock_ahead", Float),  # seconds by which the tool's clock is ahead of ours
    Column("error", JSON),  # {"code", "message"}; None: it let us in
)

delivery_delays = Table(
    "delivery_delays",  # how long applied deliveries took, from their arrival until answers showed them
    metadata,
    Column("source", Text, primary_key=True),
    Column("bound", Text, primary_key=True),  # seconds they took at the most, as Prometheus writes it: "0.5", "+Inf"
    Column("deliveries", BigInteger, nullable=False),  # that fit no smaller bound
    Column("seconds", Float, nullable=False),  # all of theirs together
    sqlite_with_rowid=False,
)
