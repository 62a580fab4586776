"""From the domain's measures of one group of items to its row in an answer about flow; rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from service.domain.business_value import IterationValue, ValuePredictability, value_predictability
from service.domain.escapes import Cohort, Release, cohorts
from service.domain.flow import Ageing, Durations, Flow, LittlesLaw, Window, flow_of
from service.domain.lives import ItemLife
from service.domain.samples import Sample
from service.domain.steadiness import (
    Blocked,
    Churn,
    Escapes,
    Period,
    Predictability,
    Share,
    blocked_time,
    churn,
    escape_rate,
    flow_efficiency,
    predictability,
    reopen_rate,
)
from service.domain.throughput import natural_limits
from service.programs.flow_answers import (
    BlockedData,
    BusinessValueData,
    ChurnData,
    DurationData,
    EscapeCohort,
    EscapeCohorts,
    EscapeData,
    ExpectationData,
    FinishedWeek,
    FlowGroup,
    IterationValueData,
    LittlesLawData,
    Percentiles,
    PredictabilityData,
    ShareData,
    ThroughputData,
    WipData,
)
from service.programs.flow_terms import FlowTerms
from service.programs.rounding import rounded

EXPECTED = 85  # of a hundred


class Named(NamedTuple):
    key: str | None
    name: str | None
    shared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Yardstick:
    """By what every group is measured. `usual` are cycle times by type and `flagged_ever` whether anything was ever
    flagged or depends on a task, both of the whole program; `without` are days of completion that are left out."""

    window: Window
    sprints: Sequence[Period]
    released: Sequence[Release]
    terms: FlowTerms
    usual: Mapping[str, Sample]
    without: frozenset[date]
    flagged_ever: bool


def group_data(by: str, named: Named, members: Sequence[ItemLife], yardstick: Yardstick) -> FlowGroup:
    window, terms = yardstick.window, yardstick.terms
    flow = flow_of(members, window, usual=yardstick.usual, without=yardstick.without)
    finished = [life for life in members if window.holds(life.done_on)]
    items, points = churn(members, window)
    none_finished = None if flow.finished else "no_throughput"
    return FlowGroup(
        by=by,
        key=named.key,
        name=named.name,
        shared=named.shared,
        throughput=_throughput(flow),
        cycle_time=_durations(flow.cycle),
        lead_time=_durations(flow.lead),
        never_started=_share(Share(flow.never_started, flow.finished, none_finished)),
        wip=_wip(flow),
        service_level=_expectation(flow.cycle.calendar),
        littles_law=None if flow.law is None else _law(flow.law),
        flow_efficiency=_share(flow_efficiency(finished, tagged=bool(terms.active_statuses))),
        blocked=_blocked(blocked_time(members, window, flagged_ever=yardstick.flagged_ever)),
        reopen_rate=_share(reopen_rate(members, window)),
        churn_items=_churn(items, "empty_scope"),
        churn_points=_churn(points, "no_estimates"),
        predictability=_predictability(
            predictability(members, yardstick.sprints, window),
            value_predictability(members, yardstick.sprints, window),
        ),
        defect_escape_rate=_escapes(escape_rate(members, window, told=bool(terms.escaped_labels))),
        defect_escape_cohorts=_cohorts(cohorts(members, yardstick.released, window)),
    )


def _throughput(flow: Flow) -> ThroughputData:
    limits = natural_limits(flow.throughput.finished)
    return ThroughputData(
        total=sum(flow.throughput.finished),
        mean=None if limits is None else rounded(limits.mean),
        lower=None if limits is None else rounded(limits.lower),
        upper=None if limits is None else rounded(limits.upper),
        weeks=tuple(map(FinishedWeek, flow.throughput.weeks, flow.throughput.finished, flow.restated)),
    )


def _durations(told: Durations) -> DurationData:
    return DurationData(_percentiles(told.calendar), _percentiles(told.working))


def _percentiles(sample: Sample) -> Percentiles:
    p50, p85, p95 = (sample.percentile(each) for each in (50, 85, 95))
    return Percentiles(sample.n, sample.small, rounded(sample.mean), p50, p85, p95)


def _wip(flow: Flow) -> WipData:
    states = [each.state for each in flow.wip]
    return WipData(
        items=len(states),
        ageing=states.count(Ageing.AGEING),
        stale=states.count(Ageing.STALE),
        unknown=states.count(Ageing.UNKNOWN),
        oldest_days=flow.wip[0].days if flow.wip else None,
    )


def _expectation(sample: Sample) -> ExpectationData:
    days = sample.percentile(EXPECTED)
    if days is None:
        return ExpectationData(EXPECTED, None, "Nothing was finished that says how long work takes.")
    said = f"{EXPECTED} % of items are done within {days} {'day' if days == 1 else 'days'} of being begun"
    return ExpectationData(EXPECTED, days, f"{said} ({sample.n} items{', a small sample' if sample.small else ''}).")


def _law(law: LittlesLaw) -> LittlesLawData:
    return LittlesLawData(
        mean_wip=round(law.mean_wip, 6),
        throughput_a_day=round(law.throughput_a_day, 6),
        expected_days=round(law.expected_days, 6),
        mean_cycle_days=round(law.mean_days, 6),
        ratio=round(law.ratio, 6),
        steady=law.steady,
    )


def _share(share: Share) -> ShareData:
    return ShareData(round(share.part, 6), round(share.whole, 6), rounded(share.value), share.reason)


def _blocked(told: Blocked) -> BlockedData:
    if told.reason is not None:
        return BlockedData(None, None, None, told.reason)
    return BlockedData(told.now, told.items, told.working_days, None)


def _churn(told: Churn, reason: str) -> ChurnData:
    return ChurnData(
        scope=round(told.scope, 6),
        added=round(told.added, 6),
        removed=round(told.removed, 6),
        re_estimated=round(told.re_estimated, 6),
        rate=rounded(told.rate),
        net=rounded(told.net),
        reason=None if told.rate is not None else reason,
    )


def _predictability(told: Predictability, value: ValuePredictability) -> PredictabilityData:
    return PredictabilityData(told.by, told.periods, _share(told.items), _share(told.points), _business_value(value))


def _business_value(told: ValuePredictability) -> BusinessValueData:
    return BusinessValueData(
        planned=round(told.planned, 6),
        actual=round(told.actual, 6),
        value=rounded(told.value),
        band=told.band,
        iterations=tuple(map(_iteration_value, told.iterations)),
        reason="no_business_value" if told.value is None else None,
    )


def _iteration_value(told: IterationValue) -> IterationValueData:
    return IterationValueData(
        iteration=told.name,
        end=told.end,
        committed=told.committed,
        valued=told.valued,
        planned=round(told.planned, 6),
        actual=rounded(told.actual),
        value=rounded(told.value),
    )


def _escapes(told: Escapes) -> EscapeData:
    low, high = (None, None) if told.interval is None else (told.interval.low, told.interval.high)
    return EscapeData(
        escaped=int(told.share.part),
        found=int(told.share.whole),
        value=rounded(told.share.value),
        low=rounded(low),
        high=rounded(high),
        small_sample=told.small_sample,
        reason=told.share.reason,
    )


def _cohorts(told: Sequence[Cohort]) -> EscapeCohorts:
    return EscapeCohorts(tuple(map(_cohort, told)), None if told else "no_affected_release")


def _cohort(told: Cohort) -> EscapeCohort:
    return EscapeCohort(
        source=told.release.source,
        release=told.release.name,
        released=told.release.day,
        days_observed=told.days_observed,
        complete=told.complete,
        escaped=told.escaped,
        found=told.found,
        value=round(told.value, 6),
        low=round(told.interval.low, 6),
        high=round(told.interval.high, 6),
        small_sample=told.small_sample,
    )
