"""The lives of a program's items for who looks at an earlier moment: cut to what was known by then."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

from service.domain.notices import Notice
from service.programs.dependency_terms import Viewpoint
from service.programs.forecast import Then, then_of
from service.programs.lives import Lives, lives_of
from service.store.engine import Database

LIVES_OF_TODAY: Final = Notice(
    "lives_of_today", "Forecast, ages and growth of scope are those of the items that are in the program today."
)


async def lives_at(database: Database, key: str, view: Viewpoint) -> Lives:
    """Raises UnknownProgram."""
    lives, then = (await lives_of(database, key, view)).lives, then_at(view)
    return lives if then is None else await asyncio.to_thread(lives.before, then.known_before)


def then_at(view: Viewpoint) -> Then | None:
    """None where somebody looks at the present, or at an hour of today: lives know days, and no hours."""
    if view.as_of is None:
        return None
    today = view.now.astimezone(view.terms.zone).date()
    return then_of(view.as_of, replace(view, today=today))
