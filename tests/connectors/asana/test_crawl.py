"""Crawling against the stand-in server: what comes out is what the workspace holds, or what changed in it."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import timedelta
from typing import cast

import msgspec
import pytest

from connectors.contract import Extent, Page
from connectors.errors import ListingBroken
from connectors.sandbox import faults
from connectors.sandbox.asana.bulk import generate_bulk
from connectors.sandbox.asana.things import Event, Ref
from tests.connectors.asana.support import (
    JUST_NOW,
    NOW,
    YESTERDAY,
    a_launch,
    connected,
    crawl,
    only_scope,
    read,
)


async def test_a_full_run_brings_members_and_everything_beneath_them_once() -> None:
    launch = a_launch()
    deeper = launch.site.add_subtask(launch.subtask, "Step 1.1")
    async with connected(launch.site) as (source, _):
        found = await crawl(source, await only_scope(source))

    assert sorted(found.ids) == sorted([*launch.tasks, launch.subtask, deeper])
    assert found.listing.extent is Extent.EVERYTHING
    assert found.listing.ids == set(found.ids)
    assert set(found.listing.marks) == set(launch.tasks)
    assert found.listing.token is not None


async def test_payloads_are_kept_as_received_and_a_plain_sub_task_names_its_home_beside_its_own() -> None:
    launch = a_launch()
    async with connected(launch.site) as (source, _):
        found = await crawl(source, await only_scope(source))

    by_id = {item.record.native_id: item for item in found.items}
    assert b"projects" not in by_id[launch.subtask].record.payload
    (home,) = by_id[launch.subtask].extras
    assert (home.kind, home.payload) == ("home", msgspec.json.encode({"projects": [launch.project]}))
    assert not by_id[launch.tasks[0]].extras


async def test_five_levels_of_sub_tasks_belong_to_the_project_of_the_first() -> None:
    launch = a_launch()
    chain = [launch.tasks[1]]
    for level in range(5):
        chain.append(launch.site.add_subtask(chain[-1], f"Level {level + 1}"))
    async with connected(launch.site) as (source, _):
        items = await read(source, (await crawl(source, await only_scope(source))).items)

    assert [items[gid].project_id for gid in chain] == [launch.project] * 6
    assert [items[gid].parent_id for gid in chain[1:]] == chain[:-1]
    assert [items[gid].level for gid in chain] == [0, -1, -1, -1, -1, -1]


async def test_a_tree_that_is_no_tree_is_told_rather_than_cut() -> None:
    launch = a_launch()
    last = launch.tasks[1]
    for level in range(11):
        last = launch.site.add_subtask(last, f"Level {level + 1}")
    async with connected(launch.site) as (source, _):
        scope = await only_scope(source)
        with pytest.raises(ListingBroken, match="deeper than 10 levels"):
            await crawl(source, scope)


async def test_a_task_that_is_member_and_sub_task_comes_once_with_both() -> None:
    launch = a_launch()
    launch.site.add_to_project(launch.subtask, launch.project)
    async with connected(launch.site) as (source, _):
        found = await crawl(source, await only_scope(source))
        items = await read(source, found.items)

    assert found.ids.count(launch.subtask) == 1
    assert items[launch.subtask].parent_id == launch.tasks[0]
    assert [each.value for each in items[launch.subtask].facets] == ["Checkout launch", "To do"]
    assert launch.subtask in found.listing.marks


async def test_separators_are_left_out_wherever_they_stand() -> None:
    launch = a_launch()
    heading = launch.site.add_subtask(launch.tasks[0], "Heading:", is_rendered_as_separator=True)
    line = launch.site.add_task("Line", project=launch.project, is_rendered_as_separator=True)
    async with connected(launch.site) as (source, _):
        scope = await only_scope(source)
        found = await crawl(source, scope)
        launch.site.touch(heading, JUST_NOW, name="Another heading:")
        again = await crawl(source, scope, since=YESTERDAY, token=found.listing.token)
        direct = await source.read_items([heading, line])

    assert not {heading, line} & {*found.ids, *again.ids, *found.listing.ids, *again.listing.ids}
    assert direct == ()


async def test_pages_hold_no_more_than_their_size() -> None:
    site = generate_bulk(tasks=250, projects=1, subtask_share=0.3, today=NOW.date())
    async with connected(site) as (source, _):
        found = await crawl(source, await only_scope(source))

    assert sorted(found.ids) == sorted(site.tasks)
    assert len(found.ids) == len(set(found.ids)) == 250
    assert max(len(page.items) for page in found.pages) <= 100


async def test_memory_is_bounded_by_pages_and_not_by_the_project() -> None:
    site = generate_bulk(tasks=900, projects=1, today=NOW.date())
    async with connected(site) as (source, _):
        scope = await only_scope(source)
        bytes_seen, most = 0, 0
        gc.collect()
        tracemalloc.start(1)
        try:
            async for page in source.pages(scope, since=None):
                bytes_seen += sum(len(item.record.payload) for item in page.items)
                held = tracemalloc.take_snapshot().filter_traces(
                    [tracemalloc.Filter(inclusive=True, filename_pattern="*/connectors/asana/*")]
                )
                most = max(most, sum(trace.size for trace in held.traces))
        finally:
            tracemalloc.stop()

    assert bytes_seen > 1_000_000
    assert most < bytes_seen / 3  # the page in hand and the next one, of seven and the sub-tasks


async def test_who_stops_early_leaves_nothing_running() -> None:
    site = generate_bulk(tasks=300, projects=1, subtask_share=0.9, today=NOW.date())
    async with connected(site, page_size=10, latency=0.01) as (source, options):
        scope = await only_scope(source)
        async with aclosing(cast(AsyncGenerator[Page, None], source.pages(scope, since=None))) as pages:
            async for page in pages:
                if len(page.items) <= 10:  # from beneath: several families are being read
                    break
        await asyncio.sleep(0.1)
        asked = len(options.requests)
        await asyncio.sleep(0.2)

    assert len(options.requests) == asked
    assert asyncio.all_tasks() == {asyncio.current_task()}


# what changed


async def test_a_run_of_changes_brings_those_and_names_every_member() -> None:
    launch = a_launch()
    async with connected(launch.site) as (source, options):
        scope = await only_scope(source)
        first = await crawl(source, scope)
        launch.site.touch(launch.tasks[2], JUST_NOW, name="Changed")
        options.requests.clear()
        found = await crawl(source, scope, since=YESTERDAY, token=first.listing.token)

    assert found.ids == [launch.tasks[2]]
    assert found.listing.extent is Extent.MEMBERS
    assert found.listing.ids == set(launch.tasks)
    assert set(found.listing.marks) == set(launch.tasks)
    assert len(options.requests) == 3  # the feed, what changed, who is a member


async def test_a_stored_mark_equals_the_listed_one_until_something_moves() -> None:
    launch = a_launch()
    async with connected(launch.site) as (source, _):
        scope = await only_scope(source)
        first = await crawl(source, scope)
        stored = {gid: item.listing_mark for gid, item in (await read(source, first.items)).items()}
        quiet = await crawl(source, scope, since=YESTERDAY, token=first.listing.token)
        launch.site.events.clear()  # an at-most-once feed that loses everything
        launch.site.move_to_section(launch.tasks[0], launch.sections[1], JUST_NOW)
        launch.site.add_subtask(launch.tasks[1], "New step", at=JUST_NOW)
        launch.site.events.clear()
        moved = await crawl(source, scope, since=NOW, token=quiet.listing.token)

    assert all(stored[gid] == mark for gid, mark in quiet.listing.marks.items())
    differing = {gid for gid, mark in moved.listing.marks.items() if stored[gid] != mark}
    assert differing == set(launch.tasks[:2])
    assert moved.ids == []


async def test_a_task_moved_between_sections_is_read_although_it_was_not_modified() -> None:
    launch = a_launch()
    async with connected(launch.site) as (source, _):
        scope = await only_scope(source)
        first = await crawl(source, scope)
        launch.site.move_to_section(launch.tasks[1], launch.sections[1], JUST_NOW)
        found = await crawl(source, scope, since=YESTERDAY, token=first.listing.token)
        items = await read(source, found.items)

    assert found.ids == [launch.tasks[1]]
    assert items[launch.tasks[1]].status_category == "in_progress"


async def test_a_section_that_is_renamed_brings_its_tasks_again() -> None:
    launch = a_launch()
    async with connected(launch.site) as (source, _):
        scope = await only_scope(source)
        first = await crawl(source, scope)
        launch.site.events.append(_section_event(launch.sections[0], launch.project))
        found = await crawl(source, scope, since=YESTERDAY, token=first.listing.token)

    assert sorted(found.ids) == sorted([*launch.tasks, launch.subtask])


async def test_a_changed_sub_task_is_read_with_its_home() -> None:
    launch = a_launch()
    async with connected(launch.site) as (source, _):
        scope = await only_scope(source)
        first = await crawl(source, scope)
        launch.site.complete(launch.subtask, JUST_NOW)
        found = await crawl(source, scope, since=YESTERDAY, token=first.listing.token)
        items = await read(source, found.items)

    assert found.ids == [launch.subtask]
    assert items[launch.subtask].project_id == launch.project
    assert items[launch.subtask].status_category == "done"


async def test_a_changed_parent_has_its_sub_tasks_read_again() -> None:
    launch = a_launch()
    async with connected(launch.site) as (source, _):
        scope = await only_scope(source)
        first = await crawl(source, scope)
        launch.site.touch(launch.tasks[0], JUST_NOW, name="Changed")
        found = await crawl(source, scope, since=YESTERDAY, token=first.listing.token)

    assert sorted(found.ids) == sorted([launch.tasks[0], launch.subtask])


async def test_sub_tasks_that_changed_with_their_parent_cost_one_request_together() -> None:
    launch = a_launch()
    steps = [launch.site.add_subtask(launch.tasks[0], f"Step {number}") for number in range(2, 12)]
    async with connected(launch.site) as (source, options):
        scope = await only_scope(source)
        first = await crawl(source, scope)
        for gid in (launch.tasks[0], *steps):
            launch.site.complete(gid, JUST_NOW)
        options.requests.clear()
        found = await crawl(source, scope, since=YESTERDAY, token=first.listing.token)

    assert sorted(found.ids) == sorted([launch.tasks[0], launch.subtask, *steps])
    assert len(options.requests) == 4


async def test_a_story_is_enough_where_the_feed_keeps_changes_of_tasks_to_itself() -> None:
    launch = a_launch()
    async with connected(launch.site, silent_task_changes=True) as (source, _):
        scope = await only_scope(source)
        first = await crawl(source, scope)
        launch.site.set_parent(launch.subtask, launch.tasks[1], JUST_NOW)
        found = await crawl(source, scope, since=YESTERDAY, token=first.listing.token)
        items = await read(source, found.items)

    assert items[launch.subtask].parent_id == launch.tasks[1]


async def test_a_task_that_was_trashed_is_missing_and_one_restored_comes_back() -> None:
    launch = a_launch()
    async with connected(launch.site) as (source, _):
        scope = await only_scope(source)
        first = await crawl(source, scope)
        launch.site.trash(launch.tasks[2], JUST_NOW)
        trashed = await crawl(source, scope, since=YESTERDAY, token=first.listing.token)
        launch.site.restore(launch.tasks[2], JUST_NOW)
        restored = await crawl(source, scope, since=YESTERDAY, token=trashed.listing.token)

    assert trashed.missing == [launch.tasks[2]]
    assert launch.tasks[2] not in trashed.listing.ids
    assert launch.tasks[2] in restored.ids
    assert launch.tasks[2] in restored.listing.ids


async def test_a_task_that_left_the_project_is_told_as_missing_and_is_no_item_of_it() -> None:
    launch = a_launch()
    elsewhere = launch.site.add_project("Elsewhere")
    async with connected(launch.site, projects=[launch.project]) as (source, _):
        scope = await only_scope(source)
        first = await crawl(source, scope)
        launch.site.add_to_project(launch.tasks[1], elsewhere, at=JUST_NOW)
        launch.site.remove_from_project(launch.tasks[1], launch.project, JUST_NOW)
        found = await crawl(source, scope, since=YESTERDAY, token=first.listing.token)

    assert found.ids == []
    assert found.missing == [launch.tasks[1]]
    assert launch.tasks[1] not in found.listing.ids


async def test_more_than_a_hundred_events_are_drained_to_the_last() -> None:
    launch = a_launch()
    async with connected(launch.site) as (source, options):
        scope = await only_scope(source)
        first = await crawl(source, scope)
        for number in range(120):
            launch.site.touch(launch.tasks[0], JUST_NOW, notes=f"Note {number}")
        launch.site.move_to_section(launch.tasks[1], launch.sections[1], JUST_NOW)
        found = await crawl(source, scope, since=NOW - timedelta(seconds=1), token=first.listing.token)

    assert launch.tasks[1] in found.ids
    assert options.asked("/events") == 1 + 3


async def test_a_lost_position_in_the_feed_reads_the_whole_project_and_begins_a_new_feed() -> None:
    launch = a_launch()
    async with connected(launch.site) as (source, _):
        scope = await only_scope(source)
        found = await crawl(source, scope, since=YESTERDAY, token="gone:0")
        launch.site.move_to_section(launch.tasks[0], launch.sections[1], JUST_NOW)
        after = await crawl(source, scope, since=NOW, token=found.listing.token)

    assert sorted(found.ids) == sorted([*launch.tasks, launch.subtask])
    assert found.listing.extent is Extent.EVERYTHING
    assert launch.tasks[0] in after.ids
    assert after.listing.extent is Extent.MEMBERS


async def test_without_a_token_everything_is_read_whatever_the_last_run_was() -> None:
    launch = a_launch()
    async with connected(launch.site) as (source, _):
        found = await crawl(source, await only_scope(source), since=NOW)

    assert sorted(found.ids) == sorted([*launch.tasks, launch.subtask])
    assert found.listing.extent is Extent.EVERYTHING


async def test_what_happens_during_a_full_run_is_told_by_its_token() -> None:
    launch = a_launch()
    async with connected(launch.site) as (source, options):
        scope = await only_scope(source)
        options.on_request(3, lambda: launch.site.move_to_section(launch.tasks[0], launch.sections[2], NOW))
        first = await crawl(source, scope)
        found = await crawl(source, scope, since=NOW + timedelta(minutes=1), token=first.listing.token)

    assert launch.tasks[0] in found.ids


async def test_a_feed_that_is_refused_costs_full_runs_and_nothing_else() -> None:
    launch = a_launch()
    refusal = faults.Fault("/events", status=403, body=b'{"errors":[]}', times=faults.FOREVER)
    async with connected(launch.site, faults=[refusal]) as (source, _):
        scope = await only_scope(source)
        first = await crawl(source, scope)
        second = await crawl(source, scope, since=YESTERDAY, token=first.listing.token)

    assert first.listing.token is None
    assert sorted(second.ids) == sorted([*launch.tasks, launch.subtask])


def _section_event(section: str, project: str) -> Event:
    return Event(
        created_at="2026-11-20T22:58:00.000Z",
        user=None,
        resource=Ref("section", section),
        action="changed",
        parent=None,
        change={"field": "name", "action": "changed"},
        streams=frozenset({project}),
    )
