"""The same tree without a product: by the least code that could fetch it, and by the official client.

The *floor* asks for what nobody can avoid, every project's listing and the sub-tasks of every parent, eight at a time,
and throws the answers away. The *peer* is the official `asana` client doing the same, one thing after the other, as it
does; it is told which tasks have sub-tasks, so that it asks for no more than the others.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

import asana as sdk
import httpx
import msgspec
import urllib3

from connectors.asana import opt_fields
from tests.bench.asana_serve import LOGIN, TOKEN
from tests.bench.serve import PRODUCT_CORE, pin

IN_FLIGHT = 8
FIELDS = opt_fields.of_task()


class Next(msgspec.Struct):
    offset: str


class Row(msgspec.Struct):
    gid: str
    num_subtasks: int = 0


class Listing(msgspec.Struct):
    data: list[Row]
    next_page: Next | None = None


class Floor:
    """Counts what it fetches."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.gate = asyncio.Semaphore(IN_FLIGHT)
        self.tasks: set[str] = set()
        self.requests = 0

    async def walk(self) -> None:
        (workspace,) = await self._list("/workspaces", {})
        projects = await self._list("/projects", {"workspace": workspace.gid})
        await asyncio.gather(*(self._project(row.gid) for row in projects))

    async def _project(self, gid: str) -> None:
        rows = await self._list("/tasks", {"project": gid, "opt_fields": FIELDS})
        await asyncio.gather(*(self._beneath(row) for row in self._new(rows)))

    async def _beneath(self, task: Row) -> None:
        if task.num_subtasks:
            rows = await self._list(f"/tasks/{task.gid}/subtasks", {"opt_fields": FIELDS})
            await asyncio.gather(*(self._beneath(row) for row in self._new(rows)))

    def _new(self, rows: Sequence[Row]) -> list[Row]:
        """A task in two projects is asked for its sub-tasks once."""
        fresh = [row for row in rows if row.gid not in self.tasks]
        self.tasks.update(row.gid for row in fresh)
        return fresh

    async def _list(self, path: str, params: dict[str, str]) -> list[Row]:
        rows: list[Row] = []
        offset: dict[str, str] = {}
        while True:
            async with self.gate:
                answer = await self.http.get(path, params={"limit": "100", **params, **offset})
            self.requests += 1
            page = msgspec.json.decode(answer.content, type=Listing)
            rows += page.data
            if page.next_page is None:
                return rows
            offset = {"offset": page.next_page.offset}


async def floor(url: str) -> tuple[int, int]:
    """(tasks, requests)."""
    limits = httpx.Limits(max_connections=IN_FLIGHT)
    async with httpx.AsyncClient(base_url=url, headers=LOGIN, limits=limits, timeout=60) as http:
        walker = Floor(http)
        await walker.walk()
    return len(walker.tasks), walker.requests


def peer(url: str, *, every: int) -> tuple[int, int]:
    """(tasks, projects) of every n-th project."""
    configuration = sdk.Configuration()
    configuration.host, configuration.access_token = url, TOKEN
    configuration.retry_strategy = urllib3.Retry(total=0, raise_on_status=False)
    api = sdk.TasksApi(sdk.ApiClient(configuration))
    workspace = next(iter(sdk.WorkspacesApi(api.api_client).get_workspaces({})))["gid"]
    projects = list(sdk.ProjectsApi(api.api_client).get_projects({"workspace": workspace}))[::every]
    seen: set[str] = set()

    def beneath(tasks: list[dict[str, Any]]) -> None:
        for task in tasks:
            if task["gid"] not in seen:
                seen.add(task["gid"])
                if task["num_subtasks"]:
                    beneath(list(api.get_subtasks_for_task(task["gid"], {"opt_fields": FIELDS})))

    for project in projects:
        beneath(list(api.get_tasks({"project": project["gid"], "opt_fields": FIELDS})))
    return len(seen), len(projects)


def main(who: str, url: str, every: str = "1") -> None:
    pin(PRODUCT_CORE)
    started, cpu = time.perf_counter(), time.process_time()
    tasks, further = asyncio.run(floor(url)) if who == "floor" else peer(url, every=int(every))
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    more = {"requests": further} if who == "floor" else {}
    print(json.dumps({"issues": tasks, "seconds": seconds, "cpu_seconds": cpu, **more}))


if __name__ == "__main__":
    main(*sys.argv[1:])
