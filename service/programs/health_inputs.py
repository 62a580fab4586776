"""What rules of health look at beyond the work as it stands: the forecast, the baseline, how the scope grew."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.health import Measure, Rule
from service.programs.dependency_terms import Viewpoint
from service.store.engine import Database
from service.store.program_items import ProgramRow


async def further_measures(database: Database, program: ProgramRow, view: Viewpoint) -> tuple[Measure, ...]:
    """Of the whole program, in the order of the rules."""
    return (
        Measure.missing(Rule.TARGET_PROBABILITY, "no_forecast", "There is no forecast."),
        Measure.missing(Rule.SCHEDULE_VARIANCE, "no_baseline", "There is no baseline."),
        Measure.missing(Rule.SCHEDULE_PERFORMANCE, "no_baseline", "There is no baseline."),
        Measure.missing(Rule.SCOPE_GROWTH, "no_history", "There is no history of the scope."),
    )


async def further_seals(connection: AsyncConnection) -> dict[str, str]:
    """By program: another one as soon as something changes that these measures, and nothing else, rest on."""
    return {}
