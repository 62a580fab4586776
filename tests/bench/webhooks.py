"""How long it takes from a delivery to the roll-up that shows it, at fifty deliveries a second for five minutes.

Every delivery tells of an issue that was estimated one point higher, so the points in the roll-up, asked for all the
time, tell which deliveries are in it. Tool, service, worker and whoever asks share one process here: the figures are
those of a busy machine.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from bisect import bisect_left
from itertools import cycle, islice
from pathlib import Path
from statistics import quantiles
from time import perf_counter

from connectors.sandbox.portfolio_schema import STORY_POINTS
from service.log import configure_logging
from service.process import tune_collector
from service.store.migrate import upgrade
from tests.fixtures.databases import PostgresTemplate
from tests.fixtures.postgres import running_postgres
from tests.flows.served import Served, serving
from tests.flows.support import a_site

ISSUES = 6_000  # each is changed two or three times
RATE = 50  # deliveries a second
SECONDS = 300
LOOK_EVERY = 0.2  # seconds between two looks at the roll-up; each costs what anybody's look costs
AT_MOST = 60.0  # seconds until the last one has to be there

Figures = dict[str, float]


def main() -> dict[str, Figures]:
    """Seconds by database; `lost` are deliveries that never showed."""
    tune_collector()
    configure_logging(level="CRITICAL")
    with (
        running_postgres(autovacuum="on") as server,
        PostgresTemplate(server).copied() as postgresql,
        tempfile.TemporaryDirectory() as folder,
    ):
        sqlite = f"sqlite:///{Path(folder) / 'bench.db'}"
        upgrade(sqlite)
        measured = {
            name: asyncio.run(_measure(Path(folder), url))
            for name, url in {"sqlite": sqlite, "postgresql": postgresql}.items()
        }
    _show(measured)
    return measured


async def _measure(folder: Path, url: str) -> Figures:
    async with serving(a_site(issues=ISSUES, histories=2), folder, url) as served:
        wanted = list(islice(cycle(served.unfinished()), RATE * SECONDS))
        before = await served.points()
        asked = served.app.sources["acme"].usage.requests
        seen: list[tuple[float, int]] = []  # (moment, deliveries that the roll-up shows)
        looking = asyncio.create_task(_look(served, before, len(wanted), seen))
        answered = await _deliver(served, wanted)
        await looking
        asked = served.app.sources["acme"].usage.requests - asked
    counts = [count for _, count in seen]
    delays = [
        seen[place][0] - moment
        for number, moment in enumerate(answered, start=1)
        if (place := bisect_left(counts, number)) < len(seen)
    ]
    shares = quantiles(delays, n=100)
    return {
        "deliveries": len(wanted),
        "lost": len(wanted) - len(delays),
        "requests": asked,
        "p50": shares[49],
        "p95": shares[94],
        "worst": max(delays),
    }


async def _deliver(served: Served, wanted: list[str]) -> list[float]:
    """When each was sent."""
    begun, sent, posts = perf_counter(), [], []
    for number, native_id in enumerate(wanted):
        await asyncio.sleep(max(0.0, begun + number / RATE - perf_counter()))
        sent.append(perf_counter())
        posts.append(asyncio.create_task(_estimate_higher(served, native_id)))
    await asyncio.gather(*posts)
    return sent


async def _estimate_higher(served: Served, native_id: str) -> None:
    points = served.site.issues[native_id]["fields"].get(STORY_POINTS) or 0.0
    served.site.touch(native_id, served.app.clock.now(), **{STORY_POINTS: points + 1})
    await served.tell(native_id)


async def _look(served: Served, before: float, expected: int, seen: list[tuple[float, int]]) -> None:
    begun = perf_counter()
    while perf_counter() - begun < SECONDS + AT_MOST and (not seen or seen[-1][1] < expected):
        points = await served.points()
        seen.append((perf_counter(), round(points - before)))
        await asyncio.sleep(LOOK_EVERY)


def _show(measured: dict[str, Figures]) -> None:
    for name, figures in measured.items():
        print(
            f"{name:12} {figures['deliveries']:.0f} deliveries at {RATE}/s, {figures['lost']:.0f} lost, "
            f"{figures['requests']:.0f} requests; in the roll-up after "
            f"p50 {figures['p50']:.2f} s, p95 {figures['p95']:.2f} s, worst {figures['worst']:.2f} s"
        )


if __name__ == "__main__":
    sys.exit(main() is None)
