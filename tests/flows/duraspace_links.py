"""The dependencies of the recorded tracker at any moment: forward, sentence by sentence, straight from its file."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from functools import cache
from typing import NamedTuple

from tests.flows.test_real_trackers import Json, raw

Ends = tuple[str, str]  # uids: who is waited for, who waits
WAITS, HOLDS = "This issue depends on ", "This issue required by "  # the one type of the tracker that is a dependency


class Then(NamedTuple):
    """`doubtful`: told to be made, never to be taken away, and not there today."""

    there: set[Ends]
    doubtful: set[Ends]


def dependencies_at(moment: datetime) -> Then:
    created = {_uid(one["id"]): datetime.fromisoformat(one["fields"]["created"]) for one in raw("duraspace")}
    not_yet = {uid for uid, at in created.items() if at > moment}
    today, told = _today(), _told()
    there = {ends for ends in today - told.keys() if not_yet.isdisjoint(ends)}
    doubtful = set()
    for ends, events in told.items():
        until_then = [made for at, made in events if at <= moment]
        stood = until_then[-1] if until_then else not events[0][1]
        if len(until_then) == len(events) and stood and ends not in today:
            doubtful.add(ends)
        elif stood:
            there.add(ends)
    return Then(there, doubtful)


@cache
def _told() -> dict[Ends, list[tuple[datetime, bool]]]:
    """When each was said to be made (True) or taken away; both ends say so, up to six hours apart."""
    found: defaultdict[Ends, list[tuple[datetime, bool]]] = defaultdict(list)
    ids = _ids()
    for one in raw("duraspace"):
        for history in one["changelog"]["histories"]:
            for item in history["items"]:
                for text, made in ((item["fromString"], False), (item["toString"], True)):
                    if item["field"] == "Link" and (ends := _ends(_uid(one["id"]), text or "", ids)):
                        found[ends].append((datetime.fromisoformat(history["created"]), made))
    return {ends: sorted(events) for ends, events in found.items()}


def _ends(uid: str, text: str, ids: dict[str, str]) -> Ends | None:
    far = _uid(ids.get(text.rpartition(" ")[2], text.rpartition(" ")[2]))
    if text.startswith(WAITS):
        return far, uid
    return (uid, far) if text.startswith(HOLDS) else None


def _today() -> set[Ends]:
    found = set()
    for one in raw("duraspace"):
        for link in one["fields"].get("issuelinks") or ():
            if link["type"]["name"] == "Dependency":
                far = _far(link)
                found.add((far, _uid(one["id"])) if "outwardIssue" in link else (_uid(one["id"]), far))
    return found


def _far(link: Json) -> str:
    return _uid((link.get("outwardIssue") or link["inwardIssue"])["id"])


@cache
def _ids() -> dict[str, str]:
    """By every key that an issue has or had, those that are known from links alone among them."""
    linked = {
        end["key"]: end["id"]
        for one in raw("duraspace")
        for link in one["fields"].get("issuelinks") or ()
        for end in [link.get("outwardIssue") or link["inwardIssue"]]
    }
    former = {
        item["fromString"]: one["id"]
        for one in raw("duraspace")
        for history in one["changelog"]["histories"]
        for item in history["items"]
        if item["field"] == "Key"
    }
    return linked | former | {one["key"]: one["id"] for one in raw("duraspace")}


def _uid(native_id: str) -> str:
    return f"acme:{native_id}"
