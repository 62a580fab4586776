"""What a steering group is asked to decide: questions that follow from rules beyond their limits, and from gaps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from service.domain.health import Rag, Rule
from service.programs.dependency_answers import EdgeData
from service.programs.health_answers import EvidenceItem, HealthData, OverrideData, RuleData
from service.programs.links import Links
from service.programs.report_answers import Decision, ReportBaseline, ReportDependencies, ReportForecast
from service.programs.report_edges import Waiting
from service.wording import counted, day

SHOWN: Final = 3  # items of a decision
QUESTIONS: Final[Mapping[Rule, str]] = {
    Rule.SCHEDULE_VARIANCE: "Plan anew, or bring the finish back?",
    Rule.SCHEDULE_PERFORMANCE: "What may be left out so that the rest keeps its pace?",
    Rule.BLOCKED_CRITICAL: "Who brings those together who wait on the critical path?",
    Rule.SCOPE_GROWTH: "Is the new scope wanted, or does something else go out for it?",
    Rule.UNOWNED_RISKS: "Who owns these risks?",
    Rule.DATA_QUALITY: "Who mends the data, so that the rest can be told?",
}
"""Rules that the team alone cannot get back within their limits. The target has words of its own."""


def decisions(
    health: HealthData,
    forecast: ReportForecast,
    baseline: ReportBaseline | None,
    waiting: Waiting,
    *,
    links: Links,
    zone: ZoneInfo,
) -> tuple[Decision, ...]:
    """What cannot wait first: the target, words against work, then rule by rule, then what was never set."""
    return (
        *_of_the_target(health, forecast, links),
        *_of_words(health, links, zone),
        *_of_rules(health, waiting.worst, links),
        *_of_cycles(waiting.part, links),
        *_of_gaps(forecast, baseline, links),
    )


def last_day(held: OverrideData, zone: ZoneInfo) -> date:
    """On which an override still holds: it ends as the next one begins."""
    return (held.expires_at - timedelta(seconds=1)).astimezone(zone).date()


def _of_the_target(health: HealthData, forecast: ReportForecast, links: Links) -> Iterator[Decision]:
    rule = _rule(health, Rule.TARGET_PROBABILITY)
    if forecast.target is None or rule is None or rule.colour not in (Rag.RED, Rag.AMBER):
        return
    likely = None if forecast.dates is None else forecast.dates.p85
    later = "" if likely is None else f" {day(likely)} would be kept with 85 % confidence."
    yield Decision(
        code=rule.rule,
        question=f"Keep the target of {day(forecast.target)}, move it, or cut scope?",
        why=f"{rule.message}{later}",
        items=(),
        more=links.to("forecast"),
    )


def _of_words(health: HealthData, links: Links, zone: ZoneInfo) -> Iterator[Decision]:
    if health.disagreement is not None and health.disagreement.kind == "watermelon":
        yield Decision(
            code="watermelon",
            question="Which colour is right, the stated or the computed one?",
            why=health.disagreement.message,
            items=(),
            more=links.to("health"),
        )
    held = health.override
    if held is not None and held.value != health.computed:
        until = day(last_day(held, zone))
        yield Decision(
            code="override",
            question=f"Does {held.value} still hold, where {health.computed} is computed?",
            why=f"{held.author} decided it until {until}: {held.reason}",
            items=(),
            more=links.to("health"),
        )


def _of_rules(health: HealthData, worst: Sequence[EdgeData], links: Links) -> Iterator[Decision]:
    for each in health.rules:
        question = QUESTIONS.get(Rule(each.rule))
        beyond = each.colour in (Rag.RED, Rag.AMBER) or (each.rule == Rule.DATA_QUALITY and each.colour == Rag.GREY)
        if question is not None and beyond:
            items = _waited_for(worst) if each.rule == Rule.BLOCKED_CRITICAL else each.evidence[:SHOWN]
            more = each.more or links.to("health")
            yield Decision(code=each.rule, question=question, why=each.message, items=items, more=more)


def _of_cycles(dependencies: ReportDependencies, links: Links) -> Iterator[Decision]:
    if dependencies.cycles:
        found = counted(dependencies.cycles, "circle")
        verb = "is" if dependencies.cycles == 1 else "are"
        yield Decision(
            code="cycles",
            question="Which link of each circle is wrong?",
            why=f"There {verb} {found} of items that wait for each other; none of them can begin.",
            items=(),
            more=links.to("dependencies/cycles"),
        )


def _of_gaps(forecast: ReportForecast, baseline: ReportBaseline | None, links: Links) -> Iterator[Decision]:
    """Without these, questions that a steering group asks have no answer."""
    if forecast.target is None and forecast.reason != "nothing_left":
        why = "The program has no target date, so nobody can tell how likely it is to be met."
        yield Decision(code="no_target", question="Which day is the target?", why=why, items=(), more=links.program)
    if baseline is None:
        why = "There is no baseline, so nobody can tell how far the plan has moved."
        more = links.to("baselines")
        yield Decision(
            code="no_baseline", question="Is the plan of today the one to hold?", why=why, items=(), more=more
        )


def _waited_for(worst: Sequence[EdgeData]) -> tuple[EvidenceItem, ...]:
    """What blocked edges wait for; the evidence of the rule itself are edges."""
    ends = {each.predecessor.uid: each.predecessor for each in worst if each.status == "blocked"}
    shown = list(ends.values())[:SHOWN]
    return tuple(EvidenceItem(uid=end.uid, key=end.key, title=end.title, url=end.url) for end in shown)


def _rule(health: HealthData, wanted: Rule) -> RuleData | None:
    return next((each for each in health.rules if each.rule == wanted), None)
