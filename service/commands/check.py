"""`interlock check`: looks at everything a sync needs, asks each tool, and says what to do about what is amiss."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

import msgspec
from rich.console import Console

from connectors.contract import Identity, ReferenceData, Scope, Source
from connectors.errors import SourceError
from connectors.items import LinkDirection
from service import wording
from service.api.concerns import CLOCK_MAY_DIFFER, Severity
from service.api.schemas.sources import SourceData
from service.api.sources import list_sources
from service.bootstrap import Application, SchemaBehind, application
from service.domain.unmet import unmet_in
from service.schedules import next_run
from service.settings import Settings
from service.source_settings import AsanaConfig, JiraConfig
from service.store.errors import DatabaseUnusable, place_of
from service.store.keys import Keys
from service.store.programs import Programs
from service.store.vocabulary import Vocabulary
from service.terminal.check import Diagnosis, Line, diagnosis_of, render_check
from service.wording import counted

WELL, FAILED, ATTENTION = 0, 1, 3
MISCONFIGURED = frozenset(  # what discovery says that a line in interlock.yaml puts right
    {
        "field_missing",
        "field_unknown",
        "field_kind",
        "link_type_missing",
        "link_type_undecided",
        "portfolio_unreadable",
    }
)
WEBHOOKS = frozenset({"silent", "deliveries_wait", "deliveries_failed", "deliveries_refused", "missed"})


async def doctor(settings: Settings, *, as_json: bool, console: Console) -> int:
    """As `check`, also where the database cannot be opened at all."""
    try:
        async with application(settings) as app:
            return await check(app, as_json=as_json, console=console)
    except (DatabaseUnusable, SchemaBehind) as error:
        lines = [*_configuration(settings), Line("database", Severity.FAILED, error.message)]
        return _told(diagnosis_of(lines), as_json=as_json, console=console)


async def check(app: Application, *, console: Console, as_json: bool = False) -> int:
    """Returns 0 when a sync would be complete, 3 when something wants a look, 1 when something is wrong."""
    return _told(await diagnose(app), as_json=as_json, console=console)


async def diagnose(app: Application) -> Diagnosis:
    stored = {each.name: each for each in (await list_sources(app.services(with_worker=False))).data.sources}
    asked = await asyncio.gather(*(_ask(app, source) for source in app.sources.values()))
    lines = [
        *_configuration(app.settings),
        Line("database", Severity.WELL, f"{place_of(app.database.url)}, schema current"),
        *await _access(app),
    ]
    for config, answers in zip(app.settings.sources, asked, strict=True):
        lines += [*answers, *_webhooks(app, config, stored[config.name]), *_schedule(app, config)]
    return diagnosis_of([*lines, *[line async for line in _mapping(app)]])


def _told(diagnosis: Diagnosis, *, as_json: bool, console: Console) -> int:
    if as_json:
        console.out(msgspec.json.encode(diagnosis).decode(), highlight=False)
    else:
        render_check(diagnosis, console)
    return {Severity.WELL: WELL, Severity.ATTENTION: ATTENTION}.get(Severity(diagnosis.verdict), FAILED)


def _configuration(settings: Settings) -> Iterator[Line]:
    zone = settings.calendar.timezone
    yield Line("configuration", Severity.WELL, f"{counted(len(settings.sources), 'source')}, time zone {zone}")


async def _access(app: Application) -> list[Line]:
    async with app.database.reading() as uow:
        keys = await Keys(uow.connection).any()
    subject, settings = "access", app.settings
    if app.provider is None and not keys:
        said = "nobody has to sign in, so the service answers this machine alone"
        if settings.allow_anonymous is not None:
            said = "anybody who reaches the service may read (INTERLOCK_ALLOW_ANONYMOUS)"
        return [Line(subject, Severity.NOTE, said, "`interlock keys create` or auth.oidc let people in.")]
    ways = [*(["API keys"] if keys else []), *(["the identity provider"] if app.provider is not None else [])]
    lines = [Line(subject, Severity.WELL, f"people sign in by {' and '.join(ways)}")]
    if settings.secret_key is None:
        said = "INTERLOCK_SECRET_KEY is not set: a restart signs everybody out of the pages"
        lines.append(Line(subject, Severity.ATTENTION, said, "Make one with `openssl rand -hex 32`."))
    return lines


async def _ask(app: Application, source: Source) -> list[Line]:
    """What the tool itself says, as far as it answers."""
    lines: list[Line] = []
    try:
        identity = await source.connect()
        lines += _identity(app, source.name, identity)
        reference = await source.discover()
        scopes, missing = await source.scopes()
        lines += _projects(source.name, scopes)
        lines += _vocabulary(source.name, reference)
        lines += (Line(source.name, Severity.FAILED, scope.reason) for scope in missing)
    except SourceError as error:
        lines.append(Line(source.name, Severity.FAILED, error.message, _remedy(error)))
    return lines


def _identity(app: Application, name: str, identity: Identity) -> Iterator[Line]:
    yield Line(name, Severity.WELL, _signed_in(identity))
    ahead = (identity.server_time - app.clock.now()).total_seconds()
    if abs(ahead) > CLOCK_MAY_DIFFER.total_seconds():
        direction = "ahead of" if ahead > 0 else "behind"
        said = f"the tool's clock is {wording.lasting(abs(ahead))} {direction} this machine's"
        yield Line(name, Severity.ATTENTION, said, "Let this machine keep time by NTP.")


def _signed_in(identity: Identity) -> str:
    if identity.workspace is not None:
        return f"signed in as {identity.display_name}, workspace {identity.workspace}"
    return (
        f"signed in as {identity.display_name} on {identity.edition} {identity.version}, "
        f"time zone {identity.time_zone or 'unknown'}"
    )


def _projects(name: str, scopes: Sequence[Scope]) -> Iterator[Line]:
    live = [scope.key for scope in scopes if not scope.archived]
    if live:
        yield Line(name, Severity.WELL, f"{counted(len(live), 'project')}: {_some(live)}")
    else:
        remedy = "Give the account the right to browse projects, or correct the scope of the source."
        yield Line(name, Severity.FAILED, "no project to read", remedy)


def _vocabulary(name: str, reference: ReferenceData) -> Iterator[Line]:
    roles = sorted(f"{field.role}={field.native_id} ({field.name})" for field in reference.fields if field.role)
    yield Line(name, Severity.WELL, f"fields: {_some(roles) or 'none beyond the standard ones'}")
    if not any(field.role == "points" for field in reference.fields):
        yield Line(name, Severity.NOTE, "no field holds story points", "Name one with points_field, if people use one.")
    directed = [link.name for link in reference.link_types if link.direction is not LinkDirection.NONE]
    yield Line(name, Severity.WELL, f"dependencies: {_some(directed) or 'no link type is one'}")
    for capability in reference.capabilities:
        if not capability.available:
            yield Line(name, Severity.NOTE, wording.lacking(capability.name, capability.reason))
    for finding in reference.warnings:
        wrong = finding.code in MISCONFIGURED
        yield Line(name, Severity.ATTENTION if wrong else Severity.NOTE, finding.message)


def _remedy(error: SourceError) -> str | None:
    """What the message does not say already."""
    match error.code:
        case "authentication_failed":
            return "Put a valid token where the configuration takes it from; an environment variable must be exported."
        case "unavailable" | "throttled":
            return "Check the url and the way to it (proxy, firewall), or wait if the tool is down."
        case "permission_denied":
            return "Give the account the right, or take the project out of the scope of the source."
        case _:
            return None


def _webhooks(app: Application, config: JiraConfig | AsanaConfig, stored: SourceData) -> Iterator[Line]:
    receiver = app.services(with_worker=False).receivers[config.name]
    registered = len(stored.webhook.subscriptions)
    if not (receiver.secret is not None or registered):
        said = "no webhooks: changes come with the runs of the schedule"
        yield Line(config.name, Severity.NOTE, said, "docs/how-to/receive-webhooks.md makes them come in seconds.")
        return
    heard = stored.webhook.last_event_at
    said = f"{counted(registered, 'webhook')} registered" if registered else "webhooks: a secret is set"
    said += f", last delivery {wording.moment(heard)}" if heard else ", no delivery yet"
    yield Line(config.name, Severity.WELL, said)
    if app.settings.auth.public_url is None and registered:
        yield Line(config.name, Severity.NOTE, "auth.public_url is not set", "Webhooks cannot be registered without.")
    for concern in stored.concerns:
        if concern.code in WEBHOOKS or concern.code.startswith("webhook_"):
            yield Line(config.name, concern.severity, concern.message, concern.remedy)


def _schedule(app: Application, config: JiraConfig | AsanaConfig) -> Iterator[Line]:
    zone = app.settings.calendar.zone
    following = next_run(config.schedule, zone, after=app.clock.now())
    said = f"next run {wording.moment(following)} ({config.schedule}, {zone})"
    if following is None:
        yield Line(config.name, Severity.FAILED, f"the schedule {config.schedule} never comes", "Correct schedule.")
    else:
        yield Line(config.name, Severity.WELL, said)


async def _mapping(app: Application) -> AsyncIterator[Line]:
    async with app.database.reading() as uow:
        programs = [each.definition for each in await Programs(uow.connection).all()]
        vocabulary = Vocabulary(uow.connection)
        known, read = await vocabulary.all(sources=app.sources), await vocabulary.has_items()
        if not programs:
            yield Line("mapping", Severity.NOTE, "no program is applied yet", "`interlock programs apply` does it.")
        for program in programs:
            unmet = unmet_in(program, known)
            for each in unmet:
                yield Line("mapping", Severity.ATTENTION, f"{program.key}: {each.to_text()}")
            told = {each.rule for each in unmet}
            idle = [
                rule.describe()
                for rule in program.include
                if read and rule.describe() not in told and not await vocabulary.is_met(rule)
            ]
            for rule in idle:
                yield Line("mapping", Severity.ATTENTION, f'{program.key}: the rule "{rule}" matches no item')
            if read and not unmet and not idle:
                yield Line("mapping", Severity.WELL, f"{program.key}: every rule finds items")


def _some(words: Iterable[str]) -> str:
    listed = list(words)
    shown = ", ".join(listed[:12])
    return f"{shown} and {len(listed) - 12} more" if len(listed) > 12 else shown
