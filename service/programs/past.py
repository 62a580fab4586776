"""Programs at earlier moments: reads what a `ProgramHistory` is made of, and says how far it can be believed.

For answers about one moment, a window of time, or every change in it; what those answers are is told elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace as changed
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.contract import Historian
from connectors.history import EVERY_ASPECT, Aspect
from connectors.items import Facet, FacetValue, SourceChange
from service.domain.breakdown import Breakdown
from service.domain.errors import InvalidQuery
from service.domain.history import Break, Chained, Snapshot, breaks
from service.domain.notices import Notice, counted
from service.domain.program_history import ProgramHistory, ProgramThen, members_of, with_epics
from service.programs.historians import Historians
from service.store.past_items import Changes, Fields, PastItems

IN_ROLLUPS = frozenset(
    {
        Aspect.STATUS,
        Aspect.POINTS,
        Aspect.TIME,
        Aspect.START,
        Aspect.DUE,
        Aspect.PARENT,
        Aspect.PROJECT,
        Aspect.TYPE,
        Aspect.TEAM,
    }
)
_DECIDING = (Facet.SECTION, Facet.TAG, Facet.PROJECT)  # sets that say how far a task is, and where
_PLANNED = (Facet.ITERATION, Facet.RELEASE)

EARLIEST = 1970  # no tool is older, and dates far before it cannot be counted back from
MAPPING_OF_TODAY = Notice(
    "mapping_of_today", "Who belonged to the program then is not known; the members of today stand in for them."
)


async def history_of(
    connection: AsyncConnection,
    key: str,
    *,
    since: datetime,
    historians: Historians,
    aspects: Collection[Aspect] = EVERY_ASPECT,
    among: Collection[str] | None = None,
) -> ProgramHistory:
    """What happened in a program after a moment, and what it is now.

    `aspects`: only the changes of these are read, and only these of a past state can be relied on. `among`: of these
    members alone, for `ProgramHistory.again`.
    """
    reader = PastItems(connection)
    mapped_since = await reader.mapped_since(key)
    stays, items = await reader.members(key, since, among=among)
    sources = {item.source for item in items}
    of_sources = await historians.of(connection, sources)
    partial = {source for source in sources if _is_partial(of_sources.get(source))}
    doubtful = {
        item.uid
        for stay, item in zip(stays, items, strict=True)
        if (stay.done_at is not None and stay.done_at > since) or (item.source in partial and stay.updated_at > since)
    }
    graves = await (reader.graves_in(key) if among is None else reader.graves(among))
    members, spans, created = members_of(stays, items, graves, mapped_since=mapped_since)
    uids, program = [item.uid for item in members], key if among is None else None
    history = await _with_changes(reader, uids, doubtful, since, of_sources, aspects, program=program)
    return changed(history, members=members, spans=spans, created=created, mapped_since=mapped_since)


async def history_of_items(
    connection: AsyncConnection,
    uids: Collection[str],
    *,
    done_since: Collection[str],
    since: datetime,
    historians: Historians,
) -> ProgramHistory:
    """The same of items anywhere: a history without members, for `past` and `parent_of`. `done_since`: those of them
    that were done after the moment."""
    of_sources = await historians.of(connection, {uid.partition(":")[0] for uid in uids})
    doubtful = {*done_since, *(uid for uid in uids if _is_partial(of_sources.get(uid.partition(":")[0])))}
    return await _with_changes(PastItems(connection), uids, doubtful, since, of_sources, EVERY_ASPECT)


async def _with_changes(
    reader: PastItems,
    uids: Collection[str],
    doubtful: Collection[str],
    since: datetime,
    historians: Mapping[str, Historian],
    aspects: Collection[Aspect],
    *,
    program: str | None = None,
) -> ProgramHistory:
    fields = _fields(historians.values(), aspects)
    changes = await reader.changes_after(uids, since, fields, program=program)
    return ProgramHistory(
        since=since,
        members=(),
        spans=(),
        created=(),
        snapshots=await _snapshots(reader, {*changes, *doubtful}, historians, aspects),
        changes=changes,
        historians=historians,
        breaks=_breaks(await reader.changes_until(changes.keys(), since, fields), changes, historians),
        named=await reader.named(parent_keys(changes, historians)),
    )


async def program_at(
    connection: AsyncConnection, history: ProgramHistory, moment: datetime, *, by: Breakdown | None = None
) -> ProgramThen:
    """The program at a moment; the epics of its items are those of then where `by` asks for them, or for all."""
    then = history.at(moment)
    if by not in {Breakdown.EPIC, None} or not then.pasts:
        return then
    inside = {item.uid for item in then.items}
    outside = {item.parent_uid for item in then.items if item.parent_uid is not None} - inside
    above = await PastItems(connection).above(outside)
    return ProgramThen(moment, with_epics(then.items, then.pasts.keys(), above), then.pasts)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The last moment of a day where the calendar is: what happens at midnight belongs to the next one."""
    return datetime.combine(day + timedelta(days=1), time.min, zone).astimezone(UTC) - timedelta(microseconds=1)


