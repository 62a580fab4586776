from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import PayloadUnreadable
from connectors.items import SourceIteration
from connectors.jira.sprints import parse_sprint_text, read_sprint, read_sprints

DATES = "startDate=2018-01-23T08:59:42.405-05:00,endDate=2018-02-06T08:59:00.000-05:00,completeDate=<null>"
# what makes a value hard to tell from the text around it
FRAGMENTS = [
    ",",
    "=",
    "[",
    "]",
    "\n",
    " ",
    "x",
    "é",
    "<null>",
    ",id=5",
    ",state=CLOSED",
    ",startDate=<null>",
    ",name=b",
]
TRICKY = st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=8).map("".join).filter(lambda text: text != "<null>")


def printed(body: str) -> str:
    return f"com.atlassian.greenhopper.service.sprint.Sprint@a88a698[{body}]"


def test_an_old_servers_text_becomes_a_sprint_with_its_moments() -> None:
    text = printed(f"id=1,rapidViewId=7,state=ACTIVE,name=Sample Sprint 2,{DATES},sequence=1,goal=<null>")

    assert read_sprint(text) == SourceIteration(
        native_id="1",
        name="Sample Sprint 2",
        state="active",
        start=datetime(2018, 1, 23, 13, 59, 42, 405000, tzinfo=UTC),
        end=datetime(2018, 2, 6, 13, 59, tzinfo=UTC),
        completed=None,
        goal=None,
        board_id="7",
    )


@given(name=TRICKY)
def test_any_name_is_read_back_when_the_id_comes_last(name: str) -> None:
    values = parse_sprint_text(printed(f"rapidViewId=<null>,state=CLOSED,name={name},{DATES},id=8"))

    assert (values["id"], values["name"], values["state"]) == ("8", name, "CLOSED")


@given(name=TRICKY, goal=TRICKY)
def test_any_name_and_goal_are_read_back_when_the_goal_comes_last(name: str, goal: str) -> None:
    body = f"id=8,rapidViewId=3,state=CLOSED,name={name},{DATES},sequence=8,goal={goal}"

    values = parse_sprint_text(printed(body))

    assert (values["id"], values["name"], values["goal"], values["completeDate"]) == ("8", name, goal, None)


@given(name=TRICKY, goal=TRICKY)
def test_any_name_and_goal_are_read_back_when_the_goal_follows_the_name(name: str, goal: str) -> None:
    body = f"id=8,rapidViewId=3,state=CLOSED,name={name},goal={goal},{DATES},sequence=8,autoStartStop=false"

    values = parse_sprint_text(printed(body))

    assert (values["id"], values["name"], values["goal"]) == ("8", name, goal)
    assert values["autoStartStop"] == "false"


@pytest.mark.parametrize(
    "text", ["", "Sprint 1", printed("state=ACTIVE,name=No id"), printed("id=1")[:-1], printed("")]
)
def test_a_text_that_is_no_sprint_is_refused(text: str) -> None:
    with pytest.raises(PayloadUnreadable, match="sprint: cannot read"):
        parse_sprint_text(text)


def test_the_cloud_and_the_agile_object_name_their_board_differently() -> None:
    cloud = read_sprint({"id": 76, "name": "S", "state": "closed", "boardId": 3, "goal": "", "startDate": None})
    agile = read_sprint({"id": 76, "name": "S", "state": "closed", "originBoardId": 3})

    assert cloud == agile == SourceIteration("76", "S", "closed", board_id="3")


def test_sprints_of_several_fields_are_told_once_each_and_the_unreadable_are_noticed() -> None:
    one = {"id": 1, "name": "One", "state": "closed"}

    sprints, readable = read_sprints([[one, {"id": 2}], None, one, ["nonsense"], ""])

    assert ([sprint.native_id for sprint in sprints], readable) == (["1", "2"], False)
