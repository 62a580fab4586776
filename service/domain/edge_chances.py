"""How likely each predecessor gives in time: P(finish(p) ≤ NB), for the rungs of the status ladder that ask for it.

Only of edges on which a date or a chance can still decide, and only where work is left whose length was drawn from
history: a milestone that waits for nothing has no forecast, and when something above the successor starts is no day
that it needs anything by. Counted over few trials, so that an answer about dependencies need not wait; an edge close
to a threshold may stand on either side of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.domain.calendars import NO_DAY
from service.domain.columns import Mask
from service.domain.cycle_times import item_laws
from service.domain.dependencies import Assessment
from service.domain.dependency_status import STATUS_CODE, DependencyStatus, LagUnit
from service.domain.graph import descendants
from service.domain.kept_trials import KeptTrials, chances_after
from service.domain.ladder import Probabilities
from service.domain.planned_dates import CODE, DateSource
from service.domain.remaining import RemainingWork
from service.domain.schedule import Link
from service.domain.schedule_risk import Conditions, Watched

TRIALS: Final = 1_000  # a standard error of .011 at .85
_DECIDED: Final[Sequence[DependencyStatus]] = (
    DependencyStatus.OFF_TRACK,
    DependencyStatus.AT_RISK,
    DependencyStatus.UNKNOWN,
    DependencyStatus.ON_TRACK,
)


def edge_chances(assessment: Assessment, work: RemainingWork, *, seed: int, trials: int = TRIALS) -> Probabilities:
    """Per edge; nan where there is no forecast. `work` is what is left of the same assessment."""
    return edge_chances_after(assessment, work, None, seed=seed, trials=trials)[0]


def edge_chances_after(
    assessment: Assessment, work: RemainingWork, earlier: KeptTrials | None, *, seed: int, trials: int = TRIALS
) -> tuple[Probabilities, KeptTrials | None]:
    """The same numbers, sooner where `earlier` was kept of a similar assessment; and what to keep of this one."""
    found = np.full(len(assessment.network.edges), np.nan)
    takes_time = work_left(work)
    asked = _asked(assessment, work, takes_time)
    if not asked.size:
        return found, earlier
    made = item_laws(assessment, takes_time=takes_time, item=work.expansion.item)
    if made is None:
        return found, earlier
    edge = assessment.network.edge
    before, starts = edge.predecessor[asked], edge.waits_for_start[asked]
    watched = Watched(
        nodes=np.where(starts, work.expansion.entry[before], before).astype(np.int64),
        limits=_limits(assessment)[asked],
        starts=starts,
    )
    conditions = Conditions(pace=made.pace)
    found[asked], kept = chances_after(
        work.activities, made.laws, watched, seed=seed, trials=trials, conditions=conditions, before=earlier
    )
    return found, kept


def work_left(work: RemainingWork) -> Mask:
    """Per node: it is an item with something left to do."""
    left = np.zeros(work.activities.graph.nodes, np.bool_)
    left[: work.sources.size] = work.sources != 0
    return left


def _asked(assessment: Assessment, work: RemainingWork, takes_time: Mask) -> NDArray[np.int64]:
    edge, item = assessment.network.edge, assessment.network.item
    before = edge.predecessor
    drawn = takes_time | descendants(work.activities.graph, np.flatnonzero(takes_time).tolist())
    codes = [STATUS_CODE[status] for status in _DECIDED]
    timing = assessment.timing
    asked = np.isin(assessment.rungs.status, codes) & (timing.need_by != NO_DAY) & ~timing.weak
    asked &= item.live[before] & item.open[before] & drawn[before]
    return np.flatnonzero(asked)


def _limits(assessment: Assessment) -> NDArray[np.int64]:
    """By when the predecessor's end must be there, in days of the plan from today; as the gap counts it."""
    edge, timing, rules = assessment.network.edge, assessment.timing, assessment.rules
    common = assessment.calendars.common
    at_end = edge.holds_finish | (timing.need_source == CODE[DateSource.MILESTONE_DUE])
    known = timing.need_by != NO_DAY
    needed = np.where(known, timing.need_by.astype(np.int64) + at_end, NO_DAY).astype(np.int32)
    days = common.indices(needed).astype(np.int64) - common.index(assessment.as_of)
    lag = edge.lag.astype(np.int64)
    if rules.lag is LagUnit.CALENDAR:
        lag = -(-lag * 5 // 7)
    same_day = (edge.type == Link.FS) & ~assessment.network.item.milestone[edge.successor] & rules.concurrent
    limits: NDArray[np.int64] = days - lag + same_day
    return limits
