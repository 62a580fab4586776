"""Web links of an issue: each address is a candidate, and an issue that has or had some is asked for them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.contract import RawItem, RawRecord
from connectors.items import SourceItem, SourceReference
from connectors.jira.config import JiraOptions
from connectors.jira.normalise import JiraNormaliser
from connectors.jira.references import read_web_links
from tests.builders import jira

TASK = "https://app.asana.com/0/1200/1201"
LINKED = jira.a_history("1", "2026-01-05T09:00:00.000+0000", jira.a_change("RemoteIssueLink", None, "30001"))


def a_web_link(url: str | None, **more: object) -> jira.Json:
    return {"id": 30001, "globalId": url, "application": {}, "object": {"url": url, "title": "A page"}} | more


def normalise(payload: bytes | None, **issue: Any) -> SourceItem:
    normaliser = JiraNormaliser(jira.payloads(), options=JiraOptions())
    found = jira.raw(jira.an_issue(**issue))
    extras = () if payload is None else (RawRecord("web_links", "10001", payload),)
    return normaliser(RawItem(found.record, extras))


def test_every_address_is_kept_once_with_what_jira_calls_the_relationship() -> None:
    links = [
        a_web_link(TASK, relationship="is blocked by"),
        a_web_link(TASK, relationship="links to"),
        a_web_link(" https://wiki.example.com/x "),
        a_web_link(None),
        a_web_link("", object=None),
        a_web_link("https://example.com/y", relationship=" "),
    ]

    assert read_web_links(json.dumps(links).encode()) == (
        SourceReference("web_link", TASK, "is blocked by"),
        SourceReference("web_link", "https://wiki.example.com/x"),
        SourceReference("web_link", "https://example.com/y"),
    )


def test_an_issue_with_web_links_points_where_they_point_and_is_asked_again() -> None:
    item = normalise(json.dumps([a_web_link(TASK)]).encode())

    assert item.references == (SourceReference("web_link", TASK),)
    assert item.has_details


def test_an_issue_whose_history_tells_of_web_links_is_asked_for_them() -> None:
    item = normalise(None, changelog=jira.a_changelog(LINKED))

    assert item.has_details
    assert (item.references, item.changes) == ((), ())


@pytest.mark.parametrize("payload", [None, b"[]"])
def test_an_issue_without_web_links_costs_no_request(payload: bytes | None) -> None:
    item = normalise(payload, changelog=jira.a_changelog())

    assert not item.has_details
    assert item.references == ()


@pytest.mark.parametrize("payload", [b"<html>", b"{}", b'[{"object": "x"}]'])
def test_web_links_that_cannot_be_read_are_told_and_cost_nothing_else(payload: bytes) -> None:
    item = normalise(payload, changelog=jira.a_changelog(LINKED))

    assert item.warnings == ("web_links_unreadable",)
    assert item.key == "PAY-1"


def test_a_changelog_of_its_own_and_web_links_may_come_together() -> None:
    found = jira.raw(jira.an_issue(), histories=[LINKED])
    links = RawRecord("web_links", "10001", json.dumps([a_web_link(TASK)]).encode())
    normaliser = JiraNormaliser(jira.payloads(), options=JiraOptions())

    item = normaliser(RawItem(found.record, (*found.extras, links)))

    assert [each.target for each in item.references] == [TASK]
