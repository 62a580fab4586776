"""Links of a Jira issue to pages elsewhere are shown issue by issue, and told in its history."""

from __future__ import annotations

import pytest

from tests.connectors.sandbox.support import NOW, a_site, cloud, datacenter

ADDRESS = "https://app.asana.com/0/1200000000000010/1200000000000020"


@pytest.mark.parametrize(("edition", "api"), [(cloud, "3"), (cloud, "2"), (datacenter, "2")])
async def test_an_issue_shows_its_remote_links(edition, api: str) -> None:  # type: ignore[no-untyped-def]
    site = a_site(2)
    number = site.add_remote_link("1001", ADDRESS, "Write the press release", NOW)
    async with edition(site) as jira:
        (link,) = (await jira.get(f"/rest/api/{api}/issue/PAY-1/remotelink")).json()
        none = (await jira.get(f"/rest/api/{api}/issue/PAY-2/remotelink")).json()
        unknown = await jira.get(f"/rest/api/{api}/issue/PAY-99/remotelink")

    assert link.pop("self").endswith(f"/rest/api/{api}/issue/PAY-1/remotelink/{number}")
    assert link == {
        "id": number,
        "globalId": ADDRESS,
        "application": {},
        "relationship": "links to",
        "object": {"url": ADDRESS, "title": "Write the press release"},
    }
    assert none == []
    assert unknown.status_code == 404


async def test_a_remote_link_is_told_in_the_history_and_moves_updated() -> None:
    site = a_site(1)
    before = site.issues["1001"]["fields"]["updated"]
    number = site.add_remote_link("1001", ADDRESS, "Write the press release", NOW)

    (history,) = site.issues["1001"]["changelog"]["histories"]
    (item,) = history["items"]
    assert (item["field"], item["to"], item["toString"]) == (
        "RemoteIssueLink",
        str(number),
        'This issue links to "Write the press release"',
    )
    assert site.issues["1001"]["fields"]["updated"] > before
