"""`interlock check`: asks each tool what a sync would need, and says what to do about what is wrong."""

from __future__ import annotations

from rich.console import Console

from connectors.contract import Source
from connectors.errors import SourceError
from connectors.items import LinkDirection
from service.bootstrap import Application


async def check(app: Application, *, console: Console) -> int:
    """Config, database, credentials, scopes, fields. Returns 0 when a sync would be complete, else 1."""
    for notice in app.settings.notices():
        console.print(f"[yellow]![/yellow] {notice}", highlight=False)
    console.print(f"[green]✓[/green] database: {app.database.dialect}, schema current", highlight=False)
    fine = [await _check_source(source, console) for source in app.sources.values()]
    return 0 if all(fine) else 1


async def _check_source(source: Source, console: Console) -> bool:
    try:
        return await _ask(source, console)
    except SourceError as error:
        console.print(f"[red]✗[/red] {source.name}: {error.message}", highlight=False)
        return False


async def _ask(source: Source, console: Console) -> bool:
    identity = await source.connect()
    console.print(
        f"[green]✓[/green] {source.name}: signed in as {identity.display_name} on {identity.edition} "
        f"{identity.version}, time zone {identity.time_zone or 'unknown'}",
        highlight=False,
    )
    reference = await source.discover()
    scopes, missing = await source.scopes()
    live = [scope.key for scope in scopes if not scope.archived]
    console.print(f"[green]✓[/green] {source.name}: {len(live)} projects: {_some(live)}", highlight=False)
    roles = sorted(f"{field.role}={field.native_id} ({field.name})" for field in reference.fields if field.role)
    console.print(f"  fields: {_some(roles) or 'none beyond the standard ones'}", highlight=False)
    directed = [link.name for link in reference.link_types if link.direction is not LinkDirection.NONE]
    console.print(f"  dependencies: {_some(directed) or 'no link type is one'}", highlight=False)
    for finding in reference.warnings:
        console.print(f"[yellow]![/yellow] {source.name}: {finding.message}", highlight=False)
    for scope in missing:
        console.print(f"[red]✗[/red] {source.name}: {scope.reason}", highlight=False)
    return not missing


def _some(words: list[str]) -> str:
    shown = ", ".join(words[:12])
    return f"{shown} and {len(words) - 12} more" if len(words) > 12 else shown
