"""How sure a plan is: its network run through many trials, each with other durations (model B of docs/definitions.md).

A schedule made of typical durations is too early, because work that waits for several things waits for the latest of
them (merge bias). So each trial draws a duration for every activity and runs the critical path method; shares of the
trials are the probabilities. Time is in days of the plan from an origin, as in `service.domain.schedule`; days that one
team alone has off are not simulated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from service.domain.crews import Crews, Posts
from service.domain.duration_laws import DurationLaws, Spans
from service.domain.forecast import Distribution
from service.domain.graph import Digraph, Ints, Mask, ancestors
from service.domain.schedule import ActivityNetwork, schedule
from service.domain.streams import keys_of, uniforms
from service.domain.trials import NOISE, Block, Course, Sheets, Shocks

Shares = NDArray[np.float64]

TRIALS = 10_000
_RANKED_TRIALS = 2_000  # for correlations of ranks: their standard error is then a fiftieth
_RANKED_NODES = 50
_CELLS = 5_000_000  # of a sheet of one block, 20 MB; large blocks lose the cache, small ones the time of many calls


@dataclass(frozen=True, eq=False, slots=True)
class Watched:
    """Of which nodes it is asked whether they finish, or with `starts` start, within `limits` days from the origin."""

    nodes: NDArray[np.int64]
    limits: NDArray[np.int64]
    starts: Mask


@dataclass(frozen=True, eq=False, kw_only=True)
class Conditions:
    """What else decides about dates: teams with a limit, shocks that all teams share."""

    crews: Crews | None = None
    pace: NDArray[np.float32] | None = None  # by how much longer than usual items took, in each of some past weeks
    weeks: int = 104  # ahead, for each of which a past week is drawn; the last stands for all later ones


@dataclass(frozen=True, eq=False, kw_only=True)
class ScheduleRisk:
    """`finish` is that of everything, `milestones` by node. Per node: `criticality` is the share of trials in which
    it has no float; `cruciality` Spearman's correlation of its duration with the finish, nan where it is not known
    (nothing to draw, or hardly ever critical)."""

    finish: Distribution
    milestones: Mapping[int, Distribution]
    criticality: Shares
    cruciality: Shares
    trials: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenNodes:
    """Nodes of which it is asked when the last one is finished, and how many are `within` so many days from the origin;
    which of them are `begun`, and of which each is asked by itself."""

    nodes: Sequence[int]
    within: int
    begun: Sequence[int] = ()
    milestones: Sequence[int] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class OpenWork:
    """When the `last` of some nodes is finished; in each trial, ascending, how many of them are `finished` in time, and
    how many of the begun ones; and `milestones` by node."""

    last: Distribution
    finished: NDArray[np.int32]
    begun_finished: NDArray[np.int32]
    milestones: Mapping[int, Distribution]


NO_CONDITIONS = Conditions()


def schedule_risk(
    network: ActivityNetwork,
    laws: DurationLaws,
    *,
    seed: int,
    trials: int = TRIALS,
    milestones: Sequence[int] = (),
    conditions: Conditions = NO_CONDITIONS,
) -> ScheduleRisk:
    """Durations come from `laws`, not from the network. The same question and seed, the same answer.

    Raises CyclicNetwork when the edges have a cycle.
    """
    ends = np.empty((1 + len(milestones), trials), np.float32)
    counts = np.zeros(len(laws), np.int64)
    kept = np.empty((len(laws), min(trials, _RANKED_TRIALS, max(1, 2 * _CELLS // max(len(laws), 1)))), np.float32)
    for first, sheets, block, posts in blocks(network, laws, seed=seed, trials=trials, conditions=conditions):
        here = slice(first, first + len(block.finish))
        ends[0, here] = block.finish
        for row, node in enumerate(milestones, start=1):
            ends[row, here] = block.end[node]
        if first < kept.shape[1]:
            kept[:, here] = sheets.durations[:, : kept.shape[1] - first]
        counts += block.critical(posts=posts)
    criticality = counts / trials
    return ScheduleRisk(
        finish=_distribution(ends[0]),
        milestones={node: _distribution(row) for node, row in zip(milestones, ends[1:], strict=True)},
        criticality=criticality,
        cruciality=_cruciality(kept, ends[0, : kept.shape[1]], criticality, laws.drawn),
        trials=trials,
    )


def chances(
    network: ActivityNetwork,
    laws: DurationLaws,
    watched: Watched,
    *,
    seed: int,
    trials: int,
    conditions: Conditions = NO_CONDITIONS,
) -> Shares:
    """The share of trials in which each is in time. Only what the watched nodes wait for is simulated; every node has
    the same luck as in `schedule_risk`, so that the two agree wherever no team has a limit."""
    if not watched.nodes.size:
        return np.zeros(0)
    small, own, place = leading_to(network, laws, watched.nodes)
    hits = [0] * watched.nodes.size
    limits = (watched.limits + NOISE).astype(np.float32)
    asked = list(zip(place[watched.nodes].tolist(), limits, watched.starts.tolist(), strict=True))
    for _, _, block, _ in blocks(small, own, seed=seed, trials=trials, conditions=replace(conditions, crews=None)):
        for number, (node, limit, starts) in enumerate(asked):
            row = block.start[node] if starts else block.end[node]
            hits[number] += int(np.count_nonzero(row <= limit))
    return np.array(hits, np.float64) / trials


def open_work(
    network: ActivityNetwork,
    laws: DurationLaws,
    asked: OpenNodes,
    *,
    seed: int,
    trials: int,
    conditions: Conditions = NO_CONDITIONS,
) -> OpenWork:
    """Every node has the same luck as in `schedule_risk`: these are its first trials."""
    ends = np.zeros((1 + len(asked.milestones), trials), np.float32)
    counts, begun = np.zeros(trials, np.int32), np.zeros(trials, np.int32)
    limit = np.float32(asked.within) + NOISE
    for first, _, block, _ in blocks(network, laws, seed=seed, trials=trials, conditions=conditions):
        here = slice(first, first + len(block.finish))
        for node in asked.nodes:
            np.maximum(ends[0, here], block.end[node], out=ends[0, here])
            counts[here] += block.end[node] <= limit
        for node in asked.begun:
            begun[here] += block.end[node] <= limit
        for row, node in enumerate(asked.milestones, start=1):
            ends[row, here] = block.end[node]
    return OpenWork(
        last=_distribution(ends[0]),
        finished=np.sort(counts),
        begun_finished=np.sort(begun),
        milestones={node: _distribution(row) for node, row in zip(asked.milestones, ends[1:], strict=True)},
    )


def finish_at_medians(network: ActivityNetwork, laws: DurationLaws) -> int:
    """The finish of the one schedule in which everything takes its median time: what a plan without risk promises."""
    return schedule(replace(network, durations=laws.medians, days_off=None)).finish


def blocks(
    network: ActivityNetwork, laws: DurationLaws, *, seed: int, trials: int, conditions: Conditions
) -> Iterator[tuple[int, Sheets, Block, Posts | None]]:
    """Each block after its forward pass, with the number of its first trial. Its rows are used again for the next."""
    crews, nodes = conditions.crews, max(len(laws), 1)
    course = Course.of(network, rank=None if crews is None else _rank(network, laws, crews))
    count = -(-trials // max(1, min(trials, _CELLS // nodes)))
    bounds = np.linspace(0, trials, count + 1).astype(int).tolist()
    steady = frozenset(np.flatnonzero(~laws.drawn).tolist()) if conditions.pace is not None else frozenset()
    sheets: Sheets | None = None
    for first, end in pairwise(bounds):
        if sheets is None or len(sheets.finish) != end - first:
            sheets = Sheets.of(len(laws), end - first)
        laws.draw(sheets.durations, seed=seed, first=first)
        block = Block(course, sheets)
        posts = None if crews is None else Posts(crews, end - first)
        weather = factors(conditions, seed=seed, first=first, trials=end - first)
        block.forward(posts=posts, shocks=None if weather is None else Shocks(weather, steady=steady))
        yield first, sheets, block, posts


def factors(conditions: Conditions, *, seed: int, first: int, trials: int) -> Spans | None:
    """One past week for each coming one, the same for all teams: a synchronous bootstrap."""
    if conditions.pace is None:
        return None
    weeks = keys_of(f"week {number}" for number in range(conditions.weeks))
    drawn = uniforms(weeks, seed=seed, first=first, trials=trials) * np.float32(len(conditions.pace))
    return conditions.pace.take(drawn.T.astype(np.int64), mode="clip")


def _rank(network: ActivityNetwork, laws: DurationLaws, crews: Crews) -> list[int]:
    """What is under way first; then by the latest start that the medians leave, the order of list scheduling."""
    late = schedule(replace(network, durations=laws.medians, days_off=None)).late_start
    begun = np.zeros(len(laws), np.bool_)
    begun[list(crews.begun)] = True
    order = np.lexsort((np.arange(len(laws)), late, ~begun))
    rank = np.empty(len(laws), np.int64)
    rank[order] = np.arange(len(laws))
    ranks: list[int] = rank.tolist()
    return ranks


def leading_to(
    network: ActivityNetwork, laws: DurationLaws, nodes: NDArray[np.int64]
) -> tuple[ActivityNetwork, DurationLaws, Ints]:
    """What these nodes wait for, themselves included, as a network of its own; and the place of each node in it."""
    graph = network.graph
    needed = ancestors(graph, nodes.tolist()).copy()
    needed[nodes] = True
    kept = np.flatnonzero(needed)
    place = np.full(graph.nodes, -1, np.int32)
    place[kept] = np.arange(kept.size, dtype=np.int32)
    edges = needed[graph.tails] & needed[graph.heads]
    small = ActivityNetwork(
        graph=Digraph(kept.size, place[graph.tails[edges]], place[graph.heads[edges]]),
        durations=network.durations[kept],
        types=network.types[edges],
        lags=network.lags[edges],
        earliest=network.earliest[kept],
        waits={int(place[node]): days for node, days in network.waits.items() if needed[node]},
    )
    return small, laws.among(kept), place


def _distribution(days: Spans) -> Distribution:
    """Whole days: finished in the course of a day is finished at its end."""
    return Distribution(np.sort(np.ceil(days - NOISE).astype(np.int32)))


def _cruciality(durations: Spans, finish: Spans, criticality: Shares, drawn: Mask) -> Shares:
    """Of those that are critical most often; that of all others hardly differs from 0."""
    found = np.full(len(durations), np.nan)
    asked = np.flatnonzero(drawn & (criticality > 0))
    finishes = _ranks(finish)
    for node in asked[np.argsort(-criticality[asked], kind="stable")][:_RANKED_NODES].tolist():
        found[node] = _correlation(_ranks(durations[node]), finishes)
    return found


def _ranks(values: Spans) -> Shares:
    """From 1; equal values share the mean of their ranks."""
    _, which, times = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(times)
    ranks: Shares = (ends - (times - 1) / 2)[which]
    return ranks


def _correlation(one: Shares, other: Shares) -> float:
    one, other = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / scale if scale else 0.0
