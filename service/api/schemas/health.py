"""The body of an override: what somebody decides about the colour of a program."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.programs.overrides import Decision

LONGEST_REASON: Final = 2_000


class OverrideBody(BaseModel):
    """`expires` is the last day on which it holds; left out: fourteen days from today."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: Literal["green", "amber", "red"]
    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]
    expires: date | None = None

    def decision(self) -> Decision:
        return Decision(self.value, self.reason, self.expires)
