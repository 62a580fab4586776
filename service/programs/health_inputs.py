"""What rules of health look at beyond the work as it stands: the forecast, the baseline, how the scope grew."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.health import Measure, Rule
from service.programs.dependency_terms import Viewpoint
from service.programs.forecast import program_forecast
from service.store.engine import Database
from service.store.program_items import ProgramRow
from service.wording import day

_WITHOUT_FORECAST: Final = {
    "insufficient_history": "There is too little history to forecast from.",
    "no_throughput": "Nothing was finished in the weeks that a forecast would be drawn from.",
    "nothing_left": "Nothing is left to do.",
    "empty_scope": "Nothing counts yet.",
}


async def further_measures(database: Database, program: ProgramRow, view: Viewpoint) -> tuple[Measure, ...]:
    """Of the whole program, in the order of the rules. Raises UnknownProgram."""
    return (
        await _of_forecast(database, program, view),
        Measure.missing(Rule.SCHEDULE_VARIANCE, "no_baseline", "There is no baseline."),
        Measure.missing(Rule.SCHEDULE_PERFORMANCE, "no_baseline", "There is no baseline."),
        Measure.missing(Rule.SCOPE_GROWTH, "no_history", "There is no history of the scope."),
    )


async def further_seals(connection: AsyncConnection) -> dict[str, str]:
    """By program: another one as soon as something changes that these measures, and nothing else, rest on."""
    return {}


async def _of_forecast(database: Database, program: ProgramRow, view: Viewpoint) -> Measure:
    rule = Rule.TARGET_PROBABILITY
    if program.target is None:
        return Measure.missing(rule, "no_target", "The program has no target date.")
    made = await program_forecast(database, program.key, view=view)
    chance = made.on_target
    if chance is None:
        reason = made.reason or "no_forecast"
        return Measure.missing(rule, reason, _WITHOUT_FORECAST.get(reason, "There is no forecast."))
    low, high = chance.interval.low, chance.interval.high
    said = f"The target of {day(program.target)} is met in {chance.value:.0%} of all trials ({low:.0%} to {high:.0%})."
    return Measure(rule, chance.value, said)
