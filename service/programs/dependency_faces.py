"""From assessed edges to what an answer shows of them: both ends with their people, projects and addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.dependencies import AssessedEdge, DependencyStatus
from service.domain.network import NetworkItem, Presence
from service.programs.answers import Remark
from service.programs.dependency_answers import DependencyHealth, EdgeData, EndData, StatusCounts
from service.programs.dependency_choice import crosses_projects, crosses_tools
from service.programs.dependency_network import Known, ProgramNetwork
from service.programs.item_faces import faces_of
from service.programs.items import browse_url
from service.programs.rounding import rounded
from service.store.faces import Face

_NOBODY = Face("", None, None, None, None)


async def edges_shown(connection: AsyncConnection, known: Known, places: Sequence[int]) -> tuple[EdgeData, ...]:
    """These edges of the network, in this order."""
    network = known.network.network
    shown = [known.network.assessment.edge(place) for place in places]
    faces = await faces_of(connection, [item for place in places for item in network.ends(place)])
    return tuple(_edge(edge, network.ends(place), faces, known) for edge, place in zip(shown, places, strict=True))


async def ends_shown(
    connection: AsyncConnection, asked: ProgramNetwork, items: Iterable[NetworkItem]
) -> dict[str, EndData]:
    """By uid."""
    wanted = {item.uid: item for item in items}
    faces = await faces_of(connection, wanted.values())
    return {uid: end_data(asked, item, faces) for uid, item in wanted.items()}


def end_data(asked: ProgramNetwork, item: NetworkItem, faces: Mapping[str, Face]) -> EndData:
    face = faces.get(item.uid, _NOBODY)
    return EndData(
        uid=item.uid,
        key=item.key,
        title=item.title,
        source=item.source,
        project=asked.project(item),
        team=item.team,
        assignee=face.assignee,
        status=item.status,
        status_category=item.status_category,
        due=item.due,
        url=url_of(item, faces),
        visible=item.presence is Presence.LIVE,
        presence=item.presence,
        member=item.member,
        workstream=item.workstream,
    )


def url_of(item: NetworkItem, faces: Mapping[str, Face]) -> str | None:
    """Where the item opens in its tool; nobody is sent to what is not there."""
    face = faces.get(item.uid)
    if face is None or item.presence in (Presence.GONE, Presence.UNKNOWN):
        return None
    return browse_url(face)


def health_data(asked: ProgramNetwork) -> DependencyHealth:
    health = asked.assessment.health
    return DependencyHealth(
        score=rounded(health.score),
        reason=health.reason,
        counts=counts_data(health.counts),
        cycles=asked.assessment.cycles,
    )


def counts_data(counts: Mapping[DependencyStatus, int]) -> StatusCounts:
    return StatusCounts(**{str(status): number for status, number in counts.items()})


def _edge(
    assessed: AssessedEdge,
    ends: tuple[NetworkItem, NetworkItem],
    faces: Mapping[str, Face],
    known: Known,
) -> EdgeData:
    edge, (before, after) = assessed.edge, ends
    return EdgeData(
        id=edge.id,
        predecessor=end_data(known.network, before, faces),
        successor=end_data(known.network, after, faces),
        type=edge.type,
        lag_days=edge.lag_days,
        provenance=edge.provenance,
        origins=edge.origins,
        confirmed=edge.confirmed,
        link_type=edge.link_type,
        status=assessed.status,
        reasons=tuple(Remark(each.code, each.message) for each in assessed.reasons),
        need_by=assessed.need_by,
        planned_finish=assessed.planned_finish,
        gap_days=assessed.gap_days,
        blocked_since=assessed.blocked_since,
        blocked_days=assessed.blocked_days,
        probability=rounded(assessed.probability),
        downstream_items=assessed.downstream_items,
        cross_tool=crosses_tools(before, after),
        cross_project=crosses_projects(before, after),
        stale=any(known.is_stale(end.source) for end in ends),
        hub=assessed.hub,
        covered_by=assessed.covered_by,
    )
