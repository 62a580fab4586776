"""What people left in the two stand-in tools becomes edges: every pointer there is, and none that is not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from connectors.sandbox.asana.site import AsanaSite
from connectors.sandbox.site import JiraSite
from service.bootstrap import Application, application
from service.commands.demo import StandIns, stand_ins, write_files
from service.commands.programs import apply_programs
from service.commands.sync import sync
from service.domain.suggestions import Status, Suggestion
from service.settings import load_settings
from service.store.edges import Edge, Edges
from service.store.suggestions import Suggestions
from service.sync.replay import replay_source

TODAY = date(2026, 11, 20)
JIRA, ASANA = "northwind-jira", "northwind-asana"


@pytest.fixture(scope="module")
def tools() -> Iterator[StandIns]:
    with stand_ins(issues=300, tasks=260, today=TODAY) as tools:
        yield tools


@pytest.fixture
async def app(tools: StandIns, tmp_path: Path) -> AsyncIterator[Application]:
    config = write_files(tmp_path / "demo", tools, today=TODAY)
    async with application(load_settings(config, environment={})) as app:
        assert await sync(app, (), console=Console(quiet=True), quiet=True) == 0
        await apply_programs(app, None, console=Console(quiet=True))
        yield app


async def test_every_pointer_of_either_tool_suggests_an_edge_in_the_right_order(
    app: Application, tools: StandIns
) -> None:
    found = await suggested(app)

    assert {(each.predecessor_uid, each.successor_uid, each.origins[0].partition(":")[0]) for each in found} == {
        *_web_links(tools.jira),
        *_told_by_tasks(tools.asana, tools.jira, tools.jira_url),
    }
    assert {each.status for each in found} == {Status.SUGGESTED}
    assert {origin.partition(":")[0] for each in found for origin in each.origins} == {
        "web_link",
        "attachment",
        "text",
        "field",
    }


async def test_a_rule_of_the_file_confirms_them_and_the_edges_of_the_program_say_so(app: Application) -> None:
    before = await edges(app, "CHECKOUT")
    file = app.settings.programs_path
    rule = "    confirm_suggested: [{origin: web_link}]\n"
    file.write_text(file.read_text().replace("    include:\n", f"{rule}    include:\n", 1))
    await apply_programs(app, None, console=Console(quiet=True))
    after = await edges(app, "CHECKOUT")

    assert [edge.confirmed for edge in before if edge.provenance == "suggested"].count(True) == 0
    confirmed = [edge for edge in after if edge.provenance == "suggested" and edge.confirmed]
    assert confirmed
    assert {edge.origins for edge in confirmed} == {("web_link",)}
    assert [(e.predecessor_uid, e.successor_uid) for e in before] == [
        (e.predecessor_uid, e.successor_uid) for e in after
    ]


async def test_a_replay_suggests_the_same(app: Application) -> None:
    before = await suggested(app)
    for name in (JIRA, ASANA):
        await replay_source(app.sources[name], app.database, clock=app.clock)

    assert await suggested(app) == before


async def suggested(app: Application) -> list[Suggestion]:
    async with app.database.reading() as uow:
        return await Suggestions(uow.connection).all()


async def edges(app: Application, program: str) -> list[Edge]:
    async with app.database.reading() as uow:
        return await Edges(uow.connection).of_program(program)


def _web_links(jira: JiraSite) -> Iterator[tuple[str, str, str]]:
    """The task of each link comes first: the issue points at it."""
    for issue, links in jira.remote_links.items():
        for link in links:
            yield f"{ASANA}:{link['object']['url'].rpartition('/')[2]}", f"{JIRA}:{issue}", "web_link"


def _told_by_tasks(asana: AsanaSite, jira: JiraSite, url: str) -> Iterator[tuple[str, str, str]]:
    """The issue comes first: the task names it, by address anywhere and by key in a field."""
    ids = {issue["key"]: issue["id"] for issue in jira.issues.values()}
    by_address = {f"{url}/browse/{key}": native_id for key, native_id in ids.items()}
    for gid, task in asana.tasks.items():
        attached = [asana.attachments[each].view_url for each in asana.attachments_of.get(gid, ())]
        typed = [value for value in task.values.values() if isinstance(value, str)]
        named = {"attachment": attached, "text": task.notes.split(), "field": typed}
        for origin, words in named.items():
            known = by_address | ids if origin == "field" else by_address
            yield from ((f"{JIRA}:{known[word]}", f"{ASANA}:{gid}", origin) for word in words if word in known)
