"""How long dependency health takes: statuses, cycles, critical path and downstream counts of 100,000 items with 300,000
edges on one core, beside the bare floors and beside two published schedulers; and a what-if on a program of 5,000.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from random import Random
from statistics import median
from time import process_time
from typing import TypeVar

import numpy as np
import trueppm_scheduler as trueppm

from service.domain.calendars import WorkingCalendar, country_holidays
from service.domain.dependencies import Assessment, assess
from service.domain.edges import Edge, Provenance
from service.domain.graph import Digraph
from service.domain.impact import downstream
from service.domain.network import Network, NetworkItem
from service.domain.remaining import remaining_work
from service.domain.schedule import ActivityNetwork, Schedule, schedule
from service.domain.simulation import WhatIf, simulate
from service.domain.status import StatusCategory
from service.process import tune_collector
from tests.bench import graph_bare as bare
from tests.bench.graph_bare import Shape
from tests.bench.serve import PRODUCT_CORE, pin

ITEMS, EDGES, LEVELS = 100_000, 300_000, 10_000
PROGRAM = (5_000, 15_000)
TRUEPPM_TAKES = (20_000, 60_000)
ROUNDS = 5
TODAY = date(2026, 11, 23)
CALENDAR = WorkingCalendar(country_holidays("ES", range(2026, 2029)))

Figures = dict[str, str]
Answer = TypeVar("Answer")


def main() -> dict[str, Figures]:
    """Median milliseconds by shape, all on one core, in a process tuned like the product's.

    Nothing here waits for anything, so that processor time says how long it takes even while others share the core."""
    tune_collector()
    with on_one_core():
        measured = {
            "wide": _measured(bare.wide(ITEMS, EDGES)),
            "deep": _measured(bare.deep(ITEMS, EDGES, levels=LEVELS)),
        }
        small = {
            "wide": _small(bare.wide(*PROGRAM)),
            "deep": _small(bare.deep(*PROGRAM, levels=500)),
        }
        smaller = {"wide": _at_trueppm(bare.wide(*TRUEPPM_TAKES))}
    _show(f"{ITEMS:,} items, {EDGES:,} edges", measured)
    _show("{:,} items, {:,} edges".format(*PROGRAM), small)
    _show("{:,} items, {:,} edges".format(*TRUEPPM_TAKES), smaller)
    return measured


@contextmanager
def on_one_core() -> Iterator[None]:
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    pin(PRODUCT_CORE)
    try:
        yield
    finally:
        if allowed:
            os.sched_setaffinity(0, allowed)


def _measured(shape: Shape) -> Figures:
    items, edges = _items(shape), _edges(shape)
    columns, network = _timed(lambda: Network.of(items, edges))
    statuses, assessment = _timed(lambda: _assessed(network))
    planning, _ = _timed(lambda: _planned(assessment))
    counting, behind = _timed(lambda: downstream(_graph(shape, knots=True), np.ones(shape.nodes)), rounds=1)
    knots, _ = _timed(lambda: _graph(shape, knots=True).strong)
    path, ours = _timed(lambda: schedule(_activities(shape)))
    figures = {
        "statuses and cycles of all edges": _ms(statuses),
        "critical path": _ms(planning),
        "sum of the two": _ms(statuses + planning),
        "items and edges into columns, before": _ms(columns),
        "  cycles alone": _ms(knots),
        "  floor: rustworkx": _ms(_timed(lambda: bare.components(bare.built(shape)))[0]),
        "  floor: rustworkx, built before": _ms(_components_of_built(shape)),
        "  critical path alone": _ms(path),
        "  floor: plain lists": _ms(_timed(lambda: bare.passes(shape))[0]),
        "distinct downstream of every item": _ms(counting),
        "  floor: NumPy bitsets": _ms(_timed(lambda: bare.counts(shape), rounds=1)[0]),
        "pmcontrols, critical path": _ms(_same_finish(shape, ours)),
        "trueppm-scheduler, critical path": _ms_or_refusal(shape),
        "a slip among all": _ms(_slip(shape)),
    }
    _check_counts(shape, behind.nodes)
    return figures


def _small(shape: Shape) -> Figures:
    """What one changed item costs when all of its program is computed anew, and a slip."""
    items, edges = _items(shape), _edges(shape)

    def anew() -> Schedule:
        return _planned(_assessed(Network.of(items, edges)))

    return {
        "columns, statuses, critical path anew": _ms(_timed(anew, rounds=15)[0]),
        "distinct downstream of every item": _ms(
            _timed(lambda: downstream(_graph(shape, knots=True), np.ones(shape.nodes)))[0]
        ),
        "a slip: before, after, what moves": _ms(_slip(shape)),
        "pmcontrols, critical path": _ms(_timed(lambda: bare.pmcontrols_cpm(shape))[0]),
        "trueppm-scheduler, critical path": _ms_or_refusal(shape),
    }


def _at_trueppm(shape: Shape) -> Figures:
    return {
        "critical path alone": _ms(_timed(lambda: schedule(_activities(shape)))[0]),
        "pmcontrols, critical path": _ms(_timed(lambda: bare.pmcontrols_cpm(shape), rounds=1)[0]),
        "trueppm-scheduler, critical path": _ms_or_refusal(shape),
    }


def _assessed(network: Network) -> Assessment:
    return assess(network, as_of=TODAY, calendar=CALENDAR)


def _planned(assessment: Assessment) -> Schedule:
    return schedule(remaining_work(assessment).activities)


def _slip(shape: Shape) -> float:
    network = _activities(shape)
    before = schedule(network)
    node = int(np.argmin(before.total_float + before.early_start))
    return _timed(lambda: simulate(network, WhatIf(slips={node: 10}), before=before).start_moves, rounds=15)[0]


def _graph(shape: Shape, *, knots: bool = False) -> Digraph:
    tails, heads = zip(*shape.knots, strict=True) if knots else ((), ())
    ends = (np.append(shape.tails, tails), np.append(shape.heads, heads))
    return Digraph(shape.nodes, ends[0].astype(np.int32), ends[1].astype(np.int32))


def _activities(shape: Shape) -> ActivityNetwork:
    nothing = np.zeros(len(shape.tails), np.int64)
    earliest = np.zeros(shape.nodes, np.int64)
    return ActivityNetwork(
        graph=_graph(shape), durations=shape.durations, types=nothing.astype(np.int8), lags=nothing, earliest=earliest
    )


def _items(shape: Shape) -> list[NetworkItem]:
    """Open items, a tenth of them begun, most with an estimate and a due date; and finished ones that no edge knows."""
    random = Random(7)
    work = shape.durations.tolist()
    return [_open_item(node, days, random) for node, days in enumerate(work)] + [
        _done_item(shape.nodes + node, random) for node in range(shape.nodes // 50)
    ]


def _open_item(node: int, days: int, random: Random) -> NetworkItem:
    begun = random.random() < 0.1
    due = TODAY + timedelta(days=random.randrange(-10, 300)) if random.random() < 0.8 else None
    return NetworkItem(
        uid=_uid(node),
        key=f"PAY-{node}",
        title="",
        source="acme-jira",
        project_id=str(node % 200),
        item_type=random.choice(("Story", "Bug", "Task")),
        status_category=StatusCategory.IN_PROGRESS if begun else StatusCategory.TO_DO,
        team=random.choice((None, "Ants", "Bees")),
        assignee_id=random.choice((None, "a", "b")),
        start=due - timedelta(days=days) if due and random.random() < 0.5 else None,
        due=due,
        started_at=datetime(2026, 11, 2, tzinfo=UTC) if begun else None,
        points=3.0,
        remaining_seconds=days * 8 * 3600 if random.random() < 0.9 else None,
        slips=random.choice((0, 0, 0, 1, 2)),
    )


def _done_item(node: int, random: Random) -> NetworkItem:
    started = datetime(2026, 3, 2, 9, tzinfo=UTC)
    return NetworkItem(
        uid=_uid(node),
        key=f"PAY-{node}",
        title="",
        source="acme-jira",
        project_id=str(node % 200),
        item_type=random.choice(("Story", "Bug", "Task")),
        status_category=StatusCategory.DONE,
        started_at=started,
        done_at=started + timedelta(days=random.randrange(20)),
    )


def _edges(shape: Shape) -> list[Edge]:
    ends = [*zip(shape.tails.tolist(), shape.heads.tolist(), strict=True), *shape.knots]
    return [
        Edge(id=str(place), predecessor_uid=_uid(tail), successor_uid=_uid(head), provenance=Provenance.JIRA_LINK)
        for place, (tail, head) in enumerate(ends)
    ]


def _uid(node: int) -> str:
    return f"acme-jira:{node:06}"


def _timed(question: Callable[[], Answer], *, rounds: int = ROUNDS) -> tuple[float, Answer]:
    """Median seconds of processor time, which is what a core that does nothing else takes, and the last answer."""
    taken: list[float] = []
    while True:
        gc.collect()
        started = process_time()
        answer = question()
        taken.append(process_time() - started)
        if len(taken) == rounds:
            return median(taken), answer


def _components_of_built(shape: Shape) -> float:
    graph = bare.built(shape)
    return _timed(lambda: bare.components(graph))[0]


def _same_finish(shape: Shape, ours: Schedule) -> float:
    taken, finish = _timed(lambda: bare.pmcontrols_cpm(shape), rounds=1)
    if finish != ours.finish:
        raise RuntimeError(f"pmcontrols ends on day {finish}, we on day {ours.finish}")
    return taken


def _check_counts(shape: Shape, behind: np.ndarray) -> None:
    """The bare counts know no cycles, so they are compared without."""
    bare_counts = bare.counts(shape)
    ours = downstream(_graph(shape), np.ones(shape.nodes)).nodes
    if (ours != bare_counts).any() or (behind < ours).any():
        raise RuntimeError("the downstream counts differ from the bare ones")


def _ms(seconds: float) -> str:
    return f"{seconds * 1_000:,.0f}" if seconds >= 0.01 else f"{seconds * 1_000:,.1f}"


def _ms_or_refusal(shape: Shape) -> str:
    question = bare.trueppm_schedule(shape)
    try:
        return _ms(_timed(question, rounds=1)[0])
    except trueppm.SchedulerError as refused:
        sys.stdout.write(f"trueppm-scheduler: {refused}\n")
        return "refused"


def _show(title: str, measured: dict[str, Figures]) -> None:
    out = sys.stdout
    out.write(f"{title}, milliseconds of processor time (median of up to {ROUNDS}), load {os.getloadavg()[0]:.1f}\n")
    out.write(f"{'':42}" + "".join(f"{name:>14}" for name in measured) + "\n")
    for question in next(iter(measured.values())):
        out.write(f"{question:42}" + "".join(f"{each[question]:>14}" for each in measured.values()) + "\n")
    out.flush()


if __name__ == "__main__":
    main()
