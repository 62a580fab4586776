"""Textbook networks whose activities are estimated by three points, and the shares of trials to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from math import erf, sqrt

from service.domain.duration_laws import DurationLaws, PertFit, ThreePoints, laws
from service.domain.schedule import ActivityNetwork, activity_network

Estimates = Mapping[str, tuple[float, float, float]]
Order = Mapping[str, str]

SEED = 20_261_121

FOUNDRY_ORDER: Order = {"A": "", "B": "", "C": "A", "D": "B", "E": "C", "F": "C", "G": "DE", "H": "FG"}
FOUNDRY: Estimates = {
    "A": (1, 2, 3),
    "B": (2, 3, 4),
    "C": (1, 2, 3),
    "D": (2, 4, 6),
    "E": (1, 4, 7),
    "F": (1, 2, 9),
    "G": (3, 4, 11),
    "H": (1, 2, 3),
}
CONSTRUCTION_ORDER: Order = {
    "A": "",
    "B": "A",
    "C": "B",
    "D": "C",
    "E": "C",
    "F": "E",
    "G": "D",
    "H": "EG",
    "I": "C",
    "J": "FI",
    "K": "J",
    "L": "J",
    "M": "H",
    "N": "KL",
}
CONSTRUCTION: Estimates = {
    "A": (1, 2, 3),
    "B": (2, 3.5, 8),
    "C": (6, 9, 18),
    "D": (4, 5.5, 10),
    "E": (1, 4.5, 5),
    "F": (4, 4, 10),
    "G": (5, 6.5, 11),
    "H": (5, 8, 17),
    "I": (3, 7.5, 9),
    "J": (3, 9, 9),
    "K": (4, 4, 4),
    "L": (1, 5.5, 7),
    "M": (1, 2, 3),
    "N": (5, 5.5, 9),
}


def network_of(order: Order) -> ActivityNetwork:
    names = list(order)
    links = [(names.index(before), names.index(name)) for name in names for before in order[name]]
    return activity_network([0] * len(names), links)


def laws_of(estimates: Estimates, fit: PertFit) -> DurationLaws:
    return laws([ThreePoints(*points, fit=fit) for points in estimates.values()], names=list(estimates))


def analytic(estimates: Estimates, path: str, *, by: float) -> float:
    """PERT as textbooks do it: the one path of the means, its variance, and the normal distribution."""
    points = [estimates[name] for name in path]
    mean = sum((a + 4 * m + b) / 6 for a, m, b in points)
    variance = sum(((b - a) / 6) ** 2 for a, _, b in points)
    return (1 + erf((by - mean) / sqrt(2 * variance))) / 2


def noise(share: float, trials: int) -> float:
    """Four standard errors of a share: once in sixteen thousand it lies further away, and seeds are fixed."""
    return 4 * sqrt(max(share * (1 - share), 0) / trials)
