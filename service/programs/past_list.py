"""The items of a program as they were at an earlier moment: filtered, paged, each value with its certainty."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.history import Aspect, ItemState
from connectors.items import Facet
from service.domain.errors import one_of
from service.domain.history import Past, Snapshot
from service.domain.items import RollupItem
from service.domain.program_history import ProgramThen
from service.domain.scope import Exclusion, exclusions, family_of
from service.domain.status import StatusCategory
from service.programs.answers import Answer, ItemList, ItemSummary
from service.programs.cursors import DEFAULT_LIMIT, checked_limit, read_cursor, write_cursor
from service.programs.envelope import enveloped
from service.programs.freshness import Grounds, grounds_of, proof_of
from service.programs.historians import Historians
from service.programs.items import NO_FILTERS, browse_url
from service.programs.past import IN_ROLLUPS, history_of, past_notices, program_at, refuse_before_all
from service.store.engine import Database
from service.store.faces import Face, Faces, ProjectName
from service.store.item_reads import ItemFilters
from service.store.past_items import PastItems
from service.store.program_items import ProgramItems

SHOWN = IN_ROLLUPS | {Aspect.ASSIGNEE, Aspect.FLAGGED}
Person = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class _Then:
    """Who was in the program, and what is needed to judge and to name them."""

    program: ProgramThen
    excluded: Mapping[str, Exclusion]
    projects: Mapping[tuple[str, str], ProjectName]
    snapshots: Mapping[str, Snapshot]
    people: Mapping[tuple[str, str], Person]
    labels: Mapping[str, Collection[str]]
    epics: Mapping[str, Collection[str]]  # uid → all that it may be called

    def state(self, item: RollupItem) -> ItemState:
        past = self.program.pasts.get(item.uid)
        return past.state if past is not None else self.snapshots[item.uid].state

    def person(self, item: RollupItem) -> Person | None:
        return self.people.get((item.source, self.state(item).assignee_id or ""))


async def list_items_then(  # noqa: PLR0913 - one argument per parameter of the question
    database: Database,
    key: str,
    *,
    as_of: datetime,
    historians: Historians,
    filters: ItemFilters = NO_FILTERS,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    now: datetime,
) -> Answer[ItemList]:
    """Items that were in the program at an aware moment, by uid. Raises UnknownProgram or InvalidQuery.

    Titles, labels and links are those of today: no tool tells which ones an item had.
    """
    checked_limit(limit)
    for category in filters.values("status_category"):
        one_of(StatusCategory, "status_category", category)
    place = read_cursor("items", cursor, parts=1)
    async with database.reading() as uow:
        grounds = await grounds_of(uow.connection, key)
        history = await history_of(uow.connection, key, since=as_of, historians=historians, aspects=SHOWN)
        program = await program_at(uow.connection, history, as_of)
        if not program.items:
            await refuse_before_all(uow.connection, key, as_of)
        then = await _read(uow.connection, grounds, program, filters)
        chosen = _chosen(then, filters, after=place[0] if place else "")[: limit + 1]
        page = chosen[:limit]
        faces = await Faces(uow.connection).of([item.uid for item in page])
    following = write_cursor("items", page[-1].uid) if len(chosen) > limit else None
    items = tuple(_summary(item, then, faces[item.uid]) for item in page)
    notices = past_notices(history, program, proof=proof_of(grounds.sources))
    return enveloped(ItemList(items, following), sources=grounds.sources, now=now, notices=notices, as_of=as_of)


def _chosen(then: _Then, filters: ItemFilters, *, after: str) -> list[RollupItem]:
    """All that the filters let through, by uid."""
    tests = [_TESTS[name](then, _folded(values)) for name in _TESTS if (values := filters.values(name))]
    if filters.countable is not None:
        tests.append(lambda item: (item.uid not in then.excluded) is filters.countable)
    found = (item for item in then.program.items if item.uid > after and all(test(item) for test in tests))
    return sorted(found, key=lambda item: item.uid)


async def _read(connection: AsyncConnection, grounds: Grounds, program: ProgramThen, filters: ItemFilters) -> _Then:
    reader = PastItems(connection)
    uids = {item.uid for item in program.items}
    snapshots = {each.uid: each for each in await reader.snapshots(uids)}
    states = [
        (each.source, past.state if (past := program.pasts.get(uid)) else each.state) for uid, each in snapshots.items()
    ]
    epics = {item.epic_uid for item in program.items if item.epic_uid is not None} if filters.epic else set()
    named = await ProgramItems(connection).titles(epics | (uids if filters.epic else set()))
    return _Then(
        program,
        exclusions(program.items, family_of(program.items), count_subtasks=grounds.program.count_subtasks),
        await Faces(connection).projects(),
        snapshots,
        await reader.people({(source, state.assignee_id) for source, state in states if state.assignee_id}),
        _values(await reader.facets(uids, [Facet.LABEL])) if filters.label else {},
        {uid: (uid, label.key, f"{uid.partition(':')[0]}:{label.key}") for uid, label in named.items()},
    )


def _values(facets: Mapping[str, Sequence[object]]) -> dict[str, list[str]]:
    return {uid: [getattr(each, "value", "") for each in values] for uid, values in facets.items()}


_Test = Callable[[RollupItem], bool]
_Values = frozenset[str]


def _folded(values: Collection[str | None]) -> _Values:
    return frozenset(value.casefold() for value in values if value)


def _in_project(then: _Then, wanted: _Values) -> _Test:
    def test(item: RollupItem) -> bool:
        homes = [then.projects.get((item.source, home)) for home in (item.project_id, *item.homes)]
        names = [name for home in homes if home is not None for name in home]
        return not wanted.isdisjoint(_folded([item.project_id, *item.homes, *names]))

    return test


def _assigned(then: _Then, wanted: _Values) -> _Test:
    return lambda item: not wanted.isdisjoint(_folded([then.state(item).assignee_id, *(then.person(item) or ())]))


def _in_epic(then: _Then, wanted: _Values) -> _Test:
    def test(item: RollupItem) -> bool:
        epic = item.uid if item.level == 1 else item.epic_uid
        return epic is not None and not wanted.isdisjoint(_folded(then.epics.get(epic, ())))

    return test


_TESTS: Mapping[str, Callable[[_Then, _Values], _Test]] = {
    "status_category": lambda _, wanted: lambda item: item.status_category.value in wanted,
    "project": _in_project,
    "item_type": lambda _, wanted: lambda item: item.item_type.casefold() in wanted,
    "team": lambda _, wanted: lambda item: (item.team or "").casefold() in wanted,
    "assignee": _assigned,
    "workstream": lambda _, wanted: lambda item: (item.workstream or "").casefold() in wanted,
    "epic": _in_epic,
    "label": lambda then, wanted: lambda item: not wanted.isdisjoint(_folded(then.labels.get(item.uid, ()))),
}


def _summary(item: RollupItem, then: _Then, face: Face) -> ItemSummary:
    snapshot, state = then.snapshots[item.uid], then.state(item)
    past = then.program.pasts.get(item.uid) or Past(state)
    project = then.projects.get((item.source, item.project_id))
    person = then.person(item)
    excluded = then.excluded.get(item.uid)
    stayed = Aspect.STATUS not in past.reconstructed | past.unknown
    return ItemSummary(
        uid=item.uid,
        key=state.key,
        title=snapshot.title,
        source=item.source,
        project=project.key or item.project_id if project is not None else item.project_id,
        item_type=item.item_type,
        level=item.level,
        status=state.status,
        status_category=item.status_category,
        resolution=state.resolution,
        team=item.team,
        assignee=person[0] if person is not None else None,
        workstream=item.workstream,
        parent=item.parent_uid,
        epic=item.epic_uid,
        points=item.points,
        time_seconds=item.time_seconds,
        start=item.start,
        due=item.due,
        flagged=state.flagged,
        updated_at=snapshot.updated_at,
        done_at=snapshot.done_at if stayed and item.status_category is StatusCategory.DONE else None,
        counts=excluded is None,
        excluded=excluded,
        url=browse_url(face),
        reconstructed=tuple(sorted(past.reconstructed & SHOWN)),
        unknown=tuple(sorted(past.unknown & SHOWN)),
    )
