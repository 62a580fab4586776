"""What answers about earlier moments read of a program: who was in it, what they are now, and what changed since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct, convert
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.history import ItemState
from connectors.items import Facet, FacetValue, SourceChange
from service.domain.history import Snapshot, in_order
from service.domain.items import RollupItem
from service.domain.program_history import Above, Span, Stay
from service.store.bulk import fetch, fetch_many, within
from service.store.program_items import EVERY_BUCKET, ROLLUP_COLUMNS, ProgramItems

Changes = dict[str, list[SourceChange]]


class _State(ItemState, frozen=True, kw_only=True, gc=False, array_like=True):
    """A row of a query converts to a state: the order of the fields is that of its columns."""


class _Change(SourceChange, frozen=True, gc=False, array_like=True):
    """`item_id` is the uid: rows of several sources lie beside each other."""


class _Head(Struct, frozen=True, gc=False, array_like=True):
    uid: str
    source: str
    title: str
    created_at: datetime
    updated_at: datetime
    parent_uid: str | None
    epic_uid: str | None
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Fields:
    """Whose changes are wanted. Each of `families` stands for all fields whose ids begin with it."""

    ids: Collection[str]
    families: Collection[str] = ()


class PastItems:
    """Reads only. `since`: what was in the program at that moment or later, or changed after it."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def mapped_since(self, program: str) -> datetime | None:
        """From when on it is known who was in the program; None: nobody ever was."""
        (row,) = await fetch(self._connection, _MAPPED_SINCE, [program])
        return convert(row[0], datetime | None)

    async def first_created(self, program: str) -> datetime | None:
        """When the oldest of all items was created that ever were in the program."""
        (row,) = await fetch(self._connection, _FIRST_CREATED, [program])
        return convert(row[0], datetime | None)

    async def members(
        self, program: str, since: datetime, *, among: Collection[str] | None = None
    ) -> tuple[list[Stay], list[RollupItem]]:
        """One for each membership, in no order. `among`: only these items."""
        await ProgramItems(self._connection).prefer_indexes()
        statement = _MEMBERS
        parameters: list[object] = [program, since]
        if among is not None:
            statement += f" AND {within(self._connection, 'm.item_uid')}"
            parameters.append(sorted(among))
        rows = await fetch_many(self._connection, statement, parameters)
        stays = convert([row[:_STAY] for row in rows], list[Stay])
        items = convert([row[_STAY:] for row in rows], list[RollupItem], strict=False)
        homes = await self._homes(program, among)
        if homes:
            items = [replace(each, homes=(each.project_id, *homes.get(each.uid, ()))) for each in items]
        return stays, items

    async def _homes(self, program: str, among: Collection[str] | None) -> dict[str, list[str]]:
        """The projects of items that may have several. The facet leads: most programs have none."""
        found: dict[str, list[str]] = defaultdict(list)
        statement, parameters = _HOMES.format(whose=_HOME_OF_MEMBER), list[object]([program])
        if among is not None:
            statement, parameters = _HOMES.format(whose=within(self._connection, "f.item_uid")), [sorted(among)]
        for uid, home in await fetch(self._connection, statement, parameters):
            found[uid].append(home)
        return found

    async def graves(self, uids: Collection[str]) -> dict[str, list[Span]]:
        """uid → when the item was gone, in order."""
        return await self._graves(within(self._connection, "t.item_uid"), sorted(uids))

    async def graves_in(self, program: str) -> dict[str, list[Span]]:
        """The same of all that ever were in the program. The graves lead: most programs have few."""
        return await self._graves(_EVER_IN, program)

    async def _graves(self, whose: str, parameter: object) -> dict[str, list[Span]]:
        found: dict[str, list[Span]] = defaultdict(list)
        for uid, since, until in await fetch(self._connection, _GRAVES.format(whose=whose), [parameter]):
            found[uid].append(Span(convert(since, datetime), convert(until, datetime | None)))
        return found

    async def changes_after(
        self, uids: Collection[str], moment: datetime, fields: Fields, *, program: str | None = None
    ) -> Changes:
        """uid → the changes after the moment, in their order. `program`: the uids are those of its `members`."""
        if program is not None and self._connection.dialect.name == "postgresql":
            return await self._changes(_IN_SINCE, [program, moment], "c.at > ?", moment, fields)
        return await self._changes(within(self._connection, "c.item_uid"), [sorted(uids)], "c.at > ?", moment, fields)

    async def changes_until(self, uids: Collection[str], moment: datetime, fields: Fields) -> Changes:
        """uid → the changes up to the moment and at it, in their order."""
        return await self._changes(within(self._connection, "c.item_uid"), [sorted(uids)], "c.at <= ?", moment, fields)

    async def _changes(
        self, whose: str, named: Sequence[object], when: str, moment: datetime, fields: Fields
    ) -> Changes:
        families = " ".join("OR c.field_id LIKE ?" for _ in fields.families)
        wanted = f"{within(self._connection, 'c.field_id')} {families}"
        statement = _CHANGES.format(whose=whose, when=when, wanted=wanted)
        patterns = [f"{family}%" for family in sorted(fields.families)]
        parameters = [*named, moment, sorted(fields.ids), *patterns]
        found: Changes = defaultdict(list)
        for change in convert(await fetch_many(self._connection, statement, parameters), list[_Change]):
            found[change.item_id].append(change)
        return {uid: in_order(changes) for uid, changes in found.items()}

    async def snapshots(self, uids: Collection[str]) -> list[Snapshot]:
        """Their states are not settled yet."""
        statement = _SNAPSHOTS.format(named=within(self._connection, "i.uid"))
        rows = await fetch_many(self._connection, statement, [sorted(uids)])
        heads = convert([row[:_HEAD] for row in rows], list[_Head], strict=False)
        states = convert([row[_HEAD:] for row in rows], list[_State], strict=False)
        named = within(self._connection, "item_uid")
        waiting = await fetch(self._connection, f"SELECT item_uid FROM pending_details WHERE {named}", [sorted(uids)])  # noqa: S608
        unread = {uid for (uid,) in waiting}
        return [_snapshot(head, state, head.uid in unread) for head, state in zip(heads, states, strict=True)]

    async def facets(self, uids: Collection[str], kinds: Iterable[Facet]) -> dict[str, list[FacetValue]]:
        """uid → its members of these sets."""
        statement = _FACETS.format(
            named=within(self._connection, "f.item_uid"), kinds=within(self._connection, "f.facet")
        )
        found: dict[str, list[FacetValue]] = defaultdict(list)
        parameters = [sorted(uids), [each.value for each in kinds]]
        for uid, facet, value, native_id, name in await fetch(self._connection, statement, parameters):
            found[uid].append(FacetValue(Facet(facet), value, native_id or None, name))
        return found

    async def named(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """(source, key) → uid; a former key finds its item, too."""
        if not keys:
            return {}
        spelt = sorted({key for _, key in keys})
        found: dict[tuple[str, str], str] = {}
        for statement in _NAMED:
            rows = await fetch(self._connection, statement.format(named=within(self._connection, "key")), [spelt])
            found.update({(source, key): uid for source, key, uid in rows})
        return {each: found[each] for each in keys if each in found}

    async def people(self, ids: Collection[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, str | None]]:
        """(source, native id) → name and e-mail address."""
        named = within(self._connection, "native_id")
        statement = f"SELECT source, native_id, name, email FROM people WHERE {named}"  # noqa: S608 - names of this file
        rows = await fetch(self._connection, statement, [sorted({native_id for _, native_id in ids})])
        return {(source, native_id): (name, email) for source, native_id, name, email in rows}

    async def above(self, uids: Collection[str]) -> dict[str, Above]:
        """Of items anywhere: their level and their epic."""
        if not uids:
            return {}
        statement = f"SELECT uid, level, epic_uid FROM work_items WHERE {within(self._connection, 'uid')}"  # noqa: S608
        rows = await fetch(self._connection, statement, [sorted(uids)])
        return {uid: Above(level, epic_uid) for uid, level, epic_uid in rows}


def _snapshot(head: _Head, state: ItemState, unread: bool) -> Snapshot:
    return Snapshot(
        head.uid,
        head.source,
        head.title,
        head.created_at,
        head.updated_at,
        state,
        head.parent_uid,
        head.epic_uid,
        head.done_at,
        unread,
    )


_STAY = len(Stay.__struct_fields__)
_HEAD = len(_Head.__struct_fields__)
_OF_STATE = {
    "parent_id": "substr(i.parent_uid, length(i.source) + 2)",
    "parent_key": "CASE WHEN i.parent_uid IS NULL THEN i.parent_key END",
}
_STATE = ", ".join(
    _OF_STATE.get(name, f"i.{name}")
    for name in ItemState.__struct_fields__[: ItemState.__struct_fields__.index("homes")]
)
_MAPPED_SINCE = "SELECT min(valid_from) FROM memberships WHERE program_key = ?"
_FIRST_CREATED = """
    SELECT min(created_at) FROM work_items
     WHERE uid IN (SELECT item_uid FROM memberships WHERE program_key = ?)"""
_MEMBERS = f"""
    SELECT m.valid_from, m.valid_to, i.created_at, i.updated_at, i.tombstone, i.done_at, {ROLLUP_COLUMNS}{EVERY_BUCKET}
      FROM memberships AS m JOIN work_items AS i ON i.uid = m.item_uid
     WHERE m.program_key = ? AND (m.valid_to IS NULL OR m.valid_to > ?)"""  # noqa: S608 - names of these files
# Thousands of uids cost PostgreSQL as much to take in as it does to find their changes.
_IN_SINCE = """c.item_uid = ANY(ARRAY(
           SELECT item_uid FROM memberships WHERE program_key = ? AND (valid_to IS NULL OR valid_to > ?)))"""
_HOMES = """
    SELECT f.item_uid, coalesce(nullif(f.native_id, ''), f.value) FROM item_facets AS f
     WHERE f.facet = 'project' AND {whose}
     ORDER BY f.item_uid, f.value"""
_HOME_OF_MEMBER = "EXISTS (SELECT 1 FROM memberships AS m WHERE m.item_uid = f.item_uid AND m.program_key = ?)"
_GRAVES = """
    SELECT t.item_uid, t.found_at, t.restored_at FROM tombstones AS t WHERE {whose} ORDER BY t.item_uid, t.found_at"""
_EVER_IN = "EXISTS (SELECT 1 FROM memberships AS m WHERE m.item_uid = t.item_uid AND m.program_key = ?)"
_CHANGES = """
    SELECT c.item_uid, c.change_id, c.ordinal, c.at, c.field_id, c.author_id, c.from_value, c.to_value,
           c.from_text, c.to_text
      FROM item_changes AS c WHERE {whose} AND {when} AND ({wanted})"""
_SNAPSHOTS = f"""
    SELECT i.uid, i.source, i.title, i.created_at, i.updated_at, i.parent_uid, i.epic_uid, i.done_at, {_STATE}
      FROM work_items AS i WHERE {{named}}"""  # noqa: S608 - names of this file
_FACETS = "SELECT f.item_uid, f.facet, f.value, f.native_id, f.name FROM item_facets AS f WHERE {named} AND {kinds}"
_NAMED = (  # what an item is called now goes before what another was called once
    "SELECT source, key, item_uid FROM item_aliases WHERE {named}",
    "SELECT source, key, uid FROM item_stubs WHERE {named}",
    "SELECT source, key, uid FROM work_items WHERE {named}",
)
