"""From the answers that a report rests on to its parts: what is beyond a limit, what is worst, what changed most."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec import UnsetType

from service.domain.health import Rag
from service.programs.answers import CountProgress, RollupData, WeightedProgress
from service.programs.baseline_answers import EarnedValueData, VarianceData
from service.programs.flow_answers import FlowData
from service.programs.forecast_answers import ForecastData
from service.programs.health_answers import HealthData, QualityData, RuleData, ShareData
from service.programs.health_inputs import ENOUGH_POINTS
from service.programs.links import Links
from service.programs.report_answers import (
    NetworkForecast,
    ReportBaseline,
    ReportFlow,
    ReportForecast,
    ReportHealth,
    ReportQuality,
    RuleSaid,
    Standing,
)
from service.programs.schedule_risk_answers import DependencyAware

_WORST_FIRST = (Rag.RED, Rag.AMBER, Rag.GREY)


def health_part(told: HealthData, links: Links) -> ReportHealth:
    beyond = [each for each in told.rules if each.colour in _WORST_FIRST]
    return ReportHealth(
        effective=told.effective,
        computed=told.computed,
        reason=told.reason,
        stated=told.stated.colour,
        override=told.override,
        disagreement=told.disagreement,
        rules=_said(sorted(beyond, key=lambda each: _WORST_FIRST.index(Rag(each.colour or Rag.GREY)))),
        silent=_said(each for each in told.rules if each.colour is None),
        more=links.to("health"),
    )


def standing(told: RollupData, links: Links, *, day: date | None, as_of: str | None) -> Standing:
    """`day` and `as_of` are None for the present."""
    count, points = told.progress.count, told.progress.points
    return Standing(day=day, count=_count(count), points=_points(points), more=links.to("rollup", as_of=as_of))


def forecast_part(told: ForecastData, links: Links, *, as_of: str | None) -> ReportForecast:
    outlook = told.forecast
    plain = None if outlook is None else outlook.without_growth
    growing = None if outlook is None else outlook.with_growth
    return ReportForecast(
        message=told.message,
        reason=told.reason,
        target=told.target,
        remaining=told.remaining,
        dates=None if plain is None else plain.dates,
        on_target=None if plain is None else plain.on_target,
        with_growth=None if growing is None else growing.dates,
        on_target_with_growth=None if growing is None else growing.on_target,
        p85_range=None if outlook is None else outlook.p85_range,
        network=None if told.dependency_aware is None else _network(told.dependency_aware),
        calibration=told.calibration,
        more=links.to("forecast", as_of=as_of),
        record=links.to("forecast/calibration"),
    )


def baseline_part(told: VarianceData, links: Links) -> ReportBaseline:
    return ReportBaseline(
        baseline=told.baseline,
        schedule=told.schedule,
        items=told.scope.items,
        earned=_earned(told),
        more=links.to(f"baselines/{told.baseline.id}"),
    )


def flow_part(told: FlowData, links: Links) -> ReportFlow:
    (whole,) = told.groups  # by program there is one
    return ReportFlow(
        window=told.window,
        finished=whole.throughput.total,
        finished_a_week=whole.throughput.mean,
        cycle_time=whole.cycle_time.calendar_days,
        lead_time=whole.lead_time.calendar_days,
        wip=whole.wip,
        more=links.to("flow", weeks=str(told.window.weeks)),
    )


def quality_part(told: QualityData, links: Links) -> ReportQuality:
    failed = [each for each in told.checks if each.missing]
    return ReportQuality(
        score=told.score,
        coverage=told.coverage,
        checks=tuple(sorted(failed, key=_loss, reverse=True)),
        more=links.to("data-quality"),
    )


def _network(told: DependencyAware) -> NetworkForecast:
    return NetworkForecast(
        message=told.message, dates=told.dates, on_target=told.on_target, track_record=told.track_record
    )


def _said(rules: Iterable[RuleData]) -> tuple[RuleSaid, ...]:
    return tuple(
        RuleSaid(
            code=each.code,
            rule=each.rule,
            colour=each.colour,
            value=each.value,
            message=each.message,
            more=each.more,
        )
        for each in rules
    )


def _loss(check: ShareData) -> float:
    """By how much of its weight the check lowers the score."""
    return check.weight * check.missing / check.asked


def _earned(told: VarianceData) -> EarnedValueData:
    points, count = told.earned_value.points, told.earned_value.count
    enough = isinstance(points, EarnedValueData) and points.bac is not None and (points.coverage or 0) >= ENOUGH_POINTS
    chosen = points if enough else count
    if isinstance(chosen, UnsetType):  # nobody asked for one basis alone
        raise TypeError("a baseline was read without all of its bases")
    return chosen


def _count(told: CountProgress | UnsetType) -> CountProgress:
    if isinstance(told, UnsetType):
        raise TypeError("a roll-up was read without its count")
    return told


def _points(told: WeightedProgress | UnsetType) -> WeightedProgress:
    if isinstance(told, UnsetType):
        raise TypeError("a roll-up was read without its points")
    return told
