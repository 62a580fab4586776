from __future__ import annotations

from typing import Any

import pytest

from connectors.items import StatusCategory
from connectors.jira.config import JiraOptions
from connectors.jira.hierarchy import Parent, level_of_item, level_of_type, parent_of
from connectors.jira.payloads import FarIssueJson, ItemTypeJson
from connectors.jira.statuses import StatusTable


@pytest.mark.parametrize(
    ("item_type", "level"),
    [
        (ItemTypeJson("1", "Initiative", hierarchyLevel=2), 2),
        (ItemTypeJson("1", "Epic", hierarchyLevel=0), 0),
        (ItemTypeJson("5", "Sub-task", subtask=True), -1),
        (ItemTypeJson("10", "Epic"), 1),
        (ItemTypeJson("11", "Story"), 0),
        (ItemTypeJson("12", "Saga"), 2),
        (ItemTypeJson("13", "Legend"), 3),
    ],
)
def test_the_tools_level_counts_first_then_sub_task_then_the_operators_then_the_name(
    item_type: ItemTypeJson, level: int
) -> None:
    assert level_of_type(item_type, configured={"saga": 2, "13": 3}) == level


def test_an_issue_with_an_epic_name_is_an_epic_unless_the_tool_told_its_level() -> None:
    assert level_of_item(0, told=False, epic_name="Checkout") == 1
    assert level_of_item(0, told=False, epic_name=" ") == 0
    assert level_of_item(0, told=True, epic_name="Checkout") == 0
    assert level_of_item(2, told=False, epic_name="Checkout") == 2


def parent(**given: Any) -> Parent:
    nothing = {"subtask": False, "parent": None, "epic": None, "epic_link": None, "parent_link": None}
    return parent_of(**{"item_id": "1", "statuses": StatusTable((), JiraOptions()), **nothing, **given})


NEAR = FarIssueJson("2", "PAY-2")
EMPTY_CLOUD_LINK = {"showField": False, "nonEditableReason": {"reason": "PLUGIN_LICENSE_ERROR", "message": "…"}}


def test_the_nearest_parent_wins() -> None:
    everything = {"epic": {"id": 3, "key": "PAY-3"}, "epic_link": "PAY-4", "parent_link": "PAY-5"}

    assert parent(parent=NEAR, subtask=True, **everything).key == "PAY-2"
    assert parent(**everything).native_id == "3"
    assert parent(epic_link="PAY-4", parent_link="PAY-5").key == "PAY-4"
    assert parent(parent_link="PAY-5") == Parent(None, "PAY-5")


def test_an_empty_parent_link_object_of_cloud_is_no_parent() -> None:
    assert parent(parent_link=EMPTY_CLOUD_LINK) == Parent()
    assert parent(parent_link=EMPTY_CLOUD_LINK | {"data": {"id": 9, "key": "INI-9"}}) == Parent("9", "INI-9")


def test_parents_that_differ_are_told_but_not_for_a_sub_task() -> None:
    assert parent(parent=NEAR, epic_link="PAY-4").warnings == ("parent_conflict",)
    assert parent(parent=NEAR, epic_link="PAY-2").warnings == ()
    assert parent(parent=NEAR, epic_link="PAY-4", subtask=True).warnings == ()


def test_an_epic_that_the_agile_api_puts_under_itself_has_no_parent() -> None:
    assert parent(epic={"id": 1, "key": "PAY-1"}) == Parent()


def test_the_agile_epic_leaves_a_stub_with_what_it_told() -> None:
    stub = parent(epic={"id": 3, "key": "PAY-3", "name": "Short", "summary": "Long", "done": True}).stub

    assert stub is not None
    assert (stub.native_id, stub.title, stub.status_category) == ("3", "Long", StatusCategory.DONE)
