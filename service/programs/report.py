"""A report of a program: the answers that people paste into mails and slides, gathered into one.

All parts are of one state of the database: where a sync wrote meanwhile, they are gathered once more.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple, TypedDict, TypeVar
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from service.domain.errors import InvalidQuery, UnknownBaseline, one_of
from service.domain.progress import MissingWeight
from service.domain.report import PARTS, Audience, Part, beginning
from service.programs.answers import Answer, ProgramRef, Remark, RollupData, SourceState
from service.programs.attention import get_attention
from service.programs.baselines import get_baseline
from service.programs.changes import Asked, get_changes
from service.programs.dependency_terms import Viewpoint
from service.programs.flow import FlowQuestion, get_flow
from service.programs.flow_terms import FlowTerms
from service.programs.forecast import get_forecast
from service.programs.freshness import fingerprint, oldest_proof, whole_seconds
from service.programs.health import get_health
from service.programs.health_answers import HealthData
from service.programs.health_terms import HealthTerms
from service.programs.historians import NO_HISTORIANS, Historians
from service.programs.links import Links, written
from service.programs.past import moment_of
from service.programs.read import get_rollup
from service.programs.report_answers import (
    AbsentPart,
    ReportAttention,
    ReportBaseline,
    ReportChanges,
    ReportData,
    ReportFlow,
    ReportForecast,
    ReportProgress,
    ReportScope,
    ReportTrend,
    Standing,
)
from service.programs.report_decisions import decisions
from service.programs.report_edges import Waiting, worst_edges
from service.programs.report_headline import headline
from service.programs.report_parts import (
    baseline_part,
    flow_part,
    forecast_part,
    health_part,
    quality_part,
    standing,
)
from service.programs.trend import Interval, get_scope, get_trend
from service.store.engine import Database

FARTHEST: Final = timedelta(days=400)
PRESSING: Final = 5  # of what to chase
EACH: Final = 3  # changes of a kind
EDGES: Final = {
    Audience.WEEKLY: 3,
    Audience.MONTHLY: 5,
    Audience.STEERING: 4,
}  # what a screen holds, and a printed page
NO_BASELINE_THEN: Final = "There was none then."
NOTHING_THEN: Final = "The program had no items then."
MOVED: Final = Remark("written_meanwhile", "A sync wrote while this was gathered: parts may be of two moments.")

Data = TypeVar("Data")


class ReportQuestion(NamedTuple):
    """`since` and `as_of` are a date or a moment as written; a week or a month ago, and now, where they are None."""

    audience: str = Audience.WEEKLY
    since: str | None = None
    as_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTerms:
    """By what the parts are computed."""

    health: HealthTerms = field(default_factory=HealthTerms)
    flow: FlowTerms = field(default_factory=FlowTerms)
    missing: MissingWeight = MissingWeight.SKIP
    historians: Historians = NO_HISTORIANS


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when is looked at; `until` None: now."""

    since: datetime
    until: datetime | None
    first_day: date
    day: date


class Window(TypedDict):
    """What a trend is asked for."""

    since: date
    until: date
    interval: str
    zone: ZoneInfo
    now: datetime
    historians: Historians


async def get_report(
    database: Database, key: str, question: ReportQuestion, *, view: Viewpoint, terms: ReportTerms
) -> Answer[ReportData]:
    """Raises UnknownProgram or InvalidQuery."""
    audience = one_of(Audience, "for", question.audience)
    span = span_of(audience, question, view)
    answer, moved = await _gathered(_Desk(database, key, audience, span, view, terms))
    if moved:
        answer, moved = await _gathered(_Desk(database, key, audience, span, view, terms))
    return replace(answer, warnings=(MOVED, *answer.warnings)) if moved else answer


async def _gathered(desk: _Desk) -> tuple[Answer[ReportData], bool]:
    """With whether somebody wrote meanwhile what the report rests on."""
    before = await fingerprint(desk.database, desk.key)
    answer = desk.enveloped(await desk.report())
    return answer, await fingerprint(desk.database, desk.key) != before


