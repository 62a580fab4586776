"""The stand-in server of a measurement, in a process and on a core of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import httpx
import uvicorn

from connectors.sandbox.bulk import generate_bulk
from connectors.sandbox.cloud import create_cloud
from connectors.sandbox.options import SandboxOptions

TODAY = date(2026, 11, 20)
SERVER_CORE = 1
PRODUCT_CORE = 0
LOGIN = ("demo@example.com", "sandbox")
PAGE = 100
FIELDS = ["*all", "-comment", "-description", "-environment", "-attachment", "-worklog", "-lastViewed"]
FIELD_BYTES = 5_000  # with names, people, links and five histories an issue is then about 10 KB on the wire


@contextmanager
def served(*, issues: int, latency: float = 0.0, projects: int = 4) -> Iterator[str]:
    """A stand-in Jira Cloud with that many issues of 10 KB; yields its address."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.serve", str(issues), str(latency), str(projects), str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise RuntimeError("the stand-in server did not start")
        url = f"http://127.0.0.1:{port}"
        _warm(url, projects)
        yield url
    finally:
        process.terminate()
        process.wait()


def _warm(url: str, projects: int) -> None:
    """Let the server render every issue once: what is measured is the reader."""
    with httpx.Client(base_url=url, auth=LOGIN, timeout=120, transport=httpx.HTTPTransport(retries=5)) as http:
        for number in range(1, projects + 1):
            token: str | None = None
            while True:
                query = {"jql": f"project = BULK{number} ORDER BY id ASC", "fields": ["updated"], "maxResults": 5000}
                page = http.post("/rest/api/3/search/jql", json=query | ({"nextPageToken": token} if token else {}))
                ids = [issue["id"] for issue in page.json()["issues"]]
                for start in range(0, len(ids), PAGE):
                    wanted = {"issueIdsOrKeys": ids[start : start + PAGE], "fields": FIELDS, "expand": ["changelog"]}
                    http.post("/rest/api/3/issue/bulkfetch", json=wanted)
                token = page.json().get("nextPageToken")
                if token is None:
                    break


def pin(core: int) -> None:
    """Stay on one core, where the system lets a process choose and has that many."""
    if hasattr(os, "sched_setaffinity") and core < (os.cpu_count() or 1):
        os.sched_setaffinity(0, {core})


def free_port() -> int:
    """Of this machine, just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main(issues: str, latency: str, projects: str, port: str) -> None:
    pin(SERVER_CORE)
    site = generate_bulk(issues=int(issues), projects=int(projects), payload_bytes=FIELD_BYTES, today=TODAY)
    options = SandboxOptions(latency=float(latency))
    app = create_cloud(site, options)
    print("ready", flush=True)
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="error", access_log=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
