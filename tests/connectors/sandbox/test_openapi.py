"""Every answer has the shape of the vendor's own OpenAPI document, but for the lies listed here with their reason."""

from __future__ import annotations

import gzip
import json
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from connectors.sandbox.portfolio import generate_portfolio
from connectors.sandbox.site import JiraSite
from tests.connectors.sandbox.support import (
    BULK,
    NOW,
    SEARCH,
    SPRINT,
    SUBTASK,
    a_site,
    add_story,
    cloud,
    datacenter,
    options,
)

DATA = Path(os.environ.get("INTERLOCK_REAL_DATA", Path(__file__).parents[3].parent / "shared" / "data"))
SPECS = DATA / "specs"
pytestmark = pytest.mark.skipif(not SPECS.is_dir(), reason=f"no OpenAPI documents in {SPECS} (INTERLOCK_REAL_DATA)")

LIES = {
    r".*'untranslatedName' was unexpected\)": "real sites send it, the document does not know it",
    r".*: None is not of type .*": "the documents do not say which values are null",
    r"(issues/\d+/)?fields/\w+: .* is not of type 'object'": "Data Center's document calls every field an object",
}

CLOUD_READS = {
    "/rest/api/3/myself": "User",
    "/rest/api/3/serverInfo": "ServerInformation",
    "/rest/api/3/field": "FieldDetails",
    "/rest/api/3/issuetype": "IssueTypeDetails",
    "/rest/api/3/status": "StatusDetails",
    "/rest/api/3/priority": "Priority",
    "/rest/api/3/resolution": "Resolution",
    "/rest/api/3/project/search": "PageBeanProject",
    "/rest/api/3/field/search": "PageBeanField",
    "/rest/api/3/project/PAY/versions": "Version",
    "/rest/api/3/project/PAY/version": "PageBeanVersion",
    "/rest/api/3/issueLinkType": "IssueLinkTypes",
    "/rest/api/3/mypermissions?permissions=BROWSE_PROJECTS": "Permissions",
    "/rest/api/3/issue/PAY-1?expand=changelog": "IssueBean",
    "/rest/api/3/issue/PAY-1/changelog": "PageBeanChangelog",
    "/rest/api/3/search/jql?jql=project=PAY&fields=*all&expand=names,schema,changelog": "SearchAndReconcileResults",
}
SERVER_READS = {
    "/rest/api/2/myself": "UserBean",
    "/rest/api/2/serverInfo": "ServerInfoBean",
    "/rest/api/2/field": "FieldBean",
    "/rest/api/2/issuetype": "IssueTypeJsonBean",
    "/rest/api/2/status": "StatusJsonBean",
    "/rest/api/2/priority": "PriorityJsonBean",
    "/rest/api/2/resolution": "ResolutionJsonBean",
    "/rest/api/2/project": "ProjectBean",
    "/rest/api/2/issueLinkType": "IssueLinkTypesBean",
    "/rest/api/2/project/PAY/versions": "VersionBean",
    "/rest/api/2/issue/PAY-1?expand=changelog": "IssueBean",
    "/rest/api/2/search?jql=project=PAY&expand=changelog": "SearchResultsBean",
    "/rest/agile/1.0/sprint/4": "SprintBean",
    "/rest/agile/1.0/board/1/configuration": "BoardConfigBean",
}


@lru_cache
def document(name: str) -> dict[str, Any]:
    with gzip.open(SPECS / f"{name}.json.gz") as file:
        loaded: dict[str, Any] = json.load(file)
    return loaded


def complaints(value: Any, spec: str, schema: dict[str, Any]) -> list[str]:
    """What the document holds against an answer, less the known lies."""
    validator = Draft7Validator(schema | {"components": document(spec)["components"]})
    rows = value if isinstance(value, list) and "$ref" in schema else [value]
    assert rows, "an empty list proves nothing"
    found = [
        f"{'/'.join(str(part) for part in error.absolute_path)}: {error.message}"
        for row in rows
        for error in validator.iter_errors(row)
    ]
    return [each for each in found if not any(re.fullmatch(lie, each, re.DOTALL) for lie in LIES)]


