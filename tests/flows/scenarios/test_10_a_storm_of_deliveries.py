"""A storm of deliveries, out of order, each three times, some forged, with two kills: the night would say the same."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx

from connectors.deliveries import signature
from connectors.jira.webhook import is_signed, read_delivery
from service.api.receivers import Receiver
from service.store.engine import Database
from service.store.tables.webhooks import webhook_counters
from service.sync.outcome import Mode
from tests.api.client import a_client, services_over
from tests.flows.deliveries import (
    a_killed_process_applies,
    an_applier,
    reads,
    standing,
    told,
)
from tests.flows.scenarios.oracle import assert_is_as_the_site
from tests.flows.stored import differences, stored, tombs
from tests.flows.support import Flow, a_site, flowing, ids_in

SECRET = "0123456789abcdef"
EVENTS, ISSUES, FORGED, WAVES = 1_000, 20, 10, 5
KILLED_ONCE_LANDED = 4  # before this commit: held, begun and landed are stored
KILLED_ONCE_ASSIGNED = 6  # all is done but saying so
READS = 12  # of one issue, of 150 deliveries about it: about two a wave, and those of the killed


async def test_a_storm_is_weathered(database_url: str, fresh: Database) -> None:
    """1,000 deliveries about 20 issues, each three times and shuffled, ten forged, and two kills in between."""
    database = Database.open(database_url)
    chance = random.Random(7)
    try:
        async with flowing(a_site(issues=60), database) as flow, receiving(flow) as tool:
            await flow.sync_whole(full=True)
            flow.options.requests.clear()
            some = ids_in(flow.site, "BULK1")[:ISSUES]
            bodies = []
            for _ in range(EVENTS // ISSUES):
                flow.clock.pass_by(seconds=20)
                for native_id in some:
                    flow.site.touch(native_id, flow.clock.now(), summary=f"Now {chance.random()}")
                    bodies.append(told(flow, native_id))
            forged = [told(flow, native_id, "jira:issue_deleted") for native_id in some[:FORGED]]
            storm = [*((body, SECRET) for body in 3 * bodies), *((body, "a guess") for body in forged)]
            chance.shuffle(storm)
            for wave, dies_at in enumerate((0, KILLED_ONCE_LANDED, 0, KILLED_ONCE_ASSIGNED, 0)):
                await deliver(tool, storm[wave::WAVES])
                if dies_at:
                    assert await a_killed_process_applies(flow, database_url, dies_at) is None
                    flow.clock.pass_by(minutes=2)  # its hold is over
                while await an_applier(flow).apply():
                    pass

            assert len(bodies) == EVENTS
            after, told_of = await stored(database), await standing(database)
            (counters,) = (await stored(database, [webhook_counters]))["webhook_counters"]
            assert (told_of.received, counters["repeated"], told_of.refused) == (3 * EVENTS, 2 * EVENTS, FORGED)
            assert (told_of.waiting, told_of.failed) == (0, 0)
            assert set(reads(flow)) == set(some)
            assert max(reads(flow).values()) <= READS
            assert tombs(after) == {}  # what is forged deletes nothing
            assert_is_as_the_site(after, flow.site)
            async with flowing(flow.site, fresh) as other:
                other.clock.pass_by(hours=1)
                await other.sync_whole(full=True)
            assert differences(await stored(fresh), after) == []

            flow.clock.pass_by(hours=1)
            night = await flow.sync_whole(mode=Mode.CENSUS)
            assert (night.fetched, night.changed) == (0, 0)
            assert (await standing(database)).missed == 0
    finally:
        await database.aclose()


@asynccontextmanager
async def receiving(flow: Flow) -> AsyncIterator[httpx.AsyncClient]:
    """The service's own way in, as the tool finds it."""
    receiver = Receiver(tool="jira", read=read_delivery, is_signed=is_signed, secret=SECRET)
    services = services_over(flow.database, clock=flow.clock, source_names=("acme",), receivers={"acme": receiver})
    async with a_client(services, peer="203.0.113.9") as client:
        yield client


async def deliver(tool: httpx.AsyncClient, storm: Sequence[tuple[bytes, str]]) -> None:
    """Each body signed with its secret; twenty at once, as Jira does."""
    gate = asyncio.Semaphore(20)

    async def post(body: bytes, secret: str) -> None:
        async with gate:
            proof = {"X-Hub-Signature": f"sha256={signature(body, secret)}"}
            answer = await tool.post("/webhooks/jira/acme", content=body, headers=proof)
            assert answer.status_code == (200 if secret == SECRET else 401)

    await asyncio.gather(*(post(*each) for each in storm))
