"""What can be made to go wrong, over a real connection, and who may come in at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
import pytest

from connectors.sandbox import faults
from connectors.sandbox.cloud import create_cloud
from connectors.sandbox.datacenter import create_datacenter
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.server import SandboxServer
from tests.connectors.sandbox.support import BULK, NOW, SEARCH, a_site, options

ALL = {"jql": "project = PAY ORDER BY id"}
MINE = ("demo@example.com", "sandbox")


@contextmanager
def serving(chosen: SandboxOptions, *, auth: tuple[str, str] | None = MINE) -> Iterator[httpx.Client]:
    with SandboxServer(create_cloud(a_site(5), chosen)) as server, httpx.Client(base_url=server.url, auth=auth) as http:
        yield http


@pytest.mark.parametrize(
    ("wait", "header"),
    [(2, "2"), (datetime(2026, 11, 20, 12, 1, tzinfo=UTC), "Fri, 20 Nov 2026 12:01:00 GMT"), (None, None)],
)
def test_throttling_asks_to_wait_for_seconds_until_a_date_or_says_nothing(
    wait: int | datetime | None, header: str | None
) -> None:
    chosen = options(faults=[faults.throttled(SEARCH, retry_after=wait, reason="jira-burst-based", after=1)])
    with serving(chosen) as jira:
        answers = [jira.post(SEARCH, json=ALL) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 429, 200]
    assert answers[1].headers.get("Retry-After") == header
    assert answers[1].headers["RateLimit-Reason"] == "jira-burst-based"


def test_a_gateway_gives_up_on_large_pages_only() -> None:
    chosen = options(faults=[faults.too_large(SEARCH, above=50), faults.too_large(BULK, above=2)])
    with serving(chosen) as jira:
        large = jira.post(SEARCH, json={**ALL, "maxResults": 51})
        small = jira.post(SEARCH, json={**ALL, "maxResults": 50})
        many = jira.post(BULK, json={"issueIdsOrKeys": ["1001", "1002", "1003"]})

    assert (large.status_code, small.status_code, many.status_code) == (504, 200, 504)
    assert "json" not in large.headers["content-type"]


def test_a_body_may_end_in_the_middle() -> None:
    with serving(options(faults=[faults.truncated(SEARCH)])) as jira:
        with pytest.raises(httpx.RemoteProtocolError):
            jira.post(SEARCH, json=ALL)
        assert jira.post(SEARCH, json=ALL).status_code == 200


def test_a_connection_may_be_cut_and_is_recorded_so() -> None:
    chosen = options(faults=[faults.reset(SEARCH)])
    with serving(chosen) as jira:
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            jira.post(SEARCH, json=ALL)
        assert jira.post(SEARCH, json=ALL).status_code == 200

    assert [request.status for request in chosen.requests] == [0, 200]


def test_paging_may_lie() -> None:
    chosen = options(faults=[faults.repeated_token(after=2), faults.missing_token()])
    with serving(chosen) as jira:
        lost = jira.post(SEARCH, json={**ALL, "maxResults": 2}).json()
        first = jira.post(SEARCH, json={**ALL, "maxResults": 2}).json()
        again = jira.post(SEARCH, json={**ALL, "maxResults": 2, "nextPageToken": first["nextPageToken"]}).json()

    assert lost["isLast"] is False
    assert "nextPageToken" not in lost
    assert again["nextPageToken"] == first["nextPageToken"]


def test_a_credential_may_stop_working_in_the_middle() -> None:
    chosen = options(faults=[faults.unauthorized(SEARCH, after=1)])
    with serving(chosen) as jira:
        assert [jira.post(SEARCH, json=ALL).status_code for _ in range(3)] == [200, 401, 401]


def test_pages_for_people_come_with_status_200() -> None:
    chosen = options(faults=[faults.login_page(SEARCH), faults.failing("/myself", status=503)])
    with serving(chosen) as jira:
        page = jira.post(SEARCH, json=ALL)
        down = jira.get("/rest/api/3/myself")
        chosen.login_page = True
        every = jira.get("/rest/api/3/field")

    assert (page.status_code, page.headers["content-type"].split(";")[0]) == (200, "text/html")
    assert (down.status_code, every.status_code, every.text) == (503, 200, faults.LOGIN_PAGE.decode())


def test_the_date_header_follows_the_clock_of_the_site() -> None:
    with serving(options()) as jira:
        assert jira.get("/rest/api/3/serverInfo").headers.get_list("Date") == ["Fri, 20 Nov 2026 12:00:30 GMT"]
    assert NOW.second == 30


def test_a_wrong_credential_is_refused_or_silently_taken_for_nobody() -> None:
    chosen = options()
    with serving(chosen, auth=("demo@example.com", "wrong")) as jira:
        assert jira.post(SEARCH, json=ALL).status_code == 401
        chosen.silent_anonymous = True
        silent = jira.post(SEARCH, json={"jql": "updated >= -1d"})
        projects = jira.get("/rest/api/3/project/search", params={"status": "live"})
        myself = jira.get("/rest/api/3/myself")

    assert (silent.status_code, silent.json()["issues"]) == (200, [])
    assert (projects.status_code, projects.json()["values"]) == (200, [])
    assert myself.status_code == 401
    assert "X-AAccountId" not in silent.headers


def test_bearer_tokens_open_and_each_edition_says_who_came_in() -> None:
    bearer = {"Authorization": "Bearer sandbox"}
    site = a_site(1)
    with (
        SandboxServer(create_cloud(site, options())) as cloud,
        SandboxServer(create_datacenter(site, options()), context_path="/jira") as server,
    ):
        one = httpx.get(f"{cloud.url}/rest/api/3/myself", headers=bearer)
        two = httpx.get(f"{server.url}/rest/api/2/myself", headers=bearer)
        nobody = httpx.get(f"{server.url}/rest/api/2/serverInfo")

    assert (one.headers["X-AAccountId"], one.json()["accountId"]) == ("acc-1", "acc-1")
    assert (two.headers["X-AUSERNAME"], two.json()["name"]) == ("rita", "rita")
    assert nobody.headers["X-AUSERNAME"] == "anonymous"
    assert server.url.endswith("/jira")


def test_latency_delays_every_answer() -> None:
    with serving(options(latency=0.05)) as jira:
        assert jira.get("/rest/api/3/field").elapsed.total_seconds() >= 0.05
