"""An installation that tools can reach: stand-ins, a service on a port of its own, and the commands that register."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from time import perf_counter
from typing import Any, cast

import httpx
import uvicorn
from rich.console import Console
from sqlalchemy import select

from connectors.sandbox import hooks as jira_hooks
from connectors.sandbox.asana import hooks as asana_hooks
from connectors.sandbox.asana.site import AsanaSite
from connectors.sandbox.site import JiraSite
from service.app import create_app
from service.bootstrap import Application, application
from service.clock import Clock
from service.commands import webhooks
from service.commands.programs import apply_programs
from service.settings import load_settings
from service.store.engine import Database
from service.store.subscriptions import Subscription, SubscriptionHealth, Subscriptions
from service.store.tables.programs import audit_log
from service.sync.run import sync_source
from service.worker import applying_deliveries

SECRET = "0123456789abcdef"
SECRET_KEY = "a-secret-key-of-thirty-two-letters"
PROGRAMS = """
programs:
  - key: ALL
    name: All of it
    include: [{source: acme}]
"""
PATIENCE = 20.0  # seconds, on a machine that is busy with other tests

Command = Callable[..., Awaitable[int]]


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed."""

    code: int
    lines: list[str]


@dataclass(slots=True)
class Installation:
    """`url` is where it is reached; `client` asks it from this machine."""

    app: Application
    url: str
    client: httpx.AsyncClient

    async def register(self) -> Said:
        return await self._said(webhooks.register)

    async def remove(self) -> Said:
        return await self._said(webhooks.remove)

    async def listed(self) -> list[dict[str, Any]]:
        """The webhooks of `interlock webhooks list --json`."""
        said = await self._said(webhooks.show, as_json=True)
        rows: list[dict[str, Any]] = json.loads(said.lines[0])["data"]["webhooks"]
        return rows

    async def sync(self) -> None:
        await sync_source(self.app.sources["acme"], self.app.database, clock=self.app.clock)

    async def done(self) -> int:
        """How many items the roll-up counts as done, as anybody would see it now."""
        answer = await self.client.get("/api/v1/programs/ALL/rollup?basis=count")
        assert answer.status_code == 200, answer.text
        number: int = answer.json()["data"]["progress"]["count"]["done"]
        return number

    async def shows(self, done: int) -> None:
        """Wait until the roll-up does."""
        begun = perf_counter()
        while (seen := await self.done()) != done:
            assert perf_counter() - begun < PATIENCE, f"the roll-up still shows {seen} instead of {done}"
            await asyncio.sleep(0.05)

    async def health(self) -> list[SubscriptionHealth]:
        async with self.app.database.reading() as uow:
            return await Subscriptions(uow.connection).health()

    async def rows(self) -> list[Subscription]:
        return await subscriptions(self.app.database)

    async def audit(self) -> list[tuple[str, str, Any]]:
        """(action, subject, detail), oldest first."""
        c = audit_log.c
        async with self.app.database.reading() as uow:
            query = select(c.action, c.subject, c.detail).where(c.action.like("webhook%")).order_by(c.id)
            return [tuple(row) for row in await uow.connection.execute(query)]

    async def _said(self, command: Command, *, as_json: bool = False) -> Said:
        printed = StringIO()
        console = Console(file=printed, width=200)
        code = await command(self.app, (), as_json=as_json, console=console)
        return Said(code, printed.getvalue().splitlines())


async def subscriptions(database: Database, source: str = "acme") -> list[Subscription]:
    async with database.reading() as uow:
        return await Subscriptions(uow.connection).of(source)


@asynccontextmanager
async def installed(
    source: str,
    folder: Path,
    database_url: str,
    *,
    clock: Clock | None = None,
    secret_key: str = SECRET_KEY,
    public_url: str | None = None,
    answers: bool = True,
) -> AsyncIterator[Installation]:
    """`source` is its entry in the configuration. `answers` False: the service does not run."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = folder / "interlock.yaml"
        config.write_text(f"auth: {{public_url: {public_url or url}}}\nsources:\n{source}")
        (folder / "programs.yaml").write_text(PROGRAMS)
        environment = {"INTERLOCK_DATABASE_URL": database_url, "INTERLOCK_SECRET_KEY": secret_key}
        if not answers:
            listener.close()
        async with (
            application(load_settings(config, environment=environment), clock=clock) as app,
            _answering(app, listener if answers else None),
            httpx.AsyncClient(base_url=url) as client,
        ):
            yield Installation(app, url, client)


@asynccontextmanager
async def pulled(installation: Installation) -> AsyncIterator[Installation]:
    """All is pulled and belongs to one program, and deliveries are applied while the block lasts."""
    await installation.sync()
    await apply_programs(installation.app, None, console=Console(quiet=True))
    async with applying_deliveries(installation.app):
        yield installation


@asynccontextmanager
async def _answering(app: Application, listener: socket.socket | None) -> AsyncIterator[None]:
    if listener is None:
        yield
        return
    web = create_app(app.services(with_worker=True))
    server = uvicorn.Server(uvicorn.Config(web, lifespan="off", log_config=None, timeout_graceful_shutdown=1))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn offers nothing to wait for
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await running


def hooks_of_jira(site: JiraSite) -> jira_hooks.Hooks:
    """Those of the stand-in that serves the site."""
    owners = [getattr(each, "__self__", None) for each in site.listeners]
    return next(each for each in owners if isinstance(each, jira_hooks.Hooks))


def hooks_of_asana(site: AsanaSite) -> asana_hooks.Hooks:
    """Those of the stand-in that serves the site."""
    return cast(asana_hooks.Hooks, getattr(site.hearers[-1], "__self__"))  # noqa: B009 - a bound method's owner


def addresses(found: Sequence[Any]) -> list[str]:
    """Without what proves a delivery, sorted."""
    texts = [getattr(each, "target", None) or each.address for each in found]
    return sorted("/".join(text.split("/")[:6]) for text in texts)
