"""`interlock serve` and `interlock worker`."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator

import uvicorn
from rich.console import Console

from service.bootstrap import Application
from service.readiness import sync_jobs
from service.ready_answers import readying_answers
from service.source_settings import is_loopback
from service.store.keys import Keys
from service.worker import applying_deliveries, start_worker, stop_worker


class Exposed(Exception):
    """Asked to listen where others can reach it, with nothing that tells who may ask."""

    def __init__(self, host: str) -> None:
        self.message = (
            f"Refusing to listen on {host}: nobody has to sign in yet, so anyone who reaches it could read. "
            "Make an API key (`interlock keys create`) or set auth.oidc; or listen on 127.0.0.1; or set "
            "INTERLOCK_ALLOW_ANONYMOUS=read where the network itself keeps strangers out."
        )
        super().__init__(self.message)


async def serve(app: Application, *, host: str, port: int, with_worker: bool, console: Console) -> None:
    """Serve until told to stop. Raises Exposed."""
    signing_in = app.provider is not None or await _has_keys(app)
    if not is_loopback(host) and not signing_in and app.settings.allow_anonymous is None:
        raise Exposed(host)
    for notice in _notices(app, host, signing_in=signing_in):
        console.print(f"[yellow]![/yellow] {notice}", highlight=False, soft_wrap=True)
    from service.app import create_app  # noqa: PLC0415 - half of the time that any command takes to start

    web = create_app(app.services(with_worker=with_worker))
    config = uvicorn.Config(web, host=host, port=port, log_level="warning", access_log=False, server_header=False)
    server = uvicorn.Server(config)
    scheduler = start_worker(app) if with_worker else None
    applying = applying_deliveries(app) if with_worker else contextlib.nullcontext()
    announcing = asyncio.create_task(_announce(server, host, port, console))
    try:
        async with applying, readying_answers(app):
            with _termination_is_an_end():
                await server.serve()
    finally:
        announcing.cancel()
        if scheduler is not None:
            await stop_worker(app, scheduler)


async def _has_keys(app: Application) -> bool:
    async with app.database.reading() as uow:
        return await Keys(uow.connection).any()


def _notices(app: Application, host: str, *, signing_in: bool) -> Iterator[str]:
    """What whoever starts it should know about who may ask."""
    if not is_loopback(host) and app.settings.allow_anonymous is not None:
        yield "Anyone who can reach this address may read (INTERLOCK_ALLOW_ANONYMOUS)."
    if signing_in and app.settings.secret_key is None:
        yield (
            "INTERLOCK_SECRET_KEY is not set: a restart signs everybody out of the pages, and several processes "
            "do not know each other's sign-ins."
        )


@contextlib.contextmanager
def _termination_is_an_end() -> Iterator[None]:
    """Once it has stopped, uvicorn raises the signal that stopped it again: by default, that would kill the process
    before runs are ended and the database is closed."""
    before = signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


async def _announce(server: uvicorn.Server, host: str, port: int, console: Console) -> None:
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1] if server.servers else port
    shown = f"[{host}]" if ":" in host else host
    console.print(f"Interlock answers on http://{shown}:{port}/  (API at /docs, stop with Ctrl+C)", highlight=False)


async def work(app: Application, *, console: Console) -> None:
    """Run the schedule alone, until told to stop."""
    scheduler = start_worker(app)
    for job in sync_jobs(scheduler):
        console.print(f"{job.id}: next sync {job.next_run_time:%Y-%m-%d %H:%M %Z}", highlight=False)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with applying_deliveries(app):
        await stop.wait()
    await stop_worker(app, scheduler)
