"""The floor: the least code that fetches, decodes and inserts the same rows. No retries, no checks, no meaning.

It lists ids, reads them by a hundred with eight requests in flight, decodes just the needed fields, compresses the
raw slice with a trained dictionary and inserts into the same tables with the same indexes, a thousand issues at a time.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import zstandard
from msgspec import Raw, Struct

from service.store import migrate
from tests.bench.serve import FIELDS, LOGIN, PAGE, PRODUCT_CORE, pin

IN_FLIGHT = 8
BATCH = 1_000


class Named(Struct):
    id: str = ""
    name: str = ""


class Category(Struct):
    key: str = ""


class Status(Named, rename="camel", kw_only=True):
    status_category: Category


class Type(Named, rename="camel"):
    hierarchy_level: int = 0
    subtask: bool = False


class Ref(Struct):
    id: str
    key: str = ""


class Person(Struct, rename="camel"):
    account_id: str | None = None


class Link(Struct, rename="camel"):
    id: str
    type: Named
    inward_issue: Ref | None = None
    outward_issue: Ref | None = None


class Fields(Struct, rename={"fix_versions": "fixVersions"}):
    summary: str
    created: str
    updated: str
    status: Status
    issuetype: Type
    project: Ref
    assignee: Person | None = None
    reporter: Person | None = None
    priority: Named | None = None
    resolution: Named | None = None
    resolutiondate: str | None = None
    duedate: str | None = None
    parent: Ref | None = None
    labels: list[str] = []
    components: list[Named] = []
    fix_versions: list[Named] = []
    issuelinks: list[Link] = []
    timeoriginalestimate: int | None = None
    timespent: int | None = None
    timeestimate: int | None = None
    customfield_10016: float | None = None


class Item(Struct, rename={"field_id": "fieldId", "from_": "from", "from_text": "fromString", "to_text": "toString"}):
    field: str
    field_id: str | None = None
    from_: str | None = None
    to: str | None = None
    from_text: str | None = None
    to_text: str | None = None


class History(Struct):
    id: str
    created: str
    items: list[Item]
    author: Person | None = None


class Changelog(Struct, frozen=True):
    histories: list[History] = []


class Issue(Struct):
    id: str
    key: str
    fields: Fields
    changelog: Changelog = Changelog()


class Bulk(Struct):
    issues: list[Raw]


class Listed(Struct):
    id: str


class Listing(Struct, rename="camel"):
    issues: list[Listed]
    next_page_token: str | None = None


async def load(url: str, projects: list[str], database: Path) -> int:
    """Load every issue; returns how many."""
    decode_bulk, decode_issue = msgspec.json.Decoder(Bulk), msgspec.json.Decoder(Issue)
    store = _Store(database)
    gate = asyncio.Semaphore(IN_FLIGHT)
    waiting: list[tuple[bytes, Issue]] = []
    limits = httpx.Limits(max_connections=IN_FLIGHT)
    async with httpx.AsyncClient(base_url=url, auth=LOGIN, limits=limits, timeout=60) as http:

        async def read(ids: list[str]) -> None:
            async with gate:
                body = {"issueIdsOrKeys": ids, "fields": FIELDS, "expand": ["changelog"]}
                answer = await http.post("/rest/api/3/issue/bulkfetch", json=body)
            for raw in decode_bulk.decode(answer.content).issues:
                waiting.append((bytes(raw), decode_issue.decode(raw)))
            if len(waiting) >= BATCH:
                store.insert(waiting)
                waiting.clear()

        reads: list[asyncio.Task[None]] = []
        for project in projects:
            async for ids in _list(http, project):
                reads += [asyncio.create_task(read(ids[i : i + PAGE])) for i in range(0, len(ids), PAGE)]
        await asyncio.gather(*reads)
        store.insert(waiting)
    return store.count


async def _list(http: httpx.AsyncClient, project: str) -> AsyncIterator[list[str]]:
    token: str | None = None
    while True:
        body = {"jql": f"project = {project} ORDER BY id ASC", "fields": ["updated"], "maxResults": 5000}
        answer = await http.post("/rest/api/3/search/jql", json=body | ({"nextPageToken": token} if token else {}))
        page = msgspec.json.decode(answer.content, type=Listing)
        yield [issue.id for issue in page.issues]
        token = page.next_page_token
        if token is None:
            return


class _Store:
    def __init__(self, database: Path) -> None:
        migrate.upgrade(f"sqlite:///{database}")
        self.connection = sqlite3.connect(database)
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.compressor: zstandard.ZstdCompressor | None = None
        self.count = 0

    def insert(self, batch: list[tuple[bytes, Issue]]) -> None:
        if not batch:
            return
        if self.compressor is None:
            trained = zstandard.train_dictionary(64 * 1024, [raw for raw, _ in batch[:500]])
            self.compressor = zstandard.ZstdCompressor(level=3, dict_data=trained)
        compress = self.compressor.compress
        raws, items, facets, changes, links = [], [], [], [], []
        for raw, issue in batch:
            uid, f = f"s:{issue.id}", issue.fields
            digest = hashlib.sha256(raw).digest()[:16]
            raws.append(("s", "issue", issue.id, f.project.id, digest, 1, compress(raw), f.updated, 1, None))
            items.append(_item_row(uid, issue))
            facets += [(uid, "label", "", label, "") for label in f.labels]
            facets += [(uid, "component", "", c.name, c.id) for c in f.components]
            facets += [(uid, "release", "", v.name, v.id) for v in f.fix_versions]
            for history in issue.changelog.histories:
                author = history.author.account_id if history.author else None
                changes += [
                    (uid, history.id, n, history.created, i.field_id, author, i.from_, i.to, i.from_text, i.to_text)
                    for n, i in enumerate(history.items)
                ]
            for link in f.issuelinks:
                far = link.outward_issue or link.inward_issue
                if far is not None:
                    links.append(("s", link.id, link.type.id, uid, f"s:{far.id}", "jira_link", True, False))
        with self.connection as c:
            c.executemany(f"INSERT OR REPLACE INTO raw_records VALUES ({_marks(10)})", raws)  # noqa: S608
            c.executemany(f"INSERT OR REPLACE INTO work_items VALUES ({_marks(40)}, NULL, NULL)", items)  # noqa: S608
            c.executemany(f"INSERT OR REPLACE INTO item_facets VALUES ({_marks(5)})", facets)  # noqa: S608
            c.executemany(f"INSERT OR REPLACE INTO item_changes VALUES ({_marks(10)})", changes)  # noqa: S608
            c.executemany(f"INSERT OR REPLACE INTO links VALUES ({_marks(8)})", links)  # noqa: S608
        self.count += len(batch)


def _marks(count: int) -> str:
    return ",".join("?" * count)


def _item_row(uid: str, issue: Issue) -> tuple[object, ...]:
    f = issue.fields
    return (
        uid, "s", issue.id, issue.key, f.summary, f.project.id, f.issuetype.id, f.issuetype.name,
        f.issuetype.hierarchy_level, f.issuetype.subtask, f.status.id, f.status.name, f.status.status_category.key,
        f.resolution.name if f.resolution else None, False, f.priority.name if f.priority else None,
        f.assignee.account_id if f.assignee else None, f.reporter.account_id if f.reporter else None, None,
        f"s:{f.parent.id}" if f.parent else None, None, None, f.customfield_10016, "customfield_10016",
        f.timeoriginalestimate, f.timespent, f.timeestimate, None, f.duedate, None, None, False, False,
        f.created, f.updated, f.resolutiondate, None, None, None, None,
    )  # fmt: skip


def main(url: str, projects: str, database: str) -> None:
    pin(PRODUCT_CORE)
    started, cpu = time.perf_counter(), time.process_time()
    count = asyncio.run(load(url, projects.split(","), Path(database)))
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    print(json.dumps({"issues": count, "seconds": seconds, "cpu_seconds": cpu}))


if __name__ == "__main__":
    main(*sys.argv[1:])
