"""The health of a program: what is computed, what people state, what somebody decided, and where these differ."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.data_quality import WEIGHTS, Checked
from service.domain.health import (
    Disagreement,
    Health,
    Limits,
    Measure,
    Part,
    Rag,
    Rule,
    Verdict,
    colour_of_stated,
    disagreement,
    worst,
)
from service.domain.notices import Notice
from service.programs.answers import Answer, ProgramRef, StatedHealthData
from service.programs.dependency_faces import url_of
from service.programs.dependency_network import Known, ProgramNetwork
from service.programs.dependency_terms import Viewpoint
from service.programs.freshness import grounds_of
from service.programs.health_answers import (
    DisagreementData,
    EvidenceItem,
    HealthData,
    LimitsData,
    PartData,
    QualityData,
    RuleData,
    ShareData,
    StatedData,
)
from service.programs.health_inputs import further_measures
from service.programs.health_standing import standing_of
from service.programs.health_terms import HealthTerms
from service.programs.links import Links
from service.programs.overrides import override_data
from service.programs.rounding import rounded
from service.programs.stated import stated_health, words_in_fields
from service.store.engine import Database
from service.store.faces import Face, Faces
from service.store.overrides import Overrides, StoredOverride

EVIDENCE_SHOWN: Final = 20
DEFAULT_TERMS: Final = HealthTerms()
_MORE: Final[Mapping[Rule, tuple[str, Mapping[str, str]]]] = {
    Rule.BLOCKED_CRITICAL: ("dependencies", {"status": "blocked"}),
    Rule.DEPENDENCY_HEALTH: ("dependencies", {}),
    Rule.OVERDUE: ("data-quality", {"lacks": "not_overdue"}),
    Rule.DATA_QUALITY: ("data-quality", {}),
    Rule.TARGET_PROBABILITY: ("forecast", {}),
    Rule.SCHEDULE_VARIANCE: ("baselines", {}),
    Rule.SCHEDULE_PERFORMANCE: ("baselines", {}),
    Rule.SCOPE_GROWTH: ("scope", {}),
    Rule.AGEING: ("flow", {}),
}


async def get_health(
    database: Database, key: str, *, view: Viewpoint, terms: HealthTerms = DEFAULT_TERMS
) -> Answer[HealthData]:
    """As of the view's moment. Raises UnknownProgram, and InvalidQuery for a moment before anything was there."""
    known, measured = await standing_of(database, key, view, terms)
    asked, links = known.network, Links.of(key, view)
    health = measured.health(await further_measures(database, asked.program, view))
    async with database.reading() as uow:
        told = await words_of(uow.connection, known, terms)
        evidence = {uid for each in health.verdicts for uid in each.measure.evidence[:EVIDENCE_SHOWN]}
        faces = await Faces(uow.connection).of(evidence & asked.network.place.keys())
    data = HealthData(
        program=ProgramRef(asked.program.key, asked.program.name),
        effective=told.effective(health.colour),
        computed=health.colour,
        reason=health.reason,
        without_gate=health.without_gate,
        stated=told.stated,
        override=None if told.override is None else override_data(told.override),
        disagreement=disagreement_data(told.colour, health),
        rules=tuple(_rule(each, asked, faces, links) for each in health.verdicts),
        parts=tuple(_part(each, health.parts) for each in health.parts),
        data_quality=quality_data(measured.standing.checked, links),
        past_overrides=tuple(override_data(each) for each in told.past),
    )
    return known.answer(data, (*measured.notices, *told.notices))


class Words:
    """What people say of a program at a moment: in their tools, and by deciding."""

    def __init__(
        self,
        statements: Sequence[StatedHealthData],
        overrides: Sequence[StoredOverride],
        moment: datetime,
        notices: tuple[Notice, ...] = (),
    ) -> None:
        self.override = next((each for each in overrides if each.holds(moment)), None)
        self.past = [each for each in overrides if each is not self.override]
        self.notices = notices
        self.colour = stated_colour(statements)
        self.stated = StatedData(colour=self.colour, statements=tuple(statements))

    def effective(self, computed: Rag) -> str:
        return computed if self.override is None else self.override.value


