"""A PostgreSQL that ends every session and takes no new one for a while: nothing is lost, and all goes on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url
from structlog.testing import capture_logs

from service.bootstrap import Application
from service.store.engine import Database
from service.store.errors import DatabaseUnusable
from service.store.tables.sources import sync_runs
from service.worker import run_if_due
from tests.flows.served import Served, serving
from tests.flows.stored import DERIVED, differences, stored
from tests.flows.support import HandClock, a_site, flowing
from tests.flows.test_resilience_clocks import NIGHTLY, a_worker, scheduled
from tests.flows.test_webhooks_served import shows

PATIENCE = 30.0  # seconds


class Switch:
    """Of one database on a server that goes on running."""

    def __init__(self, server: str, url: str) -> None:
        self._server = server
        self._name = str(make_url(url).database)

    def off(self) -> None:
        """As a restart or a failover looks to whoever is connected."""
        self._allow("false")
        with psycopg.connect(self._server, autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [self._name])

    def on(self) -> None:
        self._allow("true")

    def _allow(self, word: str) -> None:
        statement = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
        with psycopg.connect(self._server, autocommit=True) as admin:
            admin.execute(statement.format(sql.Identifier(self._name), sql.SQL(word)))


@pytest.fixture
def switch(postgres_server: str, postgres_url: str) -> Iterator[Switch]:
    switch = Switch(postgres_server, postgres_url)
    yield switch
    switch.on()


@pytest.mark.parametrize("request_number", [3, 12, 22])
async def test_a_run_whose_database_goes_away_ends_and_the_next_one_converges(
    request_number: int, switch: Switch, postgres_url: str, fresh: Database
) -> None:
    database = Database.open(postgres_url)
    try:
        async with flowing(a_site(issues=120), database, settings={"page_size": 10}) as flow:
            flow.options.on_request(request_number, switch.off)
            with pytest.raises(DatabaseUnusable):
                await flow.sync(full=True)
            switch.on()
            flow.clock.pass_by(minutes=2)  # nobody could give the source up

            await flow.sync_whole()

            runs = (await stored(database, [sync_runs]))["sync_runs"]
            assert [row["status"] for row in runs][-1] == "complete"
            assert "running" not in {row["status"] for row in runs}
            async with flowing(flow.site, fresh) as other:
                await other.sync_whole(full=True)
            assert differences(await stored(database, DERIVED), await stored(fresh, DERIVED)) == []
    finally:
        await database.aclose()


async def test_sessions_that_end_between_two_statements_are_replaced_without_a_word(
    switch: Switch, postgres_url: str
) -> None:
    database = Database.open(postgres_url)
    try:
        async with flowing(a_site(issues=20), database) as flow:
            await flow.sync_whole()
            switch.off()
            switch.on()
            flow.clock.pass_by(minutes=2)
            await flow.sync_whole()
    finally:
        await database.aclose()


async def test_while_it_is_away_the_worker_skips_its_runs_and_makes_up_for_them(
    switch: Switch, postgres_url: str, tmp_path: Path
) -> None:
    database = Database.open(postgres_url)
    try:
        async with flowing(a_site(issues=20), database) as flow, a_worker(flow, tmp_path) as worker:
            await flow.sync_whole(full=True)
            flow.clock.pass_by(hours=24)
            switch.off()
            with capture_logs() as logs:
                await worker_looks(worker, flow.clock)
            switch.on()
            assert {"scheduled_sync_skipped"} <= {each["event"] for each in logs}
            await worker_looks(worker, flow.clock)
            assert [status for _, status in await scheduled(database)] == ["complete"]
    finally:
        await database.aclose()


async def worker_looks(worker: Application, clock: HandClock) -> None:
    await run_if_due(worker, "acme", NIGHTLY)
    clock.pass_by(minutes=10)


async def ready(served: Served) -> int:
    return (await served.client.get("/readyz")).status_code


async def becomes(served: Served, status: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while await ready(served) != status:  # noqa: ASYNC110 - what is waited for is in another process
            await asyncio.sleep(0.05)


async def test_a_service_is_not_ready_while_it_is_away_and_goes_on_when_it_is_back(
    switch: Switch, postgres_url: str, tmp_path: Path
) -> None:
    async with serving(a_site(issues=60), tmp_path, postgres_url) as served:
        await becomes(served, 200)
        before = await served.done()
        native_id = served.unfinished()[0]
        switch.off()
        await becomes(served, 503)
        answer = await served.client.get("/readyz")
        assert next(check for check in answer.json()["checks"] if check["name"] == "database")["ok"] is False
        assert (await served.client.get("/healthz")).status_code == 200
        assert (await served.client.get("/api/v1/programs/ALL/rollup")).status_code == 503
        await asyncio.sleep(1.5)  # the loop that applies deliveries meets it, too

        switch.on()
        await becomes(served, 200)
        await served.finish(native_id)
        await shows(served, before + 1)
