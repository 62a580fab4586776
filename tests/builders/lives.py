"""Lives of items in one line each, and whole teams that finish so many a week."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from typing import Any

import numpy as np

from service.domain.lives import ItemLife, Span
from service.domain.status import StatusCategory

TO_DO, IN_PROGRESS, DONE, CANCELLED = StatusCategory
CREATED = date(2026, 1, 5)

_names = count()


def a_life(  # one life is made of many things
    *,
    created: date = CREATED,
    started: date | None = None,
    done: date | None = None,
    left: date | None = None,
    earlier: tuple[tuple[date, date], ...] = (),
    category: StatusCategory | None = None,
    name: str | None = None,
    item_type: str = "Story",
    **values: Any,
) -> ItemLife:
    """`earlier` are times in which it was done before; its category follows from its days."""
    spells = tuple(Span(*each) for each in earlier) + ((Span(done, None),) if done else ())
    follows = DONE if done else CANCELLED if left else IN_PROGRESS if started else TO_DO
    called = name or f"PAY-{next(_names)}"
    return ItemLife(
        uid=f"acme-jira:{called}",
        called=called,
        item_type=item_type,
        source="acme-jira",
        project_id="1",
        category=category or follows,
        created_on=created,
        started_on=started,
        done_spells=spells,
        left_on=left,
        **values,
    )


def a_team(
    *, first: date, weeks: int, pace: Callable[[int], float], backlog: int, seed: int, replaced: float = 1.0
) -> tuple[list[ItemLife], date]:
    """Work that is finished in the order in which it came, at a pace by week; so much of it is replaced.

    With it the Monday after the last week.
    """
    random = np.random.default_rng(seed)
    came = [first - timedelta(days=7)] * backlog
    lives: list[ItemLife] = []
    for week in range(weeks):
        monday = first + timedelta(weeks=week)
        finished = int(random.poisson(pace(week)))
        came += [monday] * int(replaced * finished)
        for weekday in sorted(random.integers(0, 5, size=finished).tolist()):
            begun = came.pop(0)
            lives.append(a_life(created=begun, started=begun, done=monday + timedelta(days=weekday)))
    lives += [a_life(created=begun) for begun in came]
    return lives, first + timedelta(weeks=weeks)
