"""A stand-in Jira Data Center: offset paging with a silent cap, complete changelogs, bare lists."""

from __future__ import annotations

import msgspec
from starlette.applications import Starlette

from connectors.sandbox import reference, webhooks
from connectors.sandbox.agile import AGILE_ROUTES
from connectors.sandbox.application import Jira, Routes
from connectors.sandbox.bodies import joined
from connectors.sandbox.calls import Answer, Call, Refusal, as_list, as_number, as_text, names_in
from connectors.sandbox.editions import DataCenterView
from connectors.sandbox.jql import parse
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.render import Wanted
from connectors.sandbox.site import JiraSite

ALL_HISTORIES = 10**9
SEARCH_BODY = {"jql", "startAt", "maxResults", "validateQuery", "fields", "expand"}


def create_datacenter(site: JiraSite, options: SandboxOptions | None = None) -> Starlette:
    """The server as an ASGI application; mount it below a context path where the real one has one."""
    address = f"https://{site.base_name}.example.com"
    jira = Jira(site, options, view=lambda *seen: DataCenterView(*seen, base_url=address), is_cloud=False)
    return jira.application(
        [
            *(each for api in ("2", "latest") for each in routes(f"/rest/api/{api}")),
            *(each for path in (webhooks.OLD, webhooks.ENGINE) for each in webhooks.admin_routes(path)),
            *AGILE_ROUTES,
        ]
    )


def search_by_post(jira: Jira, call: Call) -> Answer:
    """`fields` and `expand` are lists."""
    body = call.body(SEARCH_BODY)
    return _search(
        jira,
        call,
        as_text(body.get("jql"), "jql"),
        start=as_number(body.get("startAt"), "startAt", 0),
        size=as_number(body.get("maxResults"), "maxResults", 50),
        fields=[str(name) for name in as_list(body.get("fields"), "fields")],
        expand=[str(name) for name in as_list(body.get("expand"), "expand")],
    )


def search_by_get(jira: Jira, call: Call) -> Answer:
    return _search(
        jira,
        call,
        call.query.get("jql") or "",
        start=call.number("startAt", 0),
        size=call.number("maxResults", 50),
        fields=names_in(call.query.get("fields")),
        expand=names_in(call.query.get("expand")),
    )


def _search(jira: Jira, call: Call, jql: str, *, start: int, size: int, fields: list[str], expand: list[str]) -> Answer:
    """An empty query is allowed here and means everything. `maxResults` tells the cap only in the answer."""
    rows = jira.matching(call).rows(parse(jql))
    size = min(size, jira.options.search_cap)
    wanted = Wanted.parse(fields, default="*navigable")
    histories = ALL_HISTORIES if "changelog" in expand else None
    bodies = (jira.bodies.of(row.issue, wanted, version="2", histories=histories) for row in rows[start : start + size])
    head = {"expand": "schema,names", "startAt": start, "maxResults": size, "total": len(rows)}
    return Answer(200, msgspec.json.encode(head)[:-1] + b',"issues":' + joined(bodies) + b"}")


def one_issue(jira: Jira, call: Call) -> Answer:
    issue = jira.issue(call, call.names["issue"])
    if issue is None:
        raise Refusal(404, "Issue Does Not Exist")
    wanted = Wanted.parse(names_in(call.query.get("fields")), default="*all")
    histories = ALL_HISTORIES if "changelog" in names_in(call.query.get("expand")) else None
    return Answer(200, jira.bodies.of(issue, wanted, version="2", histories=histories))


def routes(api: str) -> Routes:
    return [
        ("GET", f"{api}/search", search_by_get),
        ("POST", f"{api}/search", search_by_post),
        ("GET", f"{api}/issue/{{issue}}", one_issue),
        *reference.shared_routes(api),
        ("GET", f"{api}/project/{{project}}", reference.project),
    ]
