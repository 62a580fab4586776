"""Eight short stories in the first program of the example: one for each way in which work waits for other work.

They are told with issues that are there anyway: these get a title, dates and a link, and lose the sprint and the
release that would say something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from connectors.sandbox import portfolio_schema as schema
from connectors.sandbox.portfolio_calendar import workday_near
from connectors.sandbox.portfolio_tree import Draft, Event
from connectors.sandbox.portfolio_world import World

Link = Callable[[Draft, Draft], object]
Days = tuple[int | None, int | None]  # from today to start and due; None: not planned
NO_DATES: Days = (None, None)
OVER = ("done", "dropped")


@dataclass(frozen=True)
class Part:
    """An issue of a story: `fate` is where it stands, "waiting", "begun", "done" or "dropped"."""

    title: str
    fate: str = "waiting"
    days: Days = NO_DATES


@dataclass(frozen=True)
class Story:
    """The parts in the order in which they block each other; in a `circle` the last blocks the first."""

    parts: tuple[Part, ...]
    circle: bool = False


STORIES = {
    "blocked": Story(
        (
            Part("Agree the refund rules with finance", days=(-3, 9)),
            Part("Refund a ticket from the basket", "begun", (-8, 20)),
        )
    ),
    "off_track": Story(
        (
            Part("Certify the new card terminal", "begun", (-10, 34)),
            Part("Pilot card payments at two stations", days=(21, 48)),
        )
    ),
    "at_risk": Story(
        (
            Part("Translate the checkout into French", "begun", (-6, 21)),
            Part("Open the French checkout", days=(24, 42)),
        )
    ),
    "on_track": Story(
        (
            Part("Move the price service to the new gateway", "begun", (-9, 14)),
            Part("Switch the old gateway off", days=(90, 104)),
        )
    ),
    "unknown": Story((Part("Choose a partner for fraud scoring"), Part("Score payments for fraud"))),
    "cyclic": Story(
        (
            Part("Split the payment service in two", days=(7, 28)),
            Part("Move card data into the vault", days=(7, 28)),
            Part("Rotate the signing keys", days=(7, 28)),
        ),
        circle=True,
    ),
    "broken": Story((Part("Print vouchers at the machines", "dropped"), Part("Accept vouchers at the gate"))),
    "resolved": Story(
        (
            Part("Sign the contract with the wallet provider", "done"),
            Part("Pay by wallet", days=(35, 49)),
        )
    ),
}
"""By the status that tells it."""


def tell_stories(rng: Random, drafts: Sequence[Draft], world: World, link: Link) -> None:
    """As many stories as there is work for; a small example tells fewer. `link` lets the first block the second."""
    free = {fate: _free(drafts, fate) for fate in ("waiting", "begun", "done", "dropped")}
    for story in STORIES.values():
        cast: list[Draft] = []
        for part in story.parts:
            draft = next(free[part.fate], None)
            if draft is None:
                return
            _play(rng, draft, part, world)
            cast.append(draft)
        for before, after in zip(cast, [*cast[1:], *(cast[:1] if story.circle else [])], strict=False):
            link(before, after)


def _free(drafts: Sequence[Draft], fate: str) -> Iterator[Draft]:
    """Work that stands there, unlinked and under a title that stays. What is open is of the program; what is begun has
    not slipped."""
    for draft in drafts:
        renamed = any("summary" in event.changes for event in draft.events)
        if draft.level != 0 or _fate(draft) != fate or draft.links or renamed:
            continue
        slipped = fate == "begun" and any("duedate" in event.changes for event in draft.events)
        if fate in OVER or (_is_of_the_program(draft) and not slipped):
            yield draft


def _fate(draft: Draft) -> str:
    if draft.cancelled:
        return "dropped"
    if draft.finished is not None:
        return "done"
    return "waiting" if draft.started is None else "begun"


def _is_of_the_program(draft: Draft) -> bool:
    """By the first rules of the example's programs file: beneath its initiative, or labelled."""
    labelled = draft.project in ("PAY", "CART") and "checkout" in draft.fields["labels"]
    while draft.parent is not None:
        draft = draft.parent
    return labelled or draft.key == "PAY-1"


def _play(rng: Random, draft: Draft, part: Part, world: World) -> None:
    draft.fields["summary"] = part.title
    if part.fate in OVER:
        return
    start, due = (None if days is None else workday_near(world.today + timedelta(days=days)) for days in part.days)
    planner = rng.choice(world.users)
    plan: dict[str, Any] = {
        schema.START: start and start.isoformat(),
        "duedate": due and due.isoformat(),
        schema.SPRINT: None,
        "fixVersions": [],
        "assignee": planner,
    }
    moment = max(world.now - timedelta(days=2, minutes=rng.randint(0, 400)), draft.created + timedelta(seconds=2))
    draft.fields["duedate"] = None  # a first promise: nothing of these stories has slipped
    draft.events.append(Event(min(moment, world.now), planner, plan))
