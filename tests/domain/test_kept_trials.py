"""What was simulated before is simulated anew only where a change reaches, and nobody can tell by the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from service.domain import kept_trials
from service.domain.duration_laws import DurationLaws, laws
from service.domain.kept_trials import KeptTrials, chances_after
from service.domain.schedule import ActivityNetwork, Link, activity_network
from service.domain.schedule_risk import Conditions, Watched, chances

SEED, TRIALS = 7, 60
PACE = np.array([0.5, 1, 1, 2], np.float32)
Links = Sequence[tuple[int, int] | tuple[int, int, Link] | tuple[int, int, Link, int]]

CHAIN: Links = [(0, 1), (1, 2), (2, 3)]
LAWS = [[1, 2, 3], [2, 5, 9], [1, 8], [3, 4]]


def watched(*limits: tuple[int, int], starts: bool = False) -> Watched:
    nodes, days = zip(*limits, strict=True)
    return Watched(np.array(nodes, np.int64), np.array(days, np.int64), np.full(len(nodes), starts))


def ask(
    network: ActivityNetwork,
    own: DurationLaws,
    asked: Watched,
    *,
    before: KeptTrials | None = None,
    pace: NDArray[np.float32] | None = PACE,
) -> tuple[list[float], KeptTrials | None]:
    conditions = Conditions(pace=pace)
    found, kept = chances_after(network, own, asked, seed=SEED, trials=TRIALS, conditions=conditions, before=before)
    assert found.tolist() == chances(network, own, asked, seed=SEED, trials=TRIALS, conditions=conditions).tolist()
    return found.tolist(), kept


def kept_of(network: ActivityNetwork, own: DurationLaws, asked: Watched) -> KeptTrials:
    _, kept = ask(network, own, asked)
    assert kept is not None
    return kept


def simulated(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by the number of nodes whenever some are simulated."""
    counted: list[int] = []
    draw = DurationLaws.draw

    def counting(self: DurationLaws, into: NDArray[np.float32], *, seed: int, first: int) -> None:
        counted.append(len(self))
        draw(self, into, seed=seed, first=first)

    monkeypatch.setattr(DurationLaws, "draw", counting)
    return counted


def test_a_limit_that_moves_is_only_counted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    network, own = activity_network([1] * 4, CHAIN), laws(LAWS)
    kept = kept_of(network, own, watched((3, 12), (1, 6)))
    drawn = simulated(monkeypatch)

    chances_after(
        network,
        own,
        watched((3, 14), (1, 6)),
        seed=SEED,
        trials=TRIALS,
        conditions=Conditions(pace=PACE),
        before=kept,
    )

    assert drawn == []
    assert ask(network, own, watched((3, 14), (1, 6)), before=kept)[0] != ask(network, own, watched((3, 12), (1, 6)))[0]


def test_a_later_start_is_simulated_from_there_on(monkeypatch: pytest.MonkeyPatch) -> None:
    network, own, asked = activity_network([1] * 4, CHAIN), laws(LAWS), watched((3, 12), (0, 2))
    kept = kept_of(network, own, asked)
    later = replace(network, earliest=np.array([0, 0, 0, 30]))
    drawn = simulated(monkeypatch)

    found, _ = chances_after(later, own, asked, seed=SEED, trials=TRIALS, conditions=Conditions(pace=PACE), before=kept)

    assert drawn == [1]
    assert found[0] == 0
    ask(later, own, asked, before=kept)


@pytest.mark.parametrize(
    "links",
    [
        CHAIN[:2],
        [*CHAIN, (0, 3)],
        [(0, 1), (1, 2), (2, 3, Link.FS, 4)],
        [(0, 1), (1, 2), (2, 3, Link.FF)],
        [(1, 0), (1, 2), (2, 3)],
    ],
    ids=["an edge less", "an edge more", "a lag", "another type", "turned around"],
)
def test_other_edges_are_other_finishes(links: Links) -> None:
    own, asked = laws(LAWS), watched((3, 12), (0, 2), (2, 9))
    kept = kept_of(activity_network([1] * 4, CHAIN), own, asked)

    assert ask(activity_network([1] * 4, links), own, asked, before=kept)[0] != [
        count / TRIALS for count in kept.counts.tolist()
    ]


