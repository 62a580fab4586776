"""Issue links: which end comes first, decided once per link type; and one canonical edge from either end.

The direction is in no type's name: on one site outward is "blocks", on the next it is "depends on". The
operator's word counts first, then the two phrases; a type that stays undecided is no dependency and is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connectors.contract import Finding
from connectors.items import LinkDirection, SourceLink, SourceLinkType, SourceStub, StatusCategory
from connectors.jira.config import fold
from connectors.jira.payloads import FarIssueJson, LinkJson, LinkTypeJson
from connectors.jira.statuses import StatusTable


def _phrases(text: str) -> frozenset[str]:
    return frozenset(filter(None, (fold(phrase) for line in text.splitlines() for phrase in line.split("|"))))


# "A <phrase> B": A must come first
HOLDS = _phrases(
    """
    blocks|is blocking|required by|is required by|is required for|needed by|is needed by|is needed for
    depended on by|is depended on by|is depended upon by|is a dependency of|is a dependency for|is dependency of
    has to be done before|must be done before|has to be finished before|must be completed before|is done before
    precedes|comes before|is followed by|followed by|is predecessor of|is a predecessor of|predecessor of
    is predecessor for|has successor|is prerequisite of|is prerequisite for|is a prerequisite of
    is a prerequisite for|is triggering|triggers|gates|enables|holds up|is waited on by|has dependent
    """
)
# "A <phrase> B": A waits for B
WAITS = _phrases(
    """
    is blocked by|blocked by|depends on|depends upon|is dependent on|is dependent upon|dependent on|requires
    needs|has to be done after|must be done after|has to be finished after|must be completed after|is done after
    follows|comes after|is preceded by|preceded by|is successor of|is a successor of|successor of
    is successor for|has predecessor|has prerequisite|is triggered by|triggered by|is gated by|gated by
    is enabled by|enabled by|is held up by|waits for|waits on|is waiting for|is waiting on|has dependency
    has dependency on|has a dependency on
    """
)
# known to say nothing about order; no one needs to be told
UNORDERED = _phrases(
    """
    relates to|is related to|related to|duplicates|is duplicated by|duplicated by|clones|is cloned by|cloned by
    is cloned from|cloned from|is cloned into|is cloned to|cloned to|addresses|addressed by|is addressed by
    includes|is included by|included in|is included in|contains|is contained in|is contained by|is part of
    has part|consists of|split to|split from|is split to|is split from|causes|is caused by|caused by|implements
    is implemented by|implemented by|delivers|is delivered by|tests|is tested by|tested by|is testing|verifies
    is verified by|is parent of|is child of|is parent task of|is subtask of|has parent|has child|supersedes
    is superseded by|replaces|is replaced by|resolves|is resolved by|fixes|is fixed by|reviews|is reviewed by
    documents|is documented by|mentions|is mentioned by|is mentioned in|references|is referenced by|refers to
    merged into|merged from|is merged into|added to idea|is idea for|breaks|is broken by|discovered while testing
    testing discovered|is incorporated by|incorporates|is derived from|has derived|backports|is backported by
    has to be finished together with|has to be started together with|jira_subtask_outward|jira_subtask_inward
    is reviewing|is being reviewed by|is an epic of|has epic|belongs to epic|is epic of
    """
)


def read_link_types(
    sent: Iterable[LinkTypeJson], *, directions: Mapping[str, LinkDirection]
) -> tuple[tuple[SourceLinkType, ...], tuple[Finding, ...]]:
    """Every link type with its direction, and a finding for each that nobody can decide or that does not exist.

    `directions` is the operator's: by type id or by name.
    """
    configured = {fold(name): direction for name, direction in directions.items()}
    types = tuple(_link_type(one, configured) for one in sent)
    known = {fold(one.native_id) for one in types} | {fold(one.name) for one in types}
    findings = [_undecided(one) for one in types if one.decided_by == "undecided"]
    findings += [
        Finding("link_type_missing", f"link_directions names {name!r}, but the site has no such link type.")
        for name in directions
        if fold(name) not in known
    ]
    return types, tuple(findings)


def decide_by_phrases(*, name: str, outward: str, inward: str) -> LinkDirection | None:
    """The direction that the two phrases tell, NONE where they tell of no order, None where nobody can say."""
    out, back = fold(outward), fold(inward)
    if out == back:
        return LinkDirection.NONE
    source_first = (out in HOLDS) + (back in WAITS)
    target_first = (out in WAITS) + (back in HOLDS)
    if source_first and not target_first:
        return LinkDirection.PREDECESSOR_FIRST
    if target_first and not source_first:
        return LinkDirection.SUCCESSOR_FIRST
    if source_first and target_first:
        return None
    if out in UNORDERED or back in UNORDERED:
        return LinkDirection.NONE
    # Jira ships this type with this name on every site, and translates only its phrases
    return LinkDirection.PREDECESSOR_FIRST if fold(name) == "blocks" else None


def read_link(link: LinkJson, *, item_id: str, statuses: StatusTable) -> SourceLink | None:
    """The edge with the end that reads `outward` as its source; None when the tool names no other end."""
    if link.outwardIssue is not None:
        return SourceLink(
            link.id,
            link.type.id,
            item_id,
            link.outwardIssue.id,
            "source",
            read_stub(link.outwardIssue, statuses=statuses),
        )
    if link.inwardIssue is not None:
        return SourceLink(
            link.id,
            link.type.id,
            link.inwardIssue.id,
            item_id,
            "target",
            read_stub(link.inwardIssue, statuses=statuses),
        )
    return None


def read_stub(issue: FarIssueJson, *, statuses: StatusTable) -> SourceStub:
    """What is known of an issue that was not read; its resolution is not, so only the status can cancel it."""
    fields = issue.fields
    if fields is None:
        return SourceStub(issue.id, issue.key)
    status = fields.status
    category: StatusCategory | None = None
    if status is not None:
        category = statuses.current(status)
        if category is not None:
            category = statuses.after_cancelled_rule(category, status=status.name)
    return SourceStub(
        issue.id,
        issue.key,
        fields.summary,
        status.name if status else None,
        category,
        fields.issuetype.name if fields.issuetype else None,
    )


def _link_type(sent: LinkTypeJson, configured: Mapping[str, LinkDirection]) -> SourceLinkType:
    direction, decided_by = configured.get(fold(sent.id)) or configured.get(fold(sent.name)), "config"
    if direction is None:
        decided_by = "phrases"
        direction = decide_by_phrases(name=sent.name, outward=sent.outward, inward=sent.inward)
    if direction is None:
        direction, decided_by = LinkDirection.NONE, "undecided"
    return SourceLinkType(sent.id, sent.name, sent.outward, sent.inward, direction, decided_by)


def _undecided(link_type: SourceLinkType) -> Finding:
    return Finding(
        "link_type_undecided",
        f"Link type {link_type.name!r} ({link_type.outward!r} / {link_type.inward!r}) is not counted as a dependency: "
        f"say in link_directions which end comes first, or none.",
    )
