"""Managing Jira's webhooks: those that an administrator makes, and those that an OAuth app makes for itself.

One webhook tells of all projects that are read: an app may have no more than five. The filter holds ids of projects,
which stay when a key changes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from connectors.answers import Answer
from connectors.client import Client
from connectors.contract import RegisteredWebhook, Scope, WantedWebhook
from connectors.errors import SourceError, SourceMisconfigured
from connectors.jira.jql import in_projects
from connectors.pagination import OffsetPage, offset_pages
from connectors.registering import made_once, told_moment, without

TOOL: Final = "jira"
OF_ISSUES: Final = ("jira:issue_created", "jira:issue_updated", "jira:issue_deleted")
BESIDE_ISSUES: Final = (  # what does not always come as an update of the issue; apps may not ask for these
    *("issuelink_created", "issuelink_deleted"),
    *("worklog_created", "worklog_updated", "worklog_deleted"),
)
SIGNS_SINCE: Final = 10  # the major version from which a Data Center has its new engine of webhooks, which signs
OLD_API: Final = "/rest/webhooks/1.0/webhook"  # of Cloud, too
ENGINE_API: Final = "/rest/jira-webhook/1.0/webhooks"
APP_API: Final = "/rest/api/3/webhook"
ISSUE_FILTER: Final = "issue-related-events-section"
PAGE: Final = 100


class _OldWebhook(Struct, frozen=True):
    url: str
    itself: str = msgspec.field(name="self")
    events: tuple[str, ...] = ()
    filters: Mapping[str, Any] | None = None
    enabled: bool = True

    def told(self) -> RegisteredWebhook:
        return RegisteredWebhook(
            native_id=urlsplit(self.itself).path.rstrip("/").rpartition("/")[2],
            address=self.url,
            events=self.events,
            filter=(self.filters or {}).get(ISSUE_FILTER) or None,
            active=self.enabled,
        )


class _EngineWebhook(Struct, frozen=True):
    id: int
    url: str
    events: tuple[str, ...] = ()
    configuration: Mapping[str, Any] | None = None
    active: bool = True

    def told(self) -> RegisteredWebhook:
        return RegisteredWebhook(
            native_id=str(self.id),
            address=self.url,
            events=self.events,
            filter=_engine_filter((self.configuration or {}).get("FILTERS")),
            active=self.active,
        )


class _AppWebhook(Struct, frozen=True):
    id: int
    events: tuple[str, ...] = ()
    url: str = ""
    filter: str | None = msgspec.field(name="jqlFilter", default=None)
    expires: int | str | None = msgspec.field(name="expirationDate", default=None)

    def told(self, source: str) -> RegisteredWebhook:
        """The vendor's document has milliseconds, its example a text."""
        return RegisteredWebhook(
            native_id=str(self.id),
            address=self.url,
            events=self.events,
            filter=self.filter,
            expires_at=told_moment(source, self.expires, what="expirationDate"),
        )


class _AppPage(Struct, frozen=True):
    values: tuple[_AppWebhook, ...]
    total: int | None = None
    is_last: bool | None = msgspec.field(name="isLast", default=None)


class _Result(Struct, frozen=True):
    id: int | None = msgspec.field(name="createdWebhookId", default=None)
    errors: tuple[str, ...] = ()


class _Results(Struct, frozen=True):
    results: tuple[_Result, ...] = msgspec.field(name="webhookRegistrationResult")


class _Expiry(Struct, frozen=True):
    expires: int | str = msgspec.field(name="expirationDate")


class AdminWebhooks:
    """Webhooks of the whole site, for which the account needs the right to administer Jira.

    They sign with `secret`. A Data Center that cannot yet proves itself by the secret at the end of the address.
    `all_projects`: the configuration names none, so that projects to come are told of as well.
    """

    tool = TOOL
    has_own_secrets = False

    def __init__(
        self,
        client: Client,
        *,
        secret: str | None,
        all_projects: bool,
        is_cloud: bool,
        server_info: Callable[[], Awaitable[Mapping[str, Any]]],
    ) -> None:
        self._client = client
        self._secret = secret
        self._all_projects = all_projects
        self._is_cloud = is_cloud
        self._server_info = server_info

    def wanted(self, scopes: Sequence[Scope]) -> Sequence[WantedWebhook]:
        return _for_all(scopes, (*OF_ISSUES, *BESIDE_ISSUES), unfiltered=self._all_projects)

    async def registered(self) -> Sequence[RegisteredWebhook]:
        if await self._has_engine():
            return [each.told() for each in await self._client.get(ENGINE_API, tuple[_EngineWebhook, ...])]
        return [each.told() for each in await self._client.get(OLD_API, tuple[_OldWebhook, ...])]

    async def register(self, wanted: WantedWebhook, address: str) -> RegisteredWebhook:
        """Raises SourceMisconfigured where there is no secret to sign with."""
        secret = self._secret
        if secret is None:
            message = "Its deliveries could not be proven: set webhook: {secret: …} for this source."
            raise SourceMisconfigured(self._client.source, message)
        signs, has_engine = await self._signs(), await self._has_engine()
        target = address if signs else f"{address}/{secret}"

        async def make() -> RegisteredWebhook:
            name = f"Interlock ({self._client.source})"
            if has_engine:
                body = _engine_body(name, target, wanted, secret)
                return (await self._client.create(ENGINE_API, _EngineWebhook, json=body)).told()
            body = _old_body(name, target, wanted, secret if signs else None)
            return (await self._client.create(OLD_API, _OldWebhook, json=body)).told()

        try:
            return await made_once(make, self.registered, wanted=wanted, address=target)
        except SourceError as error:
            raise without(error, secret) from None

    async def remove(self, native_id: str) -> None:
        api = ENGINE_API if await self._has_engine() else OLD_API
        await self._client.ask("DELETE", f"{api}/{_number(native_id)}", Answer, accept={200, 202, 204, 404})

    async def refresh(self, native_ids: Sequence[str]) -> None:
        """They stay until somebody removes them."""

    async def _signs(self) -> bool:
        return self._is_cloud or await self._has_engine()

    async def _has_engine(self) -> bool:
        if self._is_cloud:
            return False
        version = (await self._server_info()).get("versionNumbers") or (0,)
        return bool(version[0] >= SIGNS_SINCE)


