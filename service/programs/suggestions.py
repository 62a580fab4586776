"""Suggested edges for people: what there is to decide, and deciding it.

A decision is audited and holds until it is withdrawn; programs that hold one of the two items answer anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.errors import InvalidDecision, UnknownSuggestion, one_of
from service.domain.suggestions import Doubt, Status, Suggestion
from service.programs.cursors import DEFAULT_LIMIT, checked_limit, read_cursor, write_cursor
from service.programs.items import browse_url
from service.store.audit import Audit
from service.store.engine import Database
from service.store.item_reads import AnyRow, ItemReads
from service.store.memberships import Memberships
from service.store.programs import Programs
from service.store.suggestions import Suggestions

_UNDIRECTED = (Doubt.BOTH_WAYS, Doubt.NO_ORDER)


class Verdict(StrEnum):
    """What a person may say about a suggestion."""

    CONFIRM = "confirm"
    DISMISS = "dismiss"
    WITHDRAW = "withdraw"  # as if nobody had decided


class SuggestedEnd(Struct, frozen=True):
    """One of the two items. `live` is false for one that left its tool's listing or was never read itself."""

    uid: str
    key: str | None
    title: str | None
    source: str
    status_category: str | None
    url: str | None
    live: bool


class FoundPointer(Struct, frozen=True):
    """Where the pointer stands: in which item, at which place of it (`origin`), and what it says."""

    item: str
    origin: str
    target: str
    relationship: str | None


class SuggestedEdge(Struct, frozen=True, kw_only=True):
    """`predecessor` is null only for a pointer that leads to nothing seen (status "unresolved").

    `doubt` says why no rule decides it; `decided_by` is a person, a rule, or the provenance of an edge that says
    the same.
    """

    id: str
    status: str
    predecessor: SuggestedEnd | None
    successor: SuggestedEnd
    origins: tuple[str, ...]
    doubt: str | None
    decided_by: str | None
    decided_at: datetime | None
    pointers: tuple[FoundPointer, ...]


class SuggestionList(Struct, frozen=True):
    """`total` counts all that have the status asked for, or all there are."""

    suggestions: tuple[SuggestedEdge, ...]
    total: int
    next_cursor: str | None


class SuggestionData(Struct, frozen=True):
    suggestion: SuggestedEdge


async def list_suggestions(
    database: Database,
    *,
    status: str | None = None,
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
    among: Collection[str] | None = None,
) -> SuggestionList:
    """One page, of one status or of all, in an order that decisions do not change. Raises InvalidQuery.

    `among`: only edges whose every known end stands in one of these programs.
    """
    wanted = None if status is None else one_of(Status, "status", status)
    checked_limit(limit)
    after = read_cursor("suggestions", cursor, parts=2)
    async with database.reading() as uow:
        found = [each for each in await Suggestions(uow.connection).all() if wanted in (None, each.status)]
        if among is not None:
            seen = await Memberships(uow.connection).uids_in(among)
            found = [each for each in found if seen.issuperset(each.ends)]
        rest = [each for each in found if after is None or each.place > after]
        page = rest[:limit]
        ends = await _ends(uow.connection, page)
    following = write_cursor("suggestions", *page[-1].place) if len(rest) > limit else None
    return SuggestionList(tuple(_edge(each, ends) for each in page), len(found), following)


async def decide(
    database: Database,
    suggestion_id: str,
    verdict: Verdict,
    *,
    predecessor: str | None,
    actor: str,
    origin: str | None = None,
    now: datetime,
) -> SuggestionData:
    """The suggestion as it stands afterwards. Saying again what holds already changes nothing.

    `predecessor` is the uid of the item that comes first, None for the order suggested. Raises UnknownSuggestion,
    InvalidDecision.
    """
    async with database.transaction() as uow:
        store = Suggestions(uow.connection)
        before = _one(await store.all(), suggestion_id)
        first = _checked(before, verdict, predecessor)
        await _store(store, before, verdict, first, actor=actor, now=now)
        after = _one(await store.all(), suggestion_id)
        if _said(after) != _said(before):
            await _record(uow.connection, before, after, verdict, actor=actor, origin=origin, now=now)
        return SuggestionData(_edge(after, await _ends(uow.connection, [after])))


