"""Cloud's two ways to a complete history: paged per issue, and for many issues at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connectors.sandbox.application import Jira, needs_account
from connectors.sandbox.calls import Call, Json, Refusal, as_list, as_number, as_text
from connectors.sandbox.paging import make_token, page_bean, read_token
from connectors.sandbox.site import Issue

MOST_ISSUES = 1000
MOST_FIELDS = 10
MOST_HISTORIES = 10_000
HISTORY_PAGE = 100


def of_issue(jira: Jira, call: Call) -> Any:
    """Oldest first, at most a hundred a page."""
    issue = jira.issue(call, call.names["issue"])
    if issue is None:
        raise Refusal(404, "Issue does not exist or you do not have permission to see it.")
    bean = page_bean(call, histories_of(issue), at_most=HISTORY_PAGE, default=HISTORY_PAGE)
    address = f"{jira.view.base_url}/rest/api/{call.version}/issue/{issue['id']}/changelog"
    return bean | {"self": address, "values": [jira.view.history(each) for each in bean["values"]]}


def bulk_fetch(jira: Jira, call: Call) -> Any:
    """Ascending by issue and date; a page may end in the middle of an issue. Not for anonymous callers."""
    needs_account(call)
    body = call.body({"issueIdsOrKeys", "fieldIds", "maxResults", "nextPageToken"})
    names = [str(name) for name in as_list(body.get("issueIdsOrKeys"), "issueIdsOrKeys")]
    fields = [str(name) for name in as_list(body.get("fieldIds"), "fieldIds")]
    if not 1 <= len(names) <= MOST_ISSUES:
        raise Refusal(400, f"The number of issue ids or keys must be between 1 and {MOST_ISSUES}.")
    if len(fields) > MOST_FIELDS:
        raise Refusal(400, f"At most {MOST_FIELDS} field ids can be asked for.")
    size = as_number(body.get("maxResults"), "maxResults", 1000)
    if not 1 <= size <= MOST_HISTORIES:
        raise Refusal(400, f"maxResults must be between 1 and {MOST_HISTORIES}.")
    rows = _rows(jira, call, names, set(fields))
    return _page(jira, rows, token=as_text(body.get("nextPageToken"), "nextPageToken"), size=size, names=names)


def histories_of(issue: Issue) -> list[Json]:
    histories: list[Json] = issue.get("changelog", {}).get("histories", [])
    return histories


def _rows(jira: Jira, call: Call, names: list[str], fields: set[str]) -> list[tuple[str, Json]]:
    """(issue id, history) of every issue that may be seen; a filter keeps only items that carry one of the ids."""
    found = {issue["id"]: issue for name in names if (issue := jira.issue(call, name))}
    rows = [(number, each) for number in sorted(found, key=int) for each in histories_of(found[number])]
    if not fields:
        return rows
    kept = [
        (number, {**each, "items": [item for item in each["items"] if item.get("fieldId") in fields]})
        for number, each in rows
    ]
    return [(number, each) for number, each in kept if each["items"]]


def _page(jira: Jira, rows: list[tuple[str, Json]], *, token: str, size: int, names: list[str]) -> Json:
    query, now = ",".join(names), jira.options.clock()
    start = int(read_token(token, query, at=now, life=jira.options.token_life)[0]) if token else 0
    issues: dict[str, list[Json]] = {}
    for number, history in rows[start : start + size]:
        shown = jira.view.history(history)
        issues.setdefault(number, []).append(shown | {"created": _created(jira, shown["created"])})
    page: Json = {"issueChangeLogs": [{"issueId": number, "changeHistories": each} for number, each in issues.items()]}
    if start + size < len(rows):
        page["nextPageToken"] = make_token(query, [start + size], at=now)
    return page


def _created(jira: Jira, stamp: str) -> str | int:
    """This endpoint may write moments as numbers, in seconds or milliseconds."""
    match jira.options.numeric_created:
        case "s":
            return int(datetime.fromisoformat(stamp).timestamp())
        case "ms":
            return round(datetime.fromisoformat(stamp).timestamp() * 1000)
    return stamp
