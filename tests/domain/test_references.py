"""What an address or a key can mean, given the sources: everything it may, and never an item of another host."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.references import Atlas, Meaning, Order, Site, order_told_by

CLOUD = Site("acme-jira", "jira-cloud", "https://acme.atlassian.net")
OWN = Site("own-jira", "jira-dc", "https://tools.acme.example:8443/jira/")
ASANA = Site("acme-asana", "asana", "https://app.asana.com/api/1.0")
STAND_IN = Site("test-asana", "asana", "http://127.0.0.1:8091/asana/api/1.0")
ATLAS = Atlas([CLOUD, OWN, ASANA])

keys = st.from_regex(r"[A-Z][A-Z0-9_]{1,9}-[1-9][0-9]{0,6}", fullmatch=True)
gids = st.integers(1, 10**17).map(str)


@pytest.mark.parametrize(
    "address",
    [
        "https://acme.atlassian.net/browse/PAY-12",
        "http://ACME.atlassian.net:80/browse/pay-12",
        " https://acme.atlassian.net/browse/PAY-12?focusedCommentId=7#top ",
        "https://acme.atlassian.net/browse/PAY-12/",
        "https://acme.atlassian.net/jira/software/c/projects/PAY/boards/4?selectedIssue=PAY-12",
        "https://acme.atlassian.net/secure/RapidBoard.jspa?rapidView=4&selectedIssue=PAY-12&view=detail",
        "https://acme.atlassian.net/projects/PAY/issues/PAY-12?filter=allissues",
    ],
)
def test_every_form_of_an_issues_address_is_known(address: str) -> None:
    assert ATLAS.meanings(address) == (Meaning("acme-jira", "PAY-12"),)


def test_a_jira_beneath_a_path_owns_what_is_beneath_it() -> None:
    assert ATLAS.meanings("https://tools.acme.example:8443/jira/browse/OPS-3") == (Meaning("own-jira", "OPS-3"),)
    assert ATLAS.meanings("https://tools.acme.example:8443/jirabrowse/OPS-3") == ()
    assert ATLAS.meanings("https://tools.acme.example:8443/other/browse/OPS-3") == ()


@pytest.mark.parametrize(
    "path",
    [
        "0/1200/1201",
        "0/1200/1201/f",
        "0/0/1201/",
        "1/77/project/1200/task/1201",
        "1/77/project/1200/task/1201/comment/9?focus=true",
        "1/77/task/1201",
    ],
)
def test_every_form_of_a_tasks_address_is_known(path: str) -> None:
    assert ATLAS.meanings(f"https://app.asana.com/{path}") == (Meaning("acme-asana", "1201"),)


@pytest.mark.parametrize(
    "pointer",
    [
        "https://app.asana.com/0/1200/list",
        "https://app.asana.com/0/1200",
        "https://app.asana.com/1/77/project/1200/list/5",
        "https://acme.atlassian.net/wiki/spaces/PAY/pages/12",
        "https://acme.atlassian.net/browse/PAY",
        "https://acme.atlassian.net/browse/PAY-012",
        "https://acme.atlassian.net/?selectedIssue=PAY",
        "https://acme.atlassian.net@evil.example/browse/PAY-12",
        "https://acme.atlassian.net.evil.example/browse/PAY-12",
        "https://evil.example/https://acme.atlassian.net/browse/PAY-12",
        "https://acme.atlassian.net:8443/browse/PAY-12",
        "https://acme.atlassian.net:99999999/browse/PAY-12",
        "ftp://acme.atlassian.net/browse/PAY-12",
        "//acme.atlassian.net/browse/PAY-12",
        "pay-12",
        "PAY-12 and more",
        "",
    ],
)
def test_what_is_no_items_address_and_no_key_means_nothing(pointer: str) -> None:
    assert ATLAS.meanings(pointer) == ()


def test_a_bare_key_may_be_an_issue_of_any_jira_and_no_task() -> None:
    assert ATLAS.meanings("PAY-12") == (Meaning("acme-jira", "PAY-12"), Meaning("own-jira", "PAY-12"))


def test_people_open_tasks_at_asana_even_where_the_api_is_asked_elsewhere() -> None:
    atlas = Atlas([STAND_IN])

    assert atlas.meanings("https://app.asana.com/0/1200/1201") == (Meaning("test-asana", "1201"),)
    assert atlas.meanings("http://127.0.0.1:8091/0/1200/1201") == (Meaning("test-asana", "1201"),)


def test_a_source_without_a_readable_address_is_left_out() -> None:
    assert Atlas([Site("odd", "jira-dc", "nowhere"), Site("new", "other", "https://x")]).meanings("PAY-1") == ()


@given(key=keys)
def test_a_browse_link_of_ours_leads_back_to_its_issue(key: str) -> None:
    for site in (CLOUD, OWN):
        assert Meaning(site.name, key) in ATLAS.meanings(f"{site.url.rstrip('/')}/browse/{key}")


@given(project=gids, task=gids)
def test_a_permalink_leads_back_to_its_task(project: str, task: str) -> None:
    assert ATLAS.meanings(f"https://app.asana.com/0/{project}/{task}") == (Meaning("acme-asana", task),)


@given(
    host=st.one_of(st.from_regex(r"[a-z0-9.-]{1,20}(:[0-9]{1,4})?", fullmatch=True), st.text(max_size=20)),
    path=st.sampled_from(["/browse/PAY-1", "/jira/browse/PAY-1", "/0/1/2", "/1/1/task/2", "/?selectedIssue=PAY-1"]),
)
def test_an_address_of_another_host_is_never_ours(host: str, path: str) -> None:
    ours = {"acme.atlassian.net", "tools.acme.example:8443", "app.asana.com"}
    if re.split(r"[/?#]", host, maxsplit=1)[0].rpartition("@")[2].rstrip(".") not in ours:
        assert ATLAS.meanings(f"https://{host}{path}") == ()


@given(pointer=st.text())
def test_any_text_is_answered(pointer: str) -> None:
    for meaning in ATLAS.meanings(pointer):
        assert meaning.called == pointer.strip()


@pytest.mark.parametrize(
    ("relationship", "order"),
    [
        ("is blocked by", Order.HOLDER_WAITS),
        ("Depends  On ", Order.HOLDER_WAITS),
        ("blocks", Order.TARGET_WAITS),
        ("relates to", Order.NONE),
        ("links to", Order.UNSAID),
        ("", Order.UNSAID),
        (None, Order.UNSAID),
    ],
)
def test_well_known_words_tell_who_waits(relationship: str | None, order: Order) -> None:
    assert order_told_by(relationship) is order
