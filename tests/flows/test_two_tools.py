"""The demo's programs span Jira and Asana, and every number of theirs is what the two sites themselves add up to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from connectors.sandbox.asana.application import create_asana
from connectors.sandbox.asana.options import AsanaOptions
from connectors.sandbox.server import SandboxServer
from service.api.sources import list_sources
from service.bootstrap import Application, application
from service.commands.check import check
from service.commands.demo import GATE, StandIns, stand_ins, write_files
from service.commands.programs import apply_programs
from service.commands.sources import show_sources
from service.commands.sync import sync
from service.domain.breakdown import Breakdown
from service.programs.answers import Answer, BreakdownRow, RollupData, ScopeData, WeightedProgress
from service.programs.answers import CountProgress as Count
from service.programs.answers import ProgressData as Progress
from service.programs.read import get_program, get_rollup
from service.settings import load_settings
from tests.flows.demo_oracle import ASANA, CATEGORIES, JIRA, expected

TODAY = date(2026, 11, 20)
PROGRAMS = ("CHECKOUT", "LOYALTY", "PLATFORM")


@pytest.fixture(scope="module")
def tools() -> Iterator[StandIns]:
    with stand_ins(issues=300, tasks=260, today=TODAY) as tools:
        yield tools


@asynccontextmanager
async def running(tools: StandIns, folder: Path, console: Console) -> AsyncIterator[Application]:
    """The demo's own files, synced and applied."""
    config = write_files(folder / "demo", tools, today=TODAY)
    async with application(load_settings(config, environment={})) as app:
        assert await sync(app, (), console=console, quiet=True) == 0
        await apply_programs(app, None, console=console)
        yield app


async def rollup(app: Application, key: str, by: Breakdown) -> Answer[RollupData]:
    return await get_rollup(app.database, key, by=by, now=app.clock.now(), today=TODAY)


async def test_every_number_of_the_demo_is_what_the_two_sites_add_up_to(tools: StandIns, tmp_path: Path) -> None:
    """Asked of the sites after the run: the programs file, the connectors and the store had no part in the sums."""
    wanted = expected(tools.jira, tools.asana)
    async with running(tools, tmp_path, Console(quiet=True)) as app:
        for key in PROGRAMS:
            by_project = (await rollup(app, key, Breakdown.PROJECT)).data
            by_source = (await rollup(app, key, Breakdown.SOURCE)).data
            found = {
                **_numbers(by_project.scope, by_project.progress),
                "project": {row.key: _row(row) for row in by_project.breakdown},
                "source": {row.key: _row(row) for row in by_source.breakdown},
            }
            assert found == wanted[key], key


async def test_the_numbers_that_are_compared_have_something_of_everything(tools: StandIns) -> None:
    """Equal zeros would prove nothing."""
    wanted = expected(tools.jira, tools.asana)

    assert all(set(each["source"]) == {JIRA, ASANA} for each in wanted.values())
    assert all(min(each["count"].values()) > 0 and min(each["points"].values()) > 0 for each in wanted.values())
    assert all(each["excluded"]["subtask"] and each["excluded"]["has_children"] for each in wanted.values())
    assert any(row["excluded"]["cancelled"] for each in wanted.values() for row in each["project"].values())
    assert wanted["CHECKOUT"]["project"]["Support readiness"]["shared"] > 0
    rows = wanted["CHECKOUT"]["project"].values()
    assert sum(row["countable"] for row in rows) > wanted["CHECKOUT"]["countable"]


async def test_a_workstream_holds_work_of_both_tools(tools: StandIns, tmp_path: Path) -> None:
    async with running(tools, tmp_path, Console(quiet=True)) as app:
        streams = {row.key: row for row in (await rollup(app, "CHECKOUT", Breakdown.WORKSTREAM)).data.breakdown}
        projects = {row.key: row for row in (await rollup(app, "CHECKOUT", Breakdown.PROJECT)).data.breakdown}

    both = projects["CART"].scope.countable + projects["Checkout launch"].scope.countable
    assert streams["Web shop"].scope.countable == both
    assert {"Payments", "Web shop", "Support"} <= set(streams)


