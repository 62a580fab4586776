"""Webhooks of Jira, registered by the command and delivered to the service: an administrator's and an app's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.cloud import create_cloud
from connectors.sandbox.datacenter import create_datacenter
from connectors.sandbox.hooks import LIFE, Hooks
from connectors.sandbox.oauth import OAuthOptions, create_oauth_cloud
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.server import SandboxServer
from connectors.sandbox.site import JiraSite
from service.clock import Clock
from service.store.subscriptions import ACTIVE, MISSING
from service.sync.webhook_look import look_if_due
from tests.flows.registering import SECRET, Installation, hooks_of_jira, installed, pulled
from tests.flows.support import CLOUD, DATA_CENTER, HandClock, a_site, ids_in, project_id

APP = "app"
OLD_DATA_CENTER = "jira-dc of version 9"
ADMINISTRATED = """\
  - name: acme
    kind: {kind}
    url: {url}
    auth: {{token: {token}}}
    webhook: {{secret: {secret}}}
    scope: {{projects: [BULK1]}}
"""
OF_AN_APP = """\
  - name: acme
    kind: jira-cloud
    url: {url}
    oauth: {{client_id: {client_id}, client_secret: {client_secret}, token_url: {url}/oauth/token, api_url: {url}}}
    scope: {{projects: [BULK1]}}
