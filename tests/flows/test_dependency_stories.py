"""The example portfolio tells one story for each status, and its figures are what the two sites' own objects say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from connectors.sandbox.portfolio_schema import START
from connectors.sandbox.portfolio_stories import STORIES
from service.bootstrap import Application, application
from service.commands.demo import StandIns, stand_ins, write_files
from service.commands.programs import apply_programs
from service.commands.sync import sync
from service.domain.dependency_status import DependencyStatus
from service.programs.dependencies import list_dependencies
from service.programs.dependency_answers import DependencyList, EdgeData
from service.programs.dependency_terms import DependencyTerms, Viewpoint
from service.settings import load_settings

FRIDAY = date(2026, 11, 20)
GUIDE = Path(__file__).parents[2] / "docs/how-to/read-dependency-health.md"


@pytest.fixture(scope="module", params=[FRIDAY, FRIDAY + timedelta(days=1), FRIDAY + timedelta(days=5)], ids=str)
def tools(request: pytest.FixtureRequest) -> Iterator[StandIns]:
    """A working day, a Saturday, and the middle of a week: the example is dated from the day on which it is started."""
    with stand_ins(issues=900, tasks=160, today=request.param) as tools:
        yield tools


@asynccontextmanager
async def running(tools: StandIns, folder: Path, today: date) -> AsyncIterator[Application]:
    config = write_files(folder / "demo", tools, today=today)
    async with application(load_settings(config, environment={})) as app:
        assert await sync(app, (), console=Console(quiet=True), quiet=True) == 0
        await apply_programs(app, None, console=Console(quiet=True))
        yield app


async def dependencies(app: Application, today: date) -> DependencyList:
    view = Viewpoint(terms=DependencyTerms(), now=app.clock.now(), today=today)
    return (await list_dependencies(app.database, "CHECKOUT", view=view, limit=1_000)).data


def day(request: pytest.FixtureRequest) -> date:
    found: date = request.node.callspec.params["tools"]
    return found


def test_the_guide_tells_the_stories_of_the_example() -> None:
    told = [line.split(" | ") for line in GUIDE.read_text("utf-8").splitlines() if line.count(" | ") == 3]
    rows = {cells[0].strip("| `"): (cells[2].strip(), cells[1].strip()) for cells in told}

    for status, story in STORIES.items():
        before, after = (story.parts[0].title, story.parts[-1].title)
        expected = (after, before) if story.circle else (before, after)
        assert rows[status] == expected


async def test_every_status_is_told_by_a_story(tools: StandIns, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    today = day(request)
    async with running(tools, tmp_path, today) as app:
        data = await dependencies(app, today)

    told = {(edge.predecessor.title, edge.successor.title): edge for edge in data.dependencies}
    issues = {issue["fields"]["summary"]: issue["fields"] for issue in tools.jira.issues.values()}
    for status, story in STORIES.items():
        titles = [part.title for part in story.parts]
        edge = told[titles[0], titles[1]]
        assert (edge.status, edge.reasons != ()) == (status, True)
        assert_dates(edge, issues[titles[0]], issues[titles[1]], today)
    counts = data.health.counts
    assert all(getattr(counts, status) > 0 for status in DependencyStatus)
    assert len(data.health.cycles) == 1
    assert data.health.score is not None


async def test_the_counts_are_those_of_the_edges_listed(
    tools: StandIns, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    today = day(request)
    async with running(tools, tmp_path, today) as app:
        data = await dependencies(app, today)

    for status in DependencyStatus:
        listed = sum(edge.status == status and edge.confirmed for edge in data.dependencies)
        assert getattr(data.health.counts, status) == listed


def assert_dates(edge: EdgeData, before: dict[str, Any], after: dict[str, Any], today: date) -> None:
    """Dates from the issues themselves, days counted one by one: no calendar, no connector, no store."""
    due, start = before["duedate"], after.get(START)
    if before["resolution"] is not None or due is None or start is None:
        return
    due, start = date.fromisoformat(due), date.fromisoformat(start)
    assert (edge.planned_finish, edge.need_by) == (due, start)
    assert edge.gap_days == working_days(due + timedelta(days=1), start)
    if edge.status == "blocked":
        assert edge.blocked_since is not None
        assert edge.blocked_days == working_days(edge.blocked_since, today)


def working_days(first: date, last: date) -> int:
    """How many Mondays to Fridays lie from `first` until just before `last`; negative the other way round."""
    step, count = (1, first) if first <= last else (-1, last)
    end = last if step == 1 else first
    days = 0
    while count < end:
        days += count.weekday() < 5
        count += timedelta(days=1)
    return step * days