async def test_what_the_plan_of_an_account_lacks_is_shown_and_stops_nothing(tools: StandIns, tmp_path: Path) -> None:
    options = AsanaOptions(unpaid={"goals", "dependencies"})
    with SandboxServer(create_asana(tools.asana, options)) as server:
        poor = replace(tools, asana_url=f"{server.url}/api/1.0")
        with (tmp_path / "shown.txt").open("w") as file:
            console = Console(width=250, file=file)
            async with running(poor, tmp_path, Console(quiet=True)) as app:
                await check(app, console=console)
                await show_sources(app, as_json=False, console=console)
                found = (await list_sources(app.services(with_worker=False))).data.sources
        checked, _, listed = (tmp_path / "shown.txt").read_text().partition(f"\n{ASANA}  asana\n")

    missing = {each.name for source in found for each in source.capabilities if not each.available}
    assert missing == {"goals", "dependencies"}
    for text in (checked, listed):
        assert "  · Goals cannot be read: " in text
        assert "  · Dependencies between tasks cannot be read: " in text


async def test_people_say_of_the_launch_what_the_site_says_they_say(tools: StandIns, tmp_path: Path) -> None:
    async with running(tools, tmp_path, Console(quiet=True)) as app:
        told = (await get_program(app.database, "CHECKOUT", now=app.clock.now())).data.stated_health

    site = tools.asana
    said = {(each.kind, each.name): (each.status, each.title, each.author) for each in told}
    wanted = {}
    for kind, table, names in (
        ("portfolio", site.portfolios, {"Commerce"}),
        ("project", site.projects, {"Checkout launch", "Support readiness"}),
    ):
        for each in (row for row in table.values() if row.name in names):
            update = site.status_updates[each.current_status_update or ""]
            wanted[kind, each.name] = (update.status_type, update.name, site.users[update.author].name)
    assert said == wanted


async def test_the_payments_wait_for_a_task_of_the_other_tool(tools: StandIns, tmp_path: Path) -> None:
    write_files(tmp_path / "demo", tools, today=TODAY)
    programs = yaml.safe_load((tmp_path / "demo" / "programs.yaml").read_text())["programs"]

    crossing = [edge for edge in programs[0]["dependencies"] if edge["from"].startswith(f"{ASANA}:")]

    assert [edge["to"] for edge in crossing] == [f"{JIRA}:PAY-2"]
    assert tools.asana.tasks[crossing[0]["from"].partition(":")[2]].name == GATE


async def test_check_names_workspace_projects_and_the_fields_that_were_chosen(tools: StandIns, tmp_path: Path) -> None:
    console = Console(record=True, width=250, quiet=False, file=(tmp_path / "shown.txt").open("w"))
    config = write_files(tmp_path / "demo", tools, today=TODAY)
    async with application(load_settings(config, environment={})) as app:
        assert await check(app, console=console) == 0
    console.file.close()
    shown = (tmp_path / "shown.txt").read_text()

    fields = {each.name: gid for gid, each in tools.asana.custom_fields.items()}
    asana = tools.asana
    told = shown.partition(f"\n{ASANA}\n")[2]
    assert f"  ✓ signed in as Interlock Reader, workspace {_workspace(asana.workspace)}" in told
    assert "  ✓ 4 projects: Checkout launch, Loyalty launch, Support readiness, Platform adoption" in told
    assert (
        f"  ✓ fields: estimate={fields['Estimated time']} (Estimated time), points={fields['Story points']} "
        f"(Story points), priority={fields['Priority']} (Priority)"
    ) in told
    assert "cannot be read" not in shown


def _workspace(gid: str) -> str:
    return f"Northwind Rail ({gid})"


def _row(row: BreakdownRow) -> dict[str, Any]:
    return {**_numbers(row.scope, row.progress), "shared": row.shared}


def _numbers(scope: ScopeData, progress: Progress) -> dict[str, Any]:
    count, points, excluded = progress.count, progress.points, scope.excluded
    assert isinstance(count, Count)
    assert isinstance(points, WeightedProgress)
    return {
        "items": scope.items,
        "countable": scope.countable,
        "excluded": {name: getattr(excluded, name) for name in ("cancelled", "has_children", "subtask")},
        "count": {name: getattr(count, name) for name in CATEGORIES},
        "points": {name: getattr(points, name) for name in CATEGORIES},
        "coverage": points.coverage,
    }
