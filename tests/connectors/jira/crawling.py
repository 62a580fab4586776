"""One scope of a stub site, crawled the way a source does it, with time that only passes when someone sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from connectors.client import Client
from connectors.contract import Page, RawRecord, Scope
from connectors.jira.cloud import CloudEdition
from connectors.jira.crawl import Crawl
from connectors.jira.datacenter import DataCenterEdition
from connectors.jira.reading import BatchReader, Edition
from connectors.jira.witness import Witness
from connectors.retrying import Retrying
from connectors.throttle import Budget
from connectors.transport import BearerAuth, Transport
from tests.connectors.jira.stub import NOW, StubJira
from tests.connectors.time import FakeTime

PAY = Scope("10", "PAY", "Payments")


class Crawler:
    """The pieces of a source around one stub; `pages` crawls the scope once."""

    def __init__(self, site: StubJira, *, concurrency: int = 8, page_size: int = 100) -> None:
        self.time = FakeTime()
        self.budget = Budget(concurrency, clock=self.time.now, sleep=self.time.sleep)
        self.witness = Witness("acme", clock=self.time.now)
        self.witness.account = "me"
        self.witness.start_clock(NOW)
        client = Client(
            source="acme",
            transport=Transport(
                source="acme",
                url="https://acme.example.com",
                auth=BearerAuth("t0ken"),
                transport=site.transport(),
                on_answer=self.witness.saw,
            ),
            retrying=Retrying(self.budget, sleep=self.time.sleep, jitter=lambda: 1.0),
        )
        self.edition: Edition = (CloudEdition if site.cloud else DataCenterEdition)(client, self.witness)

        async def still_alive() -> object:
            return await client.get("/rest/api/2/serverInfo", dict)

        self.reader = BatchReader(size=page_size, still_alive=still_alive)
        self.concurrency = concurrency
        self.page_size = page_size
        self.room = asyncio.Semaphore(concurrency)

    def crawl(self, since: datetime | None = None) -> Crawl:
        return Crawl(
            self.edition,
            self.reader,
            PAY,
            source="acme",
            since=since,
            workers=self.concurrency,
            room=self.room,
            page_size=self.page_size,
        )

    async def pages(self, since: datetime | None = None) -> list[Page]:
        return [page async for page in self.crawl(since).pages()]


def ids(pages: Sequence[Page]) -> list[int]:
    return sorted(int(item.record.native_id) for page in pages for item in page.items)


def missing(pages: Sequence[Page]) -> list[int]:
    return sorted(int(each) for page in pages for each in page.missing_ids)


def changelogs(pages: Sequence[Page]) -> list[RawRecord]:
    return [extra for page in pages for item in page.items for extra in item.extras]
