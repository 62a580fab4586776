"""Where the parts are put together. The only file of the service that names a tool."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from connectors.asana import webhook as asana_webhook
from connectors.asana.config import AsanaOptions
from connectors.asana.source import AsanaSource
from connectors.contract import Source
from connectors.grants import GrantKeeper
from connectors.items import LinkDirection
from connectors.jira import webhook as jira_webhook
from connectors.jira.config import JiraOptions
from connectors.jira.oauth import JiraOAuth, OAuthClient, cloud_address
from connectors.jira.source import JiraSource
from connectors.transport import Auth, BasicAuth, BearerAuth, StandingAuth
from service.api.receivers import Headers, Receiver
from service.api.services import Check, Services, SyncAlreadyRunning
from service.auth.grants import SealedGrant
from service.auth.oidc import IdentityProvider
from service.auth.sealing import GRANTS, Sealer
from service.clock import Clock, SystemClock
from service.programs.dependency_terms import Viewpoint
from service.programs.historians import Historians
from service.programs.people import join_people
from service.readiness import Schedule, readiness
from service.settings import Settings
from service.source_settings import AsanaConfig, JiraConfig
from service.source_settings import JiraOAuth as JiraOAuthConfig
from service.store import migrate
from service.store.engine import Database
from service.sync.bell import Bell
from service.sync.contact import AT_ONCE, UsageLog, contact_if_due
from service.sync.errors import SourceBusy
from service.sync.fields import field_reader
from service.sync.run import sync_source


class SchemaBehind(Exception):
    """The database needs a migration that nobody asked for: on PostgreSQL that is the operator's decision."""

    def __init__(self, state: str) -> None:
        ahead = state == "ahead"
        self.message = (
            "The database was migrated by a newer Interlock; run that version, or restore an older database."
            if ahead
            else "The database schema is behind this version; run `interlock db upgrade` first."
        )
        super().__init__(self.message)


