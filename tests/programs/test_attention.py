"""What is listed to be chased today: what happened, why it matters, whom to ask, and in which order."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from service.programs.attention import get_attention
from service.programs.health_answers import AttentionData, Concern
from service.store.engine import Database
from service.store.tables.items import item_changes
from service.store.tables.sources import sources
from tests.builders.items import SOURCE
from tests.programs.portfolio import KEY, NOW, add_scope
from tests.programs.test_health import BEGUN, a_program, link, moment, say, well
from tests.programs.waiting import a_waiting_program, view

A_DAY = 28_800


async def attention(database: Database, **values: Any) -> AttentionData:
    return (await get_attention(database, KEY, view=view(), **values)).data


async def listed(database: Database, kind: str) -> list[Concern]:
    return [each for each in (await attention(database)).attention if each.kind == kind]


async def test_nothing_to_chase_is_an_empty_list(database: Database) -> None:
    await a_program(database, well(1), well(2))

    assert await attention(database) == AttentionData(
        program=(await attention(database)).program, attention=(), counts={}, total=0, next_cursor=None
    )


async def test_the_worst_comes_first_and_every_score_is_the_sum_of_its_parts(database: Database) -> None:
    await a_waiting_program(database)
    data = await attention(database)

    assert [(each.kind, each.key) for each in data.attention] == [
        ("blocked", "PAY-1"),
        ("cycle", "PAY-6"),
        ("unassigned", "CART-3"),
        ("unassigned", "CART-4"),
        ("unassigned", "PAY-2"),
    ]
    assert (data.total, data.counts) == (5, {"blocked": 1, "cycle": 1, "unassigned": 3})
    for each in data.attention:
        score = each.score
        assert score.total == pytest.approx(score.kind + score.downstream + score.delay + score.critical)


async def test_who_holds_others_up_is_named_with_how_long_they_have_waited(database: Database) -> None:
    await a_waiting_program(database)
    (blocked,) = await listed(database, "blocked")

    assert (blocked.what, blocked.why) == (
        "PAY-1 holds up PAY-2.",
        "PAY-2 has waited 4 working days for it; 3 open items wait behind it.",
    )
    assert (blocked.who.name, blocked.who.team) == ("Pat Doe", "Ants")
    assert blocked.url == "https://acme-jira.example/browse/PAY-1"
    assert blocked.more == "/api/v1/programs/CHECKOUT/dependencies?status=blocked"


async def test_an_item_that_holds_up_several_is_listed_once(database: Database) -> None:
    started = {"started_at": moment(date(2026, 11, 16)), **BEGUN}
    later = {"started_at": moment(date(2026, 11, 18)), **BEGUN}
    await a_program(database, well(1), well(2, **later), well(3, **started))
    await link(database, "10", 1, 2)
    await link(database, "11", 1, 3)
    (blocked,) = await listed(database, "blocked")

    assert blocked.what == "PAY-1 holds up PAY-3 and 1 other."
    assert (blocked.days, blocked.downstream_items) == (4, 2)


async def test_overdue_work_says_since_when_in_working_days(database: Database) -> None:
    await a_program(database, well(1, due=date(2026, 11, 13)), well(2))
    (overdue,) = await listed(database, "overdue")

    assert (overdue.what, overdue.why, overdue.days) == (
        "PAY-1 is overdue.",
        "It was due 13 Nov 2026, 5 working days ago.",
        5,
    )


async def test_work_that_grows_old_says_how_old_its_type_becomes(database: Database) -> None:
    done = [
        well(number, status_category="done", started_at=moment(date(2026, 11, 2)), done_at=moment(date(2026, 11, 4)))
        for number in range(20, 32)
    ]
    await a_program(database, *done, well(1, started_at=moment(date(2026, 11, 9)), **BEGUN))
    (ageing,) = await listed(database, "ageing")

    assert ageing.what == "PAY-1 has been in progress for 12 days."
    assert ageing.why == "85% of those of type Story took 3 days at most."
    assert ageing.days == 7


async def test_work_that_somebody_needs_soon_should_have_a_date(database: Database) -> None:
    """Needed on Wednesday: near. Needed in three months: not today's matter."""
    await a_program(
        database,
        well(1, due=None),
        well(2, start=date(2026, 11, 25)),
        well(3, due=None),
        well(4, start=date(2027, 2, 22), due=date(2027, 3, 1)),
    )
    await link(database, "10", 1, 2)
    await link(database, "11", 3, 4)
    (undated,) = await listed(database, "undated")

    assert (undated.what, undated.why) == (
        "PAY-1 has no date.",
        "PAY-2 needs it by 25 Nov 2026; 1 open item waits behind it.",
    )


