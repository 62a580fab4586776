"""From the data of a report to its page: the same words and numbers, whatever it is then written as."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from service import wording
from service.domain.report import Audience
from service.programs.answers import Answer
from service.programs.health_answers import OverrideData
from service.programs.links import Links
from service.programs.report_answers import AbsentPart, Decision, ReportData, ReportHealth, ReportQuality, RuleSaid
from service.programs.report_decisions import last_day
from service.programs.report_figures import (
    baseline_section,
    flow_section,
    forecast_section,
    progress_section,
    scope_section,
    trend_section,
)
from service.programs.report_page import Bullets, Line, Page, Paragraph, Section, joined, line, strong, text
from service.programs.report_work import attention_section, called, changes_section, waiting_section

TITLES: Final = {
    Audience.WEEKLY: "the week to",
    Audience.MONTHLY: "the month to",
    Audience.STEERING: "steering report of",
}
HEADINGS: Final = {
    "health": "Health",
    "decisions": "Decisions wanted",
    "forecast": "Forecast",
    "baseline": "Against the baseline",
    "flow": "Flow",
    "dependencies": "Who waits for whom",
    "attention": "To chase",
    "data_quality": "Data quality",
}
FAILED_CHECKS: Final = {
    "owner": ("without an owner", "without an owner"),
    "planned": ("without a planned day", "without a planned day"),
    "estimated": ("without an estimate", "without an estimate"),
    "not_overdue": ("overdue", "overdue"),
    "updated": ("in progress and untouched for 30 days", "in progress and untouched for 30 days"),
    "in_hierarchy": ("without a parent", "without a parent"),
    "ends_visible": ("waiting for what cannot be seen", "waiting for what cannot be seen"),
    "done_at": ("done, nobody knows since when", "done, nobody knows since when"),
    "consistent": ("done before its children", "done before their children"),
}
"""What an item lacks that fails a check: one item, several."""
NO_COLOUR: Final = {
    "no_rule_speaks": "No rule can tell, so it is grey, not green.",
    "low_data_quality": "Too much of what the rules rest on is missing, so it is grey, not green.",
    "nothing_left": "Nothing is left to do.",
}
RULES_SHOWN: Final = 4
CHECKS_SHOWN: Final = 3
WARNINGS_SHOWN: Final = 3


def page_of(answer: Answer[ReportData], *, zone: ZoneInfo) -> Page:
    """`zone` is where a moment is shown as a day."""
    data = answer.data
    return Page(
        title=f"{data.program.name}: {TITLES[Audience(data.audience)]} {wording.day(data.day)}",
        subtitle=_subtitle(answer),
        lead=data.headline,
        sections=tuple(_sections(answer, zone)),
        tone=None if data.health is None else data.health.effective,
        colophon=_colophon(answer),
    )


def _sections(answer: Answer[ReportData], zone: ZoneInfo) -> Iterator[Section]:
    """What a steering group decides comes before all figures; what to know before believing them comes last."""
    data = answer.data
    told: tuple[Section | None, ...] = (
        None if data.health is None else _health(data.health, zone),
        None if data.decisions is None else _decisions(data.decisions),
        progress_section(data.progress),
        None if data.forecast is None else forecast_section(data.forecast, whole=data.audience != Audience.WEEKLY),
        None if data.baseline is None else baseline_section(data.baseline, zone, then=data.progress.now.day),
        None if data.changes is None else changes_section(data.changes, data.first_day),
        None if data.trend is None else trend_section(data.trend),
        None if data.scope is None else scope_section(data.scope, data.first_day),
        None if data.flow is None else flow_section(data.flow),
        None if data.dependencies is None else waiting_section(data.dependencies),
        None if data.attention is None else attention_section(data.attention),
        None if data.data_quality is None else _quality(data.data_quality),
    )
    yield from (each for each in told if each is not None)
    if data.absent:
        yield Section("Not in this report", (Bullets(tuple(map(_absent, data.absent))),))
    if answer.warnings:
        yield Section("Before trusting the numbers", (Bullets(tuple(_warnings(answer))),))


def _health(told: ReportHealth, zone: ZoneInfo) -> Section:
    blocks: list[Paragraph | Bullets] = [Paragraph(_colours(told, zone))]
    if told.rules:
        shown = [_rule(each) for each in told.rules[:RULES_SHOWN]]
        if len(told.rules) > len(shown):
            shown.append(line(text(f"and {len(told.rules) - len(shown)} more", told.more)))
        blocks.append(Bullets(tuple(shown)))
    elif told.effective == "green":
        blocks.append(Paragraph(line("No rule is beyond its limits.")))
    if told.silent:
        names = joined([line(text(wording.RULES[each.rule], each.more)) for each in told.silent], ", ")
        blocks.append(Paragraph(line("Unknown: ", *names, "."), quiet=True))
    return Section(HEADINGS["health"], tuple(blocks), told.more)


def _colours(told: ReportHealth, zone: ZoneInfo) -> Line:
    """Each colour with whom it comes from; the one that counts first."""
    word = f"{wording.HEALTH_SYMBOLS[told.effective]} {wording.HEALTH[told.effective]}"
    said = [strong(word, told.more, tone=told.effective)]
    if told.override is not None:
        return line(*said, f" {_decided(told.override, zone)} Computed: {told.computed}. {_stated(told)}")
    return line(*said, f" by the rules. {_stated(told)}{NO_COLOUR.get(told.reason or '', '')}".rstrip())


def _decided(told: OverrideData, zone: ZoneInfo) -> str:
    return f"by decision of {told.author} until {wording.day(last_day(told, zone))}: {told.reason}"


def _stated(told: ReportHealth) -> str:
    if told.stated is None:
        return "Nobody states a colour. "
    if told.disagreement is None:
        return f"People state {told.stated}{' too' if told.stated == told.computed else ''}. "
    return f"People state {told.stated}{': a watermelon' if told.disagreement.kind == 'watermelon' else ''}. "


def _rule(told: RuleSaid) -> Line:
    colour = told.colour or "grey"
    mark = strong(f"{wording.HEALTH_SYMBOLS[colour]} {wording.HEALTH[colour]}", tone=colour)
    name = wording.RULES[told.rule]
    return line(mark, " ", text(f"{name[:1].upper()}{name[1:]}", told.more), f": {told.message}")


def _decisions(wanted: tuple[Decision, ...]) -> Section:
    if not wanted:
        nothing = "None: no rule that only this group can act on is beyond its limits."
        return Section(HEADINGS["decisions"], (Paragraph(line(nothing)),))
    return Section(HEADINGS["decisions"], (Bullets(tuple(map(_decision, wanted))),))


def _decision(wanted: Decision) -> Line:
    named = [called(each) for each in wanted.items]
    items = line(" ", *joined(named, "; "), ".") if named else ()
    return line(strong(wanted.question, wanted.more), f" {wanted.why}", *items)


def _quality(told: ReportQuality) -> Section:
    if told.score is None:
        return Section(HEADINGS["data_quality"], (Paragraph(line("Unknown: no check could ask anything.")),), told.more)
    failed = [
        line(text(f"{each.missing:,} {FAILED_CHECKS[each.check][each.missing != 1]}", each.more))
        for each in told.checks[:CHECKS_SHOWN]
    ]
    why = line(": ", *joined(failed, ", "), ".") if failed else line(", nothing to mend.")
    return Section(
        HEADINGS["data_quality"], (Paragraph(line(strong(wording.percent(told.score), told.more), *why)),), told.more
    )


def _absent(told: AbsentPart) -> Line:
    heading = HEADINGS.get(told.part, told.part.replace("_", " ").capitalize())
    return line(strong(heading), f": {told.message}")


def _warnings(answer: Answer[ReportData]) -> Iterator[Line]:
    shown = answer.warnings[:WARNINGS_SHOWN]
    yield from (line(each.message) for each in shown)
    if len(answer.warnings) > len(shown):
        rest = len(answer.warnings) - len(shown)
        yield line(text(f"and {rest} more", _itself(answer.data)))


def _subtitle(answer: Answer[ReportData]) -> str:
    """From when to when, and how old and how complete what it rests on is."""
    data = answer.data
    since = f"Since {wording.day(data.first_day)}"
    if answer.as_of is None:
        proof = "some of its sources were never read completely"
    elif data.until is not None:
        proof = f"as of {wording.moment(answer.as_of)}"
    else:
        proof = f"all sources complete as of {wording.moment(answer.as_of)}"
        torn = [each.name for each in answer.sources if not each.complete]
        if torn:
            proof = f"as of {wording.moment(answer.as_of)}, incomplete: {', '.join(torn)}"
    return f"{since}, {proof}."


def _colophon(answer: Answer[ReportData]) -> Line:
    data = answer.data
    sources = ", ".join(each.name for each in answer.sources) or "no source"
    return line(
        f"From {sources}, by definitions {answer.definition_version}. ",
        text("These numbers as JSON", _itself(data)),
        ".",
    )


def _itself(data: ReportData) -> str:
    """This report, as JSON."""
    until = None if data.until is None else data.until.isoformat().replace("+00:00", "Z")
    return Links(data.program.key).to("report", for_=data.audience, as_of=until)
