"""The webhooks of a stand-in Jira: what was registered, and what is posted when an issue changes."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec

from connectors.sandbox.index import IssueIndex, entry_of
from connectors.sandbox.jql import JqlError, parse
from connectors.sandbox.matching import Matching
from connectors.sandbox.moments import Now
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.posting import Postman
from connectors.sandbox.site import Issue, JiraSite

LIFE = timedelta(days=30)  # of a webhook that an app made, from its making or its last refresh
TOKEN_LIFE = timedelta(minutes=3)
FIRST_ID = 1000


@dataclass(slots=True)
class Hook:
    """`jql` empty: every issue. `expires_at` None: one of an administrator, which stays."""

    id: int
    name: str
    address: str
    events: tuple[str, ...]
    jql: str
    secret: str | None = field(default=None, repr=False)
    enabled: bool = True
    made_at: datetime | None = None
    expires_at: datetime | None = None


class Hooks:
    """All of one server. Those of apps bear a token signed with `options.app_secret`, others the body's HMAC."""

    def __init__(self, site: JiraSite, index: IssueIndex, options: SandboxOptions, *, is_cloud: bool) -> None:
        self._site = site
        self._index = index
        self._options = options
        self._is_cloud = is_cloud
        self._ids = count(FIRST_ID)
        self._hooks: dict[int, Hook] = {}
        self.postman = Postman()
        site.listeners.append(self._changed)

    def add(self, hook: dict[str, Any], *, expires: bool) -> Hook:
        now = self._options.clock()
        made = Hook(next(self._ids), **hook, made_at=now, expires_at=now + LIFE if expires else None)
        self._hooks[made.id] = made
        return made

    def of_admins(self) -> list[Hook]:
        return [hook for hook in self._hooks.values() if hook.expires_at is None]

    def of_apps(self) -> list[Hook]:
        """Those that have expired are gone."""
        now = self._options.clock()
        return [hook for hook in self._hooks.values() if hook.expires_at is not None and hook.expires_at > now]

    def remove(self, hook: Hook) -> None:
        self._hooks.pop(hook.id, None)

    def refresh(self, hooks: list[Hook]) -> datetime:
        until = self._options.clock() + LIFE
        for hook in hooks:
            hook.expires_at = until
        return until

    def _changed(self, issue_id: str, former: Issue | None) -> None:
        """Told by the site about each change."""
        if not self._hooks:
            return
        issue = self._site.issues.get(issue_id)
        event = "jira:issue_deleted" if issue is None else "jira:issue_updated" if former else "jira:issue_created"
        shown = issue or former
        if shown is None:
            return
        body = msgspec.json.encode(self._body(event, shown))
        for hook in (*self.of_admins(), *self.of_apps()):
            if hook.enabled and event in hook.events and self._concerns(hook, shown):
                self.postman.send(hook.address, body, self._headers(hook, body))

    def _concerns(self, hook: Hook, issue: Issue) -> bool:
        if not hook.jql:
            return True
        now = Now(self._options.clock(), ZoneInfo(self._site.zone), epochs=not self._is_cloud)
        matching = Matching(self._site, self._index, visible=set(self._site.projects), now=now)
        try:
            return matching.selects(parse(hook.jql), entry_of(issue))
        except JqlError:
            return False

    def _body(self, event: str, issue: Issue) -> dict[str, Any]:
        histories = issue.get("changelog", {}).get("histories") or ()
        body: dict[str, Any] = {
            "timestamp": int(self._options.clock().timestamp() * 1000),
            "webhookEvent": event,
            "issue": {
                "id": issue["id"],
                "key": issue["key"],
                "fields": {name: issue["fields"].get(name) for name in ("summary", "project", "updated")},
            },
        }
        if event == "jira:issue_updated" and histories:
            body["changelog"] = {"id": histories[-1]["id"], "items": histories[-1]["items"]}
        return body

    def _headers(self, hook: Hook, body: bytes) -> dict[str, str]:
        named = {"X-Atlassian-Webhook-Identifier": str(uuid4()), "X-Atlassian-Webhook-Flow": "Primary"}
        if hook.expires_at is not None:
            return named | {"Authorization": f"Bearer {self._token()}"}
        if hook.secret is not None:
            return named | {"X-Hub-Signature": f"sha256={_hmac(hook.secret, body).hex()}"}
        return named

    def _token(self) -> str:
        """A JSON web token as the vendor signs them: HS256 with the app's secret."""
        now = self._options.clock()
        claims = {"iat": int(now.timestamp()), "exp": int((now + TOKEN_LIFE).timestamp()), "iss": "sandbox"}
        signed = b".".join(_encoded(msgspec.json.encode(part)) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
        return b".".join((signed, _encoded(_hmac(self._options.app_secret or "", signed)))).decode()


def _hmac(secret: str, content: bytes) -> bytes:
    return hmac.new(secret.encode(), content, hashlib.sha256).digest()


def _encoded(content: bytes) -> bytes:
    return urlsafe_b64encode(content).rstrip(b"=")
