"""After everything was read: what is stale, what is gone, and what hangs together; then the cursors move.

Scope by scope, so that the trouble of one stays its own. Only what was followed to its proven end is settled.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from connectors.contract import OVERLAP, Identity, Normaliser, Scope, Source
from connectors.errors import AuthenticationFailed, SourceError
from service.clock import Clock
from service.programs.assign import assign_pending
from service.store.engine import Database
from service.sync import journal
from service.sync.absence import Absence, bury, look_for_absent, read_stale
from service.sync.far_ends import read_far_ends
from service.sync.landing import Arrival
from service.sync.meanwhile import Meanwhile
from service.sync.outcome import Reason, ScopeResult

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Settling:
    """Of one run. `land` stores what is read on the way; `reasons` are the run's, and grow."""

    source: Source
    database: Database
    clock: Clock
    run_id: int
    identity: Identity
    normalise: Normaliser
    meanwhile: Meanwhile
    land: Callable[[Sequence[Arrival]], Awaitable[None]]
    reasons: list[Reason]

    async def settle(self, results: Sequence[ScopeResult], found: Sequence[Scope]) -> None:
        for result in results:
            if result.error is None:
                await self._settle_scope(result)
        await self._read_far_ends()
        archived = [scope.native_id for scope in found if scope.archived]
        async with self.meanwhile.turn:
            await journal.bury_left_scopes(
                self.database, self.source.name, archived=archived, run_id=self.run_id, now=self.clock.now()
            )
            await journal.complete_hierarchy(self.database, self.source.name)
            await assign_pending(self.database, now=self.clock.now())

    async def _settle_scope(self, result: ScopeResult) -> None:
        try:
            async for stale in read_stale(self.source, self.database, result):
                result.fetched += len(stale)
                await self.land([Arrival(result.scope_id, item) for item in stale])
            await self._ask_again_for_the_unreadable(result)
            absence = await look_for_absent(self.source, self.database, result, read=self.meanwhile.read)
        except AuthenticationFailed:
            raise
        except SourceError as error:
            result.error = Reason(error.code, error.message, result.key)
            self.reasons.append(result.error)
            return
        await self._apply_absence(result, absence)
        result.marks = {}  # thousands of texts that nobody asks again
        await journal.complete_scope(
            self.database,
            self.source.name,
            result,
            cursor=self.identity.server_time - OVERLAP,
            proven_at=self.identity.server_time,
        )

    async def _apply_absence(self, result: ScopeResult, absence: Absence) -> None:
        if absence.held is not None:
            result.error = absence.held
            self.reasons.append(absence.held)
            log.warning("scope_held", scope=result.key, message=absence.held.message)
        await self.land([Arrival(result.scope_id, item) for item in absence.found])
        async with self.meanwhile.turn:
            await bury(
                self.database,
                self.source.name,
                [native_id for native_id in absence.gone if native_id not in self.meanwhile.read],
                reason="gone",
                detail=f"not listed in {result.key} and not readable by id",
                run_id=self.run_id,
                now=self.clock.now(),
            )
            await journal.keep_unreadable(
                self.database, self.source.name, result, run_id=self.run_id, now=self.clock.now()
            )

    async def _ask_again_for_the_unreadable(self, result: ScopeResult) -> None:
        """What an earlier run could not read is asked for by each later one, until it can be read or is gone."""
        known = await journal.known_unreadable(self.database, self.source.name, result.scope_id)
        result.missing_ids.extend(native_id for native_id in known if native_id not in result.unreadable)

    async def _read_far_ends(self) -> None:
        try:
            await read_far_ends(
                self.source,
                self.database,
                normalise=self.normalise,
                run_id=self.run_id,
                now=self.clock.now(),
                turn=self.meanwhile.turn,
            )
        except AuthenticationFailed:
            raise
        except SourceError as error:
            self.reasons.append(Reason(error.code, f"Far ends of links were not read: {error.message}"))
