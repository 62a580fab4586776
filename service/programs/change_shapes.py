"""From changes to the shapes of an answer: names, people and addresses beside what changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from service.domain.change_summary import Group
from service.domain.changes import ItemChange
from service.programs.answers import ProgramRef
from service.programs.change_answers import ChangeEntry, ChangeGroup, ChangesData, OtherEnd
from service.programs.freshness import whole_seconds
from service.programs.items import web_address
from service.programs.rounding import rounded
from service.store.program_items import ProgramRow
from service.store.recent_changes import Named


def changes_data(  # noqa: PLR0913 - each is a part of the answer, or a name in it
    program: ProgramRow,
    since: datetime,
    until: datetime | None,
    headline: str,
    groups: Sequence[Group],
    shown: Sequence[ItemChange],
    *,
    points: Mapping[str, float],
    excluded: Collection[str],
    left_out: int,
    named: Mapping[str, Named],
    people: Mapping[tuple[str, str], str],
    slips: Mapping[str, int],
) -> ChangesData:
    def entry(change: ItemChange) -> ChangeEntry:
        return _entry(
            change,
            named.get(change.uid),
            counts=change.uid not in excluded,
            points=points.get(change.uid),
            by=people.get((change.uid.partition(":")[0], change.author_id or "")),
            slips=slips.get(change.uid),
            other=None if change.other_uid is None else _other(change.other_uid, named.get(change.other_uid)),
        )

    numbers = {group.kind: 0 for group in groups}
    for change in shown:
        numbers[change.kind] += 1
    return ChangesData(
        program=ProgramRef(program.key, program.name),
        since=whole_seconds(since),
        until=None if until is None else whole_seconds(until),
        headline=headline,
        groups=tuple(_group(group, shown=numbers[group.kind]) for group in groups),
        changes=tuple(map(entry, shown)),
        left_out=left_out,
    )


def _group(group: Group, *, shown: int) -> ChangeGroup:
    return ChangeGroup(
        kind=group.kind,
        title=group.title,
        changes=len(group.changes),
        shown=shown,
        counting=group.counting,
        points=rounded(group.points),
        worst_days=group.worst_days,
    )


def _entry(
    change: ItemChange,
    item: Named | None,
    *,
    counts: bool,
    points: float | None,
    by: str | None,
    slips: int | None,
    other: OtherEnd | None,
) -> ChangeEntry:
    return ChangeEntry(
        kind=change.kind,
        uid=change.uid,
        key=item.key if item else change.uid,
        title=item and item.title,
        url=None if item is None else _address(item),
        project=item and item.project,
        item_type=item.item_type if item else "",
        counts=counts,
        status_category=item.status_category if item else "to_do",
        points=rounded(points),
        at=None if change.at is None else whole_seconds(change.at),
        by=by,
        why=change.why,
        field=change.field,
        old=_said(change.old),
        new=_said(change.new),
        days=change.days,
        times=change.times,
        slips=slips,
        other=other,
    )


def _other(uid: str, item: Named | None) -> OtherEnd:
    if item is None:
        return OtherEnd(uid, uid, None, None)
    return OtherEnd(uid, item.key, item.title, _address(item))


def _address(item: Named) -> str | None:
    """Nobody is sent to what is not there."""
    if item.tombstone == "gone":
        return None
    return web_address(item.url, kind=item.source_kind, site=item.source_url, key=item.key)


def _said(value: float | date | None) -> str | None:
    """A day as 2026-03-31, a number without what it does not need: 5, 2.5."""
    match value:
        case None:
            return None
        case date():
            return value.isoformat()
        case _:
            return f"{value:.6f}".rstrip("0").rstrip(".")
