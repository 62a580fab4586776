"""Managing Asana's webhooks: one for each project, for larger things never tell of tasks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from connectors.asana.gateway import AsanaGateway, JsonObject
from connectors.contract import RegisteredWebhook, Scope, WantedWebhook
from connectors.errors import PermissionDenied, SourceMisconfigured
from connectors.registering import made_once, told_moment, without

TOOL: Final = "asana"
EVENTS: Final = (
    *("task added", "task changed", "task removed", "task deleted", "task undeleted"),
    "story added",  # each change leaves one, also where the task's own event fails to come
    *("attachment added", "attachment deleted"),
)


class _Resource(Struct, frozen=True):
    gid: str


class _Filter(Struct, frozen=True):
    resource_type: str | None = None
    action: str | None = None


class _Webhook(Struct, frozen=True):
    gid: str
    target: str
    resource: _Resource
    active: bool = True
    filters: tuple[_Filter, ...] = ()
    last_success_at: str | None = None
    last_failure_at: str | None = None
    last_failure_content: str | None = None
    failure_deletion_timestamp: str | None = None


class AsanaWebhooks:
    """`workspace` tells which one is read. Each webhook is seen and removed by the app that made it alone."""

    tool = TOOL
    has_own_secrets = True

    def __init__(self, source: str, gateway: AsanaGateway, *, workspace: Callable[[], Awaitable[str]]) -> None:
        self._source = source
        self._gateway = gateway
        self._workspace = workspace

    def wanted(self, scopes: Sequence[Scope]) -> Sequence[WantedWebhook]:
        return tuple(WantedWebhook(scope.native_id, EVENTS) for scope in scopes)

    async def registered(self) -> Sequence[RegisteredWebhook]:
        return [self._told(row) for row in await self._gateway.webhooks(await self._workspace())]

    async def register(self, wanted: WantedWebhook, address: str) -> RegisteredWebhook:
        """Returns after the handshake at `address`, which therefore has to be answered meanwhile."""
        if wanted.scope_id is None:
            raise SourceMisconfigured(self._source, "A webhook of Asana is for one project.")
        project, filters = wanted.scope_id, [_filter(event) for event in wanted.events]

        async def make() -> RegisteredWebhook:
            return self._told(await self._gateway.create_webhook(project, address, filters))

        try:
            return await made_once(make, self.registered, wanted=wanted, address=address)
        except (SourceMisconfigured, PermissionDenied) as error:
            hint = "Asana shakes hands with our address meanwhile: the service has to run and to be reachable there."
            said = without(error, address.rpartition("/")[2]).message
            raise type(error)(self._source, f"{said} {hint}") from None

    async def remove(self, native_id: str) -> None:
        try:
            await self._gateway.delete_webhook(native_id)
        except SourceMisconfigured:
            if any(each.native_id == native_id for each in await self.registered()):
                raise

    async def refresh(self, native_ids: Sequence[str]) -> None:
        """They stay for as long as their deliveries are answered."""

    def _told(self, row: JsonObject) -> RegisteredWebhook:
        try:
            found = msgspec.convert(row, _Webhook)
        except msgspec.ValidationError as error:
            raise SourceMisconfigured(self._source, f"A webhook has an unexpected shape ({error}).") from None
        return RegisteredWebhook(
            native_id=found.gid,
            address=found.target,
            scope_id=found.resource.gid,
            events=tuple(f"{each.resource_type} {each.action}" for each in found.filters) or EVENTS,  # unfiltered: all
            active=found.active,
            expires_at=told_moment(self._source, found.failure_deletion_timestamp, what="failure_deletion_timestamp"),
            last_success_at=told_moment(self._source, found.last_success_at, what="last_success_at"),
            last_failure_at=told_moment(self._source, found.last_failure_at, what="last_failure_at"),
            last_failure=found.last_failure_content or None,
        )


def _filter(event: str) -> JsonObject:
    resource_type, _, action = event.partition(" ")
    return {"resource_type": resource_type, "action": action}
