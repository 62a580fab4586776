"""Where data comes from, how far each scope is read, what each run did, and the payloads as received."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from service.store.tables.base import Moment, metadata

sources = Table(
    "sources",
    metadata,
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("url", Text, nullable=False),  # for browse links: what the operator configured
    Column("account_id", Text),
    Column("time_zone", Text),
    Column("edition", Text),
    Column("version", Text),
    Column("last_complete_sync", Moment),  # server time at the start of the last run whose every scope was complete
    Column("last_run_id", Integer),
)

scopes = Table(
    "scopes",
    metadata,
    Column("source", Text, ForeignKey("sources.name", ondelete="CASCADE"), primary_key=True),
    Column("native_id", Text, primary_key=True),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),  # live | archived | gone | out_of_scope
    Column("cursor", Moment),  # incremental runs ask from here; None: never completed
    Column("last_complete_sync", Moment),
    Column("listed", Integer),  # ids in the last complete full listing (the census), None: never taken
    Column("stored", Integer),  # of them: live in the store when the census was over
    Column("rejected", Integer),  # of them: read, and not understood
    Column("proven_at", Moment),  # when that census was taken
    Column("error", JSON),  # {"code", "message"} of the last failure, None once complete again
    Column("error_since", Moment),  # the first failure in a row with this code
    Column("token", Text),  # from where the tool's feed of changes goes on, where it has one
)

sync_runs = Table(
    "sync_runs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("source", Text, ForeignKey("sources.name", ondelete="CASCADE"), nullable=False, index=True),
    Column("trigger", Text, nullable=False),  # manual | schedule | api | webhook | replay
    Column("mode", Text, nullable=False),  # incremental | census | full
    Column("status", Text, nullable=False),  # running | complete | partial | failed | abandoned
    Column("started_at", Moment, nullable=False),
    Column("server_started_at", Moment),  # the tool's own clock; cursors are set from it
    Column("finished_at", Moment),
    Column("fetched", Integer, nullable=False, default=0),
    Column("changed", Integer, nullable=False, default=0),
    Column("unchanged", Integer, nullable=False, default=0),
    Column("rejected", Integer, nullable=False, default=0),
    Column("requests", Integer, nullable=False, default=0),
    Column("reasons", JSON, nullable=False, default=list),  # [{"code", "message", "scope"}]
    sqlite_autoincrement=True,
)

sync_run_scopes = Table(
    "sync_run_scopes",
    metadata,
    Column("run_id", Integer, ForeignKey("sync_runs.id", ondelete="CASCADE"), primary_key=True),
    Column("scope_id", Text, primary_key=True),
    Column("key", Text, nullable=False),
    Column("status", Text, nullable=False),  # running | complete | failed
    Column("listed", Integer),
    Column("fetched", Integer, nullable=False, default=0),
    Column("rejected", Integer, nullable=False, default=0),
    Column("error", JSON),
)

source_leases = Table(
    "source_leases",
    metadata,
    Column("source", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

raw_dictionaries = Table(
    "raw_dictionaries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("source", Text, nullable=False, index=True),
    Column("content", LargeBinary, nullable=False),
    Column("trained_at", Moment, nullable=False),
)

raw_records = Table(
    "raw_records",
    metadata,
    Column("source", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  # issue | changelog | task | stories | … | reference
    Column("native_id", Text, primary_key=True),
    Column("scope_id", Text),
    Column("hash", LargeBinary, nullable=False),
    Column("dictionary_id", Integer),
    Column("payload", LargeBinary, nullable=False),  # zstd
    Column("fetched_at", Moment, nullable=False),
    Column("last_seen_run", Integer, nullable=False),
    Column("reject_reason", Text),
    sqlite_with_rowid=True,
)
Index(
    "ix_raw_records_rejected",
    raw_records.c.source,
    postgresql_where=raw_records.c.reject_reason.is_not(None),
    sqlite_where=raw_records.c.reject_reason.is_not(None),
)

source_findings = Table(
    "source_findings",
    metadata,
    Column("source", Text, ForeignKey("sources.name", ondelete="CASCADE"), primary_key=True),
    Column("code", Text, primary_key=True),
    Column("scope", Text, primary_key=True),  # "" when it concerns the whole source
    Column("message", Text, primary_key=True),
    Column("blocking", Boolean, nullable=False, default=False),
)

source_capabilities = Table(
    "source_capabilities",  # what a connector would use, and whether the account's plan and rights have it
    metadata,
    Column("source", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("available", Boolean, nullable=False),
    Column("reason", Text),
)
