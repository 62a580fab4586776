"""A Jira of a few dozen lines for tests of the connector: enough JQL, the caps and the faults that matter.

It answers as a function, so that the same site stands behind a mock transport and behind a real socket.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

import httpx
import msgspec

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
Json = dict[str, Any]


@dataclass
class Issue:
    project: int = 10
    updated: datetime = NOW - timedelta(days=30)
    histories: int = 0


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    params: Mapping[str, str]
    body: Json

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


Reply = httpx.Response
Fault = Callable[[Call], Reply | None]


@dataclass
class StubJira:
    """`fault` is asked first and may answer instead; `listing_cap` and `embedded` are the site's silent caps."""

    cloud: bool = True
    issues: dict[int, Issue] = field(default_factory=dict)
    projects: dict[int, str] = field(default_factory=lambda: {10: "PAY"})
    now: datetime = NOW
    zone: timedelta = timedelta(0)
    fault: Fault = lambda call: None
    listing_cap: int = 5000
    embedded: int = 40
    names_account: bool = True
    calls: list[Call] = field(default_factory=list)

    def count(self, ending: str) -> int:
        return sum(call.path.endswith(ending) for call in self.calls)

    def handle(self, method: str, path: str, query: str, content: bytes) -> Reply:
        call = Call(method, path, dict(parse_qsl(query)), msgspec.json.decode(content) if content else {})
        self.calls.append(call)
        reply = self.fault(call) or self._answer(call)
        reply.headers.setdefault("Date", format_datetime(self.now, usegmt=True))
        if self.names_account:
            reply.headers.setdefault(*(("X-AAccountId", "me") if self.cloud else ("X-AUSERNAME", "me")))
        return reply

    def transport(self) -> httpx.MockTransport:
        async def handler(request: httpx.Request) -> Reply:
            for _ in range(5):
                await asyncio.sleep(0)  # others may be in flight meanwhile, as on a network
            return self.handle(request.method, request.url.path, request.url.query.decode(), request.content)

        return httpx.MockTransport(handler)

    def _answer(self, call: Call) -> Reply:  # noqa: PLR0911 - one line per endpoint
        if (reply := reference_answer(call, cloud=self.cloud)) is not None:
            return reply
        match call.path.removeprefix("/rest/api/3").removeprefix("/rest/api/2").strip("/").split("/"):
            case ["myself"]:
                return ok({"accountId": "me", "displayName": "Me", "timeZone": "UTC"})
            case ["serverInfo"]:
                kind = "Cloud" if self.cloud else "Server"
                return ok({"version": "10.3", "deploymentType": kind, "serverTime": self._text(self.now)})
            case ["search", "jql"]:
                return self._search_cloud(call.body)
            case ["search"]:
                return self._search_datacenter(call.body)
            case ["issue", "bulkfetch"]:
                ids = sorted(int(each) for each in call.body["issueIdsOrKeys"])
                return ok({"issues": [self._issue(each) for each in ids if each in self.issues]})
            case ["changelog", "bulkfetch"]:
                return self._bulk_changelogs(call.body)
            case ["issue", number, "changelog"]:
                return self._changelog(int(number), int(call.params["startAt"]))
            case ["issue", number]:
                return ok(self._issue(int(number))) if int(number) in self.issues else gone()
            case ["project", number]:
                return ok({"id": number, "key": "PAY"}) if number in map(str, self.projects) else gone()
        return gone()

    def _matching(self, jql: str) -> list[int]:
        project = re.search(r"project = (\d+)", jql)
        minutes = re.search(r'updated >= "-(\d+)m"', jql)
        ids = re.search(r"id in \(([\d, ]+)\)", jql)
        bounds = [(sign, int(number)) for sign, number in re.findall(r"id (>=|<=|>) (\d+)", jql)]
        since = self.now - timedelta(minutes=int(minutes[1])) if minutes else None
        wanted = {int(each) for each in ids[1].split(",")} if ids else None
        found = [
            number
            for number, issue in self.issues.items()
            if (project is None or issue.project == int(project[1]))
            and (since is None or issue.updated >= since)
            and (wanted is None or number in wanted)
            and all(
                number > bound if sign == ">" else number >= bound if sign == ">=" else number <= bound
                for sign, bound in bounds
            )
        ]
        by_time = "ORDER BY updated ASC, id ASC" in jql
        return sorted(found, key=lambda each: (self.issues[each].updated, each) if by_time else (self.now, each))

    def _search_cloud(self, body: Json) -> Reply:
        """A token seeks: it names the last row, so rows that vanish in between shift nothing."""
        found = self._matching(body["jql"])
        last = int(body.get("nextPageToken", "0").removeprefix("after-"))
        start = found.index(last) + 1 if last in found else 0
        size = min(body["maxResults"], self.listing_cap)
        page = found[start : start + size]
        more = start + size < len(found)
        answer: Json = {"issues": [self._row(each) for each in page], "isLast": not more}
        return ok({**answer, "nextPageToken": f"after-{page[-1]}"} if more else answer)

    def _search_datacenter(self, body: Json) -> Reply:
        ids = re.search(r"id in \(([\d, ]+)\)", body["jql"])
        if ids and (unknown := [each for each in ids[1].split(", ") if int(each) not in self.issues]):
            return error(400, f"A value with ID '{unknown[0]}' does not exist for the field 'id'.")
        found = self._matching(body["jql"])
        page = found[: min(body["maxResults"], self.listing_cap)]
        render = self._issue if "changelog" in body.get("expand", ()) else self._row
        return ok({"startAt": 0, "total": len(found), "issues": [render(each) for each in page]})

    def _row(self, number: int) -> Json:
        return {"id": str(number), "fields": {"updated": self._text(self.issues[number].updated)}}

    def _issue(self, number: int) -> Json:
        issue = self.issues[number]
        newest_first = [self._history(number, each) for each in reversed(range(issue.histories))]
        shown = newest_first[: self.embedded] if self.cloud else newest_first
        return {
            "id": str(number),
            "key": f"PAY-{number}",
            "fields": {"updated": self._text(issue.updated), "project": {"id": str(issue.project)}},
            "changelog": {"maxResults": len(shown), "total": issue.histories, "histories": shown},
        }

    def _history(self, number: int, place: int) -> Json:
        created = NOW - timedelta(days=20) + timedelta(minutes=place)
        return {"id": str(number * 10_000 + place), "created": self._text(created), "items": []}

    def _changelog(self, number: int, start: int) -> Reply:
        if number not in self.issues:
            return gone()
        total = self.issues[number].histories
        values = [self._history(number, each) for each in range(start, min(start + 100, total))]
        last = start + 100 >= total
        return ok({"startAt": start, "maxResults": 100, "total": total, "isLast": last, "values": values})

    def _bulk_changelogs(self, body: Json) -> Reply:
        """Histories of one issue are split across pages, and their moments are numbers."""
        rows = [
            (number, place)
            for number in sorted(int(each) for each in body["issueIdsOrKeys"])
            if number in self.issues
            for place in range(self.issues[number].histories)
        ]
        start = int(body.get("nextPageToken", "0"))
        page = rows[start : start + body["maxResults"]]
        logs: dict[int, list[Json]] = {}
        for number, place in page:
            history = self._history(number, place)
            seconds = datetime.fromisoformat(history["created"]).timestamp()
            logs.setdefault(number, []).append({**history, "created": int(seconds)})
        answer: Json = {
            "issueChangeLogs": [{"issueId": str(number), "changeHistories": each} for number, each in logs.items()]
        }
        following = start + len(page)
        return ok({**answer, "nextPageToken": str(following)} if following < len(rows) else answer)

    def _text(self, moment: datetime) -> str:
        """As Jira writes it, in the site's zone: `2026-09-27T10:03:11.123+0200`."""
        local = moment.astimezone(UTC) + self.zone
        sign, minutes = ("-" if self.zone < timedelta(0) else "+"), abs(self.zone) // timedelta(minutes=1)
        return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03}{sign}{minutes // 60:02}{minutes % 60:02}"


def reference_answer(call: Call, *, cloud: bool) -> Reply | None:  # noqa: PLR0911 - one line per endpoint
    """The site's furniture: two live projects and an archived one, two scrum boards and a kanban one."""
    path = call.path.removeprefix("/rest/api/3").removeprefix("/rest/api/2").removeprefix("/rest/agile/1.0")
    start = int(call.params.get("startAt", 0))
    if path == "/project/search":
        rows = ARCHIVED if call.params["status"] == "archived" else LIVE
        return bean(rows, start, cap=1) if rows else gone()
    if path == "/project" and not cloud:
        return ok([*LIVE, *({**each, "archived": True} for each in ARCHIVED)])
    if path == "/field/search":
        return bean(FIELDS[1:], start, cap=1)
    if path == "/board":
        return bean([each for each in BOARDS if each["of"] == call.params["projectKeyOrId"]], start, cap=1)
    if path == "/board/1/sprint":
        return bean(SPRINTS, start, cap=2)
    if path == "/board/3/sprint":
        return error(400, "The board does not support sprints")
    return ok(LISTS[path]) if path in LISTS else None


LIVE: list[Json] = [
    {"id": "10", "key": "PAY", "name": "Payments", "avatarUrls": {"16x16": "https://x/1"}},
    {"id": "9", "key": "CART", "name": "Cart"},
]
ARCHIVED: list[Json] = [{"id": "12", "key": "OLD", "name": "Old shop"}]
FIELDS: list[Json] = [
    {"id": "summary", "name": "Summary", "schema": {"type": "string", "system": "summary"}},
    {"id": "customfield_10016", "name": "Story points", "schema": {"type": "number"}},
    {"id": "customfield_10020", "name": "Sprint", "schema": {"type": "array"}},
]
BOARDS: list[Json] = [
    {"id": 1, "name": "Pay team", "type": "scrum", "location": {"projectId": 10}, "of": "10"},
    {"id": 2, "name": "Flow", "type": "kanban", "of": "10"},
    {"id": 3, "name": "Cart team", "type": "scrum", "location": {"projectId": 9}, "of": "9"},
]
SPRINTS: list[Json] = [
    {"id": number, "name": f"Sprint {number}", "state": state, "originBoardId": 1}
    for number, state in ((7, "closed"), (8, "active"), (11, "future"))
]
DONE = {"id": 3, "key": "done", "name": "Done"}
BLOCKS = {"id": "10000", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"}
VERSION = {
    "id": "501",
    "name": "1.0",
    "projectId": 10,
    "archived": False,
    "released": True,
    "releaseDate": "2026-03-31",
}
LISTS: dict[str, object] = {
    "/field": FIELDS[:2],
    "/status": [{"id": "3", "name": "Done", "statusCategory": DONE}],
    "/issuetype": [{"id": "1", "name": "Story", "subtask": False, "hierarchyLevel": 0}],
    "/issueLinkType": {"issueLinkTypes": [BLOCKS]},
    "/project/10/versions": [VERSION],
    "/project/9/versions": [],
    "/project/12/versions": [],
    "/project/FORMER": LIVE[0],
    "/board/1/configuration": {"estimation": {"type": "field", "field": {"fieldId": "customfield_10016"}}},
    "/board/3/configuration": {"estimation": {"type": "none"}},
}


def bean(rows: list[Json], start: int, *, cap: int) -> Reply:
    """A page of a listing whose server lowers the page size to `cap`."""
    page = rows[start : start + cap]
    last = start + cap >= len(rows)
    return ok({"startAt": start, "maxResults": cap, "total": len(rows), "isLast": last, "values": page})


def ok(content: object) -> Reply:
    return httpx.Response(200, json=content)


def error(status: int, message: str = "no", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json={"errorMessages": [message], "errors": {}}, headers=named)


def gone() -> Reply:
    return error(404, "Issue does not exist or you do not have permission to see it.")


def once(matches: Callable[[Call], bool], *replies: Reply | None) -> Fault:
    """Answers matching calls with the replies in turn; None lets one through."""
    left = list(replies)

    def fault(call: Call) -> Reply | None:
        return left.pop(0) if left and matches(call) else None

    return fault
