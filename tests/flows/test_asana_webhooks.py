"""Webhooks of Asana, registered by the command and delivered to the service, on both databases."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from connectors.deliveries import signature
from connectors.sandbox.asana.application import create_asana
from connectors.sandbox.asana.options import AsanaOptions
from connectors.sandbox.asana.things import Ref
from connectors.sandbox.faults import failing
from connectors.sandbox.server import SandboxServer
from service.clock import Clock
from service.store.engine import Database
from service.store.subscriptions import ACTIVE, DISABLED, MISSING, PENDING
from service.sync.webhook_look import look, look_if_due
from tests.connectors.receiving import a_place
from tests.flows.asana import Two, two_projects
from tests.flows.registering import (
    SECRET_KEY,
    Installation,
    addresses,
    hooks_of_asana,
    installed,
    pulled,
    subscriptions,
)
from tests.flows.support import HandClock

SOURCE = """\
  - name: acme
    kind: asana
    url: {url}
    auth: {{token: {token}}}
"""
HINT = "Asana shakes hands with our address meanwhile: the service has to run and to be reachable there."


@asynccontextmanager
async def tool(two: Two, **behaviour: Any) -> AsyncIterator[tuple[str, AsanaOptions]]:
    """The entry of the configuration for a stand-in that serves the site."""
    options = AsanaOptions(**behaviour)
    with SandboxServer(create_asana(two.site, options)) as server:
        yield SOURCE.format(url=f"{server.url}/api/1.0", token=options.token), options


@asynccontextmanager
async def at_work(
    two: Two, folder: Path, database_url: str, *, clock: Clock | None = None, **settings: Any
) -> AsyncIterator[tuple[Installation, AsanaOptions]]:
    async with (
        tool(two) as (source, options),
        installed(source, folder, database_url, clock=clock, **settings) as installation,
    ):
        yield installation, options


def made(options: AsanaOptions) -> int:
    """How many webhooks Asana was asked to make."""
    return sum(request.method == "POST" and request.path.endswith("/webhooks") for request in options.requests)


async def test_a_registered_project_tells_of_its_changes_and_the_roll_up_moves(
    tmp_path: Path, database_url: str
) -> None:
    two = two_projects()
    async with at_work(two, tmp_path, database_url) as (installation, _):
        async with pulled(installation):
            said = await installation.register()
            assert (said.code, said.lines) == (
                0,
                ["✓ acme: Checkout launch registered", "✓ acme: Support readiness registered"],
            )
            before = await installation.done()
            two.site.complete(two.tasks[1])
            two.site.complete(two.others[1])
            await installation.shows(before + 2)
            health = await installation.health()
        assert [(each.scope, each.state) for each in health] == [
            ("Checkout launch", ACTIVE),
            ("Support readiness", ACTIVE),
        ]


async def test_registering_again_changes_nothing(tmp_path: Path, database_url: str) -> None:
    two = two_projects()
    async with at_work(two, tmp_path, database_url) as (installation, options):
        await installation.register()
        before = await installation.rows()
        said = await installation.register()
        assert said.lines == ["✓ acme: Checkout launch is there already", "✓ acme: Support readiness is there already"]
        assert await installation.rows() == before
        assert (made(options), len(hooks_of_asana(two.site).all())) == (2, 2)


async def test_webhooks_follow_the_projects_that_are_read(tmp_path: Path, database_url: str) -> None:
    two = two_projects()
    async with at_work(two, tmp_path, database_url) as (installation, _):
        await installation.sync()
        await installation.register()
        two.site.archive(two.first)
        third = two.site.add_project("Pricing")
        said = await installation.register()
        assert said.lines == [
            "✓ acme: Support readiness is there already",
            "✓ acme: Pricing registered",
            "✓ acme: Checkout launch removed",
        ]
        assert {hook.resource.gid for hook in hooks_of_asana(two.site).all()} == {two.second, third}
        assert {row.scope_id for row in await installation.rows()} == {two.second, third}


async def test_a_project_that_cannot_be_seen_at_present_keeps_its_webhook(tmp_path: Path, sqlite_url: str) -> None:
    two = two_projects()
    async with at_work(two, tmp_path, sqlite_url) as (installation, _):
        await installation.sync()
        await installation.register()
        two.site.make_private(two.second)
        said = await installation.register()
        kept, missing = said.lines
        assert (said.code, kept) == (3, "✓ acme: Checkout launch is there already")
        assert missing.startswith("✗ acme: Support readiness failed: Project Support readiness can no longer be seen;")
        assert len(hooks_of_asana(two.site).all()) == len(await installation.rows()) == 2


async def test_what_is_removed_delivers_no_more_and_leaves_nothing_behind(tmp_path: Path, database_url: str) -> None:
    two = two_projects()
    async with at_work(two, tmp_path, database_url) as (installation, _):
        await installation.register()
        hook = hooks_of_asana(two.site).all()[0]
        said = await installation.remove()
        assert (said.code, len(said.lines)) == (0, 2)
        assert (hooks_of_asana(two.site).all(), await installation.rows()) == ([], [])
        body = json.dumps({"events": []}).encode()
        late = await installation.client.post(
            httpx.URL(hook.target).path, content=body, headers={"X-Hook-Signature": signature(body, hook.secret)}
        )
        assert late.status_code == 401


async def test_both_are_audited_without_what_proves_a_delivery(tmp_path: Path, database_url: str) -> None:
    two = two_projects()
    async with at_work(two, tmp_path, database_url) as (installation, _):
        await installation.register()
        nonces = [hook.target.rpartition("/")[2] for hook in hooks_of_asana(two.site).all()]
        secrets = [hook.secret for hook in hooks_of_asana(two.site).all()]
        await installation.remove()
        audit = await installation.audit()
    assert [(action, subject, detail["scope"]) for action, subject, detail in audit] == [
        ("webhook_registered", "acme", "Checkout launch"),
        ("webhook_registered", "acme", "Support readiness"),
        ("webhook_removed", "acme", two.first),
        ("webhook_removed", "acme", two.second),
    ]
    assert all(detail["address"] == f"{installation.url}/webhooks/asana/acme/…" for _, _, detail in audit)
    assert not any(each in str(audit) for each in (*nonces, *secrets))


async def test_webhooks_of_others_are_left_alone(tmp_path: Path, sqlite_url: str) -> None:
    """Those of another installation, and of a source whose name only begins like ours."""
    two = two_projects()
    with a_place() as place:
        ours, theirs = f"{place.url}/webhooks/asana/acme/nonce", f"{place.url}/webhooks/asana/acme-two/nonce"
        async with tool(two) as (source, _):
            hooks = hooks_of_asana(two.site)
            for address in (ours, theirs):
                await asyncio.to_thread(hooks.add, Ref("project", two.first), address, [])
            async with installed(source, tmp_path, sqlite_url, public_url="https://other.example") as installation:
                assert (await installation.remove()).lines == ["There is no webhook to deal with."]
            async with installed(source, tmp_path, sqlite_url, public_url=place.url) as installation:
                assert (await installation.remove()).lines == [f"✓ acme: {two.first} removed"]
            assert [hook.target for hook in hooks.all()] == [theirs]


async def test_a_service_that_cannot_be_reached_gets_no_webhook_and_expects_none(
    tmp_path: Path, database_url: str
) -> None:
    two = two_projects()
    async with at_work(two, tmp_path, database_url, answers=False) as (installation, _):
        said = await installation.register()
        assert said.code == 1
        assert [line.split(" failed: ")[0] for line in said.lines] == [
            "✗ acme: Checkout launch",
            "✗ acme: Support readiness",
        ]
        assert all(line.endswith(HINT) for line in said.lines)
        assert (await installation.rows(), hooks_of_asana(two.site).all()) == ([], [])
        assert await installation.audit() == []


async def test_somebody_else_who_shakes_hands_at_our_address_is_noticed(tmp_path: Path, database_url: str) -> None:
    """An address that leads to another service: what it answers proves nothing to us."""
    two = two_projects()
    with a_place() as place:
        async with at_work(two, tmp_path, database_url, public_url=place.url) as (installation, _):
            said = await installation.register()
            assert said.code == 1
            assert said.lines[0] == (
                "✗ acme: Checkout launch failed: Somebody else shook hands at our address: "
                "auth.public_url does not lead to this installation."
            )
            assert (await installation.rows(), hooks_of_asana(two.site).all()) == ([], [])


async def test_one_that_fails_does_not_hold_up_the_others(tmp_path: Path, sqlite_url: str) -> None:
    two = two_projects()
    async with at_work(two, tmp_path, sqlite_url) as (installation, options):
        options.faults.append(failing("/webhooks", status=403, after=1))  # the listing comes first
        said = await installation.register()
        assert said.code == 3
        assert [line[0] for line in said.lines] == ["✗", "✓"]
        assert [row.scope_id for row in await installation.rows()] == [two.second]


async def test_a_webhook_whose_secret_is_lost_is_made_again(tmp_path: Path, database_url: str, fresh: Database) -> None:
    """By a database that is new, or by a secret key that is another one."""
    two = two_projects()
    async with tool(two) as (source, _):
        async with installed(source, tmp_path, database_url) as installation:
            address = installation.url
            await installation.register()
            before = {hook.gid for hook in hooks_of_asana(two.site).all()}
        async with installed(source, tmp_path, database_url, secret_key=f"{SECRET_KEY}!") as other:
            hooks = hooks_of_asana(two.site)
            for hook in hooks.all():
                hook.target = hook.target.replace(address, other.url)
            said = await other.register()
            assert [line.rpartition(" ")[2] for line in said.lines] == ["registered"] * 2 + ["removed"] * 2
            again = {hook.gid for hook in hooks.all()}
            assert (len(again), before & again) == (2, set())
            assert {row.native_id for row in await other.rows()} == again
            port = other.url
        async with installed(source, tmp_path, fresh.url.render_as_string(hide_password=False)) as new:
            for hook in hooks.all():
                hook.target = hook.target.replace(port, new.url)
            assert [row["state"] for row in await new.listed()] == ["unknown", "unknown"]
            await new.register()
            assert {row.native_id for row in await new.rows()} == {hook.gid for hook in hooks.all()}


async def test_a_process_that_ended_before_it_could_bind_its_webhook_is_made_good(
    tmp_path: Path, database_url: str
) -> None:
    two = two_projects()
    async with at_work(two, tmp_path, database_url) as (installation, options):
        await installation.register()
        async with installation.app.database.transaction() as uow:
            await uow.connection.exec_driver_sql("UPDATE webhook_subscriptions SET native_id = NULL")
        said = await installation.register()
        assert [line.endswith("is there already") for line in said.lines] == [True, True]
        assert {row.native_id for row in await installation.rows()} == {
            hook.gid for hook in hooks_of_asana(two.site).all()
        }
        assert made(options) == 2


async def test_a_handshake_that_never_came_is_forgotten(tmp_path: Path, database_url: str) -> None:
    """The process that expected it was killed."""
    two, clock = two_projects(), HandClock()
    async with at_work(two, tmp_path, database_url, clock=clock) as (installation, _):
        async with installation.app.database.transaction() as uow:
            await uow.connection.exec_driver_sql(
                "INSERT INTO webhook_subscriptions (source, scope_id, state, nonce_digest, pending_until, created_at) "
                "VALUES ('acme', '900', 'pending', 'x', '2026-11-20T22:00:00.000000Z', '2026-11-20T21:55:00.000000Z')"
            )
        assert [row.state for row in await installation.rows()] == [PENDING]
        await installation.remove()
        assert await installation.rows() == []


async def test_the_daily_look_tells_what_is_missing_switched_off_or_failing(tmp_path: Path, database_url: str) -> None:
    two, clock = two_projects(), HandClock()
    async with at_work(two, tmp_path, database_url, clock=clock) as (installation, options):
        source, database = installation.app.sources["acme"], installation.app.database
        assert not await look_if_due(source, database, clock=clock)  # nothing is registered
        await installation.register()
        hooks = hooks_of_asana(two.site)
        first, second = hooks.all()
        assert await look_if_due(source, database, clock=clock)
        first.active = False
        first.last_failure_at, first.last_failure_content = "2026-11-21T01:00:00.000Z", "503 Service Unavailable"
        first.failure_deletion_timestamp = "2026-11-22T01:00:00.000Z"
        hooks.remove(second.gid)
        asked = options.asked("/webhooks")
        clock.pass_by(hours=23)
        assert not await look_if_due(source, database, clock=clock)
        assert options.asked("/webhooks") == asked
        clock.pass_by(hours=1)
        assert await look_if_due(source, database, clock=clock)
        health = await installation.health()
        assert [(each.state, each.last_failure) for each in health] == [
            (DISABLED, "503 Service Unavailable"),
            (MISSING, None),
        ]
        assert health[0].expires_at is not None
        assert health[0].looked_at == clock.now()
        said = await installation.register()
        assert [line.rpartition(" ")[2] for line in said.lines] == ["registered"] * 2 + ["removed"]
        await look(source, database, clock=clock)
        assert {each.state for each in await installation.health()} == {ACTIVE}


async def test_the_secret_and_the_nonce_are_nowhere_in_clear(tmp_path: Path, database_url: str) -> None:
    two = two_projects()
    async with at_work(two, tmp_path, database_url) as (installation, _):
        await installation.register()
        found = str(await subscriptions(installation.app.database))
        for hook in hooks_of_asana(two.site).all():
            assert hook.secret not in found
            assert hook.target.rpartition("/")[2] not in found
        assert addresses(hooks_of_asana(two.site).all()) == [f"{installation.url}/webhooks/asana/acme"] * 2
