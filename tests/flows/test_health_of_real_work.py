"""Health, data quality and attention over a recorded tracker: the same counts as a recount of its items, one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime

from service.domain.data_quality import Check
from service.domain.health import Rule
from service.programs.answers import ItemSummary, encode
from service.programs.attention import get_attention
from service.programs.dependency_terms import DependencyTerms, Viewpoint
from service.programs.health import get_health
from service.programs.health_answers import HealthData
from service.programs.items import ItemFilters, list_items
from service.programs.portfolio import get_portfolio
from service.store.engine import Database
from tests.flows.recorded import recorded

TODAY = date(2015, 3, 2)
VIEW = Viewpoint(terms=DependencyTerms(), now=datetime(2015, 3, 2, 8, tzinfo=UTC), today=TODAY)
LARGEST = 4


async def test_health_of_a_recorded_tracker_is_that_of_a_recount() -> None:
    async with recorded("duraspace") as (database, keys):
        for key in keys[:LARGEST]:
            data = (await get_health(database, key, view=VIEW)).data
            _recounted(data, await _counting(database, key))
            await _is_ranked(database, key)
        page = (await get_portfolio(database, view=VIEW)).data
        told = [(row.key, row.health.computed) for row in page.programs]
        assert told == [(key, (await get_health(database, key, view=VIEW)).data.computed) for key in keys]
        assert sum(page.health.values()) == len(keys)


def _recounted(data: HealthData, items: list[ItemSummary]) -> None:
    still_open = [item for item in items if item.status_category in {"to_do", "in_progress"}]
    dated = [item for item in still_open if item.due is not None]
    late = [item for item in dated if item.due is not None and item.due < TODAY]
    done = [item for item in items if item.status_category == "done"]
    checks = {each.check: (each.asked, each.missing) for each in data.data_quality.checks}
    (overdue,) = [each for each in data.rules if each.rule == Rule.OVERDUE]

    assert checks[Check.OWNER] == (len(still_open), sum(item.assignee is None for item in still_open))
    assert checks[Check.NOT_OVERDUE] == (len(dated), len(late))
    assert checks[Check.DONE_AT] == (len(done), sum(item.done_at is None for item in done))
    assert overdue.evidence_total == len(late)
    assert overdue.value == (round(len(late) / len(dated), 6) if dated else None)


async def _counting(database: Database, key: str) -> list[ItemSummary]:
    """All that counts, as the list of items tells it."""
    found: list[ItemSummary] = []
    cursor = None
    while True:
        filters = ItemFilters(countable=True)
        page = (await list_items(database, key, filters=filters, cursor=cursor, limit=1_000, now=VIEW.now)).data
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
