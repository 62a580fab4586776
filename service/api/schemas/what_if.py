"""The body of a simulation: what would be otherwise."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from service.domain.duration_laws import PertFit, ThreePoints
from service.programs.what_if import Change, NewEdge

MOST_CHANGES: Final = 200
MOST_DAYS: Final = 1_000

Days = Annotated[float, Field(ge=0, le=MOST_DAYS, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=400, description="`source:native-id`, `source:KEY`, or a key.")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Slip(_Body):
    """The item begins so many working days later than all it waits for would let it."""

    item: Name
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)]


class AddedEdge(_Body):
    """`from` comes first."""

    from_: Annotated[Name, Field(alias="from")]
    to: Name
    type: Literal["FS", "SS", "FF", "SF"] = "FS"
    lag_days: Annotated[int, Field(ge=-MOST_DAYS, le=MOST_DAYS)] = 0


class Estimate(_Body):
    """How many working days the item takes: a beta distribution through three points, by `fit` with weight 4 on the
    likely one, or with the deviation (pessimistic − optimistic) / 6."""

    item: Name
    optimistic: Days
    likely: Days
    pessimistic: Days
    fit: Literal["lambda4", "moments"] = "lambda4"

    @model_validator(mode="after")
    def _in_order(self) -> Estimate:
        if not self.optimistic <= self.likely <= self.pessimistic:
            raise ValueError("give optimistic ≤ likely ≤ pessimistic")
        return self

    @property
    def points(self) -> ThreePoints:
        return ThreePoints(self.optimistic, self.likely, self.pessimistic, PertFit(self.fit))


class WhatIfBody(_Body):
    """All may be combined. `removals` are items that are cut, `dropped` the ids of edges; `estimates` change chances
    alone, in place of how long such work took. Without `chances` the plan alone is computed, in a fraction of the
    time."""

    slips: Annotated[tuple[Slip, ...], Field(max_length=MOST_CHANGES)] = ()
    removals: Annotated[tuple[Name, ...], Field(max_length=MOST_CHANGES)] = ()
    dropped: Annotated[tuple[Name, ...], Field(max_length=MOST_CHANGES)] = ()
    added: Annotated[tuple[AddedEdge, ...], Field(max_length=MOST_CHANGES)] = ()
    estimates: Annotated[tuple[Estimate, ...], Field(max_length=MOST_CHANGES)] = ()
    chances: bool = True

    def change(self) -> Change:
        return Change(
            slips=[(slip.item, slip.days) for slip in self.slips],
            removals=self.removals,
            dropped=self.dropped,
            added=[
                NewEdge(predecessor=edge.from_, successor=edge.to, type=edge.type, lag_days=edge.lag_days)
                for edge in self.added
            ],
            estimates=[(estimate.item, estimate.points) for estimate in self.estimates],
        )
