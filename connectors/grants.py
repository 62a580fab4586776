"""A consent that lives in a refresh token which changes with each use, and who keeps it between uses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Grant:
    """`version` counts the refresh tokens that came before this one."""

    refresh_token: str = field(repr=False)
    version: int = 0


class GrantKeeper(Protocol):
    """Keeps the grant of one source beyond the process, and hands it to one at a time."""

    async def take(self) -> Grant:
        """The grant, ours alone until `keep`, `give_back` or too long a silence; waits while another has it.

        Raises SourceError when it cannot be had.
        """
        ...

    async def keep(self, grant: Grant, refresh_token: str) -> None:
        """`grant` was spent and this is what follows it. Nothing happens when another has moved it on meanwhile."""
        ...

    async def give_back(self, grant: Grant) -> None:
        """It was not spent."""
        ...