class AppWebhooks:
    """Webhooks of the OAuth app itself ("dynamic" ones). They expire after thirty days unless they are refreshed.

    Each delivery bears a token signed with the app's secret (`webhook.bears_token`).
    """

    tool = TOOL
    has_own_secrets = False

    def __init__(self, client: Client) -> None:
        self._client = client

    def wanted(self, scopes: Sequence[Scope]) -> Sequence[WantedWebhook]:
        return _for_all(scopes, OF_ISSUES)

    async def registered(self) -> Sequence[RegisteredWebhook]:
        async def fetch(start: int) -> OffsetPage[_AppWebhook]:
            place = {"startAt": start, "maxResults": PAGE}
            page = await self._client.get(APP_API, _AppPage, params=place)
            return OffsetPage(page.values, page.total, page.is_last)

        source = self._client.source
        return [each.told(source) async for rows in offset_pages(fetch, source=source) for each in rows]

    async def register(self, wanted: WantedWebhook, address: str) -> RegisteredWebhook:
        """Raises SourceMisconfigured with Jira's own words: it answers 200 although it made nothing."""

        async def make() -> RegisteredWebhook:
            asked = {"events": wanted.events, "jqlFilter": wanted.filter}
            answer = await self._client.create(APP_API, _Results, json={"url": address, "webhooks": [asked]})
            return await self._made(answer.results, wanted, address)

        return await made_once(make, self.registered, wanted=wanted, address=address)

    async def remove(self, native_id: str) -> None:
        """Ids that the app does not have are ignored by Jira."""
        body = {"webhookIds": [int(_number(native_id))]}
        await self._client.ask("DELETE", APP_API, Answer, accept={200, 202, 204}, json=body)

    async def refresh(self, native_ids: Sequence[str]) -> datetime | None:
        body = {"webhookIds": [int(_number(each)) for each in native_ids]}
        answer = await self._client.put(f"{APP_API}/refresh", _Expiry, json=body)
        return told_moment(self._client.source, answer.expires, what="expirationDate")

    async def _made(self, results: Sequence[_Result], wanted: WantedWebhook, address: str) -> RegisteredWebhook:
        """With its expiry, which only the listing tells."""
        result = results[0] if results else _Result()
        if result.id is None:
            said = " ".join(result.errors) or "Jira says neither what it made nor why not."
            raise SourceMisconfigured(self._client.source, f"Jira did not register the webhook: {said}")
        made = RegisteredWebhook(str(result.id), address, events=wanted.events, filter=wanted.filter)
        return next((each for each in await self.registered() if each.native_id == made.native_id), made)


def _for_all(scopes: Sequence[Scope], events: tuple[str, ...], *, unfiltered: bool = False) -> Sequence[WantedWebhook]:
    if unfiltered:
        return (WantedWebhook(None, events),)
    ids = sorted((scope.native_id for scope in scopes), key=int)
    return (WantedWebhook(None, events, in_projects(ids)),) if ids else ()


def _old_body(name: str, address: str, wanted: WantedWebhook, secret: str | None) -> Mapping[str, Any]:
    body: dict[str, Any] = {
        "name": name,
        "url": address,
        "events": wanted.events,
        "filters": {ISSUE_FILTER: wanted.filter or ""},
        "excludeBody": False,
        "enabled": True,
    }
    return body | ({"secret": secret} if secret is not None else {})


def _engine_body(name: str, address: str, wanted: WantedWebhook, secret: str) -> Mapping[str, Any]:
    """The engine knows no `secret` beside the others, and delivers unsigned then; its configuration is all text."""
    configuration = {"SECRET": secret, "EXCLUDE_BODY": "false"}
    if wanted.filter:
        configuration["FILTERS"] = msgspec.json.encode({ISSUE_FILTER: wanted.filter}).decode()
    return {"name": name, "url": address, "events": wanted.events, "active": True, "configuration": configuration}


def _engine_filter(filters: object) -> str | None:
    """From an object, or from the text of one."""
    if isinstance(filters, str):
        with suppress(msgspec.DecodeError):
            filters = msgspec.json.decode(filters)
    found = filters.get(ISSUE_FILTER) if isinstance(filters, dict) else None
    return str(found) if found else None


def _number(native_id: str) -> str:
    if not (native_id.isascii() and native_id.isdigit()):
        raise ValueError(f"{native_id!r} is not an id of a webhook")
    return native_id
