"""Which workspace a source reads: the configured one, or the only one there is. Never a guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.asana.config import fold
from connectors.errors import SourceMisconfigured

JsonObject = Mapping[str, Any]


def choose_workspace(source: str, visible: Sequence[JsonObject], wanted: str | None) -> JsonObject:
    """As Asana sent it. `wanted` is a gid or a name; raises SourceMisconfigured, naming what can be seen."""
    shown = ", ".join(f"{each['gid']} ({each.get('name') or 'no name'})" for each in visible) or "none"
    if wanted is not None:
        fitting = [each for each in visible if each["gid"] == wanted] or [
            each for each in visible if fold(str(each.get("name") or "")) == fold(wanted)
        ]
        if len(fitting) != 1:
            raise SourceMisconfigured(
                source, f"The account does not see exactly one workspace {wanted!r}; it sees: {shown}."
            )
        return fitting[0]
    if len(visible) != 1:
        raise SourceMisconfigured(source, f"The account sees several workspaces, or none: {shown}. Set workspace.")
    return visible[0]
