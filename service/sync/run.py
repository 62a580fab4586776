"""One run of one source, from the lease to the verdict.

    hold the source → connect → read every scope, several at once, while discovering what its fields mean
    → land batches as they come → prove identity again → absence → move the cursors
    → parents, epics, memberships → verdict

A cursor moves only when every page and child of its scope is committed, to the server's time at the start of
the run minus the overlap. Whatever kills the run before that leaves committed pages and the old cursor:
the next run asks again from there, and finds most of it unchanged.

What tools deliver meanwhile is applied alongside, within the same hold of the source (docs/adr/0009).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from connectors.contract import (
    Identity,
    MissingScope,
    Normaliser,
    ReferenceData,
    Scope,
    ScopeListing,
    Source,
)
from connectors.errors import AuthenticationFailed, SourceError
from service.clock import Clock
from service.programs.assign import assign_pending
from service.store.contacts import Contact
from service.store.engine import Database
from service.sync import journal
from service.sync.alongside import applying_alongside
from service.sync.bell import Bell
from service.sync.contact import heard
from service.sync.details import read_details
from service.sync.hold import holding
from service.sync.inbox import Applier, note_missed
from service.sync.landing import Arrival, Landed, land
from service.sync.meanwhile import Meanwhile
from service.sync.outcome import Mode, Outcome, Reason, RunStatus, ScopeResult, verdict
from service.sync.plan import ScopePlan, plan_scopes
from service.sync.progress import Progress, Silent
from service.sync.settling import Settling

SCOPES_AT_ONCE = 8  # enough to fill the request budget while some scopes are still listing
BATCH = 1_000  # items a transaction; a transaction per page of 100 costs two to three times as much
DETAILS_A_RUN = 1_000  # items whose details follow one run; the next one goes on
LINGER = 0.05  # seconds a batch waits for one page more; pages come in bursts, as many as are in flight
PAGES_WAITING = 8  # read and not yet stored: what bounds the memory of a run

log = structlog.get_logger()


async def sync_source(  # noqa: PLR0913 - what a run is, each part named at the call
    source: Source,
    database: Database,
    *,
    clock: Clock,
    trigger: str = "manual",
    mode: Mode = Mode.INCREMENTAL,
    progress: Progress | None = None,
    on_opened: Callable[[int], None] | None = None,
    bell: Bell | None = None,
    accept_loss: Collection[str] = (),
) -> Outcome:
    """Bring the store up to date with one source. `bell` rings when this process receives a delivery.

    `accept_loss` are the keys of scopes in which somebody expects much to be gone: the guard is off for them, and
    each item that a listing lacks is still asked for before it is removed.

    Raises SourceBusy when another runner holds the source, DatabaseUnusable when nothing can be stored.
    What goes wrong with the tool is in the outcome.
    """
    async with holding(source.name, database, clock=clock):
        applier, meanwhile = Applier(source, database, clock), Meanwhile()
        run = _Run(source, database, clock, trigger, mode, progress or Silent(), applier, meanwhile, accept_loss)
        await run.open()
        if on_opened is not None:
            on_opened(run.id)
        async with applying_alongside(applier, meanwhile, bell=bell):
            return await run.to_the_end()


@dataclass(frozen=True, slots=True)
class _Learned:
    reference: ReferenceData
    normalise: Normaliser


@dataclass(slots=True)
class _Run:
    source: Source
    database: Database
    clock: Clock
    trigger: str
    mode: Mode
    progress: Progress
    applier: Applier
    meanwhile: Meanwhile
    accept_loss: Collection[str]
    id: int = 0
    started_at: datetime = field(init=False)
    contact: Contact = field(init=False)
    requests_before: int = 0  # a source lives through many runs, and counts on
    changed: int = 0
    unchanged: int = 0
    results: list[ScopeResult] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    learned: _Learned | None = None  # once everything is read

    async def open(self) -> None:
        self.started_at, self.requests_before = self.clock.now(), self.source.usage.requests
        self.id = await journal.open_run(
            self.database, self.source, trigger=self.trigger, mode=self.mode.value, now=self.started_at
        )

    @property
    def fetched(self) -> int:
        return sum(result.fetched for result in self.results)

    @property
    def rejected(self) -> int:
        return sum(result.rejected for result in self.results)

    async def to_the_end(self) -> Outcome:
        """The run, and an entry in the journal however it ends."""
        with structlog.contextvars.bound_contextvars(run=self.id, source=self.source.name):
            log.info("sync_started", trigger=self.trigger, mode=self.mode)
            try:
                status = await self._execute()
            except SourceError as error:
                self.reasons.append(Reason(error.code, error.message))
                status = RunStatus.FAILED
            except asyncio.CancelledError:
                await asyncio.shield(self._finish(RunStatus.ABANDONED))
                raise
            outcome = await self._finish(status)
            await self._follow_up()
            return outcome

    async def _follow_up(self) -> None:
        """Details come after the verdict: what they add is history, and their coverage is told beside it."""
        if self.learned is None:
            return
        settled = await read_details(
            self.source,
            self.database,
            normalise=self.learned.normalise,
            run_id=self.id,
            clock=self.clock,
            at_most=DETAILS_A_RUN,
            meanwhile=self.meanwhile,
        )
        if settled:
            log.info("details_read", items=settled)
            async with self.meanwhile.turn:
                await assign_pending(self.database, now=self.clock.now())

    async def _execute(self) -> RunStatus:
        identity = await self._connect()
        learning = asyncio.create_task(self._learn(identity))
        try:
            found, missing, plans = await self._find_scopes()
            self.meanwhile.ready.set()
            await self._read(plans, identity, learning)
            learned = await learning
        finally:
            learning.cancel()
            await asyncio.gather(learning, return_exceptions=True)
        self.learned = learned
        await self._settling(identity, learned).settle(self.results, found)
        self._note_rejected(await journal.count_rejected(self.database, self.source.name))
        if self.mode is Mode.CENSUS:
            await note_missed(self.database, self.source.name, run_started=self.started_at)
        status = verdict(self.results, self.reasons)
        await journal.record_proof(
            self.database,
            self.source.name,
            identity,
            learned.reference,
            self.reasons,
            complete=self._proven(missing),
        )
        return status

    async def _connect(self) -> Identity:
        asked_at = self.clock.now()
        identity = await self.source.connect()
        self.contact = heard(identity, asked_at=asked_at, now=self.clock.now())
        return identity

    async def _learn(self, identity: Identity) -> _Learned:
        """Reference data, read and kept: pages are being read meanwhile, but none is stored before this is done."""
        reference = await self.source.discover()
        async with self.meanwhile.turn:
            recorded = await journal.record_reference(
                self.database,
                self.source,
                identity,
                reference,
                contact=self.contact,
                run_id=self.id,
                now=self.clock.now(),
            )
            self.applier.forget()
        if recorded.read_anew:
            log.info("stored_items_read_anew", items=recorded.read_anew)
        normalise = self.source.build_normaliser(reference.payloads, matched_fields=recorded.matched_fields)
        return _Learned(reference, normalise)

    async def _find_scopes(self) -> tuple[Sequence[Scope], Sequence[MissingScope], Sequence[ScopePlan]]:
        stored = await journal.known_scopes(self.database, self.source.name)
        wanted = {native_id: scope.key for native_id, scope in stored.items() if scope.state in {"live", "gone"}}
        found, missing = await self.source.scopes(known=wanted)
        self._note_missing(missing)
        await journal.register_scopes(self.database, self.source.name, found, missing)
        return found, missing, plan_scopes(found, stored, full=self.mode is Mode.FULL)

    async def _read(self, plans: Sequence[ScopePlan], identity: Identity, learning: asyncio.Task[_Learned]) -> None:
        self.progress.started(self.source.name, len(plans))
        self.results = [_result(plan, accept_loss=self.accept_loss) for plan in plans]
        pages: asyncio.Queue[list[Arrival] | None] = asyncio.Queue(PAGES_WAITING)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._store(pages, learning))
                gate = asyncio.Semaphore(SCOPES_AT_ONCE)
                reading = [
                    group.create_task(self._read_scope(plan, result, pages, gate))
                    for plan, result in zip(plans, self.results, strict=True)
                ]
                await _all(reading)
                group.create_task(self._prove_identity(identity))
                await pages.put(None)
        except BaseExceptionGroup as errors:
            raise _root(errors) from None
        finally:
            self.progress.finished(self.source.name)

    async def _read_scope(
        self, plan: ScopePlan, result: ScopeResult, pages: asyncio.Queue[list[Arrival] | None], gate: asyncio.Semaphore
    ) -> None:
        """Read one scope to its end. Its own trouble stays its own; a refused credential stops the source."""

        def on_listing(listing: ScopeListing) -> None:
            self.progress.listed(self.source.name, len(listing.ids))
            result.extent, result.listed = listing.extent, listing.ids
            result.marks, result.token = listing.marks, listing.token

        async with gate:
            try:
                if await self._counted(plan, on_listing):
                    return
                pages_read = self.source.pages(plan.scope, since=plan.since, token=plan.token, on_listing=on_listing)
                async for page in pages_read:
                    result.fetched += len(page.items)
                    result.missing_ids.extend(page.missing_ids)
                    if page.items:
                        await pages.put([Arrival(plan.scope.native_id, item) for item in page.items])
            except AuthenticationFailed:
                raise
            except SourceError as error:
                result.error = Reason(error.code, error.message, plan.scope.key)
                self.reasons.append(result.error)
                log.warning("scope_failed", scope=plan.scope.key, code=error.code, message=error.message)

    async def _counted(self, plan: ScopePlan, on_listing: Callable[[ScopeListing], None]) -> bool:
        """Whether a census takes the place of reading the pages of a scope that was read before."""
        if self.mode is not Mode.CENSUS or plan.since is None:
            return False
        listing = await self.source.census(plan.scope)
        if listing is not None:
            on_listing(listing)
        return listing is not None

    async def _store(self, pages: asyncio.Queue[list[Arrival] | None], learning: asyncio.Task[_Learned]) -> None:
        """Write pages joined into batches; the bound of the queue holds back the readers meanwhile."""
        normalise = (await learning).normalise
        last = False
        while not last:
            batch, last = await next_batch(pages)
            await self._land(batch, normalise)

    def _settling(self, identity: Identity, learned: _Learned) -> Settling:
        return Settling(
            source=self.source,
            database=self.database,
            clock=self.clock,
            run_id=self.id,
            identity=identity,
            normalise=learned.normalise,
            meanwhile=self.meanwhile,
            land=lambda batch: self._land(batch, learned.normalise),
            reasons=self.reasons,
        )

    async def _land(self, batch: Sequence[Arrival], normalise: Normaliser) -> None:
        if not batch:
            return
        async with self.meanwhile.turn:
            landed = await land(
                self.database,
                self.source.name,
                [arrival for arrival in batch if arrival.item.record.native_id not in self.meanwhile.gone],
                normalise=normalise,
                run_id=self.id,
                now=self.clock.now(),
                counted=True,
                read_since=self.meanwhile.read,
            )
        self.changed += len(landed.changed)
        self.unchanged += len(landed.unchanged)
        self._count_rejected(batch, landed)
        self.progress.stored(self.source.name, len(batch))

    def _count_rejected(self, batch: Sequence[Arrival], landed: Landed) -> None:
        if not landed.rejected:
            return
        scope_of = {arrival.item.record.native_id: arrival.scope_id for arrival in batch}
        by_scope = {result.scope_id: result for result in self.results}
        for native_id, reason in landed.rejected.items():
            by_scope[scope_of[native_id]].rejected += 1
            log.warning("record_rejected", native_id=native_id, reason=reason)

    async def _prove_identity(self, before: Identity) -> None:
        """An account that changed, or turned anonymous, while we read has shown us who knows what."""
        after = await self.source.connect()
        if after.account_id != before.account_id:
            raise AuthenticationFailed(
                self.source.name,
                f"The account changed from {before.display_name} to {after.display_name} during the sync; "
                "nothing was marked complete. Check who else uses or rotates this credential.",
            )

    def _note_missing(self, missing: Sequence[MissingScope]) -> None:
        self.reasons.extend(Reason("scope_missing", scope.reason, scope.key) for scope in missing)

    def _note_rejected(self, rejected: int) -> None:
        if rejected:
            records = "record" if rejected == 1 else "records"
            self.reasons.append(
                Reason("rejected_records", f"{rejected} {records} of {self.source.name} could not be read.")
            )

    def _proven(self, missing: Sequence[MissingScope]) -> bool:
        """Rejected records are known to exist and are shown; a scope that was not read to its end is not known."""
        return not missing and all(result.error is None for result in self.results)

    async def _finish(self, status: RunStatus) -> Outcome:
        outcome = Outcome(
            run_id=self.id,
            source=self.source.name,
            status=status,
            mode=self.mode,
            fetched=self.fetched,
            changed=self.changed,
            unchanged=self.unchanged,
            rejected=self.rejected,
            requests=self.source.usage.requests - self.requests_before,
            reasons=tuple(self.reasons),
            started_at=self.started_at,
            finished_at=self.clock.now(),
        )
        await journal.close_run(self.database, outcome, self.results)
        log.info(
            "sync_finished",
            status=status,
            fetched=self.fetched,
            changed=self.changed,
            unchanged=self.unchanged,
            rejected=self.rejected,
            requests=outcome.requests,
            seconds=round((outcome.finished_at - outcome.started_at).total_seconds(), 1),
        )
        return outcome


def _result(plan: ScopePlan, *, accept_loss: Collection[str]) -> ScopeResult:
    return ScopeResult(plan.scope.native_id, plan.scope.key, loss_accepted=plan.scope.key in accept_loss)


async def next_batch(pages: asyncio.Queue[list[Arrival] | None]) -> tuple[list[Arrival], bool]:
    """The pages of the next transaction, and whether they are the last: full, or all that came in a moment."""
    batch: list[Arrival] = []
    while len(batch) < BATCH:
        try:
            # Not wait_for, which on Python 3.11 can swallow a cancellation: the run would never end.
            async with asyncio.timeout(LINGER if batch else None):
                page = await pages.get()
        except TimeoutError:
            break
        if page is None:
            return batch, True
        batch.extend(page)
    return batch, False


async def _all(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        await task


def _root(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first cause: what a group adds is only that others were cancelled because of it."""
    first = errors.exceptions[0]
    return _root(first) if isinstance(first, BaseExceptionGroup) else first
