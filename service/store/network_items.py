"""What dependency health reads: the live items of a program, and the far ends of its edges wherever they are.

Items come in one wide query; sprints and releases are read apart, as many items share few of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from msgspec import convert
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.items import RollupItem
from service.domain.network import NetworkItem, Presence
from service.domain.scope import exclusions, family_of
from service.domain.status import StatusCategory
from service.store.bulk import fetch, fetch_many, within
from service.store.planning import Plan, Planning
from service.store.program_items import ProgramItems, ProgramRow


class _Row(NetworkItem, frozen=True, gc=False, array_like=True):
    """A row of a query converts to an item: the order of the fields is that of its columns."""


class NetworkItems:
    """Reads only."""

    def __init__(self, connection: AsyncConnection, planning: Planning) -> None:
        self._connection = connection
        self._planning = planning

    async def members(self, program: ProgramRow) -> list[NetworkItem]:
        """The live items of the program, in no particular order; who counts is decided as in a roll-up."""
        await ProgramItems(self._connection).prefer_indexes()
        rows = await fetch_many(self._connection, _MEMBERS, [program.key])
        plans = self._planning.plans(await fetch(self._connection, _PLANS_OF_MEMBERS, [program.key]))
        return _counted(_planned(_items(rows), plans), count_subtasks=program.count_subtasks)

    async def elsewhere(self, uids: Collection[str]) -> list[NetworkItem]:
        """An item for each uid, none of them a member, and what lies beneath those that are live; by uid.

        Who counts is decided among themselves: a container of another program is as far as its own parts are.
        """
        if not uids:
            return []
        await ProgramItems(self._connection).prefer_indexes()
        beneath = await fetch(self._connection, _BENEATH.format(within(self._connection, "parent_uid")), [sorted(uids)])
        every = sorted({*uids, *(uid for (uid,) in beneath)})
        rows = await fetch_many(self._connection, _NAMED.format(within(self._connection, "i.uid")), [every])
        plans = await fetch(self._connection, _PLANS.format(within(self._connection, "f.item_uid")), [every])
        read = _counted(_planned(_items(rows), self._planning.plans(plans)), count_subtasks=False)
        found = {item.uid: item for item in read}
        return [*read, *await self._unread(sorted(set(every) - found.keys()))]

    async def again(self, program: ProgramRow, uids: Collection[str]) -> list[NetworkItem]:
        """What these items and stubs say of themselves now, members of the program or not; who counts is not decided.

        Whoever is no longer live in the program is read as one elsewhere; who is not found is missing.
        """
        wanted = sorted(uids)
        among = f" AND {within(self._connection, 'i.uid')}"
        rows = await fetch(self._connection, _MEMBERS + among, [program.key, wanted])
        rest = sorted(set(wanted) - {row[0] for row in rows})
        if rest:
            rows += await fetch(self._connection, _NAMED.format(within(self._connection, "i.uid")), [rest])
            rows += await fetch(self._connection, _STUBS.format(within(self._connection, "uid")), [rest])
        plans = await fetch(self._connection, _PLANS.format(within(self._connection, "f.item_uid")), [wanted])
        return _planned(_items(rows), self._planning.plans(plans))

    async def _unread(self, uids: list[str]) -> list[NetworkItem]:
        """Ends that are known from links alone, and ends that nobody knows."""
        if not uids:
            return []
        rows = await fetch(self._connection, _STUBS.format(within(self._connection, "uid")), [uids])
        stubs = {item.uid: item for item in _items(rows)}
        return [stubs.get(uid) or _unknown(uid) for uid in uids]


def _items(rows: Iterable[Any]) -> list[_Row]:
    """SQLite has 0 and 1 for false and true, and text for dates."""
    return convert(rows, list[_Row], strict=False)


def _planned(items: Iterable[NetworkItem], plans: Mapping[str, Plan]) -> list[NetworkItem]:
    return [
        item if (plan := plans.get(item.uid)) is None else replace(item, iteration=plan.iteration, release=plan.release)
        for item in items
    ]


def _counted(items: list[NetworkItem], *, count_subtasks: bool) -> list[NetworkItem]:
    live = [_as_rolled_up(item) for item in items if item.presence is Presence.LIVE]
    left_out = exclusions(live, family_of(live), count_subtasks=count_subtasks).keys()
    return [
        replace(item, countable=False) if item.uid in left_out or item.presence is not Presence.LIVE else item
        for item in items
    ]


def _as_rolled_up(item: NetworkItem) -> RollupItem:
    """As much of it as decides who counts."""
    category = item.status_category or StatusCategory.TO_DO  # every item that was read has one
    return RollupItem(
        item.uid,
        item.key,
        item.source,
        item.project_id,
        item.item_type,
        item.level,
        item.level < 0,
        category,
        parent_uid=item.parent_uid,
    )


def _unknown(uid: str) -> NetworkItem:
    source, _, word = uid.partition(":")
    return NetworkItem(uid, word, "", source, "", presence=Presence.UNKNOWN, member=False, countable=False)


# By field of NetworkItem. A sub-task is one by its type or by its level; dependency health goes by the level alone.
_ITEM = {
    "uid": "i.uid",
    "key": "i.key",
    "title": "i.title",
    "source": "i.source",
    "project_id": "i.project_id",
    "presence": "coalesce(i.tombstone, 'live')",
    "countable": "TRUE",  # until all are known
    "item_type": "i.item_type",
    "level": "CASE WHEN i.subtask AND i.level >= 0 THEN -1 ELSE i.level END",
    "milestone": "lower(i.item_type) = 'milestone'",
    "status": "i.status",
    "status_category": "i.status_category",
    "resolution": "i.resolution",
    "parent_uid": "i.parent_uid",
    "team": "i.team",
    "assignee_id": "i.assignee_id",
    "start": "i.start",
    "due": "i.due",
    "created_at": "i.created_at",
    "started_at": "i.started_at",
    "done_at": "i.done_at",
    "points": "i.points",
    "remaining_seconds": """coalesce(i.remaining_seconds,
        CASE WHEN i.estimate_seconds > coalesce(i.spent_seconds, 0)
             THEN i.estimate_seconds - coalesce(i.spent_seconds, 0)
             WHEN i.estimate_seconds IS NOT NULL THEN 0 END)""",
    "slips": "0",
}
_STUB = {
    "uid": "uid",
    "key": "key",
    "title": "coalesce(title, '')",
    "source": "source",
    "project_id": "''",
    "presence": "CASE WHEN visible IS NOT NULL AND NOT visible THEN 'hidden' ELSE 'stub' END",
    "member": "FALSE",
    "countable": "FALSE",
    "item_type": "coalesce(item_type, '')",
    "level": "0",
    "milestone": "FALSE",
    "status": "coalesce(status, '')",
    "status_category": "status_category",
    "slips": "0",
}


def _columns(told: Mapping[str, str]) -> str:
    """In the order of the fields; what is not told is null."""
    return ", ".join(told.get(field, "NULL") for field in NetworkItem.__struct_fields__)


_MEMBERS = f"""
    SELECT {_columns({**_ITEM, "member": "TRUE", "workstream": "m.workstream"})}
      FROM memberships AS m JOIN work_items AS i ON i.uid = m.item_uid
     WHERE m.program_key = ? AND m.valid_to IS NULL AND i.tombstone IS NULL"""  # noqa: S608 - names of this file
_NAMED = f"SELECT {_columns({**_ITEM, 'member': 'FALSE'})} FROM work_items AS i WHERE {{}} ORDER BY i.uid"  # noqa: S608
_STUBS = f"SELECT {_columns(_STUB)} FROM item_stubs WHERE {{}}"  # noqa: S608
_BENEATH = """
    WITH RECURSIVE beneath (uid) AS (
        SELECT uid FROM work_items WHERE tombstone IS NULL AND {}
         UNION SELECT i.uid FROM work_items AS i JOIN beneath AS b ON i.parent_uid = b.uid WHERE i.tombstone IS NULL)
    SELECT uid FROM beneath"""
_FACETS = """
    SELECT f.item_uid, i.source, f.facet, f.native_id, f.value
      FROM item_facets AS f JOIN work_items AS i ON i.uid = f.item_uid"""
_PLANS = _FACETS + " WHERE f.facet IN ('iteration', 'release') AND {}"
_PLANS_OF_MEMBERS = (
    _FACETS
    + """
      JOIN memberships AS m ON m.item_uid = f.item_uid
     WHERE f.facet IN ('iteration', 'release') AND m.program_key = ? AND m.valid_to IS NULL
       AND i.tombstone IS NULL"""
)
