"""`interlock sources`: each source with its concerns, and what is proven of each of its projects."""

from __future__ import annotations

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from service import wording
from service.api.concerns import Severity
from service.api.schemas.sources import ScopeData, SourceData, SourceList, SubscriptionData
from service.programs.answers import Answer
from service.terminal.marks import mark

INDENT = (0, 0, 0, 2)
STATES = {
    "live": "live",
    "archived": "archived",
    "gone": "gone",
    "out_of_scope": "not pulled",
}
WIDE = 100  # columns from which on names and moments fit beside the numbers


def render_sources(answer: Answer[SourceList], console: Console) -> None:
    for source in answer.data.sources:
        kind = source.kind or "never read"
        console.print(Text.assemble((source.name, "bold"), "  ", (kind, "dim")), highlight=False)
        for severity, line in _lines(source):
            sentence = Text.assemble(mark(severity, encoding=console.encoding), " ", line)
            console.print(Padding(sentence, INDENT, expand=False), highlight=False)
        for table in _tables(source, console):
            console.print(Padding(table, INDENT, expand=False), highlight=False)


def _lines(source: SourceData) -> Iterator[tuple[str, str]]:
    """(severity, sentence)."""
    if source.last_complete_sync is not None:
        when = f"{wording.moment(source.last_complete_sync)}, {wording.age(source.lag_seconds)}"
        live = sum(scope.state == "live" for scope in source.scopes)
        yield Severity.WELL, f"last complete sync {when}; {wording.counted(live, 'project')}"
    if source.webhook.last_event_at is not None:
        yield Severity.WELL, f"last webhook delivery {wording.moment(source.webhook.last_event_at)}"
    for concern in source.concerns:
        yield concern.severity, concern.message


def _tables(source: SourceData, console: Console) -> Iterator[Table]:
    if any(scope.coverage is not None for scope in source.scopes):
        yield _scopes(source, wide=console.width >= WIDE)
    if source.rejects.latest:
        yield _rejects(source)
    if source.webhook.subscriptions:
        yield _subscriptions(source.webhook.subscriptions)


def _scopes(source: SourceData, *, wide: bool) -> Table:
    table = _table("Project", "State")
    for name in ("Listed", "Stored", "Rejected", "Invisible"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Proven", no_wrap=True)
    for scope in source.scopes:
        table.add_row(_project(scope, wide=wide), _state(scope), *_numbers(scope), _proven(scope, wide=wide))
    return table


def _project(scope: ScopeData, *, wide: bool) -> Text:
    return Text.assemble(scope.name, " ", (scope.key, "dim")) if wide and scope.name != scope.key else Text(scope.key)


def _state(scope: ScopeData) -> Text:
    if scope.held:
        return Text("! held", style="yellow")
    if scope.error is not None:
        return Text("! in doubt", style="yellow")
    return Text(STATES.get(scope.state, scope.state))


def _numbers(scope: ScopeData) -> list[str]:
    each = scope.coverage
    numbers = (None,) * 4 if each is None else (each.listed, each.stored, each.rejected, each.invisible)
    return ["–" if number is None else f"{number:,}" for number in numbers]


def _proven(scope: ScopeData, *, wide: bool) -> str:
    if scope.coverage is None:
        return "never"
    at = scope.coverage.proven_at
    return wording.moment(at) if wide else wording.day(at.date())


def _rejects(source: SourceData) -> Table:
    table = _table("Rejected", "Why")
    for each in source.rejects.latest:
        table.add_row(f"{each.kind} {each.key or each.native_id}", each.reason)
    more = source.rejects.count - len(source.rejects.latest)
    if more:
        table.add_row(f"and {more:,} more", "")
    return table


def _subscriptions(subscriptions: tuple[SubscriptionData, ...]) -> Table:
    table = _table("Webhook", "State", "Last success", "Expires")
    for each in subscriptions:
        expires = "–" if each.expires_at is None else wording.moment(each.expires_at)
        state = Text(each.state) if each.state == "active" else Text(f"! {each.state}", style="yellow")
        table.add_row(each.scope or "every project", state, wording.moment(each.last_success_at), expires)
    return table


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold")
    return table
