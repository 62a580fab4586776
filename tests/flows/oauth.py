"""A stand-in Jira Cloud behind OAuth, and services whose file names an app instead of a token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.sandbox.oauth import OAuthOptions, create_oauth_cloud
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.server import SandboxServer
from connectors.sandbox.site import JiraSite
from service.bootstrap import Application, application
from service.settings import load_settings
from service.sync.outcome import Outcome
from service.sync.run import sync_source
from tests.flows.support import HandClock

SECRET_KEY = "a secret key for tests, long enough"
BY_TOKEN = "auth: {token: sandbox}"
BY_SCOPED_TOKEN = "auth: {email: demo@example.com, token: sandbox-scoped, cloud_id: {cloud}, api_url: '{url}'}"
BY_CREDENTIALS = (
    "oauth: {client_id: sandbox-app, client_secret: '${SECRET}', token_url: '{url}/oauth/token', api_url: '{url}'}"
)
BY_CONSENT = BY_CREDENTIALS.replace("}'}", "}', refresh_token: '${REFRESH}'}")


@dataclass
class Atlassian:
    """`clock` is the server's, and that of every service here."""

    url: str
    folder: Path
    options: SandboxOptions
    oauth: OAuthOptions
    clock: HandClock

    @asynccontextmanager
    async def service(self, database_url: str, way_in: str = BY_CONSENT, **secrets: str) -> AsyncIterator[Application]:
        """One process; `secrets` are SECRET and REFRESH where they differ from the right ones."""
        file = self.folder / "interlock.yaml"
        way_in = way_in.replace("{url}", self.url).replace("{cloud}", self.oauth.cloud_id)
        source = f"{{name: acme, kind: jira-cloud, url: '{self.url}', page_size: 20, {way_in}}}"
        file.write_text(f"sources:\n  - {source}\n")
        environment = {
            "SECRET": self.oauth.client_secret,
            "REFRESH": "sandbox-refresh-0",
            "INTERLOCK_SECRET_KEY": SECRET_KEY,
            "INTERLOCK_DATABASE_URL": database_url,
        }
        settings = load_settings(file, environment=environment | secrets)
        async with application(settings, clock=self.clock) as app:
            yield app


@contextmanager
def atlassian(site: JiraSite, folder: Path, **behaviour: Any) -> Iterator[Atlassian]:
    clock = HandClock()
    options, oauth = SandboxOptions(clock=clock.now), OAuthOptions(clock=clock.now, **behaviour)
    with SandboxServer(create_oauth_cloud(site, options, oauth), context_path="/jira") as server:
        yield Atlassian(server.url, folder, options, oauth, clock)


async def synced(app: Application) -> Outcome:
    return await sync_source(app.sources["acme"], app.database, clock=app.clock)
