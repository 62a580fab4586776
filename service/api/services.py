"""What the HTTP API is given to work with. Bootstrap fills it; tests fill it with less."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from service.api.receivers import Receiver
from service.api.refusals import Refusals
from service.auth.oidc import IdentityProvider
from service.clock import Clock
from service.domain.progress import MissingWeight
from service.domain.rollup import DEFINITION_VERSION
from service.programs.apply import MatchedFieldsHook
from service.programs.dependency_terms import DependencyTerms, Viewpoint
from service.programs.flow_terms import FlowTerms
from service.programs.health_terms import HealthTerms
from service.programs.historians import Historians
from service.programs.past import moment_of
from service.store.engine import Database

UTC = ZoneInfo("UTC")


class SyncAlreadyRunning(Exception):
    """Another run holds the source. `run_id` names it when it is known."""

    def __init__(self, source: str, run_id: int | None = None) -> None:
        self.source = source
        self.run_id = run_id
        super().__init__(f"{source} is being synced already")


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `/readyz`: what was looked at, whether it is fine, and what to do when it is not.

    A `warning` does not make the service unfit: it goes on answering, with less or with older truth.
    """

    name: str
    ok: bool
    detail: str
    warning: bool = False


async def no_checks() -> list[Check]:
    """For a service that has nothing to wait for."""
    return []


async def no_tool_is_asked() -> None:
    """For a service without sources of its own."""


def nobody_waits(_source: str) -> None:
    """For a process that applies no deliveries; another one finds them in the inbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """`start_sync` starts a run of a source and returns its id, or raises SyncAlreadyRunning.

    It is None when this process runs no worker. `allow_anonymous` is None (loopback only) or "read".
    `missing` is what an item without an estimate weighs, `terms` what dependency health is computed by,
    `flow` what flow is, `health` what the colour of a program is.
    `provider` is the identity provider, `secret_key` signs sessions (None: a random key), `public_url` is where people
    reach the service when a proxy stands before it.
    `receivers` take the deliveries of tools, by source; `on_delivery` is called with the source of each new one.
    `matched_fields_hook` lets `apply` fill facets of newly matched custom fields.
    `schedules` are the cron lines by source; `ask_tools` asks every tool, with little patience, who we are.
    `historians` tell what the histories of the tools mean.
    """

    database: Database
    clock: Clock
    calendar_zone: ZoneInfo = UTC
    missing: MissingWeight = MissingWeight.SKIP
    terms: DependencyTerms = field(default_factory=DependencyTerms)
    flow: FlowTerms = field(default_factory=FlowTerms)
    health: HealthTerms = field(default_factory=HealthTerms)
    source_names: tuple[str, ...] = ()
    start_sync: Callable[[str], Awaitable[int]] | None = None
    programs_file: Path | None = None
    readiness: Callable[[], Awaitable[list[Check]]] = no_checks
    allow_anonymous: str | None = None
    provider: IdentityProvider | None = None
    secret_key: str | None = field(default=None, repr=False)
    public_url: str | None = None
    matched_fields_hook: MatchedFieldsHook | None = None
    receivers: Mapping[str, Receiver] = field(default_factory=dict)
    on_delivery: Callable[[str], None] = nobody_waits
    refusals: Refusals = field(default_factory=Refusals)
    schedules: Mapping[str, str] = field(default_factory=dict)
    ask_tools: Callable[[], Awaitable[None]] = no_tool_is_asked
    historians: Historians = field(default_factory=Historians)

    @property
    def definitions(self) -> str:
        """By what numbers are made: an answer made by others is another answer."""
        return f"{DEFINITION_VERSION}, missing weight: {self.missing}"

    def viewpoint(self, as_of: str | None = None) -> Viewpoint:
        """From now, or from the moment that a question is about. Raises InvalidQuery."""
        present = Viewpoint(terms=self.terms, now=self.clock.now(), today=self.today())
        moment = self.moment(as_of)
        return present if moment is None else present.at(moment, self.historians)

    def today(self) -> date:
        """The day it is where the program's calendar is."""
        return self.clock.now().astimezone(self.calendar_zone).date()

    def moment(self, as_of: str | None) -> datetime | None:
        """The moment that a question is about; None: now. Raises InvalidQuery."""
        return None if as_of is None else moment_of(as_of, zone=self.calendar_zone, now=self.clock.now())