async def test_that_something_above_it_has_begun_is_no_day_by_which_it_is_needed(database: Database) -> None:
    """The epic began in summer; when the story in it needs what it waits for, nobody says."""
    epic = {"item_type": "Epic", "level": 1, "start": date(2026, 7, 17), "due": None}
    child = {"parent_uid": f"{SOURCE}:10", "due": None}
    await a_program(database, well(10, **epic), well(1, due=None), well(2, **child))
    await link(database, "10", 1, 2)

    assert await listed(database, "undated") == []


async def test_work_that_is_far_away_may_wait_for_its_owner(database: Database) -> None:
    far = {"start": date(2027, 2, 1), "due": date(2027, 3, 1)}
    near = {"start": date(2026, 12, 4), "due": date(2027, 3, 1)}
    await a_program(database, well(1, assignee_id=None, **far), well(2, assignee_id=None, **near))

    assert [each.key for each in await listed(database, "unassigned")] == ["PAY-2"]


async def test_a_milestone_that_moved_or_comes_too_late_is_listed(database: Database) -> None:
    milestone = {"item_type": "Milestone"}
    await a_program(
        database,
        well(1, due=date(2026, 12, 4), **milestone),
        well(2, due=date(2026, 11, 25), **milestone),
        well(3, remaining_seconds=8 * A_DAY),
        well(4, due=date(2027, 1, 29), **milestone),
    )
    await link(database, "10", 3, 2)
    moved = {
        "item_uid": f"{SOURCE}:1",
        "change_id": "c1",
        "ordinal": 0,
        "at": NOW - timedelta(days=3),
        "field_id": "duedate",
        "from_value": "2026-11-27",
        "to_value": "2026-12-04",
    }
    async with database.transaction() as uow:
        await uow.connection.execute(insert(item_changes), [moved])
    found = {each.key: each.why for each in await listed(database, "slipped_milestone")}

    assert found == {
        "PAY-1": "Its date moved later once in 30 days.",
        "PAY-2": "It was due 25 Nov 2026 and can be reached 1 Dec 2026 at the earliest.",
    }


async def test_a_source_that_is_behind_and_a_project_in_doubt_are_listed(database: Database) -> None:
    await a_program(database, well(1))
    await add_scope(database, "PAY", error={"code": "loss_held", "message": "PAY lost 40 of 50 items at once."})
    async with database.transaction() as uow:
        old = update(sources).values(last_complete_sync=NOW - timedelta(days=7))
        await uow.connection.execute(old.where(sources.c.name == SOURCE))
    (stale,) = await listed(database, "stale_source")
    (held,) = await listed(database, "held_scope")

    assert (stale.subject, stale.what, stale.days) == (
        SOURCE,
        "acme-jira was last read completely on 13 Nov 2026.",
        5,
    )
    assert stale.why == "That is more than 36 hours ago; what changed since is on no list here."
    assert (held.subject, held.what, held.why) == (
        "acme-jira:PAY",
        "PAY of acme-jira cannot be trusted.",
        "PAY lost 40 of 50 items at once.",
    )
    assert (stale.uid, held.uid) == (None, None)


async def test_a_source_that_was_never_read_proves_nothing(database: Database) -> None:
    await a_program(database, well(1))
    async with database.transaction() as uow:
        await uow.connection.execute(update(sources).values(last_complete_sync=None))
    (stale,) = await listed(database, "stale_source")

    assert (stale.what, stale.why, stale.days) == (
        "acme-jira was never read completely.",
        "Nothing that it holds is proven.",
        0,
    )


async def test_a_watermelon_leads_the_list(database: Database) -> None:
    await a_program(database, well(1, due=date(2026, 11, 19)), well(2))
    await say(database, "on_track")
    first = (await attention(database)).attention[0]

    assert (first.kind, first.subject, first.what) == (
        "watermelon",
        KEY,
        "Checkout replatform is stated green, and computed red.",
    )
    assert first.why == "People state green, and the work says red. 1 of 2 open items with a due date is overdue."


async def test_pages_follow_each_other_without_a_gap(database: Database) -> None:
    await a_waiting_program(database)
    whole = (await attention(database)).attention
    pages: list[Concern] = []
    cursor = None
    while True:
        page = await attention(database, limit=2, cursor=cursor)
        pages += page.attention
        cursor = page.next_cursor
        if cursor is None:
            break

    assert tuple(pages) == whole
