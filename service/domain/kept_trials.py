"""Chances of a plan that was simulated before: only what lies behind a change is simulated anew.

Every node has luck of its own, which no other node takes part in (service.domain.streams). So a node whose law,
earliest start and predecessors are those of before, and all of whose predecessors finish as before, finishes as before
in every trial, to the last bit. Its finishes are kept; what differs, and what waits for it, gets new ones. A limit that
moved is merely counted again. What comes out is exactly what `schedule_risk.chances` computes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.domain.duration_laws import DurationLaws
from service.domain.graph import Digraph, Ints, Mask, ancestors, descendants
from service.domain.schedule import ActivityNetwork, Link
from service.domain.schedule_risk import (
    NO_CONDITIONS,
    Conditions,
    Shares,
    Watched,
    blocks,
    chances,
    factors,
    leading_to,
)
from service.domain.trials import NOISE, Block, Course, Row, Sheets, Shocks

CELLS: Final = 10_000_000  # of kept finishes, 40 MB: larger plans are simulated whole each time
_LAGS: Final = 1 << 20  # a lag is less, either way

Rows = Sequence[Row | None]  # per node; None: it was not simulated
Codes = NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class KeptTrials:
    """`finishes` of every trial. `asked` are the questions that were put, ascending, each a node and a limit, and
    `counts` in how many trials the answer was yes."""

    network: ActivityNetwork
    laws: DurationLaws
    conditions: Conditions
    seed: int
    trials: int
    finishes: Rows
    asked: Codes
    counts: Codes


def chances_after(
    network: ActivityNetwork,
    laws: DurationLaws,
    watched: Watched,
    *,
    seed: int,
    trials: int,
    conditions: Conditions = NO_CONDITIONS,
    before: KeptTrials | None = None,
) -> tuple[Shares, KeptTrials | None]:
    """As `chances`, and what to keep for the next time: None where there is too much of it, or where somebody waits for
    a start, of which none are kept. Teams have no limits in it."""
    waits_for_starts = watched.starts.any() or np.isin(network.types, (Link.SS, Link.SF)).any()
    if waits_for_starts or not watched.nodes.size or len(laws) * trials > CELLS:
        return chances(network, laws, watched, seed=seed, trials=trials, conditions=conditions), None
    conditions = replace(conditions, crews=None)
    question = _Question(network, laws, conditions, seed, trials)
    needed = ancestors(network.graph, watched.nodes.tolist()).copy()
    needed[watched.nodes] = True
    stale = needed if before is None else _stale(before, question, needed)
    if before is None or 2 * np.count_nonzero(stale) > np.count_nonzero(needed):
        before, stale, finishes = None, needed, _simulated(question, watched.nodes)
    else:
        finishes = _resimulated(question, before.finishes, needed, np.flatnonzero(stale))
    asked, which = np.unique(_coded(watched), return_inverse=True)
    counts = _counted(asked, finishes, stale, before)
    kept = KeptTrials(
        network=network,
        laws=laws,
        conditions=conditions,
        seed=seed,
        trials=trials,
        finishes=finishes,
        asked=asked,
        counts=counts,
    )
    return counts[which] / trials, kept


@dataclass(frozen=True, eq=False, slots=True)
class _Question:
    network: ActivityNetwork
    laws: DurationLaws
    conditions: Conditions
    seed: int
    trials: int


def _stale(before: KeptTrials, now: _Question, needed: Mask) -> Mask:
    """The needed nodes that may finish otherwise than before."""
    if not _comparable(before, now):
        return needed
    one, other, was, laws = before.network, now.network, before.laws, now.laws
    changed = (one.earliest != other.earliest) | (one.wait != other.wait)
    changed |= (was.first != laws.first) | (was.count != laws.count) | (was.less != laws.less) | (was.keys != laws.keys)
    changed[_ends_of_other_edges(one, other)] = True
    changed |= np.fromiter((row is None for row in before.finishes), np.bool_, len(before.finishes))
    changed &= needed
    stale: Mask = (changed | descendants(other.graph, np.flatnonzero(changed).tolist())) & needed
    return stale


def _comparable(before: KeptTrials, now: _Question) -> bool:
    """Whether nodes and laws mean the same, and what all nodes share is the same."""
    pace, other = before.conditions.pace, now.conditions.pace
    return (
        (before.seed, before.trials, before.conditions.weeks) == (now.seed, now.trials, now.conditions.weeks)
        and before.network.graph.nodes == now.network.graph.nodes
        and before.laws.nothing is None
        and now.laws.nothing is None
        and np.array_equal(before.laws.values, now.laws.values)
        and (
            (pace is None and other is None)
            or (pace is not None and other is not None and (pace is other or np.array_equal(pace, other)))
        )
    )


def _ends_of_other_edges(one: ActivityNetwork, other: ActivityNetwork) -> Codes:
    """The nodes at which an edge ends that only one of the two has."""
    codes = _edges(one), _edges(other)
    differing = codes[0][:0] if np.array_equal(*codes) else np.setxor1d(*codes)
    return differing // (_LAGS * 2 * len(Link) * one.graph.nodes)


def _edges(network: ActivityNetwork) -> Codes:
    """An edge as a number, its head first."""
    graph = network.graph
    ends = graph.heads.astype(np.int64) * graph.nodes + graph.tails
    codes: Codes = (ends * len(Link) + network.types) * (2 * _LAGS) + (network.lags + _LAGS)
    return codes


def _simulated(now: _Question, nodes: NDArray[np.int64]) -> Rows:
    """Finishes of these nodes and of all they wait for."""
    small, laws, place = leading_to(now.network, now.laws, nodes)
    table = np.empty((len(laws), now.trials), np.float32)
    for first, _, block, _ in blocks(small, laws, seed=now.seed, trials=now.trials, conditions=now.conditions):
        for node, row in enumerate(block.end):
            table[node, first : first + len(block.finish)] = row
    return [None if at < 0 else table[at] for at in place.tolist()]


def _resimulated(now: _Question, finishes: Rows, needed: Mask, stale: NDArray[np.int64]) -> Rows:
    """The same with new finishes of the stale nodes, which begin when the others let them."""
    rows = [row if wanted else None for row, wanted in zip(finishes, needed.tolist(), strict=True)]
    if not stale.size:
        return rows
    small, nodes = _around(now.network, needed, stale)
    laws, sheets = now.laws.among(nodes), Sheets.of(len(nodes), now.trials)
    now.laws.among(stale).draw(sheets.durations[: stale.size], seed=now.seed, first=0)
    course = Course.of(small)
    order = [node for node in course.order if node < stale.size]
    grounded = bool((now.network.earliest + now.network.wait)[needed].min() >= 0)
    block = Block(replace(course, order=order, last=[], grounded=grounded), sheets)
    for place, node in enumerate(nodes[stale.size :].tolist(), start=stale.size):
        row = rows[node]
        assert row is not None  # noqa: S101 - what a needed node waits for is needed, and not stale
        block.end[place] = row
    weather = factors(now.conditions, seed=now.seed, first=0, trials=now.trials)
    steady = frozenset(np.flatnonzero(~laws.drawn).tolist())
    block.forward(shocks=None if weather is None else Shocks(weather, steady=steady))
    for place, node in enumerate(stale.tolist()):
        rows[node] = block.end[place].copy()  # of its own: the sheets go
    return rows


def _around(
    network: ActivityNetwork, needed: Mask, stale: NDArray[np.int64]
) -> tuple[ActivityNetwork, NDArray[np.int64]]:
    """The stale nodes and, after them, those they wait for, as a network; and which nodes those are."""
    graph, behind = network.graph, np.zeros(network.graph.nodes, np.bool_)
    behind[stale] = True
    edges = behind[graph.heads] & needed[graph.tails]
    beside = np.unique(graph.tails[edges & ~behind[graph.tails]]).astype(np.int64)
    nodes = np.concatenate((stale, beside))
    place: Ints = np.full(graph.nodes, -1, np.int32)
    place[nodes] = np.arange(nodes.size, dtype=np.int32)
    small = ActivityNetwork(
        graph=Digraph(nodes.size, place[graph.tails[edges]], place[graph.heads[edges]]),
        durations=network.durations[nodes],
        types=network.types[edges],
        lags=network.lags[edges],
        earliest=network.earliest[nodes],
        waits={int(place[node]): days for node, days in network.waits.items() if behind[node]},
    )
    return small, nodes


def _coded(watched: Watched) -> Codes:
    """A node and a limit as a number."""
    return (watched.nodes << 32) + watched.limits


def _counted(asked: Codes, finishes: Rows, stale: Mask, before: KeptTrials | None) -> Codes:
    """In how many trials each node finishes within its limit; counted anew where that may be another number."""
    counts = np.full(asked.size, -1, np.int64)
    limits = ((asked & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000
    nodes = (asked - limits) >> 32
    if before is not None and before.asked.size:
        places = np.minimum(np.searchsorted(before.asked, asked), before.asked.size - 1)
        known = (before.asked[places] == asked) & ~stale[nodes]
        counts[known] = before.counts[places[known]]
    unknown = np.flatnonzero(counts < 0)
    latest = (limits[unknown] + NOISE).astype(np.float32)
    for place, node, limit in zip(unknown.tolist(), nodes[unknown].tolist(), latest, strict=True):
        row = finishes[node]
        assert row is not None  # noqa: S101 - what is asked about was simulated
        counts[place] = np.count_nonzero(row <= limit)
    return counts
