from __future__ import annotations

import msgspec
import pytest

from connectors.items import LinkDirection, StatusCategory
from connectors.jira.config import JiraOptions
from connectors.jira.links import decide_by_phrases, read_link, read_link_types
from connectors.jira.payloads import LinkJson, LinkTypeJson
from connectors.jira.statuses import StatusTable
from tests.builders import jira

FIRST, LAST, NONE = LinkDirection.PREDECESSOR_FIRST, LinkDirection.SUCCESSOR_FIRST, LinkDirection.NONE
STATUSES = StatusTable((), JiraOptions())


@pytest.mark.parametrize(
    ("outward", "inward", "direction"),
    [
        ("blocks", "is blocked by", FIRST),
        ("is blocked by", "blocks", LAST),  # the same type, named the other way round
        ("depends on", "required by", LAST),
        ("depends on", "is dependent of", LAST),
        ("is depended on by", "depends on", FIRST),
        ("has to be done before", "has to be done after", FIRST),
        ("has to be done after", "has to be done before", LAST),
        ("is triggering", "is triggered by", FIRST),
        ("precedes", "follows", FIRST),
        ("is predecessor of", "is successor of", FIRST),
        ("BLOCKS ", "Is Blocked By", FIRST),
        ("is related to", "is related to", NONE),
        ("blocks", "blocks", NONE),
        ("duplicates", "is duplicated by", NONE),
        ("is cloned from", "is cloned into", NONE),
        ("addresses", "addressed by", NONE),
        ("includes", "is included by", NONE),
        ("blocks", "is required by", None),  # both ends claim to come first
        ("vorher", "nachher", None),
    ],
)
def test_the_two_phrases_decide_which_end_comes_first(
    outward: str, inward: str, direction: LinkDirection | None
) -> None:
    assert decide_by_phrases(name="Any", outward=outward, inward=inward) is direction


def test_the_blocks_type_is_known_by_its_name_where_its_phrases_are_translated() -> None:
    assert decide_by_phrases(name="Blocks", outward="blockiert", inward="wird blockiert von") is FIRST


def test_the_operator_decides_by_id_or_name_before_any_phrase() -> None:
    sent = [LinkTypeJson("1", "Blocks", "is blocked by", "blocks"), LinkTypeJson("2", "Vor", "nachher", "vorher")]

    types, findings = read_link_types(sent, directions={"blocks": NONE, "2": LAST})

    assert [(one.direction, one.decided_by) for one in types] == [(NONE, "config"), (LAST, "config")]
    assert findings == ()


def test_an_undecided_type_is_no_dependency_and_is_named_and_so_is_a_configured_type_that_is_not_there() -> None:
    types, findings = read_link_types([LinkTypeJson("2", "Vor", "nachher", "vorher")], directions={"Blocks": FIRST})

    assert [(one.direction, one.decided_by) for one in types] == [(NONE, "undecided")]
    assert [(one.code, one.message) for one in findings] == [
        (
            "link_type_undecided",
            "Link type 'Vor' ('vorher' / 'nachher') is not counted as a dependency: "
            "say in link_directions which end comes first, or none.",
        ),
        ("link_type_missing", "link_directions names 'Blocks', but the site has no such link type."),
    ]


def link(**ends: tuple[str, str]) -> LinkJson:
    return msgspec.convert(jira.a_link("500", "1", **ends), LinkJson)


def test_both_ends_tell_the_same_edge() -> None:
    from_source = read_link(link(outward=("2", "PAY-2")), item_id="1", statuses=STATUSES)
    from_target = read_link(link(inward=("1", "PAY-1")), item_id="2", statuses=STATUSES)

    assert from_source is not None
    assert from_target is not None
    assert (from_source.source_id, from_source.target_id, from_source.seen_from) == ("1", "2", "source")
    assert (from_target.source_id, from_target.target_id, from_target.seen_from) == ("1", "2", "target")


def test_the_far_end_keeps_what_the_link_told_about_it() -> None:
    edge = read_link(link(outward=("2", "PAY-2")), item_id="1", statuses=STATUSES)

    assert edge is not None
    assert edge.far_end is not None
    assert (edge.far_end.key, edge.far_end.title, edge.far_end.status) == ("PAY-2", "Far away", "Closed")
    assert edge.far_end.status_category is StatusCategory.DONE


def test_a_link_without_a_visible_end_is_no_edge() -> None:
    assert read_link(LinkJson("1", link(outward=("2", "PAY-2")).type), item_id="1", statuses=STATUSES) is None
