"""A stand-in Jira Cloud: token paging, bulk reads, capped changelogs, and refusals where the vendor refuses."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.applications import Starlette

from connectors.sandbox import changelogs, reference, webhooks
from connectors.sandbox.agile import AGILE_ROUTES, REMOVED_ROUTES
from connectors.sandbox.application import Jira, Routes
from connectors.sandbox.bodies import joined
from connectors.sandbox.calls import Answer, Call, Json, Refusal, as_list, as_number, as_text, names_in
from connectors.sandbox.editions import CloudView
from connectors.sandbox.faults import Act
from connectors.sandbox.jql import Query, parse
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.paging import make_token, read_token
from connectors.sandbox.render import Wanted
from connectors.sandbox.site import JiraSite

LIGHT_PAGE = 5000
MOST_ISSUES = 100
MOST_RECONCILED = 50
MOST_PROPERTIES = 5
SEARCH_BODY = {
    "jql",
    "nextPageToken",
    "maxResults",
    "fields",
    "expand",
    "properties",
    "fieldsByKeys",
    "failFast",
    "reconcileIssues",
}
BULK_BODY = {"issueIdsOrKeys", "fields", "expand", "properties", "fieldsByKeys"}
REMOVED = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
    "A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)


def create_cloud(site: JiraSite, options: SandboxOptions | None = None) -> Starlette:
    """The server as an ASGI application; it follows every change of the site."""
    address = f"https://{site.base_name}.example.com"
    jira = Jira(site, options, view=lambda *seen: CloudView(*seen, base_url=address), is_cloud=True)
    return jira.application(
        [
            *(each for api in ("3", "2") for each in routes(f"/rest/api/{api}")),
            *(each for api in ("3", "2") for each in webhooks.app_routes(f"/rest/api/{api}")),
            *webhooks.admin_routes(webhooks.OLD),
            *AGILE_ROUTES,
            *REMOVED_ROUTES,
        ]
    )


def search_by_post(jira: Jira, call: Call) -> Answer:
    """`fields` is a list here and `expand` one string; anything else is refused."""
    body = call.body(SEARCH_BODY)
    as_list(body.get("properties"), "properties")
    return _search(
        jira,
        call,
        body,
        fields=[str(name) for name in as_list(body.get("fields"), "fields")],
        fresh=[str(number) for number in as_list(body.get("reconcileIssues"), "reconcileIssues")],
    )


def search_by_get(jira: Jira, call: Call) -> Answer:
    """Lists are comma-separated."""
    fresh = names_in(call.query.get("reconcileIssues"))
    return _search(jira, call, dict(call.query), fields=names_in(call.query.get("fields")), fresh=fresh)


def _search(jira: Jira, call: Call, asked: Json, *, fields: list[str], fresh: list[str]) -> Answer:
    jql, expand = as_text(asked.get("jql"), "jql"), names_in(as_text(asked.get("expand"), "expand"))
    if len(fresh) > MOST_RECONCILED or not all(number.isdigit() for number in fresh):
        raise Refusal(400, f"reconcileIssues takes at most {MOST_RECONCILED} issue ids.")
    query, wanted, token = bounded(jql), Wanted.parse(fields, default="id"), as_text(asked.get("nextPageToken"), "")
    now, life = jira.options.clock(), jira.options.token_life
    after = read_token(token, jql, at=now, life=life) if token else None
    matching = jira.matching(call)
    rows = matching.rows(query, after=after, fresh=fresh)
    light = wanted.light and not expand
    asked_size = as_number(asked.get("maxResults"), "maxResults", 50)
    size = max(1, min(asked_size, LIGHT_PAGE if light else jira.options.max_page))
    page = rows[:size]
    more = len(rows) > size
    following = make_token(jql, matching.position(query, page[-1]), at=now) if more else None
    if call.lie:
        more, following = True, (token or following) if call.lie == Act.REPEAT_TOKEN.value else None
    cap = jira.options.changelog_cap if "changelog" in expand else None
    bodies = (jira.bodies.of(row.issue, wanted, version=call.version, histories=cap) for row in page)
    if wanted.named == ("id",) and not wanted.all and not wanted.navigable and cap is None:
        bodies = (msgspec.json.encode({"id": row.issue["id"]}) for row in page)
    tail: Json = {"isLast": not more} | ({"nextPageToken": following} if following else {})
    tail |= _legend(jira, page[0].issue if page else None, wanted, expand)
    return Answer(200, b'{"issues":' + joined(bodies) + b"," + msgspec.json.encode(tail)[1:])


def bounded(jql: str) -> Query:
    """Refuses a query without a restriction, whatever its order."""
    query = parse(jql)
    if query.where is None:
        raise Refusal(400, "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
    return query


def _legend(jira: Jira, issue: Any, wanted: Wanted, expand: list[str]) -> Json:
    rows = {row["id"]: row for row in jira.view.field_rows()}
    named = [name for name in (rows if wanted.all or wanted.navigable else wanted.named) if name in rows]
    legend: Json = {}
    if "names" in expand:
        legend["names"] = {name: rows[name]["name"] for name in named}
    if "schema" in expand:
        legend["schema"] = {name: rows[name]["schema"] for name in named if "schema" in rows[name]}
    return legend


def approximate_count(jira: Jira, call: Call) -> Any:
    query = bounded(as_text(call.body({"jql"}).get("jql"), "jql"))
    return {"count": len(jira.matching(call).rows(query))}


def bulk_fetch(jira: Jira, call: Call) -> Answer:
    """Ascending by id; what is gone or hidden is silently missing. `expand` is a list here."""
    body = call.body(BULK_BODY)
    names = [str(name) for name in as_list(body.get("issueIdsOrKeys"), "issueIdsOrKeys")]
    if not 1 <= len(names) <= MOST_ISSUES:
        raise Refusal(400, f"The number of issue ids or keys must be between 1 and {MOST_ISSUES}.")
    if len(as_list(body.get("properties"), "properties")) > MOST_PROPERTIES:
        raise Refusal(400, f"At most {MOST_PROPERTIES} properties can be asked for.")
    expand = [str(name) for name in as_list(body.get("expand"), "expand")]
    wanted = Wanted.parse([str(name) for name in as_list(body.get("fields"), "fields")], default="*navigable")
    cap = jira.options.changelog_cap if "changelog" in expand else None
    found = {issue["id"]: issue for name in names if (issue := jira.issue(call, name))}
    bodies = (
        jira.bodies.of(found[number], wanted, version=call.version, histories=cap) for number in sorted(found, key=int)
    )
    return Answer(200, b'{"issueErrors":[],"issues":' + joined(bodies) + b"}")


def one_issue(jira: Jira, call: Call) -> Answer:
    """A key the issue once had finds it under its present one."""
    issue = jira.issue(call, call.names["issue"])
    if issue is None:
        raise Refusal(404, "Issue does not exist or you do not have permission to see it.")
    wanted = Wanted.parse(names_in(call.query.get("fields")), default="*all")
    cap = jira.options.changelog_cap if "changelog" in names_in(call.query.get("expand")) else None
    return Answer(200, jira.bodies.of(issue, wanted, version=call.version, histories=cap))


def removed_search(jira: Jira, call: Call) -> Answer:
    raise Refusal(410, REMOVED)


def routes(api: str) -> Routes:
    return [
        ("GET", f"{api}/search/jql", search_by_get),
        ("POST", f"{api}/search/jql", search_by_post),
        ("GET", f"{api}/search", removed_search),
        ("POST", f"{api}/search", removed_search),
        ("POST", f"{api}/search/approximate-count", approximate_count),
        ("POST", f"{api}/issue/bulkfetch", bulk_fetch),
        ("POST", f"{api}/changelog/bulkfetch", changelogs.bulk_fetch),
        ("GET", f"{api}/issue/{{issue}}/changelog", changelogs.of_issue),
        ("GET", f"{api}/issue/{{issue}}", one_issue),
        ("GET", f"{api}/field/search", reference.field_search),
        ("GET", f"{api}/project/search", reference.project_search),
        *reference.shared_routes(api),
        ("GET", f"{api}/project/{{project}}", reference.project),
    ]