def moment_of(text: str, *, zone: ZoneInfo, now: datetime, parameter: str = "as_of") -> datetime:
    """A date (the end of that day; of today: now) or an ISO moment with its offset. Raises InvalidQuery.

    The future is nobody's history.
    """
    try:
        if len(text) == len("2026-03-31"):
            day = date.fromisoformat(text)
            today = now.astimezone(zone).date()
            moment = min(end_of(day, zone), now) if day == today else end_of(day, zone)
        else:
            moment = datetime.fromisoformat(text)
            moment = (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidQuery(parameter, "must be a date (2026-03-31) or a moment (2026-03-31T17:00:00Z).") from None
    if moment.year < EARLIEST:
        raise InvalidQuery(parameter, f"must not be before {EARLIEST}.")
    if moment > now:
        raise InvalidQuery(parameter, "must not lie in the future; the forecast tells of that.")
    return moment


async def refuse_before_all(connection: AsyncConnection, key: str, moment: datetime) -> None:
    """Of a moment at which the program was empty: raises InvalidQuery when nothing was there yet."""
    first = await PastItems(connection).first_created(key)
    if first is not None and moment < first:
        raise InvalidQuery("as_of", f"is too early: the first item was created on {first.date()}.")


def past_notices(history: ProgramHistory, then: ProgramThen, *, proof: datetime | None = None) -> Iterator[Notice]:
    """How far an answer about that moment can be believed. `proof`: up to when all sources are known completely."""
    if not history.is_mapped(then.moment):
        yield MAPPING_OF_TODAY
    if proof is not None and then.moment > proof:
        yield Notice("after_last_sync", "What changed since the last complete sync is not known yet.")
    rebuilt = sum(len(past.reconstructed) for past in then.pasts.values())
    if rebuilt:
        changed = sum(bool(past.reconstructed) for past in then.pasts.values())
        yield Notice(
            "reconstructed", f"{counted(rebuilt, 'value')} of {counted(changed, 'item')} told by what changed since"
        )
    uncertain = [past for past in then.pasts.values() if past.unknown]
    if uncertain:
        unknown = sum(len(past.unknown) for past in uncertain)
        yield Notice(
            "unknown_values",
            f"{counted(unknown, 'value')} of {counted(len(uncertain), 'item')} cannot be told for that moment; "
            "what comes closest is shown",
        )


def uncertain_notices(history: ProgramHistory, since: datetime) -> Iterator[Notice]:
    """From a moment on that is not before the history's own: how many histories are not whole."""
    torn = sum(any(each.until > since for each in every) for every in history.breaks.values())
    if torn:
        whose = (
            "The history of 1 item contradicts itself"
            if torn == 1
            else f"Histories of {torn} items contradict themselves"
        )
        yield Notice("torn_histories", f"{whose}; in between, values are not known.")
    unread = sum(is_unread(history, each) for each in history.snapshots.values() if each.updated_at > since)
    if unread:
        yield Notice("unread_histories", f"Of {counted(unread, 'item')} the history cannot be read, or not yet.")
    untold = sum(history.course(uid).is_done_untold(since) for uid in history.snapshots)
    if untold:
        message = f"No change tells how {counted(untold, 'item')} came to be done; before that they count as to do."
        yield Notice("untold_completions", message)


def is_unread(history: ProgramHistory, snapshot: Snapshot) -> bool:
    """Whether an item's history cannot be read, or not yet."""
    historian = history.historians.get(snapshot.source)
    return historian is None or (snapshot.unread and historian.comes_apart)


def _fields(historians: Iterable[Historian], aspects: Collection[Aspect]) -> Fields:
    ids = {field for each in historians for field, aspect in each.fields.items() if aspect in aspects}
    return Fields({each for each in ids if not each.endswith(":")}, {each for each in ids if each.endswith(":")})


def _is_partial(historian: Historian | None) -> bool:
    """Whether an item that was touched may have been another one, though no change tells of it."""
    return historian is None or historian.comes_apart or bool(historian.without_history)


async def _snapshots(
    reader: PastItems, uids: Collection[str], historians: Mapping[str, Historian], aspects: Collection[Aspect]
) -> dict[str, Snapshot]:
    planned = _PLANNED if not {Aspect.ITERATION, Aspect.RELEASE}.isdisjoint(aspects) else ()
    facets = await reader.facets(uids, (*_DECIDING, *planned))
    return {each.uid: _settled(each, historians, facets.get(each.uid, ())) for each in await reader.snapshots(uids)}


def _settled(snapshot: Snapshot, historians: Mapping[str, Historian], facets: Sequence[FacetValue]) -> Snapshot:
    historian = historians.get(snapshot.source)
    state = snapshot.state if historian is None else historian.settled(snapshot.state, facets)
    return snapshot if state is snapshot.state else replace(snapshot, state=state)


def parent_keys(
    changes: Mapping[str, Sequence[SourceChange]], historians: Mapping[str, Historian]
) -> set[tuple[str, str]]:
    """What a history may call a parent by, where it gives no id."""
    fields = {source: _of_parents(historian) for source, historian in historians.items()}
    return {
        (source, key)
        for uid, each in changes.items()
        if (source := uid.partition(":")[0]) in fields
        for change in each
        if change.field_id in fields[source]
        for key in (change.from_value, change.from_text)
        if key
    }


def _of_parents(historian: Historian) -> frozenset[str]:
    """Ids of fields. None of them stands for a family: a parent is one field, or another."""
    return frozenset(field for field, aspect in historian.fields.items() if aspect is Aspect.PARENT)


def _breaks(before: Changes, changes: Changes, historians: Mapping[str, Historian]) -> dict[str, list[Break]]:
    """By uid, of the items whose history contradicts itself. `before`: what happened up to where `changes` begin."""
    chained = {source: Chained(historian) for source, historian in historians.items()}
    found: dict[str, list[Break]] = {}
    for uid, later in changes.items():
        fields = chained.get(uid.partition(":")[0])
        if fields is not None and (torn := [*breaks(chain(before.get(uid, ()), later), fields)]):
            found[uid] = torn
    return found