def _one(suggestions: Iterable[Suggestion], suggestion_id: str) -> Suggestion:
    found = next((each for each in suggestions if each.id == suggestion_id), None)
    if found is None:
        raise UnknownSuggestion(suggestion_id)
    return found


def _checked(suggestion: Suggestion, verdict: Verdict, predecessor: str | None) -> str | None:
    """The uid that comes first by a confirmation; None for other verdicts."""
    if suggestion.predecessor_uid is None:
        raise InvalidDecision("decision", "the pointer leads to no item that was seen; there is nothing to decide yet.")
    if verdict is not Verdict.CONFIRM:
        if predecessor is not None:
            raise InvalidDecision("predecessor", "belongs to `confirm` alone; leave it out.")
        return None
    ends = tuple(sorted(suggestion.ends))
    if predecessor is None and suggestion.doubt in _UNDIRECTED:
        raise InvalidDecision("predecessor", "nothing tells which item comes first; name it.", ends)
    if predecessor is not None and predecessor not in ends:
        raise InvalidDecision("predecessor", f"{predecessor!r} is neither of the two items.", ends)
    return predecessor or suggestion.predecessor_uid


async def _store(
    store: Suggestions, suggestion: Suggestion, verdict: Verdict, first: str | None, *, actor: str, now: datetime
) -> None:
    match verdict:
        case Verdict.WITHDRAW:
            await store.withdraw(suggestion.place)
        case Verdict.CONFIRM | Verdict.DISMISS:
            status = Status.CONFIRMED if verdict is Verdict.CONFIRM else Status.DISMISSED
            decided = suggestion.at is not None and (status, first) == _said(suggestion)[:2]
            if not decided:
                await store.decide(suggestion.place, status, predecessor_uid=first, by=actor, at=now)


def _said(suggestion: Suggestion) -> tuple[Status, str | None, str | None]:
    first = suggestion.predecessor_uid if suggestion.status is Status.CONFIRMED else None
    return suggestion.status, first, suggestion.by


async def _record(
    connection: AsyncConnection,
    before: Suggestion,
    after: Suggestion,
    verdict: Verdict,
    *,
    actor: str,
    origin: str | None,
    now: datetime,
) -> None:
    await Programs(connection).bump(await Memberships(connection).holding(after.ends))
    await Audit(connection).add(
        at=now,
        actor=actor,
        origin=origin,
        action=f"suggestion_{_PAST[verdict]}",
        subject=after.id,
        detail={"before": _as_json(before), "after": _as_json(after)},
    )


_PAST = {Verdict.CONFIRM: "confirmed", Verdict.DISMISS: "dismissed", Verdict.WITHDRAW: "withdrawn"}


def _as_json(suggestion: Suggestion) -> dict[str, str | None]:
    return {
        "status": suggestion.status.value,
        "predecessor": suggestion.predecessor_uid,
        "successor": suggestion.successor_uid,
        "decided_by": suggestion.by,
    }


async def _ends(connection: AsyncConnection, suggestions: Iterable[Suggestion]) -> dict[str, SuggestedEnd]:
    uids = sorted({uid for each in suggestions for uid in each.ends})
    reader = ItemReads(connection)
    read = {row.uid: _end(row, live=row.tombstone is None) for row in await reader.named(uids)}
    unread = {row.uid: _end(row, live=False) for row in await reader.named_stubs(set(uids) - read.keys())}
    return unread | read


def _end(row: AnyRow, *, live: bool) -> SuggestedEnd:
    return SuggestedEnd(row.uid, row.key, row.title, row.source, row.status_category, browse_url(row), live)


def _edge(suggestion: Suggestion, ends: Mapping[str, SuggestedEnd]) -> SuggestedEdge:
    first = suggestion.predecessor_uid
    return SuggestedEdge(
        id=suggestion.id,
        status=suggestion.status.value,
        predecessor=None if first is None else ends[first],
        successor=ends[suggestion.successor_uid],
        origins=suggestion.origins,
        doubt=None if suggestion.doubt is None else suggestion.doubt.value,
        decided_by=suggestion.by,
        decided_at=suggestion.at,
        pointers=tuple(FoundPointer(p.item_uid, p.origin, p.target, p.relationship) for p in suggestion.pointers),
    )
