"""What sets the editions apart on the wire: users, hierarchy, sprints, histories and metadata."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.index import IssueIndex
from connectors.sandbox.render import OMIT, BaseView, Json, Shape
from connectors.sandbox.site import Issue, JiraSite

GREENHOPPER = "com.pyxis.greenhopper.jira"
PARENT_LINK = "com.atlassian.jpo:jpo-custom-field-parent"
CLOUD_USER = ("accountId", "displayName", "emailAddress", "active", "timeZone", "accountType")
SERVER_USER = ("name", "key", "displayName", "emailAddress", "active", "timeZone")
PERSONAL = {"assignee", "reporter", "creator"}


class CloudView(BaseView):
    """accountId, `parent` at every level, sprint objects, fieldId, histories newest first and capped."""

    def person(self, user: Json) -> Json:
        shown = {name: user[name] for name in CLOUD_USER if name in user} | {"accountType": "atlassian"}
        return shown | {"self": f"{self.base_url}/rest/api/3/user?accountId={user.get('accountId')}"}

    def shapes(self) -> dict[str, Shape]:
        shapes = super().shapes()
        for row in self.site.fields:
            custom = (row.get("schema") or {}).get("custom")
            if custom == PARENT_LINK:
                shapes[row["id"]] = lambda issue, value: unlicensed_parent_link()
            elif custom == f"{GREENHOPPER}:gh-epic-link":
                shapes[row["id"]] = lambda issue, value: value or self._epic_key(issue)
        return shapes

    def parent(self, issue: Issue, parent: Json | None) -> Any:
        end = self.end(parent) if parent else None
        return OMIT if end is None else end

    def sprints(self, ids: list[int]) -> Any:
        rows = [self.site.sprints[number] for number in ids]
        return [
            {name: value for name, value in row.items() if name != "originBoardId"}
            | {"boardId": row.get("originBoardId")}
            for row in rows
        ] or None

    def changelog(self, issue: Issue, at_most: int) -> Json:
        histories = issue.get("changelog", {}).get("histories", [])
        newest = [self.history(each) for each in histories[::-1][:at_most]]
        return {"startAt": 0, "maxResults": len(newest), "total": len(histories), "histories": newest}

    def history(self, history: Json) -> Json:
        shown: Json = {"id": history["id"], "created": history["created"], "items": history["items"]}
        if history.get("author"):
            shown["author"] = self.user(history["author"])
        return shown

    def field(self, row: Json) -> Json:
        return row

    def issue_type(self, row: Json) -> Json:
        return {**row, "self": f"{self.base_url}/rest/api/3/issuetype/{row['id']}"}

    def status(self, row: Json) -> Json:
        return {**row, "self": f"{self.base_url}/rest/api/3/status/{row['id']}"}

    def project(self, row: Json) -> Json:
        shown = {name: value for name, value in row.items() if name != "archived" or value}
        return {"isPrivate": False, **shown, "self": f"{self.base_url}/rest/api/3/project/{row['id']}"}

    def field_rows(self) -> list[Json]:
        return self.site.fields

    def _epic_key(self, issue: Issue) -> str | None:
        parent = issue["fields"].get("parent") or {}
        epic = self.site.issues.get(parent.get("id", ""))
        if epic is None or epic["fields"]["issuetype"].get("hierarchyLevel") != 1:
            return None
        return str(epic["key"]) if epic["fields"]["project"]["id"] not in self.site.hidden_projects else None


class DataCenterView(BaseView):
    """name and key, Epic Link and Parent Link, sprint strings, complete histories without fieldId."""

    def __init__(self, site: JiraSite, index: IssueIndex, *, base_url: str) -> None:
        super().__init__(site, index, base_url=base_url)
        self._keys = {account: user.get("key") or user.get("name") for account, user in site.users.items()}

    def person(self, user: Json) -> Json:
        shown = {name: user[name] for name in SERVER_USER if user.get(name) is not None}
        return shown | {"self": f"{self.base_url}/rest/api/2/user?username={user.get('name')}"}

    def shapes(self) -> dict[str, Shape]:
        shapes = super().shapes()
        for row in self.field_rows():
            custom = (row.get("schema") or {}).get("custom")
            if custom == f"{GREENHOPPER}:gh-epic-link":
                shapes[row["id"]] = lambda issue, value: self._above(issue, epic=True) or value
            elif custom == f"{GREENHOPPER}:gh-epic-label":
                shapes[row["id"]] = lambda issue, value: issue["fields"].get("summary") if _level(issue) == 1 else None
            elif custom == PARENT_LINK:
                shapes[row["id"]] = lambda issue, value: self._above(issue, epic=False)
        shapes["project"] = lambda issue, row: {
            "self": f"{self.base_url}/rest/api/2/project/{row['id']}",
            **{name: row[name] for name in ("id", "key", "name", "projectTypeKey") if name in row},
        }
        shapes["statuscategorychangedate"] = lambda issue, value: OMIT
        return shapes

    def parent(self, issue: Issue, parent: Json | None) -> Any:
        """Sub-tasks only."""
        if not parent or not issue["fields"]["issuetype"].get("subtask"):
            return OMIT
        end = self.end(parent)
        return OMIT if end is None else end

    def sprints(self, ids: list[int]) -> Any:
        return [sprint_text(self.site.sprints[number]) for number in ids] or None

    def changelog(self, issue: Issue, at_most: int) -> Json:
        histories = [self.history(each) for each in issue.get("changelog", {}).get("histories", [])]
        return {"startAt": 0, "maxResults": len(histories), "total": len(histories), "histories": histories}

    def history(self, history: Json) -> Json:
        items = [self._item(item) for item in history["items"]]
        shown: Json = {"id": history["id"], "created": history["created"], "items": items}
        if history.get("author"):
            shown["author"] = self.user(history["author"])
        return shown

    def field(self, row: Json) -> Json:
        shown = {name: value for name, value in row.items() if name not in {"key", "untranslatedName", "scope"}}
        if (row.get("schema") or {}).get("custom", "").endswith(":gh-sprint"):
            shown["schema"] = {**row["schema"], "items": "string"}
        return shown

    def issue_type(self, row: Json) -> Json:
        shown = {name: value for name, value in row.items() if name not in {"hierarchyLevel", "scope", "entityId"}}
        return shown | {"self": f"{self.base_url}/rest/api/2/issuetype/{row['id']}"}

    def status(self, row: Json) -> Json:
        shown = {name: value for name, value in row.items() if name != "scope"}
        return shown | {"self": f"{self.base_url}/rest/api/2/status/{row['id']}"}

    def project(self, row: Json) -> Json:
        shown = {name: value for name, value in row.items() if name in {"id", "key", "name", "projectTypeKey"}}
        archived = {"archived": True} if row.get("archived") else {}
        return shown | archived | {"self": f"{self.base_url}/rest/api/2/project/{row['id']}"}

    def field_rows(self) -> list[Json]:
        """The site's fields, and those of the hierarchy where the site was made without them."""
        has = {(row.get("schema") or {}).get("custom") for row in self.site.fields}
        return [*self.site.fields, *(row for row in HIERARCHY if row["schema"]["custom"] not in has)]

    def _above(self, issue: Issue, *, epic: bool) -> str | None:
        """The parent's key, when it is (or is not) an epic and this is no sub-task."""
        parent = issue["fields"].get("parent")
        if not parent or issue["fields"]["issuetype"].get("subtask"):
            return None
        above = self.site.issues.get(parent["id"])
        if above is None:
            return parent.get("key") if epic else None
        return str(above["key"]) if (_level(above) == 1) == epic else None

    def _item(self, item: Json) -> Json:
        shown = {name: value for name, value in item.items() if name != "fieldId"}
        if shown["field"] in PERSONAL:
            shown |= {side: self._keys.get(item[side], item[side]) for side in ("from", "to")}
        if shown["field"] == "IssueParentAssociation":
            shown |= {"field": self._relation(item), "fieldtype": "custom"}
        return shown

    def _relation(self, item: Json) -> str:
        above = self.site.issues.get(item["to"] or item["from"] or "")
        return "Epic Link" if above is None or _level(above) == 1 else "Parent Link"


