"""The body of a simulation: what would be otherwise."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.programs.what_if import Change, NewEdge

MOST_CHANGES: Final = 200
MOST_DAYS: Final = 1_000

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


class WhatIfBody(_Body):
    """All may be combined. `removals` are items that are cut, `dropped` the ids of edges."""

    slips: Annotated[tuple[Slip, ...], Field(max_length=MOST_CHANGES)] = ()
    removals: Annotated[tuple[Name, ...], Field(max_length=MOST_CHANGES)] = ()
    dropped: Annotated[tuple[Name, ...], Field(max_length=MOST_CHANGES)] = ()
    added: Annotated[tuple[AddedEdge, ...], Field(max_length=MOST_CHANGES)] = ()

    def change(self) -> Change:
        return Change(
            slips=[(slip.item, slip.days) for slip in self.slips],
            removals=self.removals,
            dropped=self.dropped,
            added=[
                NewEdge(predecessor=edge.from_, successor=edge.to, type=edge.type, lag_days=edge.lag_days)
                for edge in self.added
            ],
        )
