"""How far each item is, as an end of an edge sees it: a container through the countable items beneath it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.domain.calendars import NO_DAY
from service.domain.columns import CANCELLED, DONE, IN_PROGRESS, UNTOLD, Days, Mask, Places
from service.domain.dependency_status import DependencyRules
from service.domain.lineage import Lineage
from service.domain.network import Network


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """By place of an item.

    An open container is in progress as soon as something beneath it is; but it is done only when its team says so.
    """

    done: Mask
    cancelled: Mask
    not_needed: Mask  # cancelled, and nobody minds
    untold: Mask
    in_progress: Mask
    begun: Mask
    begun_on: Days
    beneath: Places  # how many countable items stand beneath it
    open_beneath: Places

    @property
    def container(self) -> Mask:
        return self.beneath > 0


def standing_of(network: Network, lineage: Lineage, *, rules: DependencyRules) -> Standing:
    item = network.item
    done, cancelled = item.category == DONE, item.category == CANCELLED
    active = item.category == IN_PROGRESS
    active_beneath = item.countable & active
    in_progress = active | (~done & ~cancelled & (lineage.count_beneath(active_beneath) > 0))
    moved_beneath = lineage.count_beneath(item.countable & (active | done)) > 0
    earliest_beneath = lineage.earliest_beneath(item.started_on, among=active_beneath)
    return Standing(
        done=done,
        cancelled=cancelled,
        not_needed=cancelled & _not_needed(network, cancelled, rules.not_needed),
        untold=item.category == UNTOLD,
        in_progress=in_progress,
        begun=done | in_progress | (~cancelled & moved_beneath),
        begun_on=np.where(item.started_on == NO_DAY, earliest_beneath, item.started_on).astype(np.int32),
        beneath=lineage.count_beneath(item.countable),
        open_beneath=lineage.count_beneath(item.countable & item.open),
    )


def _not_needed(network: Network, cancelled: Mask, names: frozenset[str]) -> Mask:
    folded = {name.casefold() for name in names}
    found = np.zeros(cancelled.shape, np.bool_)
    if folded:
        for place in np.flatnonzero(cancelled).tolist():
            item = network.items[place]
            found[place] = (item.resolution or "").casefold() in folded or item.status.casefold() in folded
    return found
