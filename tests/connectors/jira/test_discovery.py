"""Reference data: complete, equal in its bytes when nothing changed, and honest about what could not be read."""

from __future__ import annotations

import msgspec

from connectors.contract import Finding, ReferenceData
from connectors.jira.source import JiraSource
from tests.connectors.jira.stub import FIELDS, Call, Json, Reply, StubJira, error
from tests.connectors.jira.test_source import source


def read(reference: ReferenceData, name: str) -> list[Json]:
    payload: list[Json] = msgspec.json.decode(reference.payloads[name])
    return payload


async def discovered(site: StubJira, *, projects: list[str] | None = None) -> tuple[JiraSource, ReferenceData]:
    async with source(site, projects=projects) as subject:
        return subject, await subject.discover()


async def test_fields_are_the_union_of_both_listings() -> None:
    _, reference = await discovered(StubJira())

    assert {each["id"] for each in read(reference, "fields")} == {each["id"] for each in FIELDS}


async def test_projects_are_live_and_archived_by_number_and_without_pictures() -> None:
    _, reference = await discovered(StubJira())

    assert read(reference, "projects") == [
        {"id": "9", "key": "CART", "name": "Cart"},
        {"id": "10", "key": "PAY", "name": "Payments"},
        {"archived": True, "id": "12", "key": "OLD", "name": "Old shop"},
    ]


async def test_boards_tell_their_project_and_their_estimation_field() -> None:
    _, reference = await discovered(StubJira())

    assert [(each["id"], each["project_id"], each["estimation_field"]) for each in read(reference, "boards")] == [
        (1, "10", "customfield_10016"),
        (2, "10", None),
        (3, "9", None),
    ]


async def test_sprints_of_every_state_are_listed_once() -> None:
    _, reference = await discovered(StubJira())

    assert [(each["id"], each["state"]) for each in read(reference, "sprints")] == [
        (7, "closed"),
        (8, "active"),
        (11, "future"),
    ]


async def test_a_board_without_sprints_is_skipped_with_a_finding() -> None:
    _, reference = await discovered(StubJira())

    assert [each for each in reference.warnings if each.code == "board_skipped"] == [
        Finding(
            "board_skipped",
            "Board Cart team was left out: GET /rest/agile/1.0/board/3/sprint answered 400: "
            "The board does not support sprints; the request or the configuration is wrong.",
        )
    ]


async def test_a_site_without_boards_is_no_failed_discovery() -> None:
    site = StubJira(fault=lambda call: error(404) if "/agile/" in call.path else None)

    _, reference = await discovered(site, projects=["PAY"])

    assert read(reference, "boards") == []
    assert [(each.code, each.scope) for each in reference.warnings if each.code == "boards_unreadable"] == [
        ("boards_unreadable", "PAY")
    ]


async def test_unchanged_reference_data_has_equal_bytes() -> None:
    _, first = await discovered(StubJira())
    _, second = await discovered(StubJira())

    first_payloads, second_payloads = dict(first.payloads), dict(second.payloads)
    first_payloads.pop("server"), second_payloads.pop("server")  # the stub's address is another each time
    assert first_payloads == second_payloads


async def test_a_replay_knows_all_that_the_discovery_knew() -> None:
    subject, reference = await discovered(StubJira())

    assert subject.read_reference(reference.payloads) == reference


async def test_requests_grow_with_the_projects_in_scope() -> None:
    everything, one = StubJira(), StubJira()
    await discovered(everything)
    await discovered(one, projects=["PAY"])

    def of_projects(site: StubJira) -> set[str]:
        return {call.path for call in site.calls if call.path.endswith("/versions")}

    assert of_projects(one) == {"/rest/api/3/project/10/versions"}
    assert len(of_projects(everything)) == 3


async def test_a_data_center_lists_its_projects_in_one_answer() -> None:
    _, reference = await discovered(StubJira(cloud=False))

    assert [each["key"] for each in read(reference, "projects")] == ["CART", "PAY", "OLD"]
    assert msgspec.json.decode(reference.payloads["server"])["edition"] == "datacenter"


async def test_a_site_without_issue_links_has_no_link_types_and_says_so() -> None:
    def fault(call: Call) -> Reply | None:
        return error(404) if call.path.endswith("/issueLinkType") else None

    _, reference = await discovered(StubJira(fault=fault))

    assert reference.link_types == ()
    assert "links_unavailable" in {each.code for each in reference.warnings}
