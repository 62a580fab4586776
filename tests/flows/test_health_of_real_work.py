"""Health, data quality and attention over a recorded tracker: the same counts as a recount of its items, one by one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from functools import partial

from connectors.jira.config import JiraOptions
from connectors.jira.historian import JiraHistorian
from service.domain.data_quality import Check
from service.domain.health import Rule
from service.programs.answers import Answer, ItemList, ItemSummary, encode
from service.programs.attention import get_attention
from service.programs.dependency_terms import DependencyTerms, Viewpoint
from service.programs.health import get_health
from service.programs.health_answers import HealthData
from service.programs.historians import Historians
from service.programs.items import ItemFilters, list_items
from service.programs.past import end_of
from service.programs.past_list import list_items_then
from service.programs.portfolio import get_portfolio
from service.store.engine import Database
from tests.flows.recorded import recorded

TODAY = date(2015, 3, 2)
VIEW = Viewpoint(terms=DependencyTerms(), now=datetime(2015, 3, 2, 8, tzinfo=UTC), today=TODAY)
DAYS = (date(2010, 12, 31), date(2013, 7, 14))
HISTORIANS = Historians({"acme": lambda payloads: JiraHistorian(payloads, options=JiraOptions())})
COUNTABLE = ItemFilters(countable=True)
LARGEST = 4


async def test_health_of_a_recorded_tracker_is_that_of_a_recount() -> None:
    """As of now, which is no other answer than now, and as of two days that are years ago."""
    async with recorded("duraspace") as (database, keys):
        for key in keys[:LARGEST]:
            data = (await get_health(database, key, view=VIEW)).data
            _recounted(data, await _counting(database, key), today=TODAY)
            await _is_ranked(database, key)
        for key in keys[1:LARGEST]:  # the first one holds them all
            await _as_of(database, key)
        page = (await get_portfolio(database, view=VIEW)).data
        told = [(row.key, row.health.computed) for row in page.programs]
        assert told == [(key, (await get_health(database, key, view=VIEW)).data.computed) for key in keys]
        assert sum(page.health.values()) == len(keys)


async def _as_of(database: Database, key: str) -> None:
    same = VIEW.at(VIEW.now, HISTORIANS)
    assert (await get_health(database, key, view=same)).data == (await get_health(database, key, view=VIEW)).data
    attention = (await get_attention(database, key, view=VIEW)).data
    assert (await get_attention(database, key, view=same)).data == attention
    for day in DAYS:
        then = VIEW.at(end_of(day, VIEW.terms.zone), HISTORIANS)
        _recounted((await get_health(database, key, view=then)).data, await _then(database, key, then), today=day)


def _recounted(data: HealthData, items: list[ItemSummary], *, today: date) -> None:
    still_open = [item for item in items if item.status_category in {"to_do", "in_progress"}]
    dated = [item for item in still_open if item.due is not None]
    late = [item for item in dated if item.due is not None and item.due < today]
    done = [item for item in items if item.status_category == "done"]
    checks = {each.check: (each.asked, each.missing) for each in data.data_quality.checks}
    (overdue,) = [each for each in data.rules if each.rule == Rule.OVERDUE]

    assert checks[Check.OWNER] == (len(still_open), sum(item.assignee is None for item in still_open))
    assert checks[Check.NOT_OVERDUE] == (len(dated), len(late))
    undated = sum(item.done_at is None and not item.reconstructed for item in done)  # a history tells of the others
    assert checks[Check.DONE_AT] == (len(done), undated)
    assert overdue.evidence_total == len(late)
    assert overdue.value == (round(len(late) / len(dated), 6) if dated else None)


async def _counting(database: Database, key: str) -> list[ItemSummary]:
    """All that counts, as the list of items tells it."""
    return await _every(partial(list_items, database, key, filters=COUNTABLE, limit=1_000, now=VIEW.now))


async def _then(database: Database, key: str, view: Viewpoint) -> list[ItemSummary]:
    """All that counted then, as the list of items of that moment tells it."""
    past = partial(list_items_then, as_of=view.moment, historians=HISTORIANS)
    return await _every(partial(past, database, key, filters=COUNTABLE, limit=1_000, now=VIEW.now))


async def _every(listing: Callable[..., Awaitable[Answer[ItemList]]]) -> list[ItemSummary]:
    found: list[ItemSummary] = []
    cursor = None
    while True:
        page = (await listing(cursor=cursor)).data
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


async def _is_ranked(database: Database, key: str) -> None:
    """By score, each thing once, and the same when it is asked again."""
    data = (await get_attention(database, key, view=VIEW, limit=1_000)).data
    scores = [each.score.total for each in data.attention]

    assert scores == sorted(scores, reverse=True)
    assert len({(each.kind, each.subject) for each in data.attention}) == len(data.attention) == data.total
    assert encode((await get_attention(database, key, view=VIEW, limit=1_000)).data) == encode(data)
