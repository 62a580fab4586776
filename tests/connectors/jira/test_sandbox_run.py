"""The connector against the stand-in servers: what comes out equals what the site holds, whatever goes wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from connectors.contract import Page, Scope
from connectors.errors import AuthenticationFailed, ListingBroken
from connectors.jira.config import JiraOptions
from connectors.jira.source import JiraSource
from connectors.sandbox import faults
from connectors.sandbox.bulk import generate_bulk
from connectors.sandbox.cloud import create_cloud
from connectors.sandbox.datacenter import create_datacenter
from connectors.sandbox.faults import Fault
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.portfolio import generate_portfolio
from connectors.sandbox.server import SandboxServer
from connectors.sandbox.site import JiraSite
from connectors.transport import BearerAuth
from tests.connectors.time import FakeTime

TODAY = date(2026, 11, 20)
TOKEN = SandboxOptions().token
NOW = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
EDITIONS = pytest.mark.parametrize("kind", ["jira-cloud", "jira-dc"])


@contextmanager
def serving(site: JiraSite, options: SandboxOptions, *, kind: str) -> Iterator[str]:
    app = (create_cloud if kind == "jira-cloud" else create_datacenter)(site, options)
    with SandboxServer(app, context_path="/jira") as server:
        yield server.url


@asynccontextmanager
async def connected(
    site: JiraSite, *, kind: str = "jira-cloud", token: str = TOKEN, **options: Any
) -> AsyncIterator[tuple[JiraSource, SandboxOptions]]:
    passing = FakeTime()
    behaviour = SandboxOptions(clock=lambda: NOW, **options)
    with serving(site, behaviour, kind=kind) as url:
        source = JiraSource(
            name="acme",
            kind=kind,
            url=url,
            auth=BearerAuth(token),
            projects=None,
            options=JiraOptions(),
            sleep=passing.sleep,
            clock=passing.now,
        )
        try:
            yield source, behaviour
        finally:
            await source.aclose()


def held(site: JiraSite, scope: Scope) -> set[str]:
    """What the site itself says: ids of the project's issues."""
    return {number for number, issue in site.issues.items() if issue["fields"]["project"]["id"] == scope.native_id}


async def crawl(source: JiraSource, scope: Scope, since: datetime | None = None) -> list[Page]:
    return [page async for page in source.pages(scope, since=since)]


def ids(pages: list[Page]) -> list[str]:
    return [item.record.native_id for page in pages for item in page.items]


def bulk() -> JiraSite:
    return generate_bulk(issues=240, histories=2, payload_bytes=2_000, projects=1, today=TODAY)


def only(scopes: list[Scope]) -> Scope:
    (scope,) = scopes
    return scope


@EDITIONS
async def test_a_full_run_brings_every_issue_of_every_project_once_and_readable(kind: str) -> None:
    site = generate_portfolio(issues=300, today=TODAY)
    async with connected(site, kind=kind) as (source, _):
        await source.connect()
        normalise = source.build_normaliser((await source.discover()).payloads)
        scopes, missing = await source.scopes()
        live = [scope for scope in scopes if not scope.archived]
        for scope in live:
            pages = await crawl(source, scope)
            assert sorted(ids(pages)) == sorted(held(site, scope))
            for page in pages:
                for item in page.items:
                    assert normalise(item).native_id == item.record.native_id

    assert len(live) > 1
    assert not missing


@EDITIONS
async def test_a_run_of_changes_brings_those_and_few_requests(kind: str) -> None:
    site = bulk()
    async with connected(site, kind=kind) as (source, options):
        await source.connect()
        scope = only(list((await source.scopes())[0]))
        changed = sorted(site.issues)[10:200:40]
        for number in changed:
            site.touch(number, NOW - timedelta(minutes=2), summary="changed")
        before = len(options.requests)
        pages = await crawl(source, scope, NOW - timedelta(minutes=30))

    assert sorted(ids(pages)) == changed
    assert len(options.requests) - before == 2


@EDITIONS
@pytest.mark.parametrize("zone", ["Pacific/Pago_Pago", "Europe/Madrid", "Pacific/Kiritimati"])
async def test_the_account_s_zone_hides_nothing(kind: str, zone: str) -> None:
    site = bulk()
    async with connected(site, kind=kind, zone=zone) as (source, _):
        await source.connect()
        scope = only(list((await source.scopes())[0]))
        number = sorted(site.issues)[3]
        site.touch(number, NOW - timedelta(seconds=30), summary="changed")
        pages = await crawl(source, scope, NOW - timedelta(minutes=1))

    assert ids(pages) == [number]


