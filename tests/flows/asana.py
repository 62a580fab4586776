"""A stand-in Asana, the source that reads it and a database, put together; time stands still until a test moves it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from connectors.asana.config import AsanaOptions
from connectors.asana.source import AsanaSource
from connectors.sandbox.asana.application import create_asana
from connectors.sandbox.asana.options import AsanaOptions as Behaviour
from connectors.sandbox.asana.site import AsanaSite
from connectors.sandbox.server import SandboxServer
from connectors.transport import BearerAuth
from service.store.engine import Database
from service.store.tables.items import item_references, pending_details
from service.sync.outcome import Mode, Outcome, RunStatus
from service.sync.run import sync_source
from tests.connectors.asana.support import a_launch, a_site
from tests.connectors.time import FakeTime
from tests.flows.stored import DERIVED, VOCABULARY, Row, Store, item, stored
from tests.flows.support import HandClock

ASANA = "asana"
ALL = (*DERIVED, *VOCABULARY, item_references, pending_details)


@dataclass(slots=True)
class AsanaFlow:
    """One connected workspace. `clock` is ours and the server's."""

    site: AsanaSite
    options: Behaviour
    url: str
    source: AsanaSource
    database: Database
    clock: HandClock

    async def sync(self, *, full: bool = False) -> Outcome:
        return await sync_source(
            self.source, self.database, clock=self.clock, mode=Mode.FULL if full else Mode.INCREMENTAL
        )

    async def sync_whole(self, *, full: bool = False) -> Outcome:
        """A run that has nothing to complain of."""
        outcome = await self.sync(full=full)
        assert (outcome.status, outcome.reasons) == (RunStatus.COMPLETE, ())
        return outcome

    async def reconfigure(self, **settings: Any) -> None:
        """The operator changes the configuration and starts Interlock again."""
        await self.source.aclose()
        self.source = an_asana_source(self.url, **settings)

    def asked(self) -> Counter[str]:
        """Paths of the recorded requests below the API's own, without the gids in them."""
        paths = (request.path.partition("/api/1.0")[2] for request in self.options.requests)
        return Counter(re.sub(r"\d{6,}", "…", path) for path in paths)

    def keep_silent(self) -> None:
        """Feeds are at-most-once: what has happened until now is told to nobody."""
        self.site.events = [replace(event, streams=frozenset()) for event in self.site.events]


def an_asana_source(url: str, **settings: Any) -> AsanaSource:
    """Waits between retries take no time."""
    passing = FakeTime()
    return AsanaSource(
        name=settings.pop("name", "acme"),
        url=url,
        auth=BearerAuth(Behaviour().token),
        options=settings.pop("options", AsanaOptions()),
        sleep=passing.sleep,
        clock=passing.now,
        **settings,
    )


@asynccontextmanager
async def flowing(
    site: AsanaSite, database: Database, *, settings: dict[str, Any] | None = None, **behaviour: Any
) -> AsyncIterator[AsanaFlow]:
    """`settings` are the source's, all other values those of the stand-in server."""
    clock = HandClock()
    options = Behaviour(clock=clock.now, **behaviour)
    with SandboxServer(create_asana(site, options)) as server:
        url = f"{server.url}/api/1.0"
        flow = AsanaFlow(site, options, url, an_asana_source(url, **(settings or {})), database, clock)
        try:
            yield flow
        finally:
            await flow.source.aclose()


@dataclass(frozen=True)
class Two:
    """Two projects of three tasks each; the first task of each has a sub-task. `shared` stands in both."""

    site: AsanaSite
    first: str
    second: str
    tasks: list[str]
    others: list[str]
    subtask: str
    shared: str


def two_projects() -> Two:
    """Everything in it was done long ago."""
    site = a_site()
    launch, other = a_launch(site), a_launch(site, "Support readiness")
    site.add_to_project(other.tasks[2], launch.project)
    return Two(site, launch.project, other.project, launch.tasks, other.tasks, launch.subtask, other.tasks[2])


async def derived(database: Database) -> Store:
    """Everything that a reading gives, and what is still to be read."""
    return await stored(database, ALL)


def facets(store: Store, gid: str, facet: str) -> Sequence[str]:
    """Native ids of an item's values of one kind."""
    rows = [row for row in store["item_facets"] if row["item_uid"] == f"acme:{gid}" and row["facet"] == facet]
    return sorted(row["native_id"] for row in rows)


def changes(store: Store, gid: str) -> list[Row]:
    return [row for row in store["item_changes"] if row["item_uid"] == f"acme:{gid}"]


def parent(store: Store, gid: str) -> str | None:
    uid: str | None = item(store, gid)["parent_uid"]
    return uid and uid.removeprefix("acme:")
