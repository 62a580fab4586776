"""What people changed, as it is told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct


class AuditEntry(Struct, frozen=True):
    """`actor` is who: "ci (key)", "pat@example.com (sign-in)", "root (terminal)". `origin` is from where."""

    id: int
    at: datetime
    actor: str
    origin: str | None
    action: str  # programs_applied | key_created | key_revoked | sync_started | suggestion_confirmed | …
    subject: str
    detail: dict[str, Any]


class AuditList(Struct, frozen=True):
    """Newest first."""

    audit: tuple[AuditEntry, ...]
    next_cursor: str | None
