"""What the account's plan and rights allow: tried, recorded with its reason, and never a reason to fail."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from connectors.asana import opt_fields
from connectors.asana.listing import NOT_ALLOWED, Refused, everything, fetch
from connectors.client import Client
from connectors.items import SourceCapability

JsonObject = dict[str, object]


class Plan:
    """Filled while discovery asks."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._found: dict[str, SourceCapability] = {}

    def capabilities(self) -> list[SourceCapability]:
        """By name."""
        return [self._found[name] for name in sorted(self._found)]

    def allows(self, name: str) -> bool:
        return self._found[name].available

    def note(self, name: str, *, refused: str | None) -> None:
        """`refused` is the reason why it is not available; None: it is."""
        self._found[name] = SourceCapability(name, refused is None, refused)

    async def optional(self, name: str, path: str, params: Mapping[str, str]) -> list[JsonObject]:
        """The listing, or none where it is refused: the run goes on without."""
        try:
            rows = await everything(self._client, path, params)
        except Refused as refused:
            self.note(name, refused=refused.message)
            return []
        self.note(name, refused=None)
        return rows

    async def probe_dependencies(self, project_id: str) -> None:
        """Two requests tell, by any one task, whether dependencies may be read; an empty project tells nothing."""
        paid = ",".join(opt_fields.PAID.values())
        try:
            some = await fetch(self._client, "/tasks", {"project": project_id, "limit": 1, "opt_fields": paid})
            for task in msgspec.json.decode(some)[:1]:
                await fetch(self._client, f"/tasks/{task['gid']}/dependencies", {"limit": 1})
                self.note("dependencies", refused=None)
        except Refused as refused:
            if refused.status in NOT_ALLOWED:
                self.note("dependencies", refused=refused.message)
