"""Some work done for many things at once, results as they come; how many requests leave is the budget's matter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from itertools import islice
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


async def concurrently(
    jobs: Iterable[Job], work: Callable[[Job], Awaitable[Result]], *, workers: int
) -> AsyncGenerator[Result, None]:
    """At most `workers` jobs run, and as many results wait to be taken. The first error ends it and the others."""

    async def run(job: Job) -> Result:
        return await work(job)

    waiting = iter(jobs)
    running = {asyncio.create_task(run(job)) for job in islice(waiting, workers)}
    done: set[asyncio.Task[Result]] = set()
    try:
        while running:
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            running |= {asyncio.create_task(run(job)) for job in islice(waiting, len(done))}
            for task in done:
                yield task.result()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, *done, return_exceptions=True)
