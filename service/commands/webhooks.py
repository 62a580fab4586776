"""`interlock webhooks`: the only commands that write to a tool, and only webhooks below our own address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import msgspec
from rich.console import Console

from connectors.contract import RegisteredWebhook, Source
from connectors.errors import SourceError, SourceMisconfigured
from service.auth.sealing import SealBroken, Sealer
from service.bootstrap import Application
from service.commands.keys import TERMINAL, actor
from service.commands.sync import COMPLETE, FAILED, PARTIAL, chosen
from service.store.subscriptions import Subscriptions
from service.sync.webhook_addresses import delivery_base, is_ours, prefix_of
from service.sync.webhook_look import look
from service.sync.webhook_registration import Outcome, Registrar, Told
from service.terminal.webhooks import WebhookData, render_told, render_webhooks

UNKNOWN = "unknown"  # at our address, and yet nothing is known of it here


async def register(app: Application, names: Sequence[str], *, as_json: bool, console: Console) -> int:
    """Make what is missing and remove what is not wanted any more. Returns 0, 3 where some failed, 1 where all did.

    Raises NotReachable, UnknownSource.
    """
    return await _each(app, names, Registrar.register, as_json=as_json, console=console)


async def remove(app: Application, names: Sequence[str], *, as_json: bool, console: Console) -> int:
    """Remove every webhook below our address. Returns and raises as `register`."""
    return await _each(app, names, Registrar.remove, as_json=as_json, console=console)


async def show(app: Application, names: Sequence[str], *, as_json: bool, console: Console) -> int:
    """Ask the tools how the webhooks are doing. Returns 1 where a tool could not be asked. Raises UnknownSource."""
    webhooks: list[WebhookData] = []
    failures: list[Told] = []
    for name in chosen(app, names):
        source = app.sources[name]
        try:
            there = await look(source, app.database, clock=app.clock)
        except SourceError as error:
            there = ()
            failures.append(Told(name, Outcome.FAILED, reason=error.message))
        webhooks += await _known(app, name) + await _strangers(app, source, there)
    if as_json:
        _print_json({"webhooks": webhooks, "next_cursor": None}, console)
    else:
        render_webhooks(webhooks, console)
    if failures:
        render_told(failures, Console(stderr=True))
    return FAILED if failures else COMPLETE


async def _each(
    app: Application,
    names: Sequence[str],
    what: Callable[[Registrar], Awaitable[list[Told]]],
    *,
    as_json: bool,
    console: Console,
) -> int:
    base = delivery_base(app.settings.auth.public_url)
    told: list[Told] = []
    for name in chosen(app, names):
        try:
            told += await what(_registrar(app, app.sources[name], base))
        except SourceError as error:
            told.append(Told(name, Outcome.FAILED, reason=error.message))
    if as_json:
        _print_json({"webhooks": told, "next_cursor": None}, console)
    else:
        render_told(told, console)
    failed = [each for each in told if each.outcome is Outcome.FAILED]
    if not failed:
        return COMPLETE
    return FAILED if len(failed) == len(told) else PARTIAL


def _registrar(app: Application, source: Source, base: str) -> Registrar:
    """Raises SourceMisconfigured where its secrets could not be kept."""
    key = app.settings.secret_key
    if key is None and source.webhooks is not None and source.webhooks.has_own_secrets:
        message = "The secrets of its webhooks are stored sealed, and nothing seals them: set INTERLOCK_SECRET_KEY."
        raise SourceMisconfigured(source.name, message)
    return Registrar(
        source=source,
        database=app.database,
        clock=app.clock,
        base=base,
        actor=actor(),
        origin=TERMINAL,
        opens=_opener(None if key is None else Sealer(key.get_secret_value())),
    )


def _opener(sealer: Sealer | None) -> Callable[[str], bool]:
    def opens(sealed: str) -> bool:
        try:
            return sealer is not None and bool(sealer.unseal(sealed))
        except SealBroken:  # with another key, in former times
            return False

    return opens


async def _known(app: Application, name: str) -> list[WebhookData]:
    async with app.database.reading() as uow:
        health = await Subscriptions(uow.connection).health()
    return [
        WebhookData(
            each.source,
            each.scope,
            each.state,
            each.created_at,
            each.expires_at,
            each.last_success_at,
            each.last_failure_at,
            each.last_failure,
        )
        for each in health
        if each.source == name
    ]


async def _strangers(app: Application, source: Source, there: Sequence[RegisteredWebhook]) -> list[WebhookData]:
    """At our address, and not written down here: made by hand, or by a database that is lost."""
    if app.settings.auth.public_url is None or source.webhooks is None:
        return []
    prefix = prefix_of(f"{app.settings.auth.public_url}/webhooks", source.webhooks.tool, source.name)
    async with app.database.reading() as uow:
        known = {row.native_id for row in await Subscriptions(uow.connection).of(source.name)}
    return [
        WebhookData(
            source.name,
            each.scope_id,
            UNKNOWN,
            None,
            each.expires_at,
            each.last_success_at,
            each.last_failure_at,
            each.last_failure,
        )
        for each in there
        if is_ours(each.address, prefix) and each.native_id not in known
    ]


def _print_json(data: object, console: Console) -> None:
    """In the envelope of all answers, as far as it applies here."""
    console.out(msgspec.json.encode({"data": data}, order="deterministic").decode(), highlight=False)
