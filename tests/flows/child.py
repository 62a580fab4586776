"""A sync in a process of its own, which can be killed: at a given commit from inside, or at any moment from outside."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import Any

from sqlalchemy import event

from connectors.contract import Source
from service.clock import FixedClock
from service.log import configure_logging
from service.store.engine import Database
from service.sync import details
from service.sync import run as running
from service.sync.errors import SourceBusy
from service.sync.inbox import Applier
from service.sync.outcome import Mode
from service.sync.run import sync_source
from tests.flows.asana import ASANA, an_asana_source
from tests.flows.processes import PROCESSES
from tests.flows.support import NOW, a_source

NEVER = 0


@dataclass(frozen=True)
class Job:
    """`dies_at` counts commits of write transactions from 1; the process is killed right before that one."""

    url: str
    database_url: str
    kind: str = "jira-cloud"
    minutes: float = 0.0  # how much later than NOW this process thinks it is
    dies_at: int = NEVER
    full: bool = False
    applies: bool = False  # deliveries that wait, instead of a sync


class Child:
    """A started process; `verdict` waits for its end: the run's status, "busy", or None when it was killed."""

    def __init__(self, job: Job, *, gate: Any = None) -> None:
        self._ear, mouth = PROCESSES.Pipe(duplex=False)
        self.process = PROCESSES.Process(target=_work, args=(job, mouth, gate))
        self.process.start()
        mouth.close()

    def kill(self) -> None:
        if self.process.pid is not None:
            os.kill(self.process.pid, signal.SIGKILL)

    def verdict(self) -> str | None:
        try:
            word: str | None = self._ear.recv()
        except EOFError:
            word = None
        self._ear.close()
        self.process.join()
        self.process.close()
        return word


def _work(job: Job, mouth: Connection, gate: Any) -> None:
    configure_logging(level="CRITICAL")
    running.BATCH = 10  # several batches even of a small site
    details.AT_A_TIME = 3
    if gate is not None:
        gate.wait()
    mouth.send(asyncio.run(_sync(job)))


async def _sync(job: Job) -> str:
    database = Database.open(job.database_url)
    if job.dies_at != NEVER:
        event.listen(database.engine.sync_engine, "commit", _killer(job.dies_at))
    source: Source
    if job.kind == ASANA:
        source = an_asana_source(job.url, page_size=10)
    else:
        source = a_source(job.url, kind=job.kind, page_size=10)
    try:
        clock = FixedClock(NOW + timedelta(minutes=job.minutes))
        if job.applies:
            await Applier(source, database, clock).apply()
            return "complete"
        outcome = await sync_source(source, database, clock=clock, mode=Mode.FULL if job.full else Mode.INCREMENTAL)
    except SourceBusy:
        return "busy"
    finally:
        await source.aclose()
        await database.aclose()
    return outcome.status.value


def _killer(dies_at: int) -> Callable[[Any], None]:
    commits = 0

    def before_commit(connection: Any) -> None:
        nonlocal commits
        if connection.get_execution_options().get("interlock_writes"):
            commits += 1
            if commits == dies_at:
                os.kill(os.getpid(), signal.SIGKILL)

    return before_commit
