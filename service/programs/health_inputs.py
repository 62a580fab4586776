"""What rules of health look at beyond the work as it stands: the forecast, the baseline, how the scope grew."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.errors import UnknownBaseline
from service.domain.health import Measure, Rule
from service.domain.ledger import Ledger
from service.domain.outlook import Chance
from service.domain.planned_value import earned
from service.domain.progress import Basis
from service.programs.baselines import Compared, compare_with
from service.programs.dependency_terms import Viewpoint
from service.programs.forecast import forecast_from, program_forecast
from service.programs.lives import lives_of
from service.programs.lives_then import lives_at, then_at
from service.store.baselines import Baselines
from service.store.engine import Database
from service.store.program_items import ProgramRow
from service.wording import counted, day, percent

GROWN_WITHIN: Final = timedelta(days=30)  # definitions §10, R7
ENOUGH_POINTS: Final = 0.5  # of the baseline's scope: with fewer estimated, items are counted instead
_WITHOUT_FORECAST: Final = {
    "insufficient_history": "There is too little history to forecast from.",
    "no_throughput": "Nothing was finished in the weeks that a forecast would be drawn from.",
    "nothing_left": "Nothing is left to do.",
    "empty_scope": "Nothing counts yet.",
}


async def further_measures(database: Database, program: ProgramRow, view: Viewpoint) -> tuple[Measure, ...]:
    """Of the whole program at the view's moment, in the order of the rules. Raises UnknownProgram."""
    return (
        await _of_forecast(database, program, view),
        *await _of_baseline(database, program, view),
        await _of_scope(database, program, view),
    )


async def further_seals(connection: AsyncConnection) -> dict[str, int]:
    """By program: another one as soon as something changes that these measures, and nothing else, rest on."""
    return await Baselines(connection).latest()


async def _of_forecast(database: Database, program: ProgramRow, view: Viewpoint) -> Measure:
    rule = Rule.TARGET_PROBABILITY
    if program.target is None:
        return Measure.missing(rule, "no_target", "The program has no target date.")
    chance, reason = await _chance(database, program.key, view)
    if chance is None:
        return Measure.missing(rule, reason, _WITHOUT_FORECAST.get(reason, "There is no forecast."))
    low, high = chance.interval.low, chance.interval.high
    share, sure = percent(chance.value), f"{percent(low)} to {percent(high)}"
    said = f"The target of {day(program.target)} is met in {share} of all trials ({sure})."
    return Measure(rule, chance.value, said)


async def _chance(database: Database, key: str, view: Viewpoint) -> tuple[Chance | None, str]:
    """Of meeting the target, and why there is none: as it would have been said at the view's moment."""
    then = then_at(view)
    if then is None:
        made = await program_forecast(database, key, view=view)
    else:
        made = await forecast_from(database, await lives_of(database, key, view), view, then=then)
    return made.on_target, made.reason or "no_forecast"


async def _of_baseline(database: Database, program: ProgramRow, view: Viewpoint) -> tuple[Measure, Measure]:
    """Against the latest one; the others stay to be compared with by hand."""
    try:
        compared = await compare_with(database, program.key, "latest", view=view)
    except UnknownBaseline:
        missing = "no_baseline", "There is no baseline."
        return (
            Measure.missing(Rule.SCHEDULE_VARIANCE, *missing),
            Measure.missing(Rule.SCHEDULE_PERFORMANCE, *missing),
        )
    return await asyncio.to_thread(lambda: (_variance(compared), _performance(compared, view)))


def _variance(compared: Compared) -> Measure:
    """Working days that the finish moved, as a share of those that the baseline planned from start to finish."""
    rule, comparison, name = Rule.SCHEDULE_VARIANCE, compared.comparison, compared.baseline.name
    start, planned, now = comparison.baseline_start, comparison.baseline_finish, comparison.finish
    days = comparison.finish_days(planned, now)
    if planned is None or now is None or days is None:
        return Measure.missing(rule, "no_planned_finish", "Nothing tells when the work was, or is, to be finished.")
    calendar = comparison.calendar
    duration = calendar.index_after(planned) - calendar.index(planned if start is None else min(start, planned))
    moved = "as planned" if not days else f"{counted(abs(days), 'working day')} {'later' if days > 0 else 'earlier'}"
    said = f"The finish is {day(now)}, {moved} by the baseline {name}: {day(planned)}."
    return Measure(rule, days / max(duration, 1), said)


def _performance(compared: Compared, view: Viewpoint) -> Measure:
    """SPI(t) by earned schedule, on points where enough of the scope has them, else on items."""
    rule, name = Rule.SCHEDULE_PERFORMANCE, compared.baseline.name
    taken_on = compared.baseline.as_of.astimezone(view.terms.zone).date()
    found = earned(compared.comparison, Basis.POINTS, taken_on=taken_on)
    basis = "points"
    if found.value is None or (found.coverage or 0.0) < ENOUGH_POINTS:
        found, basis = earned(compared.comparison, Basis.COUNT, taken_on=taken_on), "items"
    index = None if found.schedule is None else found.schedule.spi_t
    if index is None:
        return Measure.missing(rule, "nothing_planned_yet", f"By the baseline {name} nothing was to be done yet.")
    return Measure(rule, index, f"Work comes at {index:.0%} of the pace of the baseline {name}, in {basis}.")


async def _of_scope(database: Database, program: ProgramRow, view: Viewpoint) -> Measure:
    lives = await lives_at(database, program.key, view)
    then, now = _scope(lives.ledger, view)
    past = then_at(view) is not None
    ago, today = ("before", f"on {day(view.today)}") if past else ("ago", "today")
    if not then:
        return Measure.missing(Rule.SCOPE_GROWTH, "no_scope_then", f"Nothing counted thirty days {ago}.")
    said = f"Thirty days {ago} {counted(then, 'item')} counted, {today} {now:,}."
    return Measure(Rule.SCOPE_GROWTH, (now - then) / then, said)


def _scope(ledger: Ledger, view: Viewpoint) -> tuple[int, int]:
    """How many items there were thirty days before the view's day, and on it: what is done is scope still, what was
    cancelled is not."""
    before, today = (view.today - GROWN_WITHIN).toordinal(), view.today.toordinal()
    then = np.count_nonzero((ledger.created <= before) & (ledger.left > before))
    now = np.count_nonzero((ledger.created <= today) & (ledger.left > today))
    return int(then), int(now)
