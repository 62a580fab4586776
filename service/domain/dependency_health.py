"""The dependency health score of a program: how well its open dependencies stand, on one number (definitions §5)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from service.domain.columns import Codes, Mask
from service.domain.dependency_status import STATUSES, DependencyStatus

NO_OPEN_DEPENDENCIES = "no_open_dependencies"


class DependencyHealth(Struct, frozen=True, gc=False):
    """`score` is 0 to 100; None with a `reason` where nothing is open. Only confirmed edges count.

    `weights` are the sums of w_e by status: `score` = 100 · Σ weight · value ÷ Σ weight over what is not resolved.
    """

    score: float | None
    reason: str | None
    counts: Mapping[DependencyStatus, int]
    weights: Mapping[DependencyStatus, float]


def health_of(
    status: Codes, *, confirmed: Mask, share: NDArray[np.float64], values: Mapping[DependencyStatus, float]
) -> DependencyHealth:
    """`share` is, of each edge, which part (0 to 1) of the open scope is downstream of it; it weighs 1 + share."""
    size = len(STATUSES)
    counts = np.bincount(status[confirmed], minlength=size)
    weights = np.bincount(status[confirmed], 1.0 + share[confirmed], minlength=size)
    worth = np.array([0.0 if each is DependencyStatus.RESOLVED else values[each] for each in STATUSES])
    open_weight = float(weights[1:].sum())  # without `resolved`, which is the first
    return DependencyHealth(
        score=100 * float(weights @ worth) / open_weight if open_weight else None,
        reason=None if open_weight else NO_OPEN_DEPENDENCIES,
        counts=dict(zip(STATUSES, counts.tolist(), strict=True)),
        weights=dict(zip(STATUSES, weights.tolist(), strict=True)),
    )
