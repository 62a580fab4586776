"""A small workspace behind the stand-in server, and a source that reads it; time passes only when someone sleeps."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.asana.config import AsanaOptions
from connectors.asana.source import AsanaSource
from connectors.contract import Page, RawItem, Scope, ScopeListing
from connectors.items import SourceItem
from connectors.sandbox.asana.application import create_asana
from connectors.sandbox.asana.options import AsanaOptions as Behaviour
from connectors.sandbox.asana.site import AsanaSite
from connectors.sandbox.server import SandboxServer
from connectors.transport import BearerAuth
from tests.connectors.time import FakeTime

NOW = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)
YESTERDAY = NOW - timedelta(days=1)
JUST_NOW = NOW - timedelta(minutes=2)
TOKEN = Behaviour().token
SECTIONS = ("To do", "Doing", "Done")


def a_site() -> AsanaSite:
    """One workspace, nothing in it yet; what is added without a moment was added long ago."""
    site = AsanaSite()
    site.clock = lambda: LONG_AGO
    return site


@dataclass
class Launch:
    """A project with three tasks, of which the first has a sub-task."""

    site: AsanaSite
    project: str
    tasks: list[str]
    subtask: str

    @property
    def sections(self) -> Sequence[str]:
        return self.site.projects[self.project].sections


def a_launch(site: AsanaSite | None = None, name: str = "Checkout launch") -> Launch:
    site = site or a_site()
    project = site.add_project(name, sections=SECTIONS)
    tasks = [site.add_task(f"Task {number}", project=project) for number in (1, 2, 3)]
    return Launch(site, project, tasks, site.add_subtask(tasks[0], "Step 1"))


@asynccontextmanager
async def connected(
    site: AsanaSite,
    *,
    options: AsanaOptions | None = None,
    token: str = TOKEN,
    workspace: str | None = None,
    projects: Sequence[str] | None = None,
    portfolios: Sequence[str] = (),
    page_size: int = 100,
    time: FakeTime | None = None,
    **behaviour: Any,
) -> AsyncIterator[tuple[AsanaSource, Behaviour]]:
    passing = time or FakeTime()
    told = Behaviour(**({"clock": lambda: NOW} | behaviour))
    with SandboxServer(create_asana(site, told)) as server:
        source = AsanaSource(
            name="acme",
            url=f"{server.url}/api/1.0",
            auth=BearerAuth(token),
            options=options or AsanaOptions(),
            workspace=workspace,
            projects=projects,
            portfolios=portfolios,
            page_size=page_size,
            sleep=passing.sleep,
            clock=passing.now,
        )
        try:
            yield source, told
        finally:
            await source.aclose()


@dataclass
class Crawled:
    pages: list[Page]
    listing: ScopeListing

    @property
    def items(self) -> list[RawItem]:
        return [item for page in self.pages for item in page.items]

    @property
    def ids(self) -> list[str]:
        return [item.record.native_id for item in self.items]

    @property
    def missing(self) -> list[str]:
        return [gid for page in self.pages for gid in page.missing_ids]


async def crawl(
    source: AsanaSource, scope: Scope, *, since: datetime | None = None, token: str | None = None
) -> Crawled:
    """One run over one scope; fails unless exactly one listing was handed over, at the end."""
    listings: list[ScopeListing] = []
    pages = [page async for page in source.pages(scope, since=since, token=token, on_listing=listings.append)]
    (listing,) = listings
    return Crawled(pages, listing)


async def only_scope(source: AsanaSource) -> Scope:
    found, missing = await source.scopes()
    assert not missing
    (scope,) = found
    return scope


async def read(source: AsanaSource, items: Iterable[RawItem]) -> dict[str, SourceItem]:
    """The items as the normaliser of a fresh discovery reads them, by gid."""
    normalise = source.build_normaliser((await source.discover()).payloads)
    return {item.record.native_id: normalise(item) for item in items}
