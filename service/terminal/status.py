"""`interlock status`: each source at a glance, and last the one line that says whether somebody is needed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import chain

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from service import wording
from service.api.concerns import Severity
from service.api.schemas.sources import BudgetData, SourceData, SourceList, Webhook
from service.api.schemas.sync import SyncRun
from service.programs.answers import Answer
from service.terminal.marks import mark

INDENT = (0, 0, 0, 2)
VERDICTS = {Severity.WELL: "well", Severity.ATTENTION: "needs somebody", Severity.FAILED: "not to be relied on"}


def render_status(answer: Answer[SourceList], console: Console, *, now: datetime) -> None:
    for source in answer.data.sources:
        console.print(_head(source, console), highlight=False)
        console.print(Padding(_facts(source, now), INDENT, expand=False), highlight=False)
        if source.concerns:
            console.print(Padding(_concerns(source, console), INDENT, expand=False), highlight=False)
        console.print()
    console.print(_verdict(answer.data, console), highlight=False)


def _head(source: SourceData, console: Console) -> Text:
    said = VERDICTS[Severity(source.verdict)]
    kind = source.kind or "never read"
    return Text.assemble(
        mark(source.verdict, encoding=console.encoding), " ", (source.name, "bold"), "  ", (f"{kind}, {said}", "dim")
    )


def _facts(source: SourceData, now: datetime) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column()
    for name, sentence in chain(_freshness(source, now), _standing(source)):
        table.add_row(name, sentence)
    return table


def _freshness(source: SourceData, now: datetime) -> Iterator[tuple[str, str]]:
    if source.last_complete_sync is None:
        yield "synced", "never completely"
    else:
        yield "synced", f"{wording.moment(source.last_complete_sync)}, {wording.age(source.lag_seconds)}"
    if source.under_way is not None:
        yield "under way", _under_way(source.under_way, now)
    if source.last_finished is not None:
        yield "last run", _finished(source.last_finished)
    if source.schedule is not None:
        line = f"{source.schedule.cron}, {source.schedule.time_zone}"
        yield "next run", f"{wording.moment(source.schedule.next_run)}  ({line})"


def _standing(source: SourceData) -> Iterator[tuple[str, str]]:
    if source.scopes:
        yield "coverage", _coverage(source)
    if source.budget is not None:
        yield "budget", _budget(source.budget)
    if source.webhook.configured or source.webhook.received:
        yield "webhooks", _webhook(source.webhook)
    if source.contact is not None and source.contact.error is None:
        who = "" if source.contact.account is None else f" as {source.contact.account}"
        yield "account", f"let in{who} {wording.moment(source.contact.asked_at)}"


def _under_way(run: SyncRun, now: datetime) -> str:
    since = wording.lasting((now - run.started_at).total_seconds())
    return f"run {run.id} ({run.mode}, {run.trigger}) for {since}: {wording.counted(run.fetched, 'item')} read so far"


def _finished(run: SyncRun) -> str:
    counts = [f"{run.fetched:,} read", f"{run.changed:,} changed"]
    rejected = [f"{run.rejected:,} rejected"] if run.rejected else []
    asked = wording.counted(run.requests, "request")
    return f"{run.id} ({run.mode}, {run.trigger}) {run.status}{_took(run)}: {', '.join([*counts, *rejected, asked])}"


def _took(run: SyncRun) -> str:
    seconds = 0.0 if run.finished_at is None else (run.finished_at - run.started_at).total_seconds()
    return f" in {wording.lasting(seconds)}" if seconds >= 1 else ""


def _coverage(source: SourceData) -> str:
    coverage = source.coverage
    live = sum(scope.state == "live" for scope in source.scopes)
    projects = wording.counted(live, "project")
    if coverage.proven_at is None:
        return f"{projects}, nothing proven yet"
    parts = [f"{coverage.stored:,} of {wording.counted(coverage.listed, 'item')} of {projects}"]
    parts += [f"{coverage.rejected:,} rejected"] if coverage.rejected else []
    parts += [f"{coverage.invisible:,} invisible"] if coverage.invisible else []
    parts += [f"{wording.counted(coverage.unproven, 'project')} unproven"] if coverage.unproven else []
    return f"{', '.join(parts)}; proven {wording.moment(coverage.proven_at)}"


def _budget(budget: BudgetData) -> str:
    parts = [f"{budget.allowed} of {budget.limit} at once"] if budget.limit is not None else []
    parts += [wording.counted(budget.requests, "request"), f"{budget.retries:,} repeated"]
    parts += [f"{budget.throttled:,} throttled since {wording.day(budget.since.date())}"]
    if budget.quota_remaining is not None:
        of = "" if budget.quota_limit is None else f" of {budget.quota_limit:,}"
        parts += [f"{budget.quota_remaining:,}{of} left of the tool's quota"]
    return ", ".join(parts)


def _webhook(webhook: Webhook) -> str:
    if webhook.last_event_at is None:
        return "none has come"
    parts = [f"last {wording.moment(webhook.last_event_at)}", f"{webhook.received:,} received"]
    counted = (
        (webhook.repeated, "repeated"),
        (webhook.refused, "refused"),
        (webhook.ignored, "of other projects"),
        (webhook.waiting, "waiting"),
        (webhook.failed, "given up"),
    )
    parts += [f"{number:,} {what}" for number, what in counted if number]
    if webhook.missed_last_night is not None and webhook.changed_last_night is not None:
        parts += [f"{webhook.missed_last_night:,} of {webhook.changed_last_night:,} changes missed last night"]
    return ", ".join(parts)


def _concerns(source: SourceData, console: Console) -> Table:
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    for each in source.concerns:
        remedy = "" if each.remedy is None else f"\n{each.remedy}"
        table.add_row(mark(each.severity, encoding=console.encoding), Text.assemble(each.message, (remedy, "dim")))
    return table


def _verdict(data: SourceList, console: Console) -> Text:
    """All well, or what and how many need somebody."""
    found = mark(data.verdict, encoding=console.encoding)
    if data.verdict == Severity.WELL:
        return Text.assemble(found, " All well.")
    needing = [source for source in data.sources if source.configured and source.verdict != Severity.WELL]
    number = sum(each.severity != Severity.NOTE for source in needing for each in source.concerns)
    names = ", ".join(source.name for source in needing)
    things = "1 thing needs" if number == 1 else f"{number} things need"
    return Text.assemble(found, f" {things} somebody: {names}.")
