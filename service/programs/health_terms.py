"""What health is computed by, where the definitions leave it to the operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from service.domain.health import LIMITS, Limits, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthTerms:
    """`risk_types` are item types that stand for a risk, `critical_priorities` what makes one critical; in any case.

    `near_days` are the working days within which something is near enough to be chased. `health_fields` are the fields,
    by id or name, in which people state health, by source.
    """

    limits: Mapping[Rule, Limits] = field(default_factory=lambda: LIMITS)
    risk_types: frozenset[str] = frozenset({"risk"})
    critical_priorities: frozenset[str] = frozenset({"blocker", "critical", "highest"})
    near_days: int = 10
    health_fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def seal(self) -> str:
        """Another one for other terms: answers made by these are other answers."""
        told = [(str(rule), repr(limits)) for rule, limits in sorted(self.limits.items())]
        told += [("risks", repr(sorted(self.risk_types))), ("critical", repr(sorted(self.critical_priorities)))]
        told += [("field", repr(sorted(self.health_fields.items())))]
        return sha256(repr([*told, self.near_days]).encode()).hexdigest()[:16]
