"""`interlock check`: asks each tool what a sync would need, and says what to do about what is wrong."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from connectors.contract import Identity, Source
from connectors.errors import SourceError
from connectors.items import LinkDirection
from service import wording
from service.bootstrap import Application
from service.wording import counted

_FINE, _NOTE, _WRONG = "[green]✓[/green]", "[yellow]![/yellow]", "[red]✗[/red]"


async def check(app: Application, *, console: Console) -> int:
    """Config, database, credentials, scopes, fields. Returns 0 when a sync would be complete, else 1."""
    _say(console, _FINE, f"database: {app.database.dialect}, schema current")
    fine = [await _check_source(source, console) for source in app.sources.values()]
    return 0 if all(fine) else 1


async def _check_source(source: Source, console: Console) -> bool:
    try:
        return await _ask(source, console)
    except SourceError as error:
        _say(console, _WRONG, f"{source.name}: {error.message}")
        return False


async def _ask(source: Source, console: Console) -> bool:
    identity = await source.connect()
    _say(console, _FINE, f"{source.name}: {_signed_in(identity)}")
    reference = await source.discover()
    scopes, missing = await source.scopes()
    live = [scope.key for scope in scopes if not scope.archived]
    _say(console, _FINE, f"{source.name}: {counted(len(live), 'project')}: {_some(live)}")
    roles = sorted(f"{field.role}={field.native_id} ({field.name})" for field in reference.fields if field.role)
    _say(console, " ", f"fields: {_some(roles) or 'none beyond the standard ones'}")
    directed = [link.name for link in reference.link_types if link.direction is not LinkDirection.NONE]
    _say(console, " ", f"dependencies: {_some(directed) or 'no link type is one'}")
    for capability in reference.capabilities:
        if not capability.available:
            _say(console, _NOTE, f"{source.name}: {wording.lacking(capability.name, capability.reason)}")
    for finding in reference.warnings:
        _say(console, _NOTE, f"{source.name}: {finding.message}")
    for scope in missing:
        _say(console, _WRONG, f"{source.name}: {scope.reason}")
    return not missing


def _signed_in(identity: Identity) -> str:
    if identity.workspace is not None:
        return f"signed in as {identity.display_name}, workspace {identity.workspace}"
    return (
        f"signed in as {identity.display_name} on {identity.edition} {identity.version}, "
        f"time zone {identity.time_zone or 'unknown'}"
    )


def _say(console: Console, mark: str, text: str) -> None:
    console.print(Text.assemble(Text.from_markup(mark), " ", text), highlight=False, soft_wrap=True)


def _some(words: list[str]) -> str:
    shown = ", ".join(words[:12])
    return f"{shown} and {len(words) - 12} more" if len(words) > 12 else shown
