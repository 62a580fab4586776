"""The one sentence that is left when nobody reads further."""

from __future__ import annotations

from service import wording
from service.domain.health import LOW_DATA_QUALITY, NO_RULE_SPEAKS, Rule
from service.programs.health_answers import HealthData
from service.programs.report_answers import ReportForecast, ReportProgress

UNTOLD = {NO_RULE_SPEAKS: ", no rule can tell", LOW_DATA_QUALITY: ", too much data is missing to tell"}


def headline(health: HealthData | None, progress: ReportProgress, forecast: ReportForecast | None) -> str:
    """The colour, how far, how far since, and whether the target holds: as far as each is known."""
    colour = "" if health is None else f"{_colour(health)}: "
    return " ".join(part for part in (f"{colour}{_done(progress)}", _target(health, forecast)) if part)


def _colour(health: HealthData) -> str:
    word = wording.HEALTH[health.effective]
    if health.override is not None:
        return f"{word} by decision, computed {health.computed}"
    if health.disagreement is not None and health.stated.colour is not None:
        return f"{word}, though stated {health.stated.colour}"
    return f"{word}{UNTOLD.get(health.reason or '', '')}"


def _done(progress: ReportProgress) -> str:
    count = progress.now.count
    if not count.total:
        return "nothing counts in this program yet."
    share = f"{count.done:,} of {wording.counted(count.total, 'item')} done ({wording.percent(count.value)})"
    if progress.before is None or progress.before.day is None:
        return f"{share}."
    more = count.done - progress.before.count.done
    moved = "no more" if not more else f"{more:,} more" if more > 0 else f"{-more:,} fewer"
    return f"{share}, {moved} than on {wording.day(progress.before.day)}."


def _target(health: HealthData | None, forecast: ReportForecast | None) -> str:
    rules = () if health is None else health.rules
    said = next(
        (each.message for each in rules if each.rule == Rule.TARGET_PROBABILITY and each.value is not None), None
    )
    return said or ("" if forecast is None else forecast.message)