"""


@dataclass
class Connected:
    installation: Installation
    site: JiraSite
    options: SandboxOptions

    @property
    def hooks(self) -> Hooks:
        return hooks_of_jira(self.site)

    def finish(self, native_id: str) -> None:
        """Somebody finishes an issue; the stand-in tells of it by itself."""
        done = next(row["id"] for row in self.site.statuses if row["statusCategory"]["key"] == "done")
        self.site.transition(native_id, done, self.installation.app.clock.now())

    def unfinished(self, project: str) -> list[str]:
        """Issues of a project that count and are not done, in the order of their ids."""
        parents = {(issue["fields"].get("parent") or {}).get("id") for issue in self.site.issues.values()}
        fields = {number: self.site.issues[number]["fields"] for number in ids_in(self.site, project)}
        return [
            number
            for number, row in fields.items()
            if number not in parents
            and not row["issuetype"]["subtask"]
            and row["status"]["statusCategory"]["key"] != "done"
        ]


@asynccontextmanager
async def connected(
    tool: str, folder: Path, database_url: str, *, clock: Clock | None = None, **settings: Any
) -> AsyncIterator[Connected]:
    site, options, oauth = a_site(issues=60), SandboxOptions(), OAuthOptions(access_life=timedelta(days=365))
    if clock is not None:  # of which the way in knows nothing: it lives by the time that passes
        options.clock = oauth.clock = clock.now
    match tool:
        case "app":
            options.app_secret = oauth.client_secret
            served, path, entry = create_oauth_cloud(site, options, oauth), "", OF_AN_APP
        case "jira-cloud":
            served, path, entry = create_cloud(site, options), "/jira", ADMINISTRATED
        case _:
            options.server_version = (9, 12, 2) if tool == OLD_DATA_CENTER else options.server_version
            served, path, entry = create_datacenter(site, options), "/jira", ADMINISTRATED
    with SandboxServer(served, context_path=path) as server:
        source = entry.format(
            kind=CLOUD if tool == CLOUD else DATA_CENTER,
            url=server.url,
            token=options.token,
            secret=SECRET,
            client_id=oauth.client_id,
            client_secret=oauth.client_secret,
        )
        async with installed(source, folder, database_url, clock=clock, **settings) as installation:
            yield Connected(installation, site, options)


EVERY_TOOL = pytest.mark.parametrize("tool", [CLOUD, DATA_CENTER, OLD_DATA_CENTER, APP])


@EVERY_TOOL
async def test_a_registered_site_tells_of_its_changes_and_the_roll_up_moves(
    tmp_path: Path, database_url: str, tool: str
) -> None:
    async with connected(tool, tmp_path, database_url) as jira, pulled(jira.installation):
        said = await jira.installation.register()
        assert (said.code, said.lines) == (0, ["✓ acme: all that it reads registered"])
        before = await jira.installation.done()
        for native_id in jira.unfinished("BULK1")[:3]:
            jira.finish(native_id)
        jira.finish(jira.unfinished("BULK2")[0])  # of a project that is not read: not told of
        await jira.installation.shows(before + 3)
        jira.hooks.postman.wait()
        answer = await jira.installation.client.get("/api/v1/sources")
        (source,) = answer.json()["data"]["sources"]
        assert (source["webhook"]["refused"], source["webhook"]["ignored"]) == (0, 0)


@EVERY_TOOL
async def test_registering_again_changes_nothing_and_removing_leaves_nothing(
    tmp_path: Path, sqlite_url: str, tool: str
) -> None:
    async with connected(tool, tmp_path, sqlite_url) as jira:
        await jira.installation.register()
        before = await jira.installation.rows()
        again = await jira.installation.register()
        assert again.lines == ["✓ acme: all that it reads is there already"]
        assert await jira.installation.rows() == before
        assert [row["state"] for row in await jira.installation.listed()] == [ACTIVE]
        removed = await jira.installation.remove()
        assert removed.lines == ["✓ acme: all that it reads removed"]
        assert (await jira.installation.rows(), jira.hooks.of_admins() + jira.hooks.of_apps()) == ([], [])
        assert (await jira.installation.remove()).lines == ["There is no webhook to deal with."]


async def test_the_secret_of_an_old_server_stands_in_no_line_and_no_audit(tmp_path: Path, sqlite_url: str) -> None:
    async with connected(OLD_DATA_CENTER, tmp_path, sqlite_url) as jira:
        said = [*(await jira.installation.register()).lines, *(await jira.installation.remove()).lines]
        audit = await jira.installation.audit()
    assert SECRET not in str(said) + str(audit)
    assert [detail["address"] for _, _, detail in audit] == [f"{jira.installation.url}/webhooks/jira/acme/…"] * 2


async def test_other_projects_make_another_webhook_and_the_former_one_goes(tmp_path: Path, database_url: str) -> None:
    async with connected(CLOUD, tmp_path, database_url) as jira:
        await jira.installation.register()
        (hook,) = jira.hooks.of_admins()
        hook.jql = f"project in ({project_id(jira.site, 'BULK2')})"
        said = await jira.installation.register()
        assert said.lines == ["✓ acme: all that it reads registered", "✓ acme: all that it reads removed"]
        (made,) = jira.hooks.of_admins()
        assert (made.id == hook.id, made.jql) == (False, f"project in ({project_id(jira.site, 'BULK1')})")
        assert [row.native_id for row in await jira.installation.rows()] == [str(made.id)]


async def test_webhooks_of_others_are_left_alone_and_one_made_by_hand_is_taken_over(
    tmp_path: Path, sqlite_url: str
) -> None:
    async with connected(CLOUD, tmp_path, sqlite_url) as jira:
        await jira.installation.register()
        (ours,) = jira.hooks.of_admins()
        await jira.installation.remove()
        like_ours = {"name": "By hand", "events": ours.events, "jql": ours.jql, "secret": SECRET}
        jira.hooks.add({**like_ours, "address": ours.address}, expires=False)
        theirs = jira.hooks.add({**like_ours, "address": f"{ours.address}-eu"}, expires=False)
        said = await jira.installation.register()
        assert said.lines == ["✓ acme: all that it reads is there already"]
        assert len(await jira.installation.rows()) == 1
        await jira.installation.remove()
        assert jira.hooks.of_admins() == [theirs]


async def test_what_was_registered_under_another_address_is_told_and_left(tmp_path: Path, sqlite_url: str) -> None:
    async with connected(CLOUD, tmp_path, sqlite_url) as jira:
        await jira.installation.register()
        (hook,) = jira.hooks.of_admins()
        hook.address = "https://former.example/webhooks/jira/acme"
        said = await jira.installation.register()
        assert said.lines == [
            "✓ acme: all that it reads registered",
            "! acme: all that it reads left as it is: It was registered under another auth.public_url; "
            "remove it in the tool, or with that address set.",
        ]
        assert hook in jira.hooks.of_admins()


async def test_an_apps_webhook_is_put_off_every_week_and_is_missing_when_it_was_not(
    tmp_path: Path, database_url: str
) -> None:
    clock = HandClock()
    async with connected(APP, tmp_path, database_url, clock=clock) as jira:
        source, database = jira.installation.app.sources["acme"], jira.installation.app.database

        async def looked() -> tuple[str, timedelta | None]:
            assert await look_if_due(source, database, clock=clock)
            (each,) = await jira.installation.health()
            return each.state, each.expires_at - clock.now() if each.expires_at else None

        await jira.installation.register()
        clock.pass_by(days=6)
        assert await looked() == (ACTIVE, LIFE - timedelta(days=6))
        clock.pass_by(days=2)
        assert await looked() == (ACTIVE, LIFE)
        assert [request.path for request in jira.options.requests if request.method == "PUT"] == [
            "/rest/api/3/webhook/refresh"
        ]
        clock.pass_by(days=31)  # nobody was there
        assert (await looked())[0] == MISSING
        said = await jira.installation.register()
        assert said.lines == ["✓ acme: all that it reads registered"]
        clock.pass_by(days=1)
        assert await looked() == (ACTIVE, LIFE - timedelta(days=1))


async def test_a_jira_that_cannot_be_asked_fails_with_its_reason(tmp_path: Path, sqlite_url: str) -> None:
    async with connected(CLOUD, tmp_path, sqlite_url) as jira:
        jira.options.may_administer = False
        said = await jira.installation.register()
    assert (said.code, said.lines) == (
        1,
        [
            "✗ acme: all that it reads failed: GET /rest/webhooks/1.0/webhook answered 403: You are not authorized to "
            "perform this operation. Administrator privileges are required; check the account's permissions."
        ],
    )