@dataclass(slots=True)
class Application:
    """Settings, database and sources of one process. `sources` keeps the order of the file.

    `schedule` is there while this process runs the worker.
    """

    settings: Settings
    database: Database
    clock: Clock
    sources: dict[str, Source]
    schedule: Schedule | None = None
    provider: IdentityProvider | None = None
    bell: Bell = field(default_factory=Bell)
    usage_log: UsageLog = field(init=False)
    historians: Historians = field(init=False)
    _runs: set[asyncio.Task[Any]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.usage_log = UsageLog(self.database, self.clock)
        self.historians = Historians({name: source.build_historian for name, source in self.sources.items()})

    def services(self, *, with_worker: bool) -> Services:
        """What the API is given; without a worker in the process nobody here may start a sync."""
        secret = self.settings.secret_key
        return Services(
            database=self.database,
            clock=self.clock,
            calendar_zone=self.settings.calendar.zone,
            missing=self.settings.missing_weight,
            terms=self.settings.dependency_terms,
            flow=self.settings.flow_terms,
            health=self.settings.health_terms,
            source_names=tuple(self.sources),
            start_sync=self.start_sync if with_worker else None,
            programs_file=self.settings.programs_path,
            readiness=self.readiness,
            allow_anonymous=self.settings.allow_anonymous,
            provider=self.provider,
            secret_key=None if secret is None else secret.get_secret_value(),
            public_url=self.settings.auth.public_url,
            matched_fields_hook=field_reader(self.sources),
            receivers={config.name: build_receiver(config) for config in self.settings.sources},
            on_delivery=self.bell.ring,
            schedules={config.name: config.schedule for config in self.settings.sources},
            ask_tools=self.ask_tools,
            historians=self.historians,
        )

    def view(self) -> Viewpoint:
        """From now."""
        now = self.clock.now()
        today = now.astimezone(self.settings.calendar.zone).date()
        return Viewpoint(terms=self.settings.dependency_terms, now=now, today=today)

    async def start_sync(self, name: str) -> int:
        """Begin a run in the background and return its id as soon as it holds the source."""
        opened: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        run = asyncio.create_task(
            sync_source(
                self.sources[name],
                self.database,
                clock=self.clock,
                trigger="api",
                on_opened=opened.set_result,
                bell=self.bell,
            )
        )
        self._runs.add(run)
        run.add_done_callback(self._runs.discard)
        waiting: set[asyncio.Future[object]] = {opened, run}  # type: ignore[arg-type]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if opened.done():
            return opened.result()
        opened.cancel()
        try:
            return (await run).run_id
        except SourceBusy as busy:
            raise SyncAlreadyRunning(busy.source) from busy

    async def ask_tools(self) -> None:
        """Whether each tool lets us in, kept for whoever wants to know."""
        await asyncio.gather(
            *(
                contact_if_due(source, self.database, clock=self.clock, every=AT_ONCE)
                for source in self.sources.values()
            )
        )

    async def readiness(self) -> list[Check]:
        """What /readyz answers."""
        return await readiness(self.database, sources=self.sources, schedule=self.schedule, now=self.clock.now())

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """The task of the block is ended, and waited for, before anything is closed."""
        task = cast("asyncio.Task[Any]", asyncio.current_task())  # a coroutine always runs in one
        self._runs.add(task)
        try:
            yield
        finally:
            self._runs.discard(task)

    async def end_runs(self) -> None:
        """Cut off what runs; each still writes how it ended."""
        runs = tuple(self._runs)
        for run in runs:
            run.cancel()
        await asyncio.gather(*runs, return_exceptions=True)

    async def aclose(self) -> None:
        await self.end_runs()
        for source in self.sources.values():
            await source.aclose()
        if self.provider is not None:
            await self.provider.aclose()
        await self.database.aclose()


@asynccontextmanager
async def application(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Application]:
    """Everything of one process, opened and closed again. Raises SchemaBehind, DatabaseUnusable."""
    database = Database.open(settings.database_url)
    clock = clock or SystemClock()
    sources = {
        config.name: build_source(config, keeper=build_keeper(config, settings, database, clock))
        for config in settings.sources
    }
    app = Application(settings, database, clock, sources, provider=build_provider(settings, clock))
    try:
        await ensure_schema(database, settings.database_url)
        await join_people(database, by_email=settings.people.join_by_email, now=app.clock.now())
        yield app
    finally:
        await app.aclose()


async def ensure_schema(database: Database, url: str) -> None:
    """An embedded SQLite database migrates itself; PostgreSQL belongs to somebody and is only checked."""
    if database.dialect == "sqlite":
        await asyncio.to_thread(migrate.upgrade, url)
        return
    state = await migrate.current_state(database)
    if state != "current":
        raise SchemaBehind(state)


def build_provider(settings: Settings, clock: Clock) -> IdentityProvider | None:
    """Opens no connection yet."""
    oidc = settings.auth.oidc
    return None if oidc is None else IdentityProvider(oidc.options(), clock=clock)


def build_keeper(
    config: JiraConfig | AsanaConfig, settings: Settings, database: Database, clock: Clock
) -> GrantKeeper | None:
    """For a source whose refresh token rotates; settings without a secret key for it were refused."""
    oauth = config.oauth if isinstance(config, JiraConfig) else None
    if oauth is None or oauth.refresh_token is None or settings.secret_key is None:
        return None
    return SealedGrant(
        database,
        source=config.name,
        refresh_token=oauth.refresh_token.get_secret_value(),
        sealer=Sealer(settings.secret_key.get_secret_value(), purpose=GRANTS),
        clock=clock,
    )


def build_source(config: JiraConfig | AsanaConfig, *, keeper: GrantKeeper | None = None) -> Source:
    """The connector of one configured source; opens no connection yet. `keeper`: see `build_keeper`."""
    match config:
        case JiraConfig():
            return _jira(config, keeper)
        case AsanaConfig():
            return _asana(config)


def build_receiver(config: JiraConfig | AsanaConfig) -> Receiver:
    """How its deliveries are proven and read. Old Data Centers cannot sign."""
    match config:
        case JiraConfig():
            return Receiver(
                tool="jira",
                read=jira_webhook.read_delivery,
                is_signed=jira_webhook.is_signed,
                secret=_webhook_secret(config),
                bears_token=_bears_token(config),
                takes_nonce=config.kind == "jira-dc",
            )
        case AsanaConfig():
            return Receiver(
                tool="asana",
                read=asana_webhook.read_delivery,
                is_signed=asana_webhook.is_signed,
                handshake=asana_webhook.handshake_secret,
            )


def _jira(config: JiraConfig, keeper: GrantKeeper | None) -> JiraSource:
    cancelled, defaults = config.cancelled, JiraOptions()
    return JiraSource(
        name=config.name,
        kind=config.kind,
        url=config.url,
        auth=_jira_auth(config, keeper),
        projects=config.scope.projects,
        options=JiraOptions(
            points_field=config.points_field,
            start_field=config.start_field,
            target_fields=config.target_fields,
            health_field=config.health_field,
            value_fields=config.value_fields,
            link_directions={name: LinkDirection(word) for name, word in config.link_directions.items()},
            cancelled_resolutions=_or(cancelled.resolutions, defaults.cancelled_resolutions),
            cancelled_statuses=_or(cancelled.statuses, defaults.cancelled_statuses),
        ),
        concurrency=config.concurrency,
        page_size=config.page_size,
        webhook_secret=_webhook_secret(config),
        is_app=config.oauth is not None,
        allow_http=config.allow_http,
    )


def _jira_auth(config: JiraConfig, keeper: GrantKeeper | None) -> Auth:
    if config.oauth is not None:
        return _jira_oauth(config, config.oauth, keeper)
    if config.auth is None:
        raise ValueError(f"{config.name} has neither auth nor oauth")  # the settings refuse it
    token = config.auth.token.get_secret_value()
    auth = BasicAuth(config.auth.email, token) if config.auth.email else BearerAuth(token)
    if config.auth.cloud_id is None:
        return auth
    return StandingAuth(auth, cloud_address(config.auth.api_url, config.auth.cloud_id))


def _jira_oauth(config: JiraConfig, oauth: JiraOAuthConfig, keeper: GrantKeeper | None) -> JiraOAuth:
    if oauth.refresh_token is not None and keeper is None:
        raise ValueError(f"{config.name} has a refresh token that rotates, and nobody to keep it")
    return JiraOAuth(
        OAuthClient(
            client_id=oauth.client_id,
            client_secret=oauth.client_secret.get_secret_value(),
            token_url=oauth.token_url,
            api_url=oauth.api_url,
            cloud_id=oauth.cloud_id,
        ),
        source=config.name,
        site_url=config.url,
        keeper=keeper,
        allow_http=config.allow_http,
    )


def _webhook_secret(config: JiraConfig) -> str | None:
    return None if config.webhook is None else config.webhook.secret.get_secret_value()


def _bears_token(config: JiraConfig) -> Callable[[Headers, datetime], bool] | None:
    """Deliveries to an app of OAuth are proven by a token that its secret has signed."""
    if config.oauth is None:
        return None
    secret = config.oauth.client_secret.get_secret_value()
    return lambda headers, now: jira_webhook.bears_token(headers, secret, now=now)


def _asana(config: AsanaConfig) -> AsanaSource:
    cancelled, defaults = config.cancelled, AsanaOptions()
    return AsanaSource(
        name=config.name,
        url=config.url,
        auth=BearerAuth(config.auth.token.get_secret_value()),
        workspace=config.scope.workspace,
        projects=config.scope.projects,
        portfolios=config.scope.portfolios,
        options=AsanaOptions(
            points_field=config.points_field,
            estimate_field=config.estimate_field,
            priority_field=config.priority_field,
            status_field=config.status_field,
            in_progress=_or(config.in_progress.sections, defaults.in_progress),
            cancelled_sections=_or(cancelled.sections, defaults.cancelled_sections),
            cancelled_tags=_or(cancelled.tags, defaults.cancelled_tags),
            cancelled_fields=dict(cancelled.fields),
            jira_fields=config.jira_fields,
        ),
        concurrency=config.concurrency,
        page_size=config.page_size,
        allow_http=config.allow_http,
    )


def _or(chosen: Iterable[str] | None, default: tuple[str, ...]) -> tuple[str, ...]:
    return default if chosen is None else tuple(chosen)
