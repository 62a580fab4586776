"""Jira's deliveries: every recorded body names its issues, whatever it is about; a forged one is told apart."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.deliveries import Delivery, DeliveryUnreadable, signature
from connectors.jira.webhook import is_signed, read_delivery
from tests.builders import jira

SECRET = "It's a Secret to Everybody"


def delivery(body: dict[str, Any], **headers: str) -> Delivery:
    return read_delivery(json.dumps(body).encode(), headers)


def test_every_recorded_body_names_its_issue() -> None:
    told = {}
    for path in sorted((jira.real_data() / "webhooks").glob("*.json")):
        body = json.loads(path.read_bytes())
        read = read_delivery(path.read_bytes(), {})
        issue = body.get("issue")
        if issue is not None:
            assert read.native_ids == (issue["id"],), path.stem
            assert read.scope_id == issue["fields"]["project"]["id"], path.stem
        assert read.event == body["webhookEvent"]
        assert read.occurred_at is not None
        assert read.occurred_at.timestamp() * 1000 == pytest.approx(body["timestamp"])
        told[path.stem] = read
    assert len(told) >= 28
    assert told["webhook-server-comment-deleted"].native_ids == ("10013",)  # from the comment's address alone
    assert not any(read.deleted_ids or read.reference_changed or read.heartbeat for read in told.values())


def test_a_link_names_both_ends_though_their_ids_are_numbers() -> None:
    body = {"webhookEvent": "issuelink_created", "issueLink": {"sourceIssueId": 10001, "destinationIssueId": 10002}}
    assert delivery(body).native_ids == ("10001", "10002")


def test_a_worklog_names_its_issue() -> None:
    body = {"webhookEvent": "worklog_created", "worklog": {"id": "7", "issueId": "10001"}}
    assert delivery(body).native_ids == ("10001",)


def test_a_deleted_issue_is_said_to_be_gone_and_a_deleted_comment_is_not() -> None:
    issue = {"id": "10001", "fields": {"project": {"id": "10000"}}}
    assert delivery({"webhookEvent": "jira:issue_deleted", "issue": issue}).deleted_ids == ("10001",)
    assert delivery({"webhookEvent": "comment_deleted", "issue": issue}).deleted_ids == ()


@pytest.mark.parametrize(
    "event", ["sprint_started", "jira:version_released", "project_updated", "board_configuration_changed"]
)
def test_what_items_refer_to_changes_no_item(event: str) -> None:
    read = delivery({"webhookEvent": event, "sprint": {"id": 3}, "project": {"id": 10000}})
    assert (read.native_ids, read.reference_changed) == ((), True)


def test_an_event_that_nobody_knows_tells_nothing() -> None:
    read = delivery({"webhookEvent": "jira_expression_evaluation_failed"})
    assert (read.native_ids, read.reference_changed, read.heartbeat) == ((), False, False)


def test_the_identifier_is_the_tools_own_name_of_a_delivery() -> None:
    body = {"webhookEvent": "jira:issue_updated"}
    assert delivery(body, **{"x-atlassian-webhook-identifier": "abc-1"}).id == "abc-1"
    assert delivery(body).id is None
    assert delivery(body, **{"x-atlassian-webhook-identifier": "x" * 201}).id is None


def test_an_impossible_time_is_no_time() -> None:
    assert delivery({"webhookEvent": "e", "timestamp": 1e300}).occurred_at is None
    assert delivery({"webhookEvent": "e", "timestamp": 0}).occurred_at == datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "The body is no Jira delivery: Input data was truncated"),
        (b"[]", "The body is no Jira delivery: Expected `object`, got `array`"),
        (b"{}", "The body is no Jira delivery: Object missing required field `webhookEvent`"),
        (b'{"webhookEvent": "e", "issue": {"id": "1 OR 1=1"}}', "The body names an issue by something that is no id."),
    ],
)
def test_what_is_no_delivery_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(DeliveryUnreadable) as refused:
        read_delivery(body, {})
    assert refused.value.reason == reason


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    with suppress(DeliveryUnreadable):
        read_delivery(body, {})


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "self", "fields", "project", "issueId", "sourceIssueId"]), inner)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["issue", "comment", "worklog", "issueLink", "timestamp"]), ANY_JSON))
def test_whatever_stands_in_a_body_only_numbers_become_ids(parts: dict[str, Any]) -> None:
    try:
        read = delivery({**parts, "webhookEvent": "jira:issue_updated"})
    except DeliveryUnreadable:
        return
    assert all(each.isdecimal() for each in read.native_ids)


def test_the_published_signature_is_accepted() -> None:
    """Atlassian's own example, of secure admin webhooks."""
    signed = {"x-hub-signature": "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"}
    assert is_signed(b"Hello World!", signed, SECRET)
    assert not is_signed(b"Hello World?", signed, SECRET)
    assert not is_signed(b"Hello World!", signed, "another secret")


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"x-hub-signature": ""},
        {"x-hub-signature": "sha256="},
        {"x-hub-signature": signature(b"Hello World!", SECRET)},  # no method
        {"x-hub-signature": f"sha1={signature(b'Hello World!', SECRET)}"},
        {"x-hub-signature": "sha256=ÄÖÜ"},
    ],
)
def test_a_missing_or_malformed_signature_proves_nothing(header: dict[str, str]) -> None:
    assert not is_signed(b"Hello World!", header, SECRET)
