"""Complete change histories on Cloud, beyond every cap of what an issue embeds."""

from __future__ import annotations

import msgspec
import pytest

from connectors.jira.histories import changelog_record, is_cut
from connectors.jira.reading import Histories
from tests.connectors.jira.crawling import Crawler, changelogs, ids, missing
from tests.connectors.jira.stub import Issue, StubJira, error


def site(count: int) -> StubJira:
    return StubJira(issues={number: Issue() for number in range(1, count + 1)})


@pytest.mark.parametrize("count", [39, 40, 41, 100, 101, 5000])
async def test_histories_are_complete_beyond_every_cap(count: int) -> None:
    stub = site(1)
    stub.issues[1].histories = count

    records = changelogs(await Crawler(stub).pages())

    if count <= 40:
        assert records == []
    else:
        (record,) = records
        assert [each["id"] for each in msgspec.json.decode(record.payload)] == [str(10_000 + n) for n in range(count)]


async def test_the_histories_of_many_issues_come_in_bulk_each_to_its_own() -> None:
    stub = site(20)
    for number in range(1, 11):
        stub.issues[number].histories = 41 + 30 * number

    records = changelogs(await Crawler(stub).pages())

    assert {record.native_id: len(msgspec.json.decode(record.payload)) for record in records} == {
        str(number): 41 + 30 * number for number in range(1, 11)
    }
    assert stub.count("/changelog/bulkfetch") == 3
    assert stub.count("/changelog") == 0


async def test_without_the_bulk_call_each_history_is_read_alone() -> None:
    stub = site(20)
    for number in range(1, 11):
        stub.issues[number].histories = 50
    stub.fault = lambda call: error(403) if call.path.endswith("/changelog/bulkfetch") else None

    records = changelogs(await Crawler(stub).pages())

    assert [len(msgspec.json.decode(record.payload)) for record in records] == [50] * 10


async def test_an_issue_that_goes_while_its_history_is_read_is_missing() -> None:
    stub = site(3)
    stub.issues[2].histories = 60
    stub.fault = lambda call: error(404) if call.path.endswith("/issue/2/changelog") else None

    pages = await Crawler(stub).pages()

    assert (ids(pages), missing(pages)) == ([1, 3], [2])


def embedded(shown: int, *, total: int | None = None, most: int | None = None) -> Histories:
    return Histories([msgspec.Raw(b"{}")] * shown, total, most)


def test_a_list_shorter_than_its_total_is_cut() -> None:
    assert is_cut(embedded(40, total=41))
    assert not is_cut(embedded(40, total=40))


@pytest.mark.parametrize(("shown", "cut"), [(0, False), (39, False), (40, True), (41, False), (100, True)])
def test_without_a_total_a_list_of_exactly_a_cap_is_taken_for_cut(shown: int, cut: bool) -> None:
    assert is_cut(embedded(shown)) is cut


def test_a_list_as_long_as_its_page_is_taken_for_cut() -> None:
    assert is_cut(embedded(60, most=60))


def test_histories_that_were_not_sent_are_cut() -> None:
    assert is_cut(None)


def test_histories_are_ordered_by_moment_then_number_whatever_the_form_of_their_moments() -> None:
    text, seconds, milliseconds = (
        b'{"id": "30", "created": "2026-01-01T02:00:00.000+0200"}',
        b'{"id": "4", "created": 1767225600}',
        b'{"id": "5", "created": 1767225599999}',
    )

    record = changelog_record("1", [text, seconds, milliseconds, text])

    assert record.payload == b"[" + b",".join([milliseconds, seconds, text]) + b"]"
