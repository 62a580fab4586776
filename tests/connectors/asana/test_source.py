"""The source as the service uses it: direct reads, details, and a whole small workspace end to end."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from structlog.testing import capture_logs

from connectors.asana.config import AsanaOptions
from connectors.asana.normalise import AsanaNormaliser
from connectors.contract import ItemDetails, RawItem, Source
from connectors.errors import AuthenticationFailed, SourceUnavailable
from connectors.items import Facet
from connectors.sandbox import faults
from tests.connectors.asana.support import (
    JUST_NOW,
    LONG_AGO,
    TOKEN,
    a_launch,
    connected,
    crawl,
    only_scope,
    read,
)


async def details_of(source: Source, ids: list[str]) -> dict[str, ItemDetails]:
    return {each.native_id: each async for each in source.details(ids)}


async def test_direct_reads_bring_what_is_there_with_its_home_and_nothing_for_what_is_gone() -> None:
    launch = a_launch()
    hidden = launch.site.add_task("Secret", project=launch.project)
    launch.site.make_private(hidden)
    launch.site.trash(launch.tasks[2])
    async with connected(launch.site) as (source, _):
        found = await source.read_items([launch.tasks[0], launch.subtask, launch.tasks[2], hidden, "999", "nonsense"])
        items = await read(source, found)

    assert sorted(items) == sorted([launch.tasks[0], launch.subtask])
    assert items[launch.subtask].project_id == launch.project


async def test_a_direct_read_that_descends_brings_all_that_lies_beneath() -> None:
    launch = a_launch()
    deeper = launch.site.add_subtask(launch.subtask, "Step 1.1")
    async with connected(launch.site) as (source, _):
        found = await source.read_items([launch.tasks[0], launch.subtask], descend=True)

    ids = [item.record.native_id for item in found]
    assert sorted(ids) == sorted([launch.tasks[0], launch.subtask, deeper])


async def test_a_task_that_lost_its_last_project_says_so_rather_than_nothing() -> None:
    launch = a_launch()
    launch.site.remove_from_project(launch.tasks[0], launch.project)
    async with connected(launch.site) as (source, _):
        found = await source.read_items([launch.tasks[0], launch.subtask])
        items = await read(source, found)

    assert [(each.kind, each.payload) for item in found for each in item.extras] == [("home", b'{"projects":[]}')] * 2
    assert {item.warnings for item in items.values()} == {("no_project",)}


async def test_a_direct_read_and_a_crawl_give_equal_items() -> None:
    launch = a_launch()
    launch.site.add_to_project(launch.tasks[0], launch.site.add_project("Other"))
    async with connected(launch.site, projects=["Checkout launch"]) as (source, _):
        crawled = await crawl(source, await only_scope(source))
        direct = await source.read_items(crawled.ids)
        first, second = await read(source, crawled.items), await read(source, direct)

    assert first == second


async def test_a_task_in_three_projects_is_one_item_and_equal_from_each_of_them() -> None:
    launch = a_launch()
    others = [launch.site.add_project(name) for name in ("Second", "Third")]
    for each in others:
        launch.site.add_to_project(launch.tasks[0], each)
    async with connected(launch.site) as (source, _):
        scopes, _ = await source.scopes()
        seen = [(await read(source, (await crawl(source, scope)).items)) for scope in scopes]

    shared = [items[launch.tasks[0]] for items in seen]
    assert len(shared) == 3
    assert shared[0] == shared[1] == shared[2]
    assert [items[launch.subtask].project_id for items in seen] == [launch.project] * 3
    homes = [each.native_id for each in shared[0].facets if each.facet is Facet.PROJECT]
    assert homes == [launch.project, *others]


async def test_beneath_a_sub_task_that_stands_in_another_project_everything_belongs_there() -> None:
    launch = a_launch()
    other = launch.site.add_project("Other")
    launch.site.add_to_project(launch.subtask, other)
    deeper = launch.site.add_subtask(launch.subtask, "Step 1.1")
    async with connected(launch.site) as (source, _):
        scopes, _missing = await source.scopes()
        seen = [(await read(source, (await crawl(source, scope)).items)) for scope in scopes]
        (direct,) = (await read(source, await source.read_items([deeper]))).values()

    assert [items[deeper].project_id for items in seen] == [other, other]
    assert seen[0][deeper] == seen[1][deeper] == direct


async def test_a_task_belongs_to_the_first_of_its_projects_that_is_wanted() -> None:
    launch = a_launch()
    wanted = launch.site.add_project("Wanted")
    launch.site.add_to_project(launch.tasks[0], wanted)
    async with connected(launch.site, projects=["Wanted"]) as (source, _):
        items = await read(source, (await crawl(source, await only_scope(source))).items)

    assert {gid: each.project_id for gid, each in items.items()} == {launch.tasks[0]: wanted, launch.subtask: wanted}


async def test_details_bring_every_story_and_the_attachments_and_leave_out_what_is_gone() -> None:
    launch = a_launch()
    first, second, third = launch.tasks
    for number in range(130):
        launch.site.comment(first, f"Comment {number}", JUST_NOW)
    launch.site.move_to_section(first, launch.sections[1], JUST_NOW)
    launch.site.attach(first, "PAY-12", "https://acme.atlassian.net/browse/PAY-12", JUST_NOW)
    launch.site.trash(third)
    async with connected(launch.site) as (source, _):
        found = await details_of(source, [first, second, third])
        (raw,) = await source.read_items([first])
        normalise = source.build_normaliser((await source.discover()).payloads)

    assert set(found) == {first, second}
    assert [each.kind for each in found[first].records] == ["stories", "attachments"]
    assert [(each.kind, each.payload) for each in found[second].records] == [("stories", b"[]"), ("attachments", b"[]")]
    assert found[first].records[0].payload.count(b"comment_added") == 130
    item = normalise(RawItem(raw.record, found[first].records))
    assert [(each.origin, each.target) for each in item.references] == [
        ("attachment", "https://acme.atlassian.net/browse/PAY-12")
    ]
    assert [each.field_id for each in item.changes] == [f"section:{launch.project}"]
    assert item.started_at == JUST_NOW


async def test_attachments_that_are_refused_leave_the_stories() -> None:
    launch = a_launch()
    refusal = faults.Fault("/attachments", status=402, body=b'{"errors":[]}', times=faults.FOREVER)
    async with connected(launch.site, faults=[refusal]) as (source, _):
        found = await details_of(source, [launch.tasks[0]])

    assert [each.kind for each in found[launch.tasks[0]].records] == ["stories"]


async def test_a_circle_of_dependencies_is_three_edges() -> None:
    launch = a_launch()
    first, second, third = launch.tasks
    for task, waits_for in ((second, first), (third, second), (first, third)):
        launch.site.add_dependency(task, waits_for)
    async with connected(launch.site) as (source, _):
        items = await read(source, (await crawl(source, await only_scope(source))).items)

    edges = {(link.source_id, link.target_id) for item in items.values() for link in item.links}
    assert edges == {(first, second), (second, third), (third, first)}


async def test_a_dependency_on_what_cannot_be_seen_is_an_edge_to_a_bare_stub() -> None:
    launch = a_launch()
    far = launch.site.add_task("Secret", project=launch.site.add_project("Board only"))
    launch.site.make_private(launch.site.tasks[far].homes[0].project)
    launch.site.add_dependency(launch.tasks[0], far)
    async with connected(launch.site) as (source, _):
        items = await read(source, (await crawl(source, await only_scope(source))).items)

    (link,) = items[launch.tasks[0]].links
    assert (link.native_id, link.source_id, link.seen_from) == (f"{far}:{launch.tasks[0]}", far, "target")
    assert link.far_end is not None
    assert (link.far_end.key, link.far_end.title) == (far, None)


async def test_fields_people_time_and_portfolios_arrive_on_the_item() -> None:
    launch = a_launch()
    site, task = launch.site, launch.tasks[0]
    points, priority = site.add_field("Story points", "number"), site.add_field("Priority", "enum", options=["High"])
    estimate = site.add_field("Estimated time", "number", asana_created_field="estimated_time", format="duration")
    team = site.add_field("Team", "enum", options=["Payments"])
    for field in (points, priority, estimate, team):
        site.enable_field(launch.project, field)
    site.set_value(task, points, 5.0)
    site.set_value(task, estimate, 90.0)
    for field in (priority, team):
        site.set_value(task, field, site.custom_fields[field].options[0])
    paula = site.add_user("Paula", email="paula@northwind.example")
    site.touch(task, LONG_AGO + timedelta(days=1), assignee=paula, due_on="2026-12-01", actual_time_minutes=30)
    portfolio = site.add_portfolio("Commerce", items=[launch.project])
    async with connected(site, projects=[launch.project], portfolios=[portfolio]) as (source, _):
        (raw,) = await source.read_items([task])
        payloads = (await source.discover()).payloads
        item = source.build_normaliser(payloads, matched_fields=["Team"])(raw)

    assert (item.points, item.points_field, item.priority) == (5.0, points, "High")
    assert (item.estimate_seconds, item.spent_seconds, item.due) == (5400, 1800, date(2026, 12, 1))
    assert [(each.native_id, each.email) for each in item.people if each.native_id == item.assignee_id] == [
        (paula, "paula@northwind.example")
    ]
    shown = {(each.facet, each.value, each.native_id, each.name) for each in item.facets}
    assert (Facet.PORTFOLIO, "Commerce", portfolio, "") in shown
    assert (Facet.FIELD, "Payments", site.custom_fields[team].options[0], team) in shown
    assert item.url == f"https://app.asana.com/0/{launch.project}/{task}"


async def test_a_field_that_was_taken_off_the_project_counts_no_more() -> None:
    launch = a_launch()
    site, task = launch.site, launch.tasks[0]
    points = site.add_field("Story points", "number")
    site.enable_field(launch.project, points)
    site.set_value(task, points, 8.0)
    site.disable_field(launch.project, points)
    async with connected(site) as (source, _):
        items = await read(source, await source.read_items([task]))

    assert items[task].points is None
    assert items[task].warnings == ("disabled_field_ignored",)


async def test_a_replay_of_stored_payloads_gives_what_the_sync_gave() -> None:
    launch = a_launch()
    async with connected(launch.site, options=AsanaOptions(in_progress=("To do",))) as (source, _):
        found = await crawl(source, await only_scope(source))
        payloads = (await source.discover()).payloads
        live = [source.build_normaliser(payloads)(item) for item in found.items]

    replay = AsanaNormaliser(payloads, options=AsanaOptions(in_progress=("To do",)))
    assert [replay(item) for item in found.items] == live
    assert {item.status_category for item in live if not item.subtask} == {"in_progress"}


async def test_a_wrong_token_is_refused_and_appears_nowhere() -> None:
    async with connected(a_launch().site, token="s3cret-t0ken") as (source, _):
        with capture_logs() as logs, pytest.raises(AuthenticationFailed) as caught:
            await source.connect()

    assert "s3cret-t0ken" not in f"{caught.value}{logs}{source!r}{vars(source)}"


async def test_a_server_error_is_told_with_the_phrase_that_asana_s_support_asks_for() -> None:
    launch = a_launch()
    sad = b'{"errors":[{"message":"Server Error","phrase":"6 sad squid snuggle softly"}]}'
    async with connected(launch.site) as (source, options):
        scope = await only_scope(source)
        options.faults.append(faults.Fault("/events", status=500, body=sad, times=faults.FOREVER))
        with capture_logs() as logs, pytest.raises(SourceUnavailable, match="6 sad squid snuggle softly"):
            await crawl(source, scope)

    assert TOKEN not in str(logs)


async def test_quotas_are_obeyed_and_cost_no_task() -> None:
    launch = a_launch()
    async with connected(launch.site) as (source, options):
        scope = await only_scope(source)
        options.faults.append(faults.throttled("/tasks", retry_after=30, times=2))
        found = await crawl(source, scope)

    assert sorted(found.ids) == sorted([*launch.tasks, launch.subtask])
    assert source.usage.throttled == 2