async def words_of(connection: AsyncConnection, known: Known, terms: HealthTerms) -> Words:
    """The words of status updates, and those in the configured fields of items. Raises UnknownProgram."""
    view, key = known.view, known.network.program.key
    in_fields = await words_in_fields(connection, known, terms.health_fields)
    grounds = await grounds_of(connection, key)
    heard = await stated_health(connection, grounds, until=view.earlier, historians=view.historians)
    overrides = await Overrides(connection).of(key, at=view.moment)
    return Words((*heard.words, *in_fields), overrides, view.moment, heard.notices)


def stated_colour(statements: Iterable[StatedHealthData]) -> Rag | None:
    """The worst of all words: one project that is off track is what a program hears first."""
    colours = [colour for each in statements if (colour := colour_of_stated(each.status)) is not None]
    return worst(colours) if colours else None


def disagreement_data(stated: Rag | None, health: Health) -> DisagreementData | None:
    kind = disagreement(stated, health.colour)
    if kind is None:
        return None
    return DisagreementData(kind, _SAID_OF[kind].format(stated=stated, computed=health.colour, why=_why(health)))


def decisive(verdicts: Iterable[Verdict], colour: Rag) -> list[Verdict]:
    """Those that give this colour."""
    return [each for each in verdicts if each.colour is colour]


def quality_data(checked: Checked, links: Links) -> QualityData:
    quality = checked.quality()
    return QualityData(
        score=rounded(quality.score),
        coverage=round(quality.coverage, 6),
        estimates=checked.basis,
        checks=tuple(
            ShareData(
                check=share.check,
                weight=WEIGHTS[share.check],
                share=rounded(share.value),
                asked=share.asked,
                missing=share.asked - share.passed,
                more=links.to("data-quality", lacks=str(share.check)),
            )
            for share in quality.shares
        ),
    )


def shown(asked: ProgramNetwork, uids: Collection[str], faces: Mapping[str, Face]) -> tuple[EvidenceItem, ...]:
    network = asked.network
    items = [network.items[network.place[uid]] for uid in uids if uid in network.place]
    return tuple(EvidenceItem(uid=item.uid, key=item.key, title=item.title, url=url_of(item, faces)) for item in items)


def _rule(verdict: Verdict, asked: ProgramNetwork, faces: Mapping[str, Face], links: Links) -> RuleData:
    measure: Measure = verdict.measure
    path, query = _MORE.get(measure.rule, (None, {}))
    return RuleData(
        code=measure.rule.code,
        rule=measure.rule,
        colour=verdict.colour,
        value=rounded(measure.value),
        limit=verdict.limit,
        limits=_limits(verdict.limits),
        message=measure.message,
        reason=measure.reason,
        evidence=shown(asked, measure.evidence[:EVIDENCE_SHOWN], faces),
        evidence_total=len(measure.evidence),
        more=None if path is None else links.to(path, **query),
    )


def _limits(limits: Limits) -> LimitsData:
    return LimitsData(worse=limits.worse, red=limits.red, amber=limits.amber, grey=limits.grey)


def _part(part: Part, parts: Sequence[Part]) -> PartData:
    total = sum(each.weight for each in parts)
    return PartData(
        name=part.name,
        colour=part.colour,
        share=round(part.weight / total, 6) if total else 0.0,
        critical=part.critical,
        rules=tuple(each.rule for each in decisive(part.verdicts, part.colour)),
    )


def _why(health: Health) -> str:
    return " ".join(each.measure.message for each in decisive(health.verdicts, health.colour)[:2])


_SAID_OF: Final[Mapping[Disagreement, str]] = {
    Disagreement.WATERMELON: "People state {stated}, and the work says {computed}. {why}",
    Disagreement.ROSIER: "People state {stated}, and the work says {computed}. {why}",
    Disagreement.GLOOMIER: "People state {stated}, and the work says no worse than {computed}: they may know more.",
}
