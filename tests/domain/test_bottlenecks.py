"""Who holds up most: items and teams, by the distinct open work that waits for them."""

from __future__ import annotations

from typing import Any

from service.domain.bottlenecks import Bottlenecks, GroupBottleneck, bottlenecks_of
from service.domain.dependencies import Assessment
from service.domain.network import NetworkItem
from tests.domain.dependency_builders import CANCELLED, DONE, an_edge, an_epic, an_item, assessment


def by_team(found: Assessment) -> Bottlenecks:
    return bottlenecks_of(found, group=lambda item: item.team)


def named(found: Assessment) -> list[tuple[str, int]]:
    return [(found.network.items[each.place].key, each.waiting) for each in by_team(found).items]


def followers(key: str, count: int, **values: Any) -> list[NetworkItem]:
    return [an_item(f"{key}-{number}", **values) for number in range(count)]


def test_the_item_that_most_open_work_waits_for_is_the_bottleneck() -> None:
    """API is waited for by five, three of them through SHOP; LOGIN by one."""
    direct, behind = followers("WEB", 1), followers("APP", 3)
    items = [an_item("API"), an_item("SHOP"), an_item("LOGIN"), an_item("HELP"), *direct, *behind]
    edges = [
        an_edge("API", "SHOP"),
        an_edge("API", "WEB-0"),
        an_edge("LOGIN", "HELP"),
        *(an_edge("SHOP", each.key) for each in behind),
    ]

    assert named(assessment(items, edges)) == [("API", 5)]


def test_only_open_countable_work_waits() -> None:
    items = [
        an_item("API"),
        an_item("WEB-1", **DONE),
        an_item("WEB-2", **CANCELLED),
        an_item("WEB-3", countable=False),
        an_item("WEB-4"),
    ]

    found = assessment(items, [an_edge("API", f"WEB-{number}") for number in range(1, 5)])

    assert named(found) == [("API", 1)]


def test_what_is_done_or_cancelled_holds_up_nobody() -> None:
    items = [an_item("API", **DONE), an_item("SHOP", **CANCELLED), an_item("WEB")]

    found = by_team(assessment(items, [an_edge("API", "WEB"), an_edge("SHOP", "WEB")]))

    assert found == Bottlenecks(items=(), groups=())


def test_a_suggested_edge_holds_up_nobody() -> None:
    items = [an_item("API"), an_item("WEB")]

    assert named(assessment(items, [an_edge("API", "WEB", confirmed=False)])) == []


def test_a_hub_is_no_bottleneck_and_what_waits_behind_it_waits_for_those_before() -> None:
    """Ten items end at a milestone only to have one gate; two wait for it."""
    before = followers("SVC", 10)
    items = [*before, an_item("GATE", milestone=True, countable=False), an_item("WEB"), an_item("APP")]
    edges = [*(an_edge(each.key, "GATE") for each in before), an_edge("GATE", "WEB"), an_edge("GATE", "APP")]

    found = assessment(items, edges)

    assert found.hubs[found.network.place["jira:GATE"]]
    assert named(found) == [(each.key, 2) for each in before]


def test_what_waits_for_an_epic_waits_for_it_once_and_all_beneath_an_epic_that_waits() -> None:
    items = [
        an_epic("CART-1"),
        an_item("CART-2", parent="CART-1"),
        an_epic("PAY-1"),
        *followers("PAY-1", 3, parent="PAY-1"),
    ]

    assert named(assessment(items, [an_edge("CART-1", "PAY-1")])) == [("CART-1", 3)]


def test_a_team_is_told_the_distinct_work_that_waits_for_any_of_its_own() -> None:
    """Both of the Ants hold up the same item of the Bees, who hold up one more; what has no team holds up one."""
    items = [
        an_item("API-1", team="Ants"),
        an_item("API-2", team="Ants"),
        an_item("WEB-1", team="Bees"),
        an_item("WEB-2", team="Bees"),
        an_item("OPS-1"),
    ]
    edges = [
        an_edge("API-1", "WEB-1"),
        an_edge("API-2", "WEB-1"),
        an_edge("WEB-1", "WEB-2"),
        an_edge("OPS-1", "WEB-2"),
    ]

    found = by_team(assessment(items, edges))

    assert found.groups == (
        GroupBottleneck("Ants", waiting=2, open_items=2, bottlenecks=2),
        GroupBottleneck("Bees", waiting=1, open_items=1, bottlenecks=0),
        GroupBottleneck(None, waiting=1, open_items=1, bottlenecks=0),
    )


def test_items_are_put_together_by_whatever_is_asked_for() -> None:
    items = [an_item("API", project_id="7"), an_item("WEB", project_id="8")]

    found = bottlenecks_of(assessment(items, [an_edge("API", "WEB")]), group=lambda item: item.project_id)

    assert [(each.name, each.waiting) for each in found.groups] == [("7", 1)]


def test_nothing_is_held_up_where_nothing_depends() -> None:
    assert by_team(assessment([], [])) == Bottlenecks(items=(), groups=())
    assert by_team(assessment([an_item("API")], [])) == Bottlenecks(items=(), groups=())