def _level(issue: Issue) -> int:
    return int(issue["fields"]["issuetype"].get("hierarchyLevel") or 0)


def sprint_text(sprint: Json) -> str:
    """A sprint as Java's toString has it: nothing is quoted, so commas and brackets in a name stand as they are."""
    parts = {
        "id": sprint["id"],
        "rapidViewId": sprint.get("originBoardId"),
        "state": str(sprint["state"]).upper(),
        "name": sprint["name"],
        "startDate": sprint.get("startDate"),
        "endDate": sprint.get("endDate"),
        "completeDate": sprint.get("completeDate"),
        "activatedDate": sprint.get("startDate"),
        "sequence": sprint["id"],
        "goal": sprint.get("goal"),
        "autoStartStop": "false",
        "synced": "false",
    }
    inner = ",".join(f"{name}={'<null>' if value is None else value}" for name, value in parts.items())
    return f"com.atlassian.greenhopper.service.sprint.Sprint@1a2b[{inner}]"


def unlicensed_parent_link() -> Json:
    """What Cloud keeps in Parent Link where Plans is not licensed: an object although nothing is set."""
    reason = {"reason": "PLUGIN_LICENSE_ERROR", "message": "The Parent Link is only available to Jira Premium users."}
    return {"hasEpicLinkFieldDependency": False, "showField": False, "nonEditableReason": reason}


def _hierarchy_field(number: int, name: str, custom: str) -> Json:
    return {
        "id": f"customfield_{number}",
        "key": f"customfield_{number}",
        "name": name,
        "custom": True,
        "orderable": True,
        "navigable": True,
        "searchable": True,
        "clauseNames": [f"cf[{number}]", name],
        "schema": {"type": "any", "custom": custom, "customId": number},
    }


HIERARCHY = (
    _hierarchy_field(10901, "Epic Link", f"{GREENHOPPER}:gh-epic-link"),
    _hierarchy_field(10902, "Epic Name", f"{GREENHOPPER}:gh-epic-label"),
    _hierarchy_field(10903, "Parent Link", PARENT_LINK),
)