def test_other_experience_is_other_luck_for_all() -> None:
    network, asked = activity_network([1] * 4, CHAIN), watched((3, 12))
    kept = kept_of(network, laws(LAWS), asked)

    ask(network, laws([[1, 2, 3], [2, 5, 30], [1, 8], [3, 4]]), asked, before=kept)
    ask(network, laws(LAWS), asked, before=kept, pace=np.array([1, 1, 3], np.float32))
    ask(network, laws(LAWS), asked, before=kept, pace=None)
    ask(network, laws(LAWS, names=["a", "b", "c", "d"]), asked, before=kept)


def test_where_somebody_waits_for_a_start_nothing_is_kept() -> None:
    network, own = activity_network([1] * 4, [(0, 1), (1, 2, Link.SS)]), laws(LAWS)

    assert ask(network, own, watched((2, 5)))[1] is None
    assert ask(activity_network([1] * 4, CHAIN), own, watched((2, 5), starts=True))[1] is None


def test_what_is_too_much_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_trials, "CELLS", 4 * TRIALS - 1)

    assert ask(activity_network([1] * 4, CHAIN), laws(LAWS), watched((2, 5)))[1] is None


@st.composite
def plans(draw: st.DrawFn) -> tuple[ActivityNetwork, DurationLaws, Watched]:
    """Of ten nodes, the laws always of the same values, as those of a program are while nothing gets done."""
    size = 10
    ends = st.tuples(st.integers(0, size - 2), st.integers(1, size - 1)).filter(lambda pair: pair[0] < pair[1])
    edges = draw(st.lists(st.tuples(ends, st.sampled_from((Link.FS, Link.FF)), st.integers(-3, 3)), max_size=20))
    plan = activity_network([1] * size, [(*pair, kind, lag) for pair, kind, lag in edges])
    own = laws([[1, 2, 3, 5, 8, 13]] * size)
    counts = draw(st.lists(st.integers(1, 6), min_size=size, max_size=size))
    own = replace(own, count=np.array(counts), first=own.first + 6 - np.array(counts))
    floors = draw(st.lists(st.sampled_from((0, 0, 0, 4)), min_size=size, max_size=size))
    questions = draw(st.lists(st.tuples(st.integers(0, size - 1), st.integers(-2, 40)), min_size=1, max_size=8))
    return replace(plan, earliest=np.array(floors)), own, watched(*questions)


@given(st.lists(plans(), min_size=2, max_size=5), st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_changes_the_chances_are_those_of_a_simulation_from_scratch(
    told: list[tuple[ActivityNetwork, DurationLaws, Watched]], data: st.DataObject
) -> None:
    """Each time some parts of the plan are replaced by another plan's; what was kept goes from one to the next."""
    network, own, asked = told[0]
    _, kept = ask(network, own, asked)
    for other in told[1:]:
        network = other[0] if data.draw(st.booleans()) else replace(network, earliest=other[0].earliest)
        own = other[1] if data.draw(st.booleans()) else own
        asked = other[2] if data.draw(st.booleans()) else asked
        _, kept = ask(network, own, asked, before=kept)


def test_one_slip_in_a_long_plan_reaches_what_waits_for_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two chains of fifty; the end of one is estimated anew."""
    size = 100
    chains: Links = [(node, node + 1) for node in range(size - 1) if node != 49]
    network, own = activity_network([1] * size, chains), laws([[1, 2, 3]] * size)
    asked = watched((49, 100), (99, 100), (20, 45))
    kept = kept_of(network, own, asked)
    less = own.less.copy()
    less[95] = 1
    drawn = simulated(monkeypatch)

    found, _ = chances_after(
        network,
        replace(own, less=less),
        asked,
        seed=SEED,
        trials=TRIALS,
        conditions=Conditions(pace=PACE),
        before=kept,
    )

    assert drawn == [5]
    assert found.tolist() == ask(network, replace(own, less=less), asked)[0]
