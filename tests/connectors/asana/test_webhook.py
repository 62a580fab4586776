"""Asana's deliveries: events name the tasks to read again; an empty one is a heartbeat."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.asana.webhook import handshake_secret, is_signed, read_delivery
from connectors.deliveries import Delivery, DeliveryUnreadable, signature


def delivery(*events: dict[str, Any]) -> Delivery:
    return read_delivery(json.dumps({"events": list(events)}).encode(), {})


def event(kind: str, gid: str, action: str = "changed", parent: tuple[str, str] | None = None) -> dict[str, Any]:
    return {
        "user": None,
        "created_at": "2026-11-20T10:00:00.000Z",
        "action": action,
        "resource": {"gid": gid, "resource_type": kind},
        "parent": None if parent is None else {"gid": parent[1], "resource_type": parent[0]},
    }


def test_events_of_tasks_and_of_what_hangs_on_them_name_the_tasks_once_each() -> None:
    read = delivery(
        event("task", "111"),
        event("story", "222", "added", ("task", "111")),
        event("task", "333", "removed", ("project", "900")),
        event("attachment", "444", "added", ("task", "555")),
    )
    assert read.native_ids == ("111", "333", "555")
    assert (read.deleted_ids, read.reference_changed, read.heartbeat) == ((), False, False)
    assert read.event == "attachment added, story added, task changed, task removed"
    assert read.occurred_at == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_a_trashed_task_is_said_to_be_gone_and_a_deleted_comment_is_not() -> None:
    read = delivery(event("task", "111", "deleted"), event("story", "222", "deleted", ("task", "333")))
    assert (read.native_ids, read.deleted_ids) == (("111", "333"), ("111",))


@pytest.mark.parametrize("kind", ["section", "project", "custom_field", "tag"])
def test_what_tasks_refer_to_changes_no_task(kind: str) -> None:
    read = delivery(event(kind, "900"))
    assert (read.native_ids, read.reference_changed) == ((), True)


def test_without_events_it_is_a_heartbeat() -> None:
    assert delivery() == Delivery(event="heartbeat", heartbeat=True)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "The body is no Asana delivery: Input data was truncated"),
        (b"{}", "The body is no Asana delivery: Object missing required field `events`"),
        (
            json.dumps({"events": [event("task", "../users/me")]}).encode(),
            "The body names a task by something that is no gid.",
        ),
    ],
)
def test_what_is_no_delivery_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(DeliveryUnreadable) as refused:
        read_delivery(body, {})
    assert refused.value.reason == reason


@given(st.binary(max_size=200) | st.text(max_size=50).map(lambda text: json.dumps({"events": text}).encode()))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    with suppress(DeliveryUnreadable):
        read_delivery(body, {})


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "created_at": st.none() | st.text(max_size=30),
            "action": st.none() | st.text(max_size=10),
            "resource": st.none()
            | st.fixed_dictionaries({"gid": st.text(max_size=6), "resource_type": st.sampled_from(["task", "tag"])}),
        },
    )
)
def test_whatever_an_event_holds_only_numbers_become_gids(odd: dict[str, Any]) -> None:
    try:
        read = delivery(odd)
    except DeliveryUnreadable:
        return
    assert all(each.isdecimal() for each in read.native_ids)


def test_a_delivery_is_signed_over_the_body_as_it_came() -> None:
    body = b'{"events": []}'
    signed = {"x-hook-signature": signature(body, "asanas-secret")}
    assert is_signed(body, signed, "asanas-secret")
    assert not is_signed(body.replace(b" ", b""), signed, "asanas-secret")
    assert not is_signed(body, {}, "asanas-secret")


def test_only_a_handshake_brings_a_secret() -> None:
    assert handshake_secret({"x-hook-secret": "abc"}) == "abc"
    assert handshake_secret({}) is None
