"""Servers that fail, refuse and lie: a run ends whole, or says what is missing and keeps that cursor where it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import pytest

from connectors.sandbox import faults
from connectors.sandbox.faults import FOREVER, Fault
from connectors.sandbox.portfolio import generate_portfolio
from service.store.engine import Database
from service.store.tables.sources import sources
from service.sync.outcome import RunStatus
from tests.flows.stored import differences, evidence, live, scopes, stored
from tests.flows.support import CLOUD, DATA_CENTER, LISTING, NOW, READING, TODAY, Flow, a_site, codes, flowing, ids_in

EDITIONS = pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])
OUTAGES: Mapping[str, Callable[[str], Fault]] = {
    "429 with seconds": lambda path: faults.throttled(path, retry_after=2, after=1, times=3),
    "429 with a date": lambda path: faults.throttled(path, retry_after=NOW + timedelta(seconds=2), after=1),
    "429 without a word": lambda path: faults.throttled(path, after=1, times=3),
    "503 with a date": lambda path: faults.throttled(path, status=503, retry_after=NOW + timedelta(seconds=9), after=1),
    "503": lambda path: faults.failing(path, after=1, times=2),
    "504 on large pages": lambda path: faults.too_large(path, above=60, times=30),
    "a truncated body": lambda path: faults.truncated(path, after=1),
    "a reset connection": lambda path: faults.reset(path, after=2),
}


@EDITIONS
@pytest.mark.parametrize("name", OUTAGES)
async def test_a_run_through_an_outage_is_complete_and_stores_everything(
    kind: str, name: str, sqlite_database: Database
) -> None:
    site = a_site(issues=240)
    settings = {"page_size": 100 if "large" in name else 20}
    async with flowing(site, sqlite_database, kind=kind, settings=settings) as flow:
        flow.options.faults.append(OUTAGES[name](READING[kind]))
        await flow.sync_whole(full=True)

        store = await evidence(sqlite_database)
        assert live(store) == sorted(site.issues)
        assert [row["error"] for row in store["scopes"]] == [None, None]
        assert flow.source.usage.retries > 0


@EDITIONS
async def test_an_outage_while_the_site_is_discovered_is_waited_out(kind: str, sqlite_database: Database) -> None:
    async with flowing(a_site(issues=20), sqlite_database, kind=kind) as flow:
        flow.options.faults += [faults.throttled("/myself", retry_after=1), faults.failing("/field", times=1)]
        flow.options.faults += [faults.reset("/status"), faults.truncated("/project")]
        await flow.sync_whole()

        assert live(await stored(sqlite_database)) == sorted(flow.site.issues)


async def cursors(database: Database) -> dict[str, datetime | None]:
    return {key: row["cursor"] for key, row in (await scopes(database)).items()}


async def whole_then_changed(flow: Flow) -> dict[str, datetime | None]:
    """A complete first run, then a change in every project an hour later; the cursors in between."""
    await flow.sync_whole(full=True)
    before = await cursors(flow.database)
    flow.clock.pass_by(hours=1)
    for key in sorted(before):
        flow.site.touch(ids_in(flow.site, key)[0], flow.clock.now(), summary="Changed")
    return before


async def test_a_listing_that_promises_more_without_a_token_fails_its_scope_alone(sqlite_database: Database) -> None:
    async with flowing(a_site(issues=90, projects=3), sqlite_database) as flow:
        before = await whole_then_changed(flow)
        flow.options.faults.append(faults.missing_token())

        outcome = await flow.sync()

        assert outcome.status is RunStatus.PARTIAL
        (reason,) = outcome.reasons
        assert reason.code == "listing_broken"
        assert reason.message == "The listing says that there is more, but not how to get it."
        failed, after = str(reason.scope), await scopes(sqlite_database)
        assert after[failed]["cursor"] == before[failed]
        assert after[failed]["error"]["code"] == "listing_broken"
        others = sorted(after.keys() - {failed})
        assert [after[key]["cursor"] for key in others] == [flow.clock.now() - timedelta(minutes=5)] * 2
        assert await changed_projects(flow) == others

        flow.options.faults.clear()
        await flow.sync_whole()

        assert (await scopes(sqlite_database))[failed]["error"] is None
        assert await changed_projects(flow) == ["BULK1", "BULK2", "BULK3"]


async def test_a_listing_that_goes_in_circles_fails_its_scope_and_ends(sqlite_database: Database) -> None:
    """The listing comes in several pages because the server takes none of its usual size."""
    async with flowing(a_site(issues=400, projects=1, histories=0), sqlite_database) as flow:
        await flow.sync_whole(full=True)
        before = await cursors(sqlite_database)
        flow.clock.pass_by(hours=1)
        flow.options.faults += [
            faults.too_large("/search/jql", above=160),
            faults.repeated_token(times=FOREVER),
        ]

        outcome = await flow.sync(full=True)

        assert outcome.status is RunStatus.FAILED
        assert codes(outcome) == [("listing_broken", "BULK1")]
        assert outcome.reasons[0].message == "The listing repeats a page token; it would never end."
        assert await cursors(sqlite_database) == before
        assert live(await stored(sqlite_database)) == sorted(flow.site.issues)


async def changed_projects(flow: Flow) -> list[str]:
    """Projects whose change has reached the store."""
    titles = {row["native_id"]: row["title"] for row in (await stored(flow.database))["work_items"]}
    keys = sorted(row["key"] for row in flow.site.projects.values())
    return [key for key in keys if titles[ids_in(flow.site, key)[0]] == "Changed"]


@EDITIONS
async def test_a_401_in_the_middle_fails_the_run_and_moves_nothing(kind: str, sqlite_database: Database) -> None:
    async with flowing(a_site(), sqlite_database, kind=kind) as flow:
        before = await whole_then_changed(flow)
        proof = (await stored(sqlite_database, [sources]))["sources"][0]["last_complete_sync"]
        flow.options.faults.append(faults.unauthorized(LISTING[kind], after=1))

        outcome = await flow.sync()

        assert outcome.status is RunStatus.FAILED
        assert codes(outcome) == [("authentication_failed", None)]
        assert await cursors(sqlite_database) == before
        assert (await stored(sqlite_database, [sources]))["sources"][0]["last_complete_sync"] == proof
        flow.options.faults.clear()
        assert (await flow.sync_whole()).fetched == 2


@EDITIONS
async def test_a_wrong_token_that_is_silently_taken_for_nobody_fails_the_run_in_clear_words(
    kind: str, sqlite_database: Database
) -> None:
    async with flowing(a_site(issues=20), sqlite_database, kind=kind, silent_anonymous=True) as flow:
        await flow.reconfigure(token="expired")

        outcome = await flow.sync()

        assert outcome.status is RunStatus.FAILED
        (reason,) = outcome.reasons
        assert reason.code == "authentication_failed"
        assert "check the user and the token" in reason.message or "401" in reason.message
        assert live(await stored(sqlite_database)) == []


@EDITIONS
async def test_a_login_page_fails_the_run_in_clear_words(kind: str, sqlite_database: Database) -> None:
    async with flowing(a_site(issues=20), sqlite_database, kind=kind) as flow:
        before = await whole_then_changed(flow)
        kept = await evidence(sqlite_database)
        flow.options.login_page = True

        outcome = await flow.sync(full=True)

        assert outcome.status is RunStatus.FAILED
        (reason,) = outcome.reasons
        assert reason.code == "authentication_failed"
        assert "login page" in reason.message
        assert await cursors(sqlite_database) == before
        assert differences(kept, await evidence(sqlite_database)) == []


@EDITIONS
async def test_a_login_page_in_the_middle_buries_nothing(kind: str, sqlite_database: Database) -> None:
    async with flowing(a_site(), sqlite_database, kind=kind) as flow:
        before = await whole_then_changed(flow)
        flow.options.faults.append(faults.login_page(LISTING[kind], after=1, times=FOREVER))

        outcome = await flow.sync(full=True)

        assert outcome.status is RunStatus.FAILED
        assert await cursors(sqlite_database) == before
        assert live(await stored(sqlite_database)) == sorted(flow.site.issues)


@EDITIONS
async def test_an_account_that_changes_during_the_run_fails_it(kind: str, sqlite_database: Database) -> None:
    async with flowing(a_site(), sqlite_database, kind=kind) as flow:
        before = await whole_then_changed(flow)
        somebody_else = next(account for account in flow.site.users if account != flow.site.me)
        asked = len(flow.options.requests)
        await flow.sync_whole(full=True)
        per_run = len(flow.options.requests) - asked
        before = await cursors(sqlite_database)
        flow.clock.pass_by(minutes=30)
        flow.options.on_request(per_run // 2, lambda: setattr(flow.site, "me", somebody_else))

        outcome = await flow.sync(full=True)

        assert outcome.status is RunStatus.FAILED
        assert "account" in outcome.reasons[-1].message
        assert await cursors(sqlite_database) == before


@EDITIONS
async def test_a_token_revoked_during_the_run_on_a_site_open_to_all_fails_it(
    kind: str, sqlite_database: Database
) -> None:
    """From then on every answer is 200 and empty, which must not be taken for deletion."""
    async with flowing(a_site(), sqlite_database, kind=kind, silent_anonymous=True) as flow:
        before = await whole_then_changed(flow)
        flow.options.on_request(12, lambda: setattr(flow.options, "token", "another"))

        outcome = await flow.sync(full=True)

        assert outcome.status is RunStatus.FAILED
        assert await cursors(sqlite_database) == before
        assert live(await stored(sqlite_database)) == sorted(flow.site.issues)


@EDITIONS
async def test_a_project_that_the_account_may_not_see_makes_the_run_partial_and_is_named(
    kind: str, sqlite_database: Database
) -> None:
    """SEC is there and hidden; GHOST is not there at all. Both look the same from outside."""
    site = generate_portfolio(issues=60, today=TODAY)
    settings = {"projects": ("PAY", "SEC", "GHOST")}
    async with flowing(site, sqlite_database, kind=kind, settings=settings) as flow:
        outcome = await flow.sync()

        assert outcome.status is RunStatus.PARTIAL
        assert sorted(codes(outcome), key=str) == [("scope_missing", "GHOST"), ("scope_missing", "SEC")]
        assert {reason.message for reason in outcome.reasons} == {
            f"Project {key} does not exist or the account may not see it; check the key and the browse permission."
            for key in ("SEC", "GHOST")
        }
        assert (await cursors(sqlite_database)).keys() == {"PAY"}
        assert live(await stored(sqlite_database)) == ids_in(site, "PAY")
        assert (await stored(sqlite_database, [sources]))["sources"][0]["last_complete_sync"] is None


@EDITIONS
async def test_a_named_project_that_disappears_keeps_its_items_and_is_named(
    kind: str, sqlite_database: Database
) -> None:
    """Lost rights look like this too: the last good view stays."""
    site = a_site()
    settings = {"projects": ("BULK1", "BULK2")}
    async with flowing(site, sqlite_database, kind=kind, settings=settings) as flow:
        before = await whole_then_changed(flow)
        site.hidden_projects.add(max(site.projects))

        outcome = await flow.sync(full=True)

        assert outcome.status is RunStatus.PARTIAL
        assert codes(outcome) == [("scope_missing", "BULK2")]
        assert live(await stored(sqlite_database)) == sorted(site.issues)
        assert (await cursors(sqlite_database))["BULK2"] == before["BULK2"]
        site.hidden_projects.clear()
        flow.clock.pass_by(minutes=30)
        await flow.sync_whole()
        assert (await scopes(sqlite_database))["BULK2"]["state"] == "live"
