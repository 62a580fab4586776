"""A stand-in site, the source that reads it and a database, put together; time stands still until a test moves it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from connectors.jira.config import JiraOptions
from connectors.jira.source import JiraSource
from connectors.sandbox.bulk import generate_bulk
from connectors.sandbox.cloud import create_cloud
from connectors.sandbox.datacenter import create_datacenter
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.server import SandboxServer
from connectors.sandbox.site import JiraSite
from connectors.transport import BearerAuth
from service.store.engine import Database
from service.sync.outcome import Mode, Outcome, RunStatus
from service.sync.run import sync_source
from tests.connectors.time import FakeTime

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
CLOUD, DATA_CENTER = "jira-cloud", "jira-dc"
LISTING = {CLOUD: "/search/jql", DATA_CENTER: "/search"}
READING = {CLOUD: "/issue/bulkfetch", DATA_CENTER: "/search"}


class HandClock:
    """Ours or the server's; moved by the test."""

    def __init__(self, moment: datetime = NOW) -> None:
        self._moment = moment

    def now(self) -> datetime:
        return self._moment

    def pass_by(self, **span: float) -> None:
        self._moment += timedelta(**span)


@dataclass(slots=True)
class Flow:
    """One connected site. `clock` is ours and the server's unless the test gave the server another one."""

    site: JiraSite
    options: SandboxOptions
    url: str
    kind: str
    source: JiraSource
    database: Database
    clock: HandClock

    async def sync(self, *, full: bool = False, mode: Mode = Mode.INCREMENTAL) -> Outcome:
        return await sync_source(self.source, self.database, clock=self.clock, mode=Mode.FULL if full else mode)

    async def sync_whole(self, *, full: bool = False, mode: Mode = Mode.INCREMENTAL) -> Outcome:
        """A run that has nothing to complain of."""
        outcome = await self.sync(full=full, mode=mode)
        assert (outcome.status, outcome.reasons) == (RunStatus.COMPLETE, ())
        return outcome

    async def reconfigure(self, **settings: Any) -> None:
        """The operator changes the configuration and starts Interlock again."""
        await self.source.aclose()
        self.source = a_source(self.url, kind=self.kind, **settings)


def a_source(url: str, *, kind: str = CLOUD, token: str | None = None, **settings: Any) -> JiraSource:
    """Waits between retries take no time (they pass in `time`). Without a `token` it has the one that opens all."""
    passing: FakeTime = settings.pop("time", None) or FakeTime()
    options = settings.pop("options", JiraOptions())
    settings = {"projects": None, "page_size": 20} | settings
    return JiraSource(
        name="acme",
        kind=kind,
        url=url,
        auth=BearerAuth(token or SandboxOptions().token),
        options=options,
        sleep=passing.sleep,
        clock=passing.now,
        **settings,
    )


@asynccontextmanager
async def flowing(
    site: JiraSite,
    database: Database,
    *,
    kind: str = CLOUD,
    server_clock: HandClock | None = None,
    settings: dict[str, Any] | None = None,
    **behaviour: Any,
) -> AsyncIterator[Flow]:
    """`settings` are the source's, all other values those of the stand-in server."""
    clock = HandClock()
    options = SandboxOptions(clock=(server_clock or clock).now, **behaviour)
    create = create_cloud if kind == CLOUD else create_datacenter
    with SandboxServer(create(site, options), context_path="/jira") as server:
        source = a_source(server.url, kind=kind, **(settings or {}))
        flow = Flow(site, options, server.url, kind, source, database, clock)
        try:
            yield flow
        finally:
            await flow.source.aclose()


def a_site(*, issues: int = 120, projects: int = 2, histories: int = 2) -> JiraSite:
    """Plain issues with parents and links, evenly in BULK1, BULK2, …; nothing changed during the last week."""
    return generate_bulk(issues=issues, histories=histories, payload_bytes=2_000, projects=projects, today=TODAY)


def ids_in(site: JiraSite, key: str) -> list[str]:
    """Ids of a project's issues by the site's own word, ascending."""
    return sorted(number for number, issue in site.issues.items() if issue["fields"]["project"]["key"] == key)


def project_id(site: JiraSite, key: str) -> str:
    return next(number for number, row in site.projects.items() if row["key"] == key)


def codes(outcome: Outcome) -> Sequence[tuple[str, str | None]]:
    """(code, scope) of each reason."""
    return [(reason.code, reason.scope) for reason in outcome.reasons]
