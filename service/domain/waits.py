"""When a task was under way and waited for another one: blocked time where a tool has no flag, but dependencies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from service.domain.link_history import LinkHistory


class Stretch(NamedTuple):
    """From one moment to another; `ended` is None while it lasts."""

    began: datetime
    ended: datetime | None


class Predecessor(NamedTuple):
    """Waited for as long as the dependency was `drawn`; `done` are the times in which it was, ascending."""

    drawn: Stretch
    done: Sequence[Stretch] = ()


def waits(under_way: Stretch, predecessors: Iterable[Predecessor]) -> tuple[Stretch, ...]:
    """The times in which at least one of them was not done, ascending; none that follows right on another."""
    pending = sorted(each for before in predecessors for each in _pending(under_way, before))
    merged: list[Stretch] = []
    for each in pending:
        if merged and (merged[-1].ended is None or each.began <= merged[-1].ended):
            merged[-1] = Stretch(merged[-1].began, _later(merged[-1].ended, each.ended))
        else:
            merged.append(each)
    return tuple(merged)


def drawn_stretches(history: LinkHistory, *, both_exist: datetime) -> Iterator[Stretch]:
    """When a dependency was there; where nobody knows since when, since both tasks exist.

    Of what is told in words that nobody can read only what stands today counts, since the last of it.
    """
    began = both_exist
    for move in history.moves:
        if not move.made and history.clear and began < move.at:
            yield Stretch(began, move.at)
        began = move.at
    if history.stands:
        yield Stretch(began, None)


def done_stretches(moves: Iterable[tuple[datetime, bool]], *, done_at: datetime | None) -> tuple[Stretch, ...]:
    """When a task was done: `moves` ascend and tell whether it was from then on. `done_at` is since when it is; the
    snapshot wins."""
    found: list[Stretch] = []
    began: datetime | None = None
    for at, done in moves:
        if done:
            began = began or at
        elif began is not None:
            found.append(Stretch(began, at))
            began = None
    if done_at is None:
        return tuple(found)
    return (*(each for each in found if each.ended is not None and each.ended <= done_at), Stretch(done_at, None))


def _pending(under_way: Stretch, before: Predecessor) -> Iterator[Stretch]:
    """The part of being under way in which this one was waited for and not done."""
    began, limit = max(under_way.began, before.drawn.began), _sooner(under_way.ended, before.drawn.ended)
    for done in before.done:
        if began < done.began:
            yield from _within(began, _sooner(done.began, limit))
        if done.ended is None:
            return
        began = max(began, done.ended)
    yield from _within(began, limit)


def _within(began: datetime, ended: datetime | None) -> Iterator[Stretch]:
    if ended is None or began < ended:
        yield Stretch(began, ended)


def _sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    return other if one is None else one if other is None else min(one, other)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return None if one is None or other is None else max(one, other)
