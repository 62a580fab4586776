"""A service with its worker over one stand-in Jira, spoken to without a socket; its clock is the real one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from connectors.deliveries import signature
from connectors.sandbox.cloud import create_cloud
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.server import SandboxServer
from connectors.sandbox.site import JiraSite
from service.app import create_app
from service.bootstrap import Application, application
from service.commands.programs import apply_programs
from service.settings import load_settings
from service.sync.run import sync_source
from service.worker import applying_deliveries

SECRET = "0123456789abcdef"
CONFIG = """
sources:
  - name: acme
    kind: jira-cloud
    url: {url}
    auth: {{token: {token}}}
    webhook: {{secret: {secret}}}
"""
PROGRAMS = """
programs:
  - key: ALL
    name: All of it
    include: [{source: acme}]
"""


@dataclass(slots=True)
class Served:
    app: Application
    site: JiraSite
    client: httpx.AsyncClient

    async def done(self) -> int:
        """How many items the roll-up counts as done, as anybody would see it now."""
        number: int = (await self._progress("count"))["done"]
        return number

    async def points(self) -> float:
        """All points of the roll-up, as anybody would see it now."""
        number: float = (await self._progress("points"))["total"]
        return number

    async def _progress(self, basis: str) -> dict[str, Any]:
        answer = await self.client.get("/api/v1/programs/ALL/rollup", params={"basis": basis})
        assert answer.status_code == 200, answer.text
        progress: dict[str, Any] = answer.json()["data"]["progress"][basis]
        return progress

    async def finish(self, native_id: str) -> None:
        """Somebody finishes an issue, and the site tells of it."""
        done = next(row["id"] for row in self.site.statuses if row["statusCategory"]["key"] == "done")
        self.site.transition(native_id, done, self.app.clock.now())
        await self.tell(native_id)

    async def tell(self, native_id: str) -> None:
        """The site delivers that an issue was updated, signed."""
        moment = int(self.app.clock.now().timestamp() * 1000)
        said = {"timestamp": moment, "webhookEvent": "jira:issue_updated", "issue": {"id": native_id}}
        body = json.dumps(said).encode()
        proof = {"X-Hub-Signature": f"sha256={signature(body, SECRET)}"}
        answer = await self.client.post("/webhooks/jira/acme", content=body, headers=proof)
        assert answer.status_code == 200, answer.text

    def unfinished(self) -> list[str]:
        """Issues that count and are not done: those without issues beneath them, in the order of their ids."""
        parents = {(issue["fields"].get("parent") or {}).get("id") for issue in self.site.issues.values()}
        return [
            number
            for number, issue in sorted(self.site.issues.items())
            if number not in parents
            and not issue["fields"]["issuetype"]["subtask"]
            and issue["fields"]["status"]["statusCategory"]["key"] != "done"
        ]


@asynccontextmanager
async def serving(site: JiraSite, folder: Path, database_url: str) -> AsyncIterator[Served]:
    """Everything of the site is pulled and belongs to one program."""
    options = SandboxOptions()
    with SandboxServer(create_cloud(site, options), context_path="/jira") as server:
        config = folder / "interlock.yaml"
        config.write_text(CONFIG.format(url=server.url, token=options.token, secret=SECRET))
        (folder / "programs.yaml").write_text(PROGRAMS)
        settings = load_settings(config, environment={"INTERLOCK_DATABASE_URL": database_url})
        async with application(settings) as app:
            await sync_source(app.sources["acme"], app.database, clock=app.clock)
            await apply_programs(app, None, console=Console(quiet=True))
            transport = httpx.ASGITransport(create_app(app.services(with_worker=True)), client=("127.0.0.1", 50_000))
            async with (
                applying_deliveries(app),
                httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client,
            ):
                yield Served(app, site, client)
