"""`python -m connectors.sandbox --edition cloud|datacenter|asana --port P`: a stand-in to try things on."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from starlette.types import ASGIApp

from connectors.sandbox.asana.application import create_asana
from connectors.sandbox.asana.options import AsanaOptions
from connectors.sandbox.cloud import create_cloud
from connectors.sandbox.datacenter import create_datacenter
from connectors.sandbox.options import SandboxOptions, system_time
from connectors.sandbox.server import SandboxServer
from connectors.sandbox.site import JiraSite

EDITIONS = {"cloud": create_cloud, "datacenter": create_datacenter}


class StandIn(NamedTuple):
    """What is served, below which path of the server, and what its first two lines say."""

    app: ASGIApp
    path: str
    title: str
    entrance: str


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve the example portfolio until interrupted."""
    chosen = _parser().parse_args(arguments)
    stand_in = _stand_in(chosen.edition, issues=chosen.issues, tasks=chosen.tasks, today=system_time().date())
    with SandboxServer(stand_in.app, port=chosen.port) as server:
        # Both by name: a script's background job starts with SIGINT ignored, and then there is no KeyboardInterrupt.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: server.stop())
        sys.stdout.write(f"{stand_in.title}: {server.url}{stand_in.path}\n")
        sys.stdout.write(f"{stand_in.entrance} Ctrl-C ends it.\n")
        sys.stdout.flush()
        server.wait()


def _stand_in(edition: str, *, issues: int, tasks: int, today: date) -> StandIn:
    from connectors.sandbox.portfolio import generate_portfolio  # noqa: PLC0415  only this program needs an example

    jira = generate_portfolio(issues=issues, today=today)
    if edition == "asana":
        return _asana(jira, tasks=tasks, today=today)
    options = SandboxOptions()
    return StandIn(
        EDITIONS[edition](jira, options),
        "",
        f"Jira ({edition}), {len(jira.issues):,} issues",
        f"Sign in as {options.email} with the token {options.token}.",
    )


def _asana(jira: JiraSite, *, tasks: int, today: date) -> StandIn:
    """Its tasks name issues of a Jira that is not served along with it."""
    from connectors.sandbox.asana.portfolio import generate_asana_portfolio  # noqa: PLC0415  as above

    options = AsanaOptions()
    site = generate_asana_portfolio(jira, f"https://{jira.base_name}.example.com", today=today, tasks=tasks)
    title = f"Asana, {len(site.tasks):,} tasks"
    return StandIn(create_asana(site, options), "/api/1.0", title, f"Sign in with the token {options.token}.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="connectors.sandbox", description=__doc__)
    parser.add_argument("--edition", choices=sorted([*EDITIONS, "asana"]), default="cloud")
    parser.add_argument("--issues", type=int, default=900, help="size of the example Jira")
    parser.add_argument("--tasks", type=int, default=260, help="size of the example Asana")
    parser.add_argument("--port", type=int, default=8080)
    return parser


if __name__ == "__main__":
    main()
