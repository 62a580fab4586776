"""The four status categories, and which of them mean what to a roll-up."""

from __future__ import annotations

from typing import Final

from connectors.items import StatusCategory

OPEN: Final = frozenset({StatusCategory.TO_DO, StatusCategory.IN_PROGRESS})

__all__ = ["OPEN", "StatusCategory"]
