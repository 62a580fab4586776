"""`interlock sync` and `interlock replay`: with a bar on a terminal, and one line of verdict for each source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar
from rich.text import Text

from service.api.syncing import note_sync
from service.bootstrap import Application
from service.commands.keys import TERMINAL, actor
from service.definition_settings import did_you_mean
from service.domain.errors import UnknownSource
from service.store.sources import Scopes
from service.sync.errors import SourceBusy
from service.sync.outcome import Mode, Outcome, RunStatus
from service.sync.progress import Progress
from service.sync.replay import Replayed, replay_source
from service.sync.run import sync_source

COMPLETE, FAILED, PARTIAL = 0, 1, 3


class UnknownScope(Exception):
    """A project was named that no chosen source has."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


async def sync(
    app: Application,
    names: Sequence[str],
    *,
    console: Console,
    quiet: bool,
    mode: Mode = Mode.INCREMENTAL,
    accept_loss: Sequence[str] = (),
) -> int:
    """Sync the named sources, or all; returns the exit code: 0 complete, 3 partial, 1 failed.

    Raises UnknownScope where a project of `accept_loss` is none of theirs.
    """
    await _must_know(app, chosen(app, names), accept_loss)
    codes: list[int] = []
    with Bars(console, disable=quiet) as bars:
        for name in chosen(app, names):
            try:
                outcome = await sync_source(
                    app.sources[name],
                    app.database,
                    clock=app.clock,
                    mode=mode,
                    progress=bars,
                    accept_loss=accept_loss,
                )
            except SourceBusy as busy:
                console.print(f"[bold]{name}[/bold]  not started: {busy.message}", highlight=False)
                codes.append(FAILED)
                continue
            await app.usage_log.write(app.sources[name])
            await note_sync(
                app.database,
                name,
                outcome.run_id,
                actor=actor(),
                origin=TERMINAL,
                now=outcome.started_at,
                accept_loss=accept_loss,
            )
            bars.note(verdict_lines(outcome))
            codes.append(_code(outcome.status))
    return _worst(codes)


async def replay(app: Application, names: Sequence[str], *, console: Console, quiet: bool) -> int:
    with Bars(console, disable=quiet) as bars:
        for name in chosen(app, names):
            replayed = await replay_source(app.sources[name], app.database, clock=app.clock, progress=bars)
            bars.note([replay_line(name, replayed)])
    return COMPLETE


def verdict_lines(outcome: Outcome) -> list[str]:
    """What a person reads when a run is over: the verdict first, then each reason it is not complete."""
    seconds = (outcome.finished_at - outcome.started_at).total_seconds()
    rate = f", {outcome.fetched / seconds:,.0f} items/s" if seconds > 0 and outcome.fetched else ""
    head = (
        f"[bold]{outcome.source}[/bold]  {_WORDS[outcome.status]}  "
        f"{outcome.fetched:,} read, {outcome.changed:,} changed, {outcome.unchanged:,} unchanged, "
        f"{outcome.rejected:,} rejected in {seconds:,.1f} s{rate}, {outcome.requests:,} requests (run {outcome.run_id})"
    )
    return [head, *(f"  {reason.scope + ': ' if reason.scope else ''}{reason.message}" for reason in outcome.reasons)]


def replay_line(name: str, replayed: Replayed) -> str:
    return (
        f"[bold]{name}[/bold]  replayed  {replayed.items:,} items rebuilt from stored payloads, "
        f"{replayed.rejected:,} rejected, no request sent"
    )


_WORDS = {
    RunStatus.COMPLETE: "[green]✓ complete[/green]",
    RunStatus.PARTIAL: "[yellow]! partial[/yellow]",
    RunStatus.FAILED: "[red]✗ failed[/red]",
    RunStatus.ABANDONED: "[red]✗ abandoned[/red]",
    RunStatus.RUNNING: "running",
}


def _code(status: RunStatus) -> int:
    return {RunStatus.COMPLETE: COMPLETE, RunStatus.PARTIAL: PARTIAL}.get(status, FAILED)


def _worst(codes: Iterable[int]) -> int:
    """Failed outweighs partial, partial outweighs complete."""
    return max(codes, key=[COMPLETE, PARTIAL, FAILED].index, default=COMPLETE)


async def _must_know(app: Application, sources: Sequence[str], keys: Sequence[str]) -> None:
    if not keys:
        return
    async with app.database.reading() as uow:
        known = {each.key for name in sources for each in (await Scopes(uow.connection).known(name)).values()}
    for key in keys:
        if key not in known:
            raise UnknownScope(f"There is no project {key} in {', '.join(sources)}{did_you_mean(key, known)}")


def chosen(app: Application, names: Sequence[str]) -> list[str]:
    for name in names:
        if name not in app.sources:
            error = UnknownSource(name)
            error.message = (
                f"There is no source {name} in the configuration{did_you_mean(name, app.sources)}; "
                f"it has {', '.join(app.sources)}."
            )
            raise error
    return list(names or app.sources)


class Rate(ProgressColumn):
    """Items per second over the last moments."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="progress.data.speed")


class Bars(Progress):
    """One progress bar per source; on anything but a terminal it stays silent and prints only the verdicts."""

    def __init__(self, console: Console, *, disable: bool) -> None:
        self._console = console
        self._bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            Rate(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=disable or not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._totals: dict[str, int] = {}

    def __enter__(self) -> Bars:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def note(self, lines: Sequence[str]) -> None:
        for line in lines:
            self._console.print(line, highlight=False)

    def started(self, source: str, scopes: int) -> None:
        self._totals[source] = 0
        plural = "" if scopes == 1 else "s"
        self._tasks[source] = self._bar.add_task(f"{source}, {scopes} project{plural}", total=None)

    def listed(self, source: str, items: int) -> None:
        self._totals[source] += items
        self._bar.update(self._tasks[source], total=self._totals[source])

    def stored(self, source: str, items: int) -> None:
        """What a census finds stale is stored after the pages, when the bar is gone."""
        if source in self._tasks:
            self._bar.advance(self._tasks[source], items)

    def finished(self, source: str) -> None:
        self._bar.remove_task(self._tasks.pop(source))
