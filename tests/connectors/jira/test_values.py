from __future__ import annotations

from typing import Any

import pytest

from connectors.items import SourcePerson
from connectors.jira.payloads import NamedJson, UserJson
from connectors.jira.values import Points, facet_values, read_person, read_points, read_team


def test_null_zero_and_text_are_three_different_answers() -> None:
    assert read_points([("a", None)]) == Points()
    assert read_points([("a", 0)]) == Points(0.0, "a")
    assert read_points([("a", "13")]) == Points(None, None, ("points_not_a_number",))
    assert read_points([("a", True)]).warnings == ("points_not_a_number",)


def test_the_first_points_that_are_set_count_and_others_that_differ_are_told() -> None:
    assert read_points([("a", None), ("b", 5)]) == Points(5.0, "b")
    assert read_points([("a", 5), ("b", 5.0)]) == Points(5.0, "a")
    assert read_points([("a", 5), ("b", 8)]) == Points(5.0, "a", ("points_conflict",))
    assert read_points([("a", "x"), ("b", 8)]) == Points(8.0, "b", ("points_not_a_number",))


@pytest.mark.parametrize(
    ("user", "person"),
    [
        (UserJson(accountId="a1", displayName="Ada", emailAddress=""), SourcePerson("a1", "Ada")),
        (UserJson(key="JIRAUSER1", name="ada", displayName="Ada"), SourcePerson("JIRAUSER1", "Ada")),
        (UserJson(name="ada", emailAddress="a@x.org", active=False), SourcePerson("ada", "ada", "a@x.org", False)),
        (UserJson(displayName="Former user"), None),
        (None, None),
    ],
)
def test_a_person_is_known_by_the_most_stable_id(user: UserJson | None, person: SourcePerson | None) -> None:
    assert read_person(user) == person


@pytest.mark.parametrize(
    ("value", "team"),
    [
        ({"id": "u-1", "name": "Red"}, "Red"),
        ({"id": "u-1", "title": "Red"}, "Red"),
        ("12", "12"),
        (12, "12"),
        ("", None),
        (None, None),
        ([], None),
    ],
)
def test_a_team_is_its_name_else_its_id(value: object, team: str | None) -> None:
    assert read_team(value) == team


@pytest.mark.parametrize(
    ("value", "facets"),
    [
        (None, []),
        ("", []),
        ("text", [("text", None)]),
        (8.0, [("8", None)]),
        (0.5, [("0.5", None)]),
        (False, [("false", None)]),
        ({"id": "1", "value": "Red"}, [("Red", "1")]),
        ({"id": "1", "value": "EU", "child": {"id": "2", "value": "Spain"}}, [("EU", "1"), ("EU / Spain", "2")]),
        ({"accountId": "a1", "displayName": "Ada"}, [("Ada", "a1")]),
        ([{"id": "1", "name": "v1"}, "x"], [("v1", "1"), ("x", None)]),
        (NamedJson("High", "2"), [("High", "2")]),
        ({"type": "doc", "content": []}, []),
    ],
)
def test_any_value_becomes_the_texts_a_rule_can_match(value: Any, facets: list[tuple[str, str | None]]) -> None:
    assert [(one.value, one.native_id) for one in facet_values("customfield_1", value)] == facets
    assert {one.name for one in facet_values("customfield_1", value)} <= {"customfield_1"}