LISTING = {"jira-cloud": "/search/jql", "jira-dc": "/search"}
READING = {"jira-cloud": "/issue/bulkfetch", "jira-dc": "/search"}
OUTAGES: dict[str, Callable[[str], Fault]] = {
    "429 with seconds": lambda path: faults.throttled(path, retry_after=2, after=1),
    "429 with a date": lambda path: faults.throttled(path, retry_after=NOW + timedelta(seconds=2), after=1),
    "429 without a word": lambda path: faults.throttled(path, after=1),
    "429 for a quota": lambda path: faults.throttled(path, reason="jira-quota-tenant-based", after=1),
    "503": lambda path: faults.failing(path, after=1),
    "502": lambda path: faults.failing(path, status=502, after=1),
    "504 on large pages": lambda path: faults.too_large(path, above=60, times=20),
    "a truncated body": lambda path: faults.truncated(path, after=1),
    "a reset connection": lambda path: faults.reset(path, after=1),
}


@EDITIONS
@pytest.mark.parametrize("name", OUTAGES)
async def test_an_outage_while_reading_loses_nothing(kind: str, name: str) -> None:
    site = bulk()
    async with connected(site, kind=kind) as (source, options):
        await source.connect()
        scope = only(list((await source.scopes())[0]))
        options.faults.append(OUTAGES[name](READING[kind]))
        pages = await crawl(source, scope)
        struck = source.usage.retries

    assert sorted(ids(pages)) == sorted(site.issues)
    assert [page.missing_ids for page in pages if page.missing_ids] == []
    assert struck > 0


async def test_a_token_that_comes_again_or_is_missing_stops_the_scope() -> None:
    for lie in (faults.repeated_token(times=faults.FOREVER), faults.missing_token()):
        async with connected(bulk()) as (source, options):
            scope = only(list((await source.scopes())[0]))
            options.faults.append(lie)
            with pytest.raises(ListingBroken):
                await crawl(source, scope)


@EDITIONS
async def test_a_401_in_the_middle_of_a_run_stops_it(kind: str) -> None:
    async with connected(bulk(), kind=kind) as (source, options):
        await source.connect()
        scope = only(list((await source.scopes())[0]))
        options.faults.append(faults.unauthorized(READING[kind], after=1))
        with pytest.raises(AuthenticationFailed):
            await crawl(source, scope)


@EDITIONS
async def test_a_wrong_token_that_is_silently_taken_for_nobody_is_found_out(kind: str) -> None:
    async with connected(bulk(), kind=kind, token="wrong", silent_anonymous=True) as (source, _):
        with pytest.raises(AuthenticationFailed):
            await source.connect()


@EDITIONS
async def test_a_login_page_is_found_out(kind: str) -> None:
    async with connected(bulk(), kind=kind) as (source, options):
        options.login_page = True
        with pytest.raises(AuthenticationFailed, match="login page"):
            await source.connect()


@EDITIONS
async def test_an_issue_moved_or_deleted_during_the_run_is_read_or_missing(kind: str) -> None:
    site = generate_bulk(issues=200, histories=1, payload_bytes=2_000, projects=2, today=TODAY)
    async with connected(site, kind=kind) as (source, options):
        await source.connect()
        here, there = (await source.scopes())[0]
        mine = sorted(held(site, here))
        moved, deleted = mine[20], mine[30]

        def change() -> None:
            site.move(moved, there.native_id, f"{there.key}-9999", NOW)
            site.delete(deleted)

        options.on_request(2, change)  # after the listing, before the first read
        pages = await crawl(source, here)

    assert sorted(ids(pages)) == [number for number in mine if number != deleted]
    assert [number for page in pages for number in page.missing_ids] == [deleted]


@pytest.mark.parametrize("created", [None, "s", "ms"])
@pytest.mark.parametrize("count", [41, 101, 500])
async def test_histories_are_complete_whatever_the_form_of_their_moments(count: int, created: str | None) -> None:
    site = bulk()
    number = min(site.issues)
    for step in range(count):
        site.touch(number, NOW - timedelta(minutes=count - step), summary=f"step {step}")
    async with connected(site, numeric_created=created) as (source, _):
        normalise = source.build_normaliser((await source.discover()).payloads)
        (item,) = await source.read_items([number])

    expected = [history["id"] for history in site.issues[number]["changelog"]["histories"]]
    (changelog,) = item.extras
    assert [each["id"] for each in msgspec.json.decode(changelog.payload)] == expected
    assert normalise(item).native_id == number


@EDITIONS
async def test_a_project_hidden_from_the_account_is_missing(kind: str) -> None:
    site = generate_portfolio(issues=60, today=TODAY)
    hidden = next(iter(site.projects))
    site.hidden_projects.add(hidden)
    async with connected(site, kind=kind) as (source, _):
        scopes, _missing = await source.scopes()

    assert hidden not in {scope.native_id for scope in scopes}


@EDITIONS
async def test_what_was_discovered_does_not_change_by_itself(kind: str) -> None:
    site = generate_portfolio(issues=60, today=TODAY)
    async with connected(site, kind=kind) as (source, _):
        first, second = await source.discover(), await source.discover()

    assert first == second
    assert first.iterations
    assert first.link_types
