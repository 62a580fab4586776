"""How long a simulated schedule takes: 10,000 trials of 2,000 items with 6,000 edges, criticality included, on a core,
beside two published simulators and beside bare NumPy; then the chances that a dependency answer asks for.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from statistics import median
from time import process_time
from typing import TypeVar

import numpy as np
import pmcontrols
import trueppm_scheduler as trueppm
from numpy.typing import NDArray

from service.domain.crews import Crews
from service.domain.duration_laws import DurationLaws, ThreePoints, laws
from service.domain.graph import Digraph
from service.domain.schedule import ActivityNetwork
from service.domain.schedule_risk import Conditions, ScheduleRisk, Watched, chances, schedule_risk
from tests.bench import graph_bare as bare
from tests.bench.graph import on_one_core
from tests.bench.graph_bare import Shape

NODES, EDGES, LEVELS, TRIALS = 2_000, 6_000, 200, 10_000
EDGE_TRIALS = 1_000
PROGRAM = (5_000, 15_000)
TRUEPPM_RUNS = 1_000  # its time for 10,000 is asked for as well, which it may refuse
ROUNDS = 3
SEED = 7
WEEKS = 26

Spans = NDArray[np.float32]
Places = NDArray[np.int64]
Level = tuple[Places, Places, Places]
Answer = TypeVar("Answer")


def main() -> dict[str, dict[str, str]]:
    """Milliseconds of processor time by shape; every one asks for the finish and the criticality of each item."""
    past = np.random.default_rng(SEED).lognormal(1.4, 0.7, 400).round().clip(1, 60).astype(np.float32)
    with on_one_core():
        measured = {
            "wide": _measured(bare.wide(NODES, EDGES), past),
            "deep": _measured(bare.deep(NODES, EDGES, levels=LEVELS), past),
        }
    for name, figures in measured.items():
        print(f"\n{NODES:,} items, {EDGES:,} edges, {TRIALS:,} trials, {name}")
        for what, taken in figures.items():
            print(f"  {what:58} {taken:>10}")
    return measured


def _measured(shape: Shape, past: Spans) -> dict[str, str]:
    network, each = _network(shape), _observed(shape.nodes, past)
    points = _points(shape)
    shocks = Conditions(pace=np.linspace(0.7, 1.4, WEEKS, dtype=np.float32))
    limits = Conditions(crews=Crews(sizes=(5,) * 40, crew={node: node % 40 for node in range(shape.nodes)}))
    ours, risk = _timed(lambda: _risk(network, each))
    floor, (finishes, critical) = _timed(lambda: _bare(shape, past))
    _check(risk, finishes, critical)
    three = laws([ThreePoints(low, likely, high) for low, likely, high in points.tolist()])
    return {
        "observed durations": _ms(ours),
        "  floor: NumPy level by level": _ms(floor),
        "observed durations, shared shocks": _ms(_timed(lambda: _risk(network, each, shocks))[0]),
        "observed durations, forty teams of five places": _ms(
            _timed(lambda: _risk(network, each, limits), rounds=1)[0]
        ),
        "three points": _ms(_timed(lambda: _risk(network, three), rounds=1)[0]),
        "pmcontrols, three points": _ms(_timed(lambda: _pmcontrols(shape, points), rounds=1)[0]),
        f"trueppm-scheduler, three points, {TRUEPPM_RUNS:,} trials": _trueppm(shape, points, TRUEPPM_RUNS),
        f"trueppm-scheduler, three points, {TRIALS:,} trials": _trueppm(shape, points, TRIALS),
        f"chances of {PROGRAM[1]:,} edges of {PROGRAM[0]:,} items, {EDGE_TRIALS:,} trials": _chances(past),
    }


def _network(shape: Shape) -> ActivityNetwork:
    nothing = np.zeros(len(shape.tails), np.int64)
    return ActivityNetwork(
        graph=Digraph(shape.nodes, shape.tails.astype(np.int32), shape.heads.astype(np.int32)),
        durations=np.zeros(shape.nodes, np.int64),
        types=nothing.astype(np.int8),
        lags=nothing,
        earliest=np.zeros(shape.nodes, np.int64),
    )


def _observed(nodes: int, past: Spans) -> DurationLaws:
    """Each item draws from the whole past, as an item of a type with as many done ones does."""
    one = laws([past.tolist()] * 1)
    names = laws([0] * nodes, names=[f"acme-jira:{node}" for node in range(nodes)])
    return DurationLaws(
        values=one.values,
        first=np.zeros(nodes, np.int64),
        count=np.full(nodes, past.size),
        less=np.zeros(nodes, np.float32),
        keys=names.keys,
    )


def _risk(network: ActivityNetwork, each: DurationLaws, conditions: Conditions | None = None) -> ScheduleRisk:
    return schedule_risk(network, each, seed=SEED, trials=TRIALS, conditions=conditions or Conditions())


def _points(shape: Shape) -> NDArray[np.float64]:
    """Three points around the duration of each."""
    likely = np.maximum(shape.durations, 1).astype(float)
    return np.stack([likely * 0.5, likely, likely * 3], axis=1)


def _bare(shape: Shape, past: Spans) -> tuple[Spans, NDArray[np.int64]]:
    """Both passes by level for two thousand trials at a time, nothing else: no types, no lags, no names."""
    random = np.random.default_rng(SEED)
    graph = Digraph(shape.nodes, shape.tails.astype(np.int32), shape.heads.astype(np.int32))
    into, out = _by_level(graph, forward=True), _by_level(graph, forward=False)
    finishes = np.empty(TRIALS, np.float32)
    critical = np.zeros(shape.nodes, np.int64)
    for first in range(0, TRIALS, 2_000):
        took = past[random.integers(0, past.size, (shape.nodes, 2_000))]
        end = took.copy()
        for nodes, starts, others in into:
            end[nodes] += np.maximum.reduceat(end[others], starts, axis=0)
        finish = end.max(axis=0)
        late = np.broadcast_to(finish, end.shape).copy()
        for nodes, starts, others in out:
            late[nodes] = np.minimum.reduceat(late[others] - took[others], starts, axis=0)
        finishes[first : first + 2_000] = finish
        critical += np.count_nonzero(late - end < 0.01, axis=1)
    return finishes, critical


def _by_level(graph: Digraph, *, forward: bool) -> list[Level]:
    """Per level the nodes that have neighbours on one side, where those of each begin, and those neighbours."""
    nodes, others = (graph.heads, graph.tails) if forward else (graph.tails, graph.heads)
    order = np.lexsort((nodes, graph.levels[nodes]))
    ends: Places = nodes[order].astype(np.int64)
    across: Places = others[order].astype(np.int64)
    levels = graph.levels[ends]
    bounds = [*np.flatnonzero(np.diff(levels, prepend=-1)).tolist(), len(ends)]
    found: list[Level] = []
    for begin, end in pairwise(bounds):
        which, starts = np.unique(ends[begin:end], return_index=True)
        found.append((which, starts.astype(np.int64), across[begin:end]))
    return found if forward else found[::-1]


def _pmcontrols(shape: Shape, points: NDArray[np.float64]) -> object:
    before: list[list[str]] = [[] for _ in range(shape.nodes)]
    for tail, head in zip(shape.tails.tolist(), shape.heads.tolist(), strict=True):
        before[head].append(str(tail))
    rows = [
        {"id": str(node), "a": low, "m": likely, "b": high, "predecessors": before[node]}
        for node, (low, likely, high) in enumerate(points.tolist())
    ]
    return pmcontrols.pert(rows, n_sim=TRIALS, seed=SEED)


def _trueppm(shape: Shape, points: NDArray[np.float64], runs: int) -> str:
    project = trueppm.Project(
        id="bench",
        name="bench",
        start_date=date(2026, 11, 23),
        tasks=[
            trueppm.Task(
                id=str(node),
                name="",
                duration=timedelta(days=max(1, round(low))),
                optimistic_duration=timedelta(days=max(1, round(low))),
                most_likely_duration=timedelta(days=max(1, round(likely))),
                pessimistic_duration=timedelta(days=max(1, round(high))),
            )
            for node, (low, likely, high) in enumerate(points.tolist())
        ],
        dependencies=[
            trueppm.Dependency(predecessor_id=str(tail), successor_id=str(head))
            for tail, head in zip(shape.tails.tolist(), shape.heads.tolist(), strict=True)
        ],
    )
    try:
        return _ms(_timed(lambda: trueppm.monte_carlo(project, runs=runs, seed=SEED), rounds=1)[0])
    except trueppm.SchedulerError as refused:
        return f"refused: {type(refused).__name__}"


def _chances(past: Spans) -> str:
    """What an answer about the dependencies of a larger program pays once after a change."""
    shape = bare.wide(*PROGRAM)
    network, each = _network(shape), _observed(shape.nodes, past)
    limits = np.random.default_rng(SEED).integers(5, 120, len(shape.tails))
    watched = Watched(shape.tails, limits, np.zeros(len(limits), np.bool_))
    return _ms(_timed(lambda: chances(network, each, watched, seed=SEED, trials=EDGE_TRIALS))[0])


def _check(risk: ScheduleRisk, finishes: Spans, critical: NDArray[np.int64]) -> None:
    """Both draw their own numbers, so they agree as far as numbers of 10,000 trials do."""
    for share in (0.5, 0.85, 0.95):
        theirs = float(np.quantile(finishes, share, method="inverted_cdf"))
        ours = risk.finish.percentile(share)
        if ours is None or abs(ours - theirs) > 0.02 * theirs:
            raise RuntimeError(f"bare NumPy ends on day {theirs} with {share:.0%}, we on day {ours}")
    if np.abs(risk.criticality - critical / TRIALS).max() > 0.04:
        raise RuntimeError("the criticality of an item differs from that of bare NumPy")


def _timed(question: Callable[[], Answer], *, rounds: int = ROUNDS) -> tuple[float, Answer]:
    taken: list[float] = []
    while True:
        started = process_time()
        answer = question()
        taken.append(process_time() - started)
        if len(taken) == rounds:
            return median(taken), answer


def _ms(seconds: float) -> str:
    return f"{seconds * 1_000:,.0f} ms"


if __name__ == "__main__":
    main()
