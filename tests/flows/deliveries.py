"""Deliveries as tools send them: made up from a site and put down as the receiver does."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

from connectors.jira.webhook import read_delivery
from service.store.engine import Database
from service.store.inbox import Counters as WebhookCounters
from service.store.inbox import Inbox, InboxStanding
from service.sync.inbox import Applier
from tests.flows.child import Child, Job
from tests.flows.support import NOW, Flow


def told(flow: Flow, native_id: str, event: str = "jira:issue_updated") -> bytes:
    """The body that the site would send about an issue now."""
    issue = flow.site.issues.get(native_id)
    fields = {} if issue is None else {"project": {"id": issue["fields"]["project"]["id"]}}
    moment = int(flow.clock.now().timestamp() * 1000)
    return json.dumps(
        {"timestamp": moment, "webhookEvent": event, "issue": {"id": native_id, "fields": fields}}
    ).encode()


async def put_down(
    database: Database, *bodies: bytes, now: Any, source: str = "acme", read: Any = read_delivery
) -> None:
    """As the receiver does with proven deliveries."""
    for body in bodies:
        async with database.transaction() as uow:
            delivery = read(body, {})
            new = await Inbox(uow.connection).add(source, delivery, key=repr(body), now=now)
            await WebhookCounters(uow.connection).received(source, now=now, repeated=not new)


def an_applier(flow: Flow) -> Applier:
    return Applier(flow.source, flow.database, flow.clock)


async def standing(database: Database) -> InboxStanding:
    async with database.reading() as uow:
        return (await Inbox(uow.connection).standing())["acme"]


def reads(flow: Flow) -> Counter[str]:
    """How often each issue was asked for by id since the requests were cleared."""
    asked: Counter[str] = Counter()
    for request in flow.options.requests:
        if request.path.endswith("/issue/bulkfetch"):
            asked.update(request.body["issueIdsOrKeys"])
    return asked


async def a_killed_process_applies(flow: Flow, database_url: str, dies_at: int) -> str | None:
    minutes = (flow.clock.now() - NOW).total_seconds() / 60
    child = Child(Job(flow.url, database_url, minutes=minutes, dies_at=dies_at, applies=True))
    return await asyncio.to_thread(child.verdict)
