"""The peer: what the official `jira` client needs just to fetch the same issues, following the page tokens."""

from __future__ import annotations

import json
import sys
import time

from jira import JIRA

from tests.bench.serve import FIELDS, LOGIN, PAGE, PRODUCT_CORE, pin


def fetch(url: str) -> int:
    """How many issues came; nothing is stored."""
    client = JIRA(url, basic_auth=LOGIN, options={"rest_api_version": "3"}, max_retries=0)
    count, token = 0, None
    while True:
        page = client.enhanced_search_issues(
            "project in (BULK1, BULK2, BULK3, BULK4) ORDER BY id ASC",
            nextPageToken=token,
            maxResults=PAGE,
            fields=FIELDS,
            expand="changelog",
            json_result=True,
        )
        count += len(page["issues"])
        token = page.get("nextPageToken")
        if not token:
            return count


def main(url: str) -> None:
    pin(PRODUCT_CORE)
    started, cpu = time.perf_counter(), time.process_time()
    count = fetch(url)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    print(json.dumps({"issues": count, "seconds": seconds, "cpu_seconds": cpu}))


if __name__ == "__main__":
    main(*sys.argv[1:])
