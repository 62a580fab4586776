"""A recorded tracker as of many days: roll-ups, lists and trends equal a replay straight from its file."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.sandbox.recorded import load_recorded
from service.programs.answers import Answer, ItemList, RollupData
from service.programs.assign import assign_all
from service.programs.dependencies import list_dependencies
from service.programs.dependency_answers import DependencyList
from service.programs.dependency_terms import DependencyTerms, Viewpoint
from service.programs.historians import Historians
from service.programs.past_list import list_items_then
from service.programs.read import ItemFilters, get_rollup
from service.programs.trend import get_trend
from service.store import migrate
from service.store.engine import Database
from tests.builders.jira import real_data
from tests.flows.duraspace_links import dependencies_at
from tests.flows.support import DATA_CENTER, NOW, flowing
from tests.flows.test_real_trackers import POINTS, Json, raw
from tests.programs.portfolio import add_program

KEY = "ALL"
UTC_ZONE = ZoneInfo("UTC")
BEFORE_MOVES = date(2009, 2, 10)
DAYS = [BEFORE_MOVES, date(2010, 12, 31), date(2012, 2, 29), date(2013, 7, 14), date(2014, 3, 1), date(2015, 1, 1)]
MOMENTS = [
    *(datetime(year, 7, 1, tzinfo=UTC) for year in range(2009, 2016)),
    datetime(2012, 9, 21, 21, 30, tzinfo=UTC),  # within the quarter of an hour that one of them lasted
]
CANCELLING = {"won't fix", "won't do", "duplicate", "declined", "cannot reproduce", "incomplete", "invalid"}
CATEGORIES = {"new": "to_do", "undefined": "to_do", "indeterminate": "in_progress", "done": "done"}

Given = tuple[Database, Historians]


@pytest.fixture(scope="module")
def sqlite_duraspace(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Historians]:
    url = f"sqlite:///{tmp_path_factory.mktemp('duraspace') / 'past.db'}"
    migrate.upgrade(url)
    return url, asyncio.run(_pulled(url))


@pytest.fixture
async def given(sqlite_duraspace: tuple[str, Historians]) -> AsyncIterator[Given]:
    database = Database.open(sqlite_duraspace[0])
    yield database, sqlite_duraspace[1]
    await database.aclose()


async def _pulled(url: str) -> Historians:
    """The whole tracker in one program."""
    database = Database.open(url)
    recording = load_recorded(real_data() / "jira" / "duraspace.jsonl.gz")
    async with flowing(recording, database, kind=DATA_CENTER, settings={"page_size": 100}) as flow:
        await flow.sync(full=True)
        await add_program(database, KEY, include={"source": ["acme"]})
        async with database.transaction() as uow:
            await assign_all(uow, now=NOW)
        source = flow.source
    await database.aclose()
    return Historians({"acme": source.build_historian})


async def rolled_up(given: Given, moment: datetime | None, *, by: str = "project") -> Answer[RollupData]:
    database, historians = given
    return await get_rollup(database, KEY, by=by, now=NOW, today=NOW.date(), as_of=moment, historians=historians)


@pytest.mark.parametrize("day", DAYS, ids=str)
async def test_the_roll_up_of_many_days_is_that_of_a_replay_of_the_file(given: Given, day: date) -> None:
    then = replayed(_end(day))
    answer = await rolled_up(given, _end(day))

    assert numbers(answer.data) == expected(then)
    assert {row.key: row.scope.countable for row in answer.data.breakdown if row.scope.countable} == Counter(
        each.project for each in then.values() if not excluded(each, then)
    )
    assert answer.as_of == _end(day).replace(microsecond=0)
    assert "mapping_of_today" in {each.code for each in answer.warnings}


async def test_postgresql_finds_the_same_past(postgres_url: str) -> None:
    historians = await _pulled(postgres_url)
    database = Database.open(postgres_url)
    day = DAYS[3]

    answer = await rolled_up((database, historians), _end(day))
    trend = await _trend((database, historians), day - timedelta(days=3), day)
    depending = await _depending((database, historians), MOMENTS[-1])
    await database.aclose()

    assert numbers(answer.data) == expected(replayed(_end(day)))
    assert trend[day] == _counts(expected(replayed(_end(day))))
    assert ends(depending) == dependencies_at(MOMENTS[-1]).there


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
async def test_the_dependencies_of_many_moments_are_those_of_a_replay_of_the_file(
    given: Given, moment: datetime
) -> None:
    then = dependencies_at(moment)

    answer = await _depending(given, moment)

    assert ends(answer) == then.there
    doubts = [each.message for each in answer.warnings if each.code == "unknown_dependencies"]
    assert [int(text.split()[1]) for text in doubts] == [len(then.doubtful)] * bool(then.doubtful)


async def test_every_item_of_a_day_is_listed_as_it_was(given: Given) -> None:
    day = DAYS[2]
    then = replayed(_end(day))
    listed = await _everything(given, _end(day))

    assert {
        each.uid: (each.key, each.status, each.status_category, each.resolution, each.points) for each in listed
    } == {uid: (each.key, each.status, each.category, each.resolution, each.points) for uid, each in then.items()}
    assert {each.uid: each.excluded for each in listed} == {uid: excluded(each, then) for uid, each in then.items()}
    opened_again = _reopened_after(_end(day))
    reopened = [each for each in listed if each.uid in opened_again]
    assert len(reopened) > 20
    assert all("status" in each.reconstructed for each in reopened)


async def test_an_issue_that_moved_later_is_listed_in_its_project_of_then(given: Given) -> None:
    then = replayed(_end(BEFORE_MOVES))
    moved = {uid: each for uid, each in then.items() if each.moved}

    listed = {each.uid: each for each in await _everything(given, _end(BEFORE_MOVES))}

    assert len(moved) > 10
    for uid, each in moved.items():
        assert (listed[uid].key, listed[uid].project) == (each.key, each.project)
        assert "project" in listed[uid].reconstructed


async def test_the_list_of_a_day_filters_by_what_was_true_then(given: Given) -> None:
    day = DAYS[2]
    then = replayed(_end(day))

    listed = await _everything(given, _end(day), status_category="in_progress", project="fcrepo", countable=True)

    assert {each.uid for each in listed} == {
        uid
        for uid, each in then.items()
        if each.category == "in_progress" and each.project == "FCREPO" and not excluded(each, then)
    }
    assert listed


async def test_as_of_now_is_the_roll_up_of_now(given: Given) -> None:
    for by in ("project", "epic", "item_type", "team", "source", "workstream"):
        assert (await rolled_up(given, NOW, by=by)).data == (await rolled_up(given, None, by=by)).data


async def test_each_day_of_a_trend_is_the_roll_up_of_that_day(given: Given) -> None:
    trend = await _trend(given, date(2012, 1, 1), date(2012, 12, 31))

    assert len(trend) == 366
    for day in (date(2012, 1, 1), date(2012, 2, 29), date(2012, 7, 1), date(2012, 12, 31)):
        assert trend[day] == _counts(expected(replayed(_end(day))))


async def _trend(given: Given, since: date, until: date) -> dict[date, Any]:
    database, historians = given
    answer = await get_trend(database, KEY, since=since, until=until, zone=UTC_ZONE, now=NOW, historians=historians)
    return {
        point.date: (
            point.countable,
            (point.count.to_do, point.count.in_progress, point.count.done),
            (point.points.to_do, point.points.in_progress, point.points.done),
        )
        for point in answer.data.trend
    }


async def _depending(given: Given, moment: datetime) -> Answer[DependencyList]:
    database, historians = given
    view = Viewpoint(terms=DependencyTerms(), now=NOW, today=NOW.date()).at(moment, historians)
    return await list_dependencies(database, KEY, view=view, limit=1_000)


def ends(answer: Answer[DependencyList]) -> set[tuple[str, str]]:
    return {(edge.predecessor.uid, edge.successor.uid) for edge in answer.data.dependencies}


async def _everything(given: Given, moment: datetime, **filters: Any) -> list[Any]:
    database, historians = given
    found: list[Any] = []
    cursor: str | None = None
    while True:
        answer: Answer[ItemList] = await list_items_then(
            database,
            KEY,
            as_of=moment,
            historians=historians,
            filters=ItemFilters(**filters),
            cursor=cursor,
            limit=900,
            now=NOW,
        )
        found += answer.data.items
        cursor = answer.data.next_cursor
        if cursor is None:
            return found


def numbers(data: RollupData) -> Json:
    excluded, progress = data.scope.excluded, data.progress
    return {
        "items": data.scope.items,
        "excluded": {
            "cancelled": excluded.cancelled,
            "subtask": excluded.subtask,
            "has_children": excluded.has_children,
        },
        "count": {name: getattr(progress.count, name) for name in ("to_do", "in_progress", "done")},
        "points": {name: getattr(progress.points, name) for name in ("to_do", "in_progress", "done")},
    }


# the replay: one issue after the other, from what its file says


@dataclass(frozen=True)
class Was:
    key: str
    project: str
    status: str
    category: str
    resolution: str | None
    subtask: bool
    parent: str | None
    points: float | None
    moved: bool


def expected(then: Mapping[str, Was]) -> Json:
    why = {uid: excluded(each, then) for uid, each in then.items()}
    counted = [each for uid, each in then.items() if why[uid] is None]
    reasons = Counter(why.values())
    return {
        "items": len(then),
        "excluded": {name: reasons[name] for name in ("cancelled", "subtask", "has_children")},
        "count": {name: sum(each.category == name for each in counted) for name in ("to_do", "in_progress", "done")},
        "points": {
            name: sum(each.points or 0.0 for each in counted if each.category == name)
            for name in ("to_do", "in_progress", "done")
        },
    }


def _counts(numbers: Json) -> tuple[int, tuple[int, ...], tuple[float, ...]]:
    return sum(numbers["count"].values()), tuple(numbers["count"].values()), tuple(numbers["points"].values())


def excluded(each: Was, then: Mapping[str, Was]) -> str | None:
    if each.category == "cancelled":
        return "cancelled"
    if each.subtask and each.parent in then:
        return "subtask"
    return None  # the tracker has no epics with children


@cache
def replayed(moment: datetime) -> dict[str, Was]:
    return {f"acme:{one['id']}": _was(one, moment) for one in raw("duraspace") if _created(one) <= moment}


def _was(one: Json, moment: datetime) -> Was:
    status_id = _then(one, moment, "status", "from", lambda fields: fields["status"]["id"])
    status = _then(one, moment, "status", "fromString", lambda fields: fields["status"]["name"]) or ""
    resolution = _then(one, moment, "resolution", "fromString", _resolution)
    points = _then(one, moment, "Story Points", "fromString", lambda fields: _text(fields.get(POINTS)))
    project = _then(one, moment, "Project", "from", lambda fields: fields["project"]["id"]) or ""
    kind = _then(one, moment, "issuetype", "from", lambda fields: fields["issuetype"]["id"])
    parent = _then(one, moment, "Parent", "from", lambda fields: (fields.get("parent") or {}).get("id"))
    category = _category(status_id, status)
    dismissed = category == "done" and (resolution or "").casefold() in CANCELLING
    return Was(
        key=_then(one, moment, "Key", "fromString", lambda _: one["key"]) or "",
        project=_projects().get(project, project),
        status=status,
        category="cancelled" if dismissed else category,
        resolution=resolution,
        subtask=_types().get(kind or "", one["fields"]["issuetype"]["subtask"]),
        parent=f"acme:{parent}" if parent else None,
        points=float(points) if points else None,
        moved=project != one["fields"]["project"]["id"],
    )


def _then(one: Json, moment: datetime, field: str, old: str, now: Callable[[Json], str | None]) -> str | None:
    """What the first later change replaced, else what the issue says now."""
    later = [each for at, each in _said(one, field) if at > moment]
    return (later[0].get(old) or None) if later else now(one["fields"])


def _said(one: Json, field: str) -> list[tuple[datetime, Json]]:
    return _all_said().get((one["id"], field), [])


@cache
def _all_said() -> dict[tuple[str, str], list[tuple[datetime, Json]]]:
    """(issue, field) → its changes in the order of time."""
    found: defaultdict[tuple[str, str], list[tuple[datetime, Json]]] = defaultdict(list)
    for one in raw("duraspace"):
        for each in sorted(one["changelog"]["histories"], key=lambda each: (_at(each["created"]), int(each["id"]))):
            for item in each["items"]:
                found[one["id"], item["field"]].append((_at(each["created"]), item))
    return found


def _reopened_after(moment: datetime) -> set[str]:
    """Issues that were done at the moment, and then opened again."""
    found = set()
    for one in raw("duraspace"):
        later = [each for at, each in _said(one, "status") if at > moment]
        if _created(one) <= moment and later and _category(later[0]["from"], later[0]["fromString"]) == "done":
            found.add(f"acme:{one['id']}")
    return found


def _category(status_id: str | None, name: str) -> str:
    """By its id; of one that was deleted by its name, and of one that nobody knows to do."""
    by_id, by_name = _statuses()
    return by_id.get(status_id or "") or by_name.get(name.casefold()) or "to_do"


@cache
def _statuses() -> tuple[dict[str, str], dict[str, str]]:
    found = [one["fields"]["status"] for one in raw("duraspace")]
    words = {each["id"]: CATEGORIES[each["statusCategory"]["key"]] for each in found}
    return words, {each["name"].casefold(): words[each["id"]] for each in found}


@cache
def _types() -> dict[str, bool]:
    return {one["fields"]["issuetype"]["id"]: one["fields"]["issuetype"]["subtask"] for one in raw("duraspace")}


@cache
def _projects() -> dict[str, str]:
    return {one["fields"]["project"]["id"]: one["fields"]["project"]["key"] for one in raw("duraspace")}


def _resolution(fields: Json) -> str | None:
    return fields["resolution"]["name"] if fields["resolution"] else None


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _created(one: Json) -> datetime:
    return _at(one["fields"]["created"])


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _end(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) - timedelta(microseconds=1)
