"""What both editions tell of themselves: account, server, fields, statuses, types, projects, versions, rights."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from connectors.sandbox.application import Jira, Routes, needs_account
from connectors.sandbox.calls import Call, Json, Refusal, names_in
from connectors.sandbox.paging import page_bean


def myself(jira: Jira, call: Call) -> Any:
    user = dict(jira.site.users[needs_account(call)])
    return {**(jira.view.user(user) or {}), "timeZone": jira.zone, "locale": "en_US"}


def server_info(jira: Jira, call: Call) -> Any:
    version = [1001, 0, 0] if jira.is_cloud else list(jira.options.server_version)
    now = jira.options.clock().astimezone(ZoneInfo(jira.site.zone))
    return {
        "baseUrl": jira.view.base_url,
        "version": "1001.0.0-SNAPSHOT" if jira.is_cloud else ".".join(map(str, version)),
        "versionNumbers": version,
        "deploymentType": "Cloud" if jira.is_cloud else "Server",
        "buildNumber": 100295 if jira.is_cloud else 10030024,
        "buildDate": "2026-08-12T00:00:00.000+0000",
        "serverTime": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}{now:%z}",
        "scmInfo": "0" * 40,
        "serverTitle": jira.site.base_name,
    }


def fields(jira: Jira, call: Call) -> Any:
    return [jira.view.field(row) for row in jira.view.field_rows()]


def statuses(jira: Jira, call: Call) -> Any:
    return [jira.view.status(row) for row in jira.site.statuses]


def issue_types(jira: Jira, call: Call) -> Any:
    return [jira.view.issue_type(row) for row in jira.site.issue_types]


def priorities(jira: Jira, call: Call) -> Any:
    return [_with_self(jira, "priority", row) for row in jira.site.priorities]


def resolutions(jira: Jira, call: Call) -> Any:
    return [_with_self(jira, "resolution", row) for row in jira.site.resolutions]


def link_types(jira: Jira, call: Call) -> Any:
    """404 on a site where issue linking is switched off: one without link types."""
    if not jira.site.link_types:
        raise Refusal(404, "Issue linking is currently disabled.")
    return {"issueLinkTypes": [_with_self(jira, "issueLinkType", row) for row in jira.site.link_types]}


def projects(jira: Jira, call: Call) -> Any:
    """A bare array. Cloud still answers it; archived ones only when asked for, which only Data Center can."""
    archived = call.query.get("includeArchived") == "true" and not jira.is_cloud
    return [jira.view.project(row) for row in _visible(jira, call) if archived or not row.get("archived")]


def project(jira: Jira, call: Call) -> Any:
    return jira.view.project(jira.project(call, call.names["project"]))


def project_search(jira: Jira, call: Call) -> Any:
    """Cloud. A filter that nothing matches is answered with 404, not with an empty page."""
    wanted = names_in(call.query.get("status")) or ["live"]
    unknown = [name for name in wanted if name not in {"live", "archived", "deleted"}]
    if unknown:
        raise Refusal(400, f"The project status '{unknown[0]}' is not valid.")
    keys, ids, text = (call.query.get(name) for name in ("keys", "id", "query"))
    rows = [
        row
        for row in _visible(jira, call)
        if ("archived" if row.get("archived") else "live") in wanted
        and (not keys or row["key"] in names_in(keys))
        and (not ids or row["id"] in names_in(ids))
        and (not text or text.lower() in f"{row['key']} {row['name']}".lower())
    ]
    if not rows and (keys or ids or text or "live" not in wanted):
        raise Refusal(404, "No projects matching the search criteria were found.")
    bean = page_bean(call, sorted(rows, key=lambda row: str(row["key"])), at_most=100)
    address = f"{jira.view.base_url}/rest/api/{call.version}/project/search"
    return bean | {"self": address, "values": [jira.view.project(row) for row in bean["values"]]}


def field_search(jira: Jira, call: Call) -> Any:
    """Cloud. Names only what a field is, not how JQL calls it; what has no schema ("parent") is not found here."""
    kind, text = call.query.get("type"), (call.query.get("query") or "").lower()
    rows = [
        {name: row[name] for name in ("id", "key", "name", "schema") if name in row}
        for row in jira.view.field_rows()
        if "schema" in row and (kind != "custom" or row.get("custom")) and text in row["name"].lower()
    ]
    return page_bean(call, rows)


def versions(jira: Jira, call: Call) -> Any:
    return [_version(jira, call, row) for row in _versions_of(jira, call)]


def version_page(jira: Jira, call: Call) -> Any:
    bean = page_bean(call, _versions_of(jira, call))
    return bean | {"values": [_version(jira, call, row) for row in bean["values"]]}


def my_permissions(jira: Jira, call: Call) -> Any:
    """Whether the caller may browse; a project they may not see is not found."""
    if jira.is_cloud and not call.query.get("permissions"):
        raise Refusal(400, "The 'permissions' query parameter is required.")
    project_key = call.query.get("projectKey") or call.query.get("projectId")
    if project_key:
        jira.project(call, project_key)
    allowed = bool(_visible(jira, call))
    known = {"BROWSE_PROJECTS": ("10", "Browse Projects")}
    named = names_in(call.query.get("permissions")) or list(known)
    unknown = [name for name in named if name not in known]
    if unknown:
        raise Refusal(400, f"Unrecognized permission: {unknown[0]}")
    return {
        "permissions": {
            name: {
                "id": known[name][0],
                "key": name,
                "name": known[name][1],
                "type": "PROJECT",
                "description": "Ability to browse projects and the issues within them.",
                "havePermission": allowed,
            }
            for name in named
        }
    }


def remote_links(jira: Jira, call: Call) -> Any:
    """Links of one issue to pages elsewhere; no search shows them."""
    issue = jira.issue(call, call.names["issue"])
    if issue is None:
        raise Refusal(404, "Issue does not exist or you do not have permission to see it.")
    address = f"{jira.view.base_url}/rest/api/{call.version}/issue/{issue['key']}/remotelink"
    return [
        {**row, "self": f"{address}/{row['id']}", "application": row.get("application", {})}
        for row in jira.site.remote_links.get(issue["id"], [])
    ]


def _visible(jira: Jira, call: Call) -> list[Json]:
    return [row for key, row in jira.site.projects.items() if jira.may_browse(call, key)]


def _versions_of(jira: Jira, call: Call) -> list[Json]:
    return jira.site.versions.get(jira.project(call, call.names["project"])["id"], [])


def _version(jira: Jira, call: Call, row: Json) -> Json:
    address = f"{jira.view.base_url}/rest/api/{call.version}/version/{row['id']}"
    return {**row, "projectId": int(jira.project(call, call.names["project"])["id"]), "self": address}


def _with_self(jira: Jira, resource: str, row: Json) -> Json:
    return {**row, "self": f"{jira.view.base_url}/rest/api/2/{resource}/{row['id']}"}


def shared_routes(api: str) -> Routes:
    """What both editions answer under one API root."""
    return [
        ("GET", f"{api}/myself", myself),
        ("GET", f"{api}/serverInfo", server_info),
        ("GET", f"{api}/field", fields),
        ("GET", f"{api}/status", statuses),
        ("GET", f"{api}/issuetype", issue_types),
        ("GET", f"{api}/priority", priorities),
        ("GET", f"{api}/resolution", resolutions),
        ("GET", f"{api}/issueLinkType", link_types),
        ("GET", f"{api}/mypermissions", my_permissions),
        ("GET", f"{api}/issue/{{issue}}/remotelink", remote_links),
        ("GET", f"{api}/project", projects),
        ("GET", f"{api}/project/{{project}}/versions", versions),
        ("GET", f"{api}/project/{{project}}/version", version_page),
    ]
