"""A large site that does not hold still: edits while paging, short pages, a gateway that times out, a quota."""

from __future__ import annotations

import pytest

from connectors.sandbox import cloud, faults
from service.store.engine import Database
from service.store.tables.sources import sync_runs
from tests.connectors.time import FakeTime
from tests.flows.scenarios.oracle import assert_is_as_the_site
from tests.flows.stored import stored
from tests.flows.support import CLOUD, DATA_CENTER, READING, Flow, a_site, flowing, ids_in, project_id

ISSUES = 2_000  # the scenario says 10,000: five times as many take five times as long, and meet nothing new
PROJECTS = 4
PAUSE = 2  # seconds that the server asks us to wait


@pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])
async def test_what_is_edited_while_it_is_read_is_stored_as_it_is(
    kind: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2,000 issues, edits and moves while paging, short pages, one page 504, one 429 with Retry-After 2."""
    monkeypatch.setattr(cloud, "LIGHT_PAGE", 120)  # of ids; Data Center's pages are cut by its own limit
    site, time = a_site(issues=ISSUES, projects=PROJECTS), FakeTime()
    settings = {"page_size": 100, "time": time}
    async with flowing(site, database, kind=kind, settings=settings, search_cap=70) as flow:
        flow.options.faults += [
            faults.failing(READING[kind], status=504, after=6),
            faults.throttled(READING[kind], retry_after=PAUSE, after=12),
        ]
        for request, place in ((14, 0), (20, 1), (26, 2), (34, 3)):
            flow.options.on_request(request, lambda place=place: edit(flow, place))  # type: ignore[misc]
        for request in (18, 30):
            flow.options.on_request(request, lambda request=request: move(flow, request))  # type: ignore[misc]

        first = await flow.sync(full=True)
        flow.clock.pass_by(minutes=10)
        second = await flow.sync_whole()

        assert_is_as_the_site(await stored(database), site)
        assert len({one["fields"]["summary"] for one in site.issues.values()} & EDITS) == len(EDITS)
        assert (flow.source.usage.throttled, PAUSE in time.slept) == (1, True)
        asked = len(flow.options.requests)
        assert first.requests + second.requests == asked
        runs = (await stored(database, [sync_runs]))["sync_runs"]
        assert sorted(row["requests"] for row in runs) == sorted([first.requests, second.requests])
        assert asked <= 120 + 2 * ISSUES / 20  # pages of ids and of issues, and what a site consists of


EDITS = {f"Edited while it was read, {first}" for first in range(4)}


def edit(flow: Flow, first: int) -> None:
    """Every fortieth issue of each project; others at each call."""
    for number in range(1, PROJECTS + 1):
        for native_id in ids_in(flow.site, f"BULK{number}")[first::40]:
            flow.site.touch(native_id, flow.clock.now(), summary=f"Edited while it was read, {first}", labels=["late"])


def move(flow: Flow, request: int) -> None:
    """Ten issues at once; whether they were read already or not, and whether their new home was."""
    for place, native_id in enumerate(ids_in(flow.site, "BULK1")[request : request + 10]):
        flow.site.move(native_id, project_id(flow.site, "BULK4"), f"BULK4-{request}{place:03d}", flow.clock.now())
