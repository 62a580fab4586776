"""Recorded trackers through the whole path, twice, in different orders of pages: the same store, with known facts."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from connectors.contract import Page, Scope
from connectors.jira.source import JiraSource
from connectors.sandbox.recorded import load_recorded
from service.store.engine import Database
from tests.builders.jira import real_data
from tests.flows.stored import Store, differences, stored
from tests.flows.support import DATA_CENTER, Flow, flowing


def shuffled(source: JiraSource, monkeypatch: pytest.MonkeyPatch, *, seed: int) -> None:
    """From now on the pages of a scope come in an order of chance, and so do the issues of each page."""
    pages, chance = source.pages, random.Random(seed)

    async def in_another_order(scope: Scope, **how: Any) -> AsyncIterator[Page]:
        read = [page async for page in pages(scope, **how)]
        for page in chance.sample(read, len(read)):
            yield msgspec.structs.replace(page, items=tuple(chance.sample(page.items, len(page.items))))

    monkeypatch.setattr(source, "pages", in_another_order)


async def pulled_twice(
    name: str, database: Database, fresh: Database, monkeypatch: pytest.MonkeyPatch
) -> tuple[Flow, Store]:
    """Once as it comes; into another database in other pages and another order; and that order over the first."""
    site = load_recorded(real_data() / "jira" / f"{name}.jsonl.gz")
    async with flowing(site, fresh, kind=DATA_CENTER, settings={"page_size": 63}) as flow:
        shuffled(flow.source, monkeypatch, seed=12)
        await flow.sync_whole(full=True)
    async with flowing(site, database, kind=DATA_CENTER, settings={"page_size": 100}) as flow:
        await flow.sync_whole(full=True)
        store = await stored(database)
        assert differences(store, await stored(fresh)) == []
        shuffled(flow.source, monkeypatch, seed=21)
        flow.clock.pass_by(hours=1)
        again = await flow.sync_whole(full=True)
        assert (again.changed, again.unchanged) == (0, len(site.issues))
        assert differences(store, await stored(database)) == []
    return flow, store


async def test_duraspace_is_the_same_store_in_any_order(
    database: Database, fresh: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The facts are those that the data's own README tells."""
    flow, store = await pulled_twice("duraspace", database, fresh, monkeypatch)

    rows = flow.site.issues.values()
    assert (len(rows), sum(len(row["changelog"]["histories"]) for row in rows)) == (3_036, 15_140)
    assert len({row["project_id"] for row in store["work_items"]}) == 18
    assert len(store["work_items"]) == 3_036
    changes = Counter(row["field_id"] for row in store["item_changes"])
    assert (changes["status"], changes["fixVersions"], changes["link"]) == (5_124, 4_486, 1_089)
    assert (changes["customfield_10023"], changes["duedate"], changes["customfield_10290"]) == (320, 120, 34)
    assert (changes["project"], changes["issuekey"]) == (78, 78)
    assert (len(store["links"]), len(linked(store))) == (483, 612)
    assert entries_by_type(store) == {"Related": 346, "Dependency": 263, "Addresses": 225, "Duplicate": 94}
    assert sum(row["due"] is not None for row in store["work_items"]) == 286
    assert sum(row["points"] is not None for row in store["work_items"]) == 580
    assert len({row["item_uid"] for row in store["item_facets"] if row["facet"] == "iteration"}) == 23
    closed = {"Resolved", "Closed"}
    left = [row for row in store["item_changes"] if row["field_id"] == "status" and row["from_text"] in closed]
    assert len({row["item_uid"] for row in left if row["to_text"] not in closed}) == 141


def linked(store: Store) -> set[str]:
    """Items that show a link themselves."""
    from_source = {row["source_uid"] for row in store["links"] if row["seen_from_source"]}
    return from_source | {row["target_uid"] for row in store["links"] if row["seen_from_target"]}


def entries_by_type(store: Store) -> Counter[str]:
    """How often links of each type are shown, at either end."""
    names = {row["native_id"]: row["name"] for row in store["link_types"]}
    entries: Counter[str] = Counter()
    for row in store["links"]:
        entries[names[row["type_id"]]] += row["seen_from_source"] + row["seen_from_target"]
    return entries


async def test_tidev_is_the_same_store_in_any_order(
    sqlite_database: Database, fresh: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, store = await pulled_twice("tidev", sqlite_database, fresh, monkeypatch)

    projects = {row["native_id"]: row["key"] for row in store["projects"]}
    assert Counter(projects[row["project_id"]] for row in store["work_items"]) == {
        "AC": 4_503,
        "ALOY": 1_499,
        "MOD": 367,
        "DAEMON": 317,
    }