def named(schema: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{schema}"}


def full_site() -> JiraSite:
    site = a_site(3)
    add_story(site, 1004, issuetype=SUBTASK, parent={"id": "1001", "key": "PAY-1"})
    site.link("9", "1001", "1002", at=NOW)
    site.touch("1001", NOW, summary="Renamed", **{SPRINT: [4]})
    site.transition("1001", "3", at=NOW)
    site.versions["10"] = [
        {"id": "70", "name": "1.0", "archived": False, "released": True, "releaseDate": "2026-01-02"}
    ]
    return site


@pytest.mark.parametrize(("path", "schema"), CLOUD_READS.items())
async def test_cloud_answers_in_the_vendors_shape(path: str, schema: str) -> None:
    async with cloud(full_site()) as jira:
        answer = await jira.get(path)

    assert answer.status_code == 200, answer.text
    assert complaints(answer.json(), "jira-cloud-platform-v3", named(schema)) == []


@pytest.mark.parametrize(
    ("path", "body", "schema"),
    [
        (SEARCH, {"jql": "project = PAY", "fields": ["*all"], "maxResults": 1}, "SearchAndReconcileResults"),
        (BULK, {"issueIdsOrKeys": ["1001", "1004"], "expand": ["changelog"]}, "BulkIssueResults"),
        ("/rest/api/3/changelog/bulkfetch", {"issueIdsOrKeys": ["1001"]}, "BulkChangelogResponseBean"),
        ("/rest/api/3/search/approximate-count", {"jql": "project = PAY"}, "JQLCountResultsBean"),
    ],
)
async def test_cloud_answers_posts_in_the_vendors_shape(path: str, body: dict[str, Any], schema: str) -> None:
    async with cloud(full_site()) as jira:
        answer = await jira.post(path, json=body)

    assert answer.status_code == 200, answer.text
    assert complaints(answer.json(), "jira-cloud-platform-v3", named(schema)) == []


async def test_webhooks_of_an_app_have_the_vendors_shape() -> None:
    asked = {"events": ["jira:issue_updated"], "jqlFilter": "project in (10)"}
    refused = {"events": ["worklog_created"], "jqlFilter": "project = PAY"}
    place = "/rest/api/3/webhook"
    async with cloud(full_site(), options(app_secret="the secret of an app")) as jira:
        made = await jira.post(place, json={"url": "https://a.example/hook", "webhooks": [asked, refused]})
        listed = await jira.get(place)
        ids = [each["id"] for each in listed.json()["values"]]
        refreshed = await jira.put(f"{place}/refresh", json={"webhookIds": ids})
        removed = await jira.request("DELETE", place, json={"webhookIds": ids})

    assert (len(ids), made.json()["webhookRegistrationResult"][0]) == (1, {"createdWebhookId": ids[0]})
    shapes = {
        "ContainerForRegisteredWebhooks": made,
        "PageBeanWebhook": listed,
        "WebhooksExpirationDate": refreshed,
    }
    for schema, answer in shapes.items():
        assert (answer.status_code, complaints(answer.json(), "jira-cloud-platform-v3", named(schema))) == (200, [])
    assert (removed.status_code, removed.content) == (202, b"")


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/rest/agile/1.0/board", "/rest/agile/1.0/board"),
        ("/rest/agile/1.0/board/1/configuration", "/rest/agile/1.0/board/{boardId}/configuration"),
    ],
)
async def test_clouds_boards_have_the_vendors_shape(path: str, template: str) -> None:
    operation = document("jira-cloud-software")["paths"][template]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    async with cloud(full_site()) as jira:
        answer = await jira.get(path)

    assert answer.status_code == 200, answer.text
    assert complaints(answer.json(), "jira-cloud-software", schema) == []


@pytest.mark.parametrize(("path", "schema"), SERVER_READS.items())
async def test_data_center_answers_in_the_vendors_shape(path: str, schema: str) -> None:
    async with datacenter(full_site()) as jira:
        answer = await jira.get(path)

    assert answer.status_code == 200, answer.text
    assert complaints(answer.json(), "jira-dc-10.3", named(schema)) == []


@pytest.mark.parametrize(("path", "schema"), CLOUD_READS.items())
async def test_the_example_portfolio_has_the_vendors_shape(path: str, schema: str) -> None:
    async with cloud(example()) as jira:
        answer = await jira.get(path)

    assert answer.status_code == 200, answer.text
    assert complaints(answer.json(), "jira-cloud-platform-v3", named(schema)) == []


@lru_cache
def example() -> JiraSite:
    return generate_portfolio(issues=120, today=NOW.date())
