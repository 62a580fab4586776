"""The webhooks of a stand-in Asana: the handshake with the target, what is posted to it, and how that went."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field, fields
from secrets import token_hex
from typing import Any

from connectors.sandbox.asana.options import AsanaOptions
from connectors.sandbox.asana.refusals import bad_request, unknown
from connectors.sandbox.asana.render import ENCODE, Renderer
from connectors.sandbox.asana.selection import selection_of
from connectors.sandbox.asana.site import AsanaSite
from connectors.sandbox.asana.things import Event, Ref
from connectors.sandbox.asana.world import stamp
from connectors.sandbox.calls import Json
from connectors.sandbox.posting import Postman, Reply, post

POSTED = selection_of("user,created_at,action,resource.resource_subtype,parent.resource_subtype,change")


@dataclass(slots=True)
class Hook:
    gid: str
    resource: Ref
    target: str
    filters: list[Json]
    created_at: str
    secret: str = field(repr=False)
    active: bool = True
    last_success_at: str | None = None
    last_failure_at: str | None = None
    last_failure_content: str = ""
    delivery_retry_count: int = 0
    failure_deletion_timestamp: str | None = None

    def shown(self) -> Json:
        """All but the secret."""
        names = (each.name for each in fields(self) if each.name != "secret")
        row = {name: getattr(self, name) for name in names}
        return row | {"resource_type": "webhook", "next_attempt_after": None}

    def passes(self, event: Event) -> bool:
        """Whether any of the filters lets it through; without one, all do."""
        return not self.filters or any(
            each.get("resource_type") in (None, event.resource.kind)
            and each.get("action") in (None, event.action)
            and (not each.get("fields") or (event.change or {}).get("field") in each["fields"])
            for each in self.filters
        )


class Hooks:
    """All of one server; each signs with a secret of its own."""

    def __init__(self, site: AsanaSite, renderer: Renderer, options: AsanaOptions) -> None:
        self._site = site
        self._renderer = renderer
        self._options = options
        self._hooks: dict[str, Hook] = {}
        self.postman = Postman()
        site.hearers.append(self._happened)

    def all(self) -> list[Hook]:
        return list(self._hooks.values())

    def get(self, gid: str) -> Hook:
        found = self._hooks.get(gid)
        if found is None:
            raise unknown("webhook", gid)
        return found

    def add(self, resource: Ref, target: str, filters: list[Json]) -> Hook:
        """Refused unless the target gives back the secret that it is offered."""
        secret = token_hex(32)
        reply = post(target, b"{}", {"X-Hook-Secret": secret})
        if reply.status not in {200, 204} or reply.headers.get("x-hook-secret") != secret:
            raise bad_request(
                f"The remote server {target} did not respond with the handshake secret: "
                f"it answered {reply.status or 'nothing'}."
            )
        hook = Hook(self._site.new_gid(), resource, target, filters, self._site.now(), secret)
        self._hooks[hook.gid] = hook
        self._send(hook, [])  # the first heartbeat
        return hook

    def remove(self, gid: str) -> None:
        del self._hooks[self.get(gid).gid]

    def _happened(self, event: Event) -> None:
        """Told by the site of each event."""
        for hook in self.all():
            if hook.active and hook.resource.gid in event.streams and hook.passes(event):
                self._send(hook, [self._renderer.value(event.shown(), POSTED)])

    def _send(self, hook: Hook, events: list[Any]) -> None:
        body = ENCODE({"events": events})
        proof = {"X-Hook-Signature": hmac.new(hook.secret.encode(), body, hashlib.sha256).hexdigest()}
        self.postman.send(hook.target, body, proof, then=lambda reply: self._heard(hook, reply))

    def _heard(self, hook: Hook, reply: Reply) -> None:
        now = stamp(self._options.clock())
        if reply.is_success:
            hook.last_success_at = now
        else:
            hook.last_failure_at, hook.last_failure_content = now, f"{reply.status or 'no answer'}"
