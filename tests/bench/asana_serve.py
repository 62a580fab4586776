"""The stand-in Asana of a measurement, in a process and on a core of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn

from connectors.sandbox.asana.application import create_asana
from connectors.sandbox.asana.bulk import generate_bulk
from connectors.sandbox.asana.options import AsanaOptions
from tests.bench.serve import SERVER_CORE, TODAY, free_port, pin

TOKEN = AsanaOptions().token
LOGIN = {"Authorization": f"Bearer {TOKEN}"}


@contextmanager
def served(*, tasks: int, projects: int, latency: float = 0.0) -> Iterator[str]:
    """A stand-in Asana without rate limits, a tenth of whose tasks have sub-tasks; yields the address of its API."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.asana_serve", str(tasks), str(projects), str(latency), str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise RuntimeError("the stand-in server did not start")
        url = f"http://127.0.0.1:{port}/api/1.0"
        with httpx.Client(headers=LOGIN, timeout=120, transport=httpx.HTTPTransport(retries=5)) as http:
            http.get(f"{url}/users/me").raise_for_status()
        yield url
    finally:
        process.terminate()
        process.wait()


def main(tasks: str, projects: str, latency: str, port: str) -> None:
    pin(SERVER_CORE)
    site = generate_bulk(tasks=int(tasks), projects=int(projects), today=TODAY)
    app = create_asana(site, AsanaOptions(latency=float(latency)))
    print("ready", flush=True)
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="error", access_log=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
