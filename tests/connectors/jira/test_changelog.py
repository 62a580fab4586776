from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import PayloadUnreadable
from connectors.jira.changelog import ChangeReader, is_capped
from connectors.jira.fields import FieldIndex
from connectors.jira.payloads import ChangelogJson, FieldJson, HistoryJson
from connectors.jira.told_changes import decode_histories
from connectors.timestamps import parse_moment
from tests.builders import jira

FIELDS = msgspec.convert(
    [
        jira.a_field("customfield_1", "Puntos", jira.FLOAT, untranslatedName="Story Points"),
        jira.a_field("customfield_2", "Sprint", jira.SPRINT),
        jira.a_field("customfield_3", "Sprint", jira.FLOAT),
        jira.a_field("status", "Estado"),
    ],
    list[FieldJson],
)
READER = ChangeReader(FieldIndex(FIELDS), tracked=["customfield_1", "customfield_2"])


def histories(*sent: jira.Json) -> list[HistoryJson]:
    return decode_histories(json.dumps(sent).encode())


def fields_of(*items: jira.Json) -> list[str]:
    changes, _, _ = READER.read("7", histories(jira.a_history("1", "2026-01-05T09:00:00.000+0000", *items)))
    return [change.field_id for change in changes]


@pytest.mark.parametrize(
    ("name", "field_id"),
    [
        ("status", "status"),
        ("Estado", "status"),
        ("Fix Version", "fixVersions"),
        ("Component", "components"),
        ("Link", "link"),
        ("Parent", "parent"),
        ("IssueParentAssociation", "parent"),
        ("Key", "issuekey"),
        ("Project", "project"),
        ("duedate", "duedate"),
        ("labels", "labels"),
    ],
)
def test_a_system_field_is_known_by_the_name_that_histories_use(name: str, field_id: str) -> None:
    assert fields_of(jira.a_change(name)) == [field_id]


def test_a_custom_field_is_known_by_any_of_its_names_and_the_tracked_one_is_meant() -> None:
    items = [jira.a_change(name, fieldtype="custom") for name in ("Story Points", "puntos", "Sprint")]

    assert fields_of(*items) == ["customfield_1", "customfield_1", "customfield_2"]


def test_the_id_decides_where_there_is_one() -> None:
    items = [jira.a_change("Whatever", fieldId="customfield_1"), jira.a_change("status", fieldId="customfield_99")]

    assert fields_of(*items) == ["customfield_1"]


def test_noise_is_dropped_and_the_ordinal_keeps_the_place_in_the_history() -> None:
    noise = [
        jira.a_change(name) for name in ("description", "Comment", "Rank", "Attachment", "WorklogId", "Epic Child")
    ]

    changes, people, _ = READER.read(
        "7",
        histories(
            jira.a_history("1", "2026-01-05T09:00:00.000+0000", *noise, jira.a_change("status", "1", "3")),
            jira.a_history("2", "2026-01-05T09:00:00.000+0000", jira.a_change("Rank"), author={"name": "someone"}),
        ),
    )

    assert [(change.field_id, change.ordinal, change.author_id) for change in changes] == [("status", 6, None)]
    assert people == []


def test_values_keep_ids_and_texts_apart_and_never_fail_on_their_type() -> None:
    author = {"accountId": "a1", "displayName": "Ada", "emailAddress": ""}
    item = jira.a_change("Story Points", fieldtype="custom", fromString="5", toString=8)

    changes, people, _ = READER.read("7", histories(jira.a_history("1", 1492070429, item, author=author)))

    assert [(one.from_value, one.to_value, one.from_text, one.to_text) for one in changes] == [(None, None, "5", "8")]
    assert changes[0].at == parse_moment("2017-04-13T08:00:29+0000", what="at")
    assert [(one.native_id, one.name, one.email) for one in people] == [("a1", "Ada", None)]


