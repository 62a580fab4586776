"""What people will ask is computed before they ask: by each process that answers, for itself, since none of it is
shared."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from itertools import count

import structlog

from service.bootstrap import Application
from service.programs.kept_histories import ready_histories
from service.programs.portfolio import Terms, get_portfolio
from service.store.errors import DatabaseUnusable

EVERY = 60.0  # seconds between the end of one turn and the begin of the next, at least
REST = 4  # times as long as a turn took: while a sync changes thousands of items a minute, each turn takes long
PORTFOLIO_EACH = 5  # turns: it is looked at as a whole, however little changed

log = structlog.get_logger()


@asynccontextmanager
async def readying_answers(app: Application) -> AsyncIterator[None]:
    """While the block lasts."""
    task = asyncio.create_task(_turns(app))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def ready_answers(app: Application, *, portfolio: bool = True) -> None:
    """What a question about the past of a program reads, and `portfolio`. What goes wrong waits for the next turn."""
    await _logged("histories", ready_histories(app.database, now=app.clock.now(), historians=app.historians))
    if portfolio:
        terms = Terms(health=app.settings.health_terms, missing=app.settings.missing_weight)
        await _logged("portfolio", get_portfolio(app.database, view=app.view(), terms=terms))


async def _turns(app: Application) -> None:
    clock = asyncio.get_running_loop().time
    for turn in count():
        begun = clock()
        await ready_answers(app, portfolio=turn % PORTFOLIO_EACH == 0)
        await asyncio.sleep(max(EVERY, REST * (clock() - begun)))


async def _logged(what: str, work: Awaitable[object]) -> None:
    try:
        await work
    except DatabaseUnusable as error:
        log.warning("answers_not_ready", answers=what, code=error.code, message=error.message)
    except Exception:
        log.exception("answers_broke", answers=what)
