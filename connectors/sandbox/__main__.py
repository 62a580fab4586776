"""`python -m connectors.sandbox --edition cloud|datacenter --issues N --port P`: a stand-in Jira to try things on."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence

from connectors.sandbox.cloud import create_cloud
from connectors.sandbox.datacenter import create_datacenter
from connectors.sandbox.options import SandboxOptions, system_time
from connectors.sandbox.server import SandboxServer

EDITIONS = {"cloud": create_cloud, "datacenter": create_datacenter}


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve the example portfolio until interrupted."""
    chosen = _parser().parse_args(arguments)
    from connectors.sandbox.portfolio import generate_portfolio  # noqa: PLC0415  only this program needs an example

    options = SandboxOptions()
    site = generate_portfolio(issues=chosen.issues, today=system_time().date())
    with SandboxServer(EDITIONS[chosen.edition](site, options), port=chosen.port) as server:
        # Both by name: a script's background job starts with SIGINT ignored, and then there is no KeyboardInterrupt.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: server.stop())
        sys.stdout.write(f"Jira ({chosen.edition}), {len(site.issues):,} issues: {server.url}\n")
        sys.stdout.write(f"Sign in as {options.email} with the token {options.token}. Ctrl-C ends it.\n")
        sys.stdout.flush()
        server.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="connectors.sandbox", description=__doc__)
    parser.add_argument("--edition", choices=sorted(EDITIONS), default="cloud")
    parser.add_argument("--issues", type=int, default=900, help="size of the example portfolio")
    parser.add_argument("--port", type=int, default=8080)
    return parser


if __name__ == "__main__":
    main()
