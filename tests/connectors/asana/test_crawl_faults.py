"""A crawl that meets refusals, expired tokens, cut listings and outages: complete, or failed with its reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors.asana.listing import SMALLEST_PAGE
from connectors.contract import Scope
from connectors.errors import (
    AuthenticationFailed,
    ListingBroken,
    ScopeGone,
    SourceMisconfigured,
    SourceUnavailable,
)
from connectors.sandbox import faults
from connectors.sandbox.asana.bulk import generate_bulk
from tests.connectors.asana.support import NOW, a_launch, a_site, connected, crawl, only_scope


@pytest.mark.parametrize("hidden", [403, 404])
async def test_a_project_made_private_is_gone_and_lists_nothing(hidden: int) -> None:
    launch = a_launch()
    async with connected(launch.site, hidden_status=hidden) as (source, _):
        scope = await only_scope(source)
        launch.site.make_private(launch.project)
        with pytest.raises(ScopeGone, match="Project Checkout launch is no longer visible to acme"):
            await crawl(source, scope)


async def test_a_project_that_never_was_is_gone() -> None:
    async with connected(a_site()) as (source, _):
        with pytest.raises(ScopeGone):
            await crawl(source, Scope("999", "Nowhere", "Nowhere"))


async def test_a_page_token_that_expired_starts_the_listing_again_once() -> None:
    site = generate_bulk(tasks=250, projects=1, subtask_share=0.0, today=NOW.date())
    expired = faults.Fault(
        "/tasks", status=400, body=b'{"errors":[{"message":"offset: Your pagination token has expired."}]}', after=1
    )
    async with connected(site, faults=[expired]) as (source, _):
        found = await crawl(source, await only_scope(source))

    assert sorted(found.ids) == sorted(site.tasks)


async def test_a_page_token_that_always_expires_fails_the_project() -> None:
    site = generate_bulk(tasks=250, projects=1, subtask_share=0.0, today=NOW.date())
    async with connected(site, offset_requests=-1) as (source, _):
        scope = await only_scope(source)
        with pytest.raises(ListingBroken, match="expired twice"):
            await crawl(source, scope)


async def test_a_listing_that_is_cut_is_read_section_by_section() -> None:
    site = generate_bulk(tasks=250, projects=1, subtask_share=0.0, today=NOW.date())
    async with connected(site, truncate_after=120) as (source, options):
        found = await crawl(source, await only_scope(source))

    assert sorted(found.ids) == sorted(site.tasks)
    assert len(found.ids) == 250
    assert any("section" in request.query for request in options.requests)


async def test_an_unknown_refusal_of_a_later_page_is_taken_for_a_cut_listing() -> None:
    site = generate_bulk(tasks=250, projects=1, subtask_share=0.0, today=NOW.date())
    async with connected(site) as (source, options):
        scope = await only_scope(source)
        body = b'{"errors":[{"message":"Something went wrong with this request."}]}'
        options.faults.append(faults.Fault("/tasks", status=400, body=body, after=1))
        found = await crawl(source, scope)

    assert sorted(found.ids) == sorted(site.tasks)
    assert options.asked("/sections") == 1


async def test_a_refusal_of_the_first_page_is_an_error_of_ours_and_not_a_cut_listing() -> None:
    launch = a_launch()
    async with connected(launch.site) as (source, options):
        scope = await only_scope(source)
        body = b'{"errors":[{"message":"opt_fields: not understood"}]}'
        options.faults.append(faults.Fault("/tasks", status=400, body=body, times=faults.FOREVER))
        with pytest.raises(SourceMisconfigured, match="opt_fields: not understood"):
            await crawl(source, scope)

    assert options.asked("/sections") == 0


async def test_a_project_too_large_even_section_by_section_fails_with_its_name() -> None:
    site = generate_bulk(tasks=250, projects=1, subtask_share=0.0, today=NOW.date())
    async with connected(site, truncate_after=20) as (source, _):
        scope = await only_scope(source)
        with pytest.raises(ListingBroken, match="The listing of Project 000 is too large for Asana"):
            await crawl(source, scope)


async def test_a_page_that_is_too_heavy_is_asked_for_with_fewer_rows() -> None:
    site = generate_bulk(tasks=120, projects=1, subtask_share=0.0, today=NOW.date())
    async with connected(site, faults=[faults.too_large("/tasks", above=30)]) as (source, options):
        found = await crawl(source, await only_scope(source))

    assert sorted(found.ids) == sorted(site.tasks)
    assert {int(r.query["limit"]) for r in options.requests if r.path.endswith("/tasks")} == {100, 50, 25}


async def test_a_server_that_cannot_even_answer_small_pages_is_an_outage() -> None:
    launch = a_launch()
    async with connected(launch.site) as (source, options):
        scope = await only_scope(source)
        options.faults.append(faults.failing("/tasks", status=504, times=faults.FOREVER))
        with pytest.raises(SourceUnavailable):
            await crawl(source, scope)

    assert min(int(r.query["limit"]) for r in options.requests if r.path.endswith("/tasks")) == SMALLEST_PAGE


@pytest.mark.parametrize("fault", [faults.truncated, faults.reset, faults.failing, faults.throttled])
async def test_an_answer_that_breaks_once_is_asked_for_again(fault: Callable[..., faults.Fault]) -> None:
    launch = a_launch()
    async with connected(launch.site) as (source, options):
        scope = await only_scope(source)
        options.faults.append(fault("/tasks", after=1))
        found = await crawl(source, scope)

    assert sorted(found.ids) == sorted([*launch.tasks, launch.subtask])
    assert source.usage.retries == 1


async def test_a_token_revoked_during_the_run_stops_it_without_a_listing() -> None:
    launch = a_launch()
    async with connected(launch.site) as (source, options):
        scope = await only_scope(source)
        options.faults.append(faults.unauthorized("/subtasks"))
        told: list[object] = []
        with pytest.raises(AuthenticationFailed):
            async for _ in source.pages(scope, since=None, on_listing=told.append):
                pass

    assert told == []


async def test_a_parent_that_vanishes_during_the_run_has_no_sub_tasks() -> None:
    launch = a_launch()
    async with connected(launch.site) as (source, options):
        scope = await only_scope(source)
        options.on_request(3, lambda: launch.site.trash(launch.tasks[0], NOW))
        found = await crawl(source, scope)

    assert sorted(found.ids) == sorted(launch.tasks)


async def test_a_plan_that_refuses_paid_properties_is_read_without_them() -> None:
    launch = a_launch()
    unpaid = faults.Fault("/api/1.0/tasks", status=402, body=b'{"errors":[{"message":"Upgrade."}]}')
    async with connected(launch.site) as (source, options):
        scope = await only_scope(source)
        options.faults.append(unpaid)
        found = await crawl(source, scope)
        asked = [request.query.get("opt_fields", "") for request in options.requests if "task" in request.path]

    assert sorted(found.ids) == sorted([*launch.tasks, launch.subtask])
    assert ["dependencies" in fields for fields in asked] == [True, False, False]
