"""Every table, one subject a file."""

from service.store.tables import (
    access,
    baselines,
    changes,
    forecasts,
    health,
    items,
    oauth,
    operations,
    programs,
    reference,
    sources,
    webhooks,
)
from service.store.tables.base import Moment, metadata, to_text

__all__ = [
    "Moment",
    "access",
    "baselines",
    "changes",
    "forecasts",
    "health",
    "items",
    "metadata",
    "oauth",
    "operations",
    "programs",
    "reference",
    "sources",
    "to_text",
    "webhooks",
]
