"""Deliveries become state: each item they name is read once from the tool, however many of them name it.

    due deliveries → hold the source briefly → count the attempt → read the items by id, before all else that waits
    → land them → bury what was said to be gone and cannot be read → parents, epics, memberships → applied

A delivery is applied at least once: whatever kills the process before the last step leaves it waiting. Reading again
does no harm, for what is landed is what the tool shows now, and an older state never overwrites a newer one. Tools read
by id past their search index, so what a delivery told is there to be read (Jira's bulkfetch and GET issue, Asana's GET
task); a search would have to wait for it. What no delivery tells, the next run finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from connectors.contract import OVERLAP, ItemsUnreadable, Normaliser, RawItem, Source
from connectors.errors import PayloadUnreadable, SourceError
from connectors.items import Facet, SourceItem
from connectors.throttle import urgent
from service.clock import Clock
from service.programs.apply import matched_fields
from service.programs.assign import assign_pending
from service.store.engine import Database
from service.store.inbox import Counters, Inbox, Waiting
from service.store.items import WorkItems
from service.store.raw import RawRecords
from service.store.sources import Scopes, Sources
from service.sync.absence import LOGGED, bury
from service.sync.errors import NothingToReplay
from service.sync.hold import holding
from service.sync.landing import Arrival, land
from service.sync.meanwhile import Meanwhile
from service.sync.stored import reference_payloads

AT_A_TIME = 500  # deliveries; a quarter of that at each further attempt, so that one bad item is soon alone
MOST_ATTEMPTS = 10
FIRST_PAUSE = timedelta(seconds=2)  # doubles with each attempt
LONGEST_PAUSE = timedelta(minutes=5)
KEPT = timedelta(days=14)  # tools repeat a delivery for some hours, and people look into it for some days
ON_THE_WAY = timedelta(minutes=15)  # a delivery may take so long; a change so young was not missed yet

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Read:
    """Which normaliser was built, and from what: another run or other rules want another one."""

    run_id: int
    fields: tuple[str, ...]
    normalise: Normaliser


@dataclass(slots=True)
class Applier:
    """Applies the deliveries of one source. Reference data is read anew only after a run."""

    source: Source
    database: Database
    clock: Clock
    _last: _Read | None = field(default=None, init=False)

    async def apply(self) -> int:
        """Apply what is due, some hundreds at most; how many deliveries that were.

        0 also where the tool could not be read: they are tried again later. Raises SourceBusy, DatabaseUnusable.
        """
        if not await self._due():
            return 0
        async with holding(self.source.name, self.database, clock=self.clock, brief=True):
            try:
                return await self.apply_held(Meanwhile())
            except NothingToReplay:  # never read: the first run, which has not begun, reads everything
                return await self._leave_to_the_first_run()

    async def apply_held(self, meanwhile: Meanwhile) -> int:
        """The same for whoever holds the source already. Raises NothingToReplay, DatabaseUnusable."""
        waiting = await self._due()
        if not waiting:
            return 0
        await self._understanding()
        ids = [each.id for each in waiting]
        await self._begin(ids, attempts=waiting[0].attempts)
        try:
            poisoned, ignored = await self._apply(waiting, meanwhile)
        except SourceError as error:
            await self._not_applied(ids, error)
            return 0
        if poisoned is not None:
            bad = [each.id for each in waiting if poisoned.reasons.keys() & set(each.native_ids)]
            await self._not_applied(bad, poisoned)
            ids = [each for each in ids if each not in bad]
        await self._applied(ids, ignored=ignored)
        return len(ids)

    def forget(self) -> None:
        """Reference data was read anew: what is applied from now on is understood by it."""
        self._last = None

    async def _leave_to_the_first_run(self) -> int:
        ids = [each.id for each in await self._due()]
        await self._applied(ids)
        return len(ids)

    async def _due(self) -> list[Waiting]:
        """Of those tried equally often, as many as may fail together."""
        async with self.database.reading() as uow:
            due = await Inbox(uow.connection).due(self.source.name, now=self.clock.now(), limit=AT_A_TIME)
        alike = [each for each in due if each.attempts == due[0].attempts]
        return alike[: max(1, AT_A_TIME >> (2 * alike[0].attempts))] if alike else []

    async def _begin(self, ids: Sequence[int], *, attempts: int) -> None:
        pause = min(FIRST_PAUSE * 2**attempts, LONGEST_PAUSE)
        async with self.database.transaction() as uow:
            await Inbox(uow.connection).begin(ids, again_at=self.clock.now() + pause)

    async def _applied(self, ids: Sequence[int], *, ignored: int = 0) -> None:
        async with self.database.transaction() as uow:
            await Inbox(uow.connection).applied(ids, now=self.clock.now())
            if ignored:
                await Counters(uow.connection).ignored(self.source.name, ignored)

    async def _not_applied(self, ids: Sequence[int], error: SourceError) -> None:
        log.warning("deliveries_postponed", source=self.source.name, deliveries=len(ids), code=error.code)
        async with self.database.transaction() as uow:
            await Inbox(uow.connection).not_applied(ids, error=error.message, most_attempts=MOST_ATTEMPTS)

    async def _apply(self, waiting: Sequence[Waiting], meanwhile: Meanwhile) -> tuple[ItemsUnreadable | None, int]:
        """What of the items is there and cannot be read, if some is: all the others are state now.

        And how many lie in projects that are not pulled: counted once it is said that they were applied.
        """
        named = _named(waiting)
        live, homes = await self._places(named)
        wanted = [each for each, scope_id in named.items() if scope_id is None or scope_id in live or each in homes]
        found, poisoned = await self._read_wanted(wanted)
        shown = {item.record.native_id for item in found} | (poisoned.reasons.keys() if poisoned else set())
        said_gone = {native_id for each in waiting for native_id in each.deleted_ids} & set(wanted) - shown
        gone = await self._with_all_beneath(said_gone & homes.keys())
        async with meanwhile.turn:
            last = await self._understanding()
            live, homes = await self._places([*named, *shown])
            arrivals = _arrivals(found, homes, live, last.normalise)
            landed = [arrival.item.record.native_id for arrival in arrivals]
            meanwhile.note(read=landed, gone=said_gone | gone)
            await self._land(arrivals, last)
            await self._bury(gone, last.run_id)
            await self._settle([*landed, *gone])
        log.info(
            "deliveries_applied",
            source=self.source.name,
            deliveries=len(waiting),
            number=len(arrivals),
            items=landed[:LOGGED],
        )
        return poisoned, len(named) - len(wanted) + len(found) - len(arrivals)

    async def _read_wanted(self, native_ids: Sequence[str]) -> tuple[tuple[RawItem, ...], ItemsUnreadable | None]:
        try:
            return await self._read(native_ids, descend=True), None
        except ItemsUnreadable as error:
            return error.found, error

    async def _read(self, native_ids: Sequence[str], *, descend: bool = False) -> tuple[RawItem, ...]:
        if not native_ids:
            return ()
        with urgent():
            return await self.source.read_items(native_ids, descend=descend)

    async def _places(self, native_ids: Iterable[str]) -> tuple[set[str], dict[str, str]]:
        """Ids of the scopes that are pulled, and where those of the items that are stored lie."""
        async with self.database.reading() as uow:
            scopes = await Scopes(uow.connection).known(self.source.name)
            homes = await Inbox(uow.connection).homes(self.source.name, native_ids)
        return {native_id for native_id, scope in scopes.items() if scope.state == "live"}, homes

    async def _understanding(self) -> _Read:
        name = self.source.name
        async with self.database.reading() as uow:
            run_id = await Sources(uow.connection).last_run(name)
            fields = await matched_fields(uow.connection)
            if self._last is None or (self._last.run_id, self._last.fields) != (run_id, fields):
                payloads = await reference_payloads(uow.connection, name)
                normalise = self.source.build_normaliser(payloads, matched_fields=fields)
                self._last = _Read(run_id, fields, normalise)
        return self._last

    async def _land(self, arrivals: Sequence[Arrival], last: _Read) -> None:
        if arrivals:
            await land(
                self.database,
                self.source.name,
                arrivals,
                normalise=last.normalise,
                run_id=last.run_id,
                now=self.clock.now(),
            )

    async def _with_all_beneath(self, gone: set[str]) -> set[str]:
        """What lies beneath without a home of its own goes too, level by level, unless the tool still shows it."""
        above, all_gone = gone, set(gone)
        while above:
            async with self.database.reading() as uow:
                below = await WorkItems(uow.connection).live_below(self.source.name, sorted(above)) - all_gone
            above = below - {item.record.native_id for item in await self._read(sorted(below))}
            all_gone |= above
        return all_gone

    async def _bury(self, gone: set[str], run_id: int) -> None:
        await bury(
            self.database,
            self.source.name,
            sorted(gone),
            reason="gone",
            detail="deleted, as a webhook said, and not readable by id",
            run_id=run_id,
            now=self.clock.now(),
        )

    async def _settle(self, native_ids: Sequence[str]) -> None:
        uids = [f"{self.source.name}:{native_id}" for native_id in native_ids]
        if not uids:
            return
        async with self.database.transaction() as uow:
            items = WorkItems(uow.connection)
            await items.resolve_parents(self.source.name, uids)
            await items.resolve_epics(self.source.name, uids)
            await RawRecords(uow.connection).readable_again(self.source.name, native_ids)
        await assign_pending(self.database, now=self.clock.now())


async def note_missed(database: Database, source: str, *, run_started: datetime) -> None:
    """After a census, before its proof is written: how many changes since the last proof no delivery told.

    Nothing is counted where none ever came. What is old enough is dropped from the inbox.
    """
    async with database.transaction() as uow:
        counters = Counters(uow.connection)
        await Inbox(uow.connection).forget(source, before=run_started - KEPT)
        first = await counters.first_heard(source)
        proven = (await Sources(uow.connection).proofs()).get(source)
        if first is None or proven is None:
            return
        untold = await Inbox(uow.connection).count_untold(
            source,
            found_since=run_started,
            changed_after=max(first, proven - OVERLAP),
            changed_before=run_started - ON_THE_WAY,
        )
        await counters.missed(source, untold)
    if untold.missed:
        log.warning("deliveries_missed", source=source, items=untold.missed, of=untold.changed)


def _named(waiting: Sequence[Waiting]) -> dict[str, str | None]:
    """native id → the scope in which the latest of the deliveries saw it."""
    return {native_id: each.scope_id for each in waiting for native_id in each.native_ids}


def _arrivals(
    found: Sequence[RawItem], homes: Mapping[str, str], live: set[str], normalise: Normaliser
) -> list[Arrival]:
    """Items of projects that are pulled, each under the scope it is stored under, or else the first one it names.

    What moved out of every such project is left to the next run, which knows all of the scopes.
    """
    arrivals = []
    for item in found:
        native_id = item.record.native_id
        try:
            lies_in = [each for each in _projects(normalise(item)) if each in live]
        except PayloadUnreadable:  # landed with the reason, as a run does, if it is known where it belongs
            lies_in = [homes[native_id]] if native_id in homes else []
        if lies_in:
            stored = homes.get(native_id)
            arrivals.append(Arrival(stored if stored in lies_in else lies_in[0], item))
    return arrivals


def _projects(item: SourceItem) -> list[str]:
    homes = [each.native_id for each in item.facets if each.facet is Facet.PROJECT]
    return [each for each in (item.project_id, *homes) if each]