MOVES = [
    jira.a_history(
        "9", "2026-01-05T10:00:00.000+0100", jira.a_change("status", "1", "3"), jira.a_change("status", "3", "1")
    ),
    jira.a_history("10", "2026-01-05T09:00:00.000+0000", jira.a_change("status", "1", "3")),
    jira.a_history("8", "2026-01-06T09:00:00.000+0000", jira.a_change("status", "3", "5")),
    jira.a_history("70", "2026-01-04T09:00:00.000-0500", jira.a_change("labels")),
]


@given(st.lists(st.sampled_from(MOVES), max_size=6), st.permutations(MOVES))
def test_changes_come_in_one_order_however_histories_arrive_and_count_once(
    again: list[jira.Json], order: list[jira.Json]
) -> None:
    changes, _, _ = READER.read("7", histories(*order, *again))

    # by moment first; at the same moment by the number of the history, 9 before 10; then by place
    assert [(one.change_id, one.ordinal) for one in changes] == [("70", 0), ("9", 0), ("9", 1), ("10", 0), ("8", 0)]


def test_a_history_split_over_two_pages_is_one() -> None:
    halves = [
        jira.a_history("1", "2026-01-05T09:00:00.000+0000", jira.a_change("status", "1", "3")),
        jira.a_history("1", "2026-01-05T09:00:00.000+0000", jira.a_change("labels", toString="x")),
    ]

    changes, _, _ = READER.read("7", histories(*halves))

    assert [(one.field_id, one.ordinal) for one in changes] == [("status", 0), ("labels", 1)]


def test_a_broken_list_of_histories_is_refused() -> None:
    with pytest.raises(PayloadUnreadable, match="changelog: cannot read"):
        decode_histories(b'{"histories": []}')


@pytest.mark.parametrize(
    ("listed", "total", "capped"), [(40, 41, True), (40, 40, False), (40, None, True), (39, None, False), (0, 0, False)]
)
def test_a_changelog_is_capped_when_it_lists_less_than_it_says_or_as_much_as_the_cap(
    listed: int, total: int | None, capped: bool
) -> None:
    assert is_capped(ChangelogJson([HistoryJson("1", 1)] * listed, total)) is capped


def test_the_recorded_webhook_bodies_tell_their_tracked_changes() -> None:
    told: dict[str, list[str]] = {}
    for path in sorted((jira.real_data() / "webhooks").glob("*.json")):
        body: jira.Json = json.loads(path.read_text(encoding="utf-8"))
        if (sent := body.get("changelog")) is not None:
            history: dict[str, Any] = {"id": sent["id"], "created": body["timestamp"], "items": sent["items"]}
            changes, _, _ = READER.read("7", histories(history))
            told[path.stem] = [change.field_id for change in changes]

    assert len(told) == 20
    assert told["webhook-issue-assigned-empty-changelog"] == []
    assert told["webhook-server-issue-updated-resolved"] == ["status", "resolution"]  # no fieldId
    assert told["webhook-issue-updated-reopened"] == ["resolution", "status"]
    assert told["webhook-issue-updated-fix-version"] == ["fixVersions"]
    assert told["webhook-issue-updated-components"] == ["components"]
    assert told["webhook-issue-updated-renamed"] == []
    assert told["webhook-server-updated-custom-field"] == []


@pytest.mark.parametrize(
    ("item", "web_linked"),
    [
        (jira.a_change("RemoteIssueLink", None, "30001", toString='This issue links to "Train the agents"'), True),
        (jira.a_change("RemoteIssueLink", None, "30001", fieldtype="custom"), False),
        (jira.a_change("Link", None, "PAY-2"), False),
        (jira.a_change("description"), False),
    ],
)
def test_a_history_tells_that_web_links_changed_and_keeps_no_change_of_them(item: jira.Json, web_linked: bool) -> None:
    changes, _, told = READER.read("7", histories(jira.a_history("1", "2026-01-05T09:00:00.000+0000", item)))

    assert told is web_linked
    assert [change.field_id for change in changes] == (["link"] if item["field"] == "Link" else [])
