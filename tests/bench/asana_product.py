"""One sync of an Asana by Interlock itself, in a process of its own; prints figures as JSON."""

from __future__ import annotations

import asyncio
import json
import sys

from connectors.asana.config import AsanaOptions
from connectors.asana.source import AsanaSource
from connectors.transport import BearerAuth
from service.log import configure_logging
from service.process import tune_collector
from service.sync import run as running
from tests.bench import product
from tests.bench.asana_serve import TOKEN
from tests.bench.serve import PRODUCT_CORE, pin


def main(url: str, database_url: str, details: str) -> None:
    """`details` is how many tasks a run reads stories and attachments of, after its verdict."""
    pin(PRODUCT_CORE)
    tune_collector()
    configure_logging(level="ERROR")
    running.DETAILS_A_RUN = int(details)
    source = AsanaSource(name="s", url=url, auth=BearerAuth(TOKEN), options=AsanaOptions())
    print(json.dumps(asyncio.run(product.run(source, database_url))))


if __name__ == "__main__":
    main(*sys.argv[1:])
