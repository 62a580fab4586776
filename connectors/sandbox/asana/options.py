"""How a stand-in Asana behaves beyond what every stand-in can do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from connectors.sandbox.options import SandboxOptions

Feature = Literal["custom_fields", "dependencies", "goals", "portfolios", "search", "time_tracking"]
"""What a plan may lack, and is then answered with 402."""
PAID_FIELDS: dict[Feature, tuple[str, ...]] = {
    "custom_fields": ("custom_fields",),
    "dependencies": ("dependencies", "dependents"),
    "time_tracking": ("actual_time_minutes",),
}
"""What things do not show on a plan without the feature, although it was asked."""


@dataclass(slots=True)
class AsanaOptions(SandboxOptions):
    """`clock` is the site's too: edits, sync tokens and offsets live in its time."""

    unpaid: set[Feature] = field(default_factory=set)
    service_account: bool = False  # sees everybody's portfolios
    hidden_status: int = 403  # for what is private to others; 404 does not tell it from what is gone
    offset_life: timedelta = timedelta(minutes=30)
    offset_requests: int | None = None  # an offset is good for so many requests after its birth
    page_by_default: int = 1000  # rows without a `limit`; more is "too large"
    truncate_after: int | None = None  # a listing ends there, and its last page is a 400
    sync_life: timedelta = timedelta(hours=24)
    silent_task_changes: bool = False  # feeds keep the `changed` events of tasks to themselves
    requests_per_minute: int | None = None
    searches_per_minute: int | None = None
    minute: timedelta = timedelta(minutes=1)  # tests may not want to wait that long
    concurrent_reads: int | None = None  # 50 at the vendor
    concurrent_writes: int | None = None  # 15