def span_of(audience: Audience, question: ReportQuestion, view: Viewpoint) -> Span:
    """Raises InvalidQuery."""
    zone = view.terms.zone
    until = None if question.as_of is None else moment_of(question.as_of, zone=zone, now=view.now)
    if until == view.now:  # today, as a date
        until = None
    day = (until or view.now).astimezone(zone).date()
    if question.since is None:
        since = datetime.combine(beginning(audience, day), time.min, zone)
    elif len(question.since) == len("2026-03-31"):
        since = datetime.combine(_day(question.since), time.min, zone)
    else:
        since = moment_of(question.since, zone=zone, now=view.now, parameter="since")
    if since >= (until or view.now):
        raise InvalidQuery("since", "must lie before the moment of the report.")
    if (until or view.now) - since > FARTHEST:
        raise InvalidQuery("since", f"must not be more than {FARTHEST.days} days before the moment of the report.")
    return Span(since, until, since.astimezone(zone).date(), day)


@dataclass(eq=False)
class _Desk:
    """Asks for one part after the other, and keeps what every answer says of its sources and its doubts.

    `view` is from now, `seen` from the moment of the report.
    """

    database: Database
    key: str
    audience: Audience
    span: Span
    view: Viewpoint
    terms: ReportTerms
    sources: dict[str, SourceState] = field(default_factory=dict)
    warnings: dict[Remark, None] = field(default_factory=dict)
    absent: list[AbsentPart] = field(default_factory=list)

    def __post_init__(self) -> None:
        until = self.span.until
        self.seen = self.view if until is None else self.view.at(until, self.terms.historians)
        self.links = Links.of(self.key, self.seen)

    async def report(self) -> ReportData:
        progress, program = await self._progress()
        wanted = PARTS[self.audience]
        health = await self._health() if Part.HEALTH in wanted else None
        forecast = await self._forecast() if Part.FORECAST in wanted else None
        baseline = await self._baseline() if Part.BASELINE in wanted else None
        waiting = await self._waiting() if Part.DEPENDENCIES in wanted else None
        asked = None
        if Part.DECISIONS in wanted and health is not None and forecast is not None and waiting is not None:
            asked = decisions(health, forecast, baseline, waiting, links=self.links, zone=self.view.terms.zone)
        return ReportData(
            program=program,
            audience=self.audience,
            day=self.span.day,
            since=whole_seconds(self.span.since),
            until=None if self.span.until is None else whole_seconds(self.span.until),
            first_day=self.span.first_day,
            headline=headline(health, progress, forecast),
            health=None if health is None else health_part(health, self.links),
            decisions=asked,
            progress=progress,
            forecast=forecast,
            baseline=baseline,
            changes=await self._changes() if Part.CHANGES in wanted else None,
            trend=await self._trend() if Part.TREND in wanted else None,
            scope=await self._scope() if Part.SCOPE in wanted else None,
            flow=await self._flow() if Part.FLOW in wanted else None,
            dependencies=None if waiting is None else waiting.part,
            attention=await self._attention() if Part.ATTENTION in wanted else None,
            data_quality=None if health is None else quality_part(health.data_quality, self.links),
            absent=tuple(sorted(self.absent, key=lambda each: list(Part).index(Part(each.part)))),
        )

    def enveloped(self, data: ReportData) -> Answer[ReportData]:
        states = tuple(self.sources[name] for name in sorted(self.sources))
        until = self.span.until
        return Answer(
            as_of=oldest_proof(states) if until is None else whole_seconds(until),
            generated_at=whole_seconds(self.view.now),
            definition_version=self.definition_version,
            sources=states,
            warnings=tuple(self.warnings),
            data=data,
        )

    async def _answer(self, asked: Awaitable[Answer[Data]]) -> Data:
        answer = await asked
        self.definition_version = answer.definition_version
        self.sources |= {each.name: each for each in answer.sources}
        self.warnings |= dict.fromkeys(answer.warnings)
        return answer.data

    async def _progress(self) -> tuple[ReportProgress, ProgramRef]:
        """Raises InvalidQuery where the whole report lies before the program began."""
        told = await self._answer(self._rollup(self.span.until))
        day = None if self.span.until is None else self.span.day
        now = standing(told, self.links, day=day, as_of=_written(self.span.until))
        before, reason = await self._before()
        return ReportProgress(now=now, before=before, reason=reason), told.program

    async def _before(self) -> tuple[Standing | None, str | None]:
        try:
            then = await self._rollup(self.span.since)
        except InvalidQuery:  # before its first item
            return None, NOTHING_THEN
        as_of = _written(self.span.since)
        return standing(then.data, self.links, day=self.span.first_day, as_of=as_of), None

    def _rollup(self, moment: datetime | None) -> Awaitable[Answer[RollupData]]:
        return get_rollup(
            self.database,
            self.key,
            missing=self.terms.missing,
            now=self.view.now,
            today=self.view.today,
            as_of=moment,
            historians=self.terms.historians,
        )

    async def _health(self) -> HealthData:
        return await self._answer(get_health(self.database, self.key, view=self.seen, terms=self.terms.health))

    async def _forecast(self) -> ReportForecast:
        moment = self.span.until
        asked = get_forecast(self.database, self.key, view=self.view, as_of=moment, historians=self.terms.historians)
        told = await self._answer(asked)
        return forecast_part(told, self.links, as_of=_written(moment))

    async def _baseline(self) -> ReportBaseline | None:
        asked = get_baseline(self.database, self.key, "latest", view=self.seen, limit=1)
        try:
            return baseline_part(await self._answer(asked), self.links)
        except UnknownBaseline:
            taking = f"There is none yet; interlock baseline take {self.key} NAME takes one."
            message = taking if self.span.until is None else NO_BASELINE_THEN
            self.absent.append(AbsentPart(Part.BASELINE, "no_baseline", message))
            return None

    async def _waiting(self) -> Waiting:
        across, shown = self.audience is Audience.STEERING, EDGES[self.audience]
        return await self._answer(worst_edges(self.database, self.key, view=self.seen, across=across, shown=shown))

    async def _changes(self) -> ReportChanges:
        since, until = _written(self.span.since), _written(self.span.until)
        asked = Asked(since=since, until=until, each=EACH)
        told = await self._answer(
            get_changes(self.database, self.key, asked, view=self.view, historians=self.terms.historians)
        )
        more = self.links.to("changes", since=since, until=until)
        return ReportChanges(headline=told.headline, groups=told.groups, changes=told.changes, more=more)

    async def _trend(self) -> ReportTrend:
        told = await self._answer(get_trend(self.database, self.key, **self._window()))
        return ReportTrend(points=told.trend, more=self._more("trend"))

    async def _scope(self) -> ReportScope:
        told = await self._answer(get_scope(self.database, self.key, **self._window()))
        return ReportScope(totals=told.totals, more=self._more("scope"))

    async def _flow(self) -> ReportFlow:
        weeks = max(1, (self.span.day - self.span.first_day).days // 7)
        asked = get_flow(
            self.database,
            self.key,
            view=self.view,
            terms=self.terms.flow,
            question=FlowQuestion(weeks=weeks),
            as_of=self.span.until,
        )
        return flow_part(await self._answer(asked), self.links)

    async def _attention(self) -> ReportAttention:
        asked = get_attention(self.database, self.key, view=self.seen, terms=self.terms.health, limit=PRESSING)
        told = await self._answer(asked)
        return ReportAttention(attention=told.attention, total=told.total, more=self.links.to("attention"))

    def _window(self) -> Window:
        """Of a trend: whole days."""
        return Window(
            since=self.span.first_day,
            until=self.span.day,
            interval=Interval.WEEK,
            zone=self.view.terms.zone,
            now=self.view.now,
            historians=self.terms.historians,
        )

    def _more(self, path: str) -> str:
        first, last = self.span.first_day.isoformat(), self.span.day.isoformat()
        return self.links.to(path, from_=first, to=last, interval=str(Interval.WEEK))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidQuery("since", "must be a date (2026-03-31) or a moment (2026-03-31T17:00:00Z).") from None


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else written(moment)
