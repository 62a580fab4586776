"""How far the data of a program can be trusted, and what to mend: per source, team, project or workstream."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from service.domain.data_quality import Check, Quality
from service.domain.errors import InvalidQuery, one_of
from service.domain.network import NetworkItem
from service.programs.answers import Answer, ProgramRef
from service.programs.cursors import DEFAULT_LIMIT, checked_limit, read_cursor, write_cursor
from service.programs.dependency_faces import url_of
from service.programs.dependency_network import ProgramNetwork
from service.programs.dependency_terms import Viewpoint
from service.programs.health import DEFAULT_TERMS, quality_data
from service.programs.health_answers import DataQualityData, ItemToMend, QualityRow
from service.programs.health_standing import standing_of
from service.programs.health_terms import HealthTerms
from service.programs.item_faces import faces_of
from service.programs.links import Links
from service.programs.rounding import rounded
from service.store.engine import Database
from service.store.faces import Face


class QualityBy(StrEnum):
    """What the rows of the breakdown stand for."""

    SOURCE = "source"
    TEAM = "team"
    PROJECT = "project"
    WORKSTREAM = "workstream"


@dataclass(frozen=True, slots=True)
class Asked:
    """`lacks`: only items that fail one of these checks; none: whatever they lack."""

    by: str = QualityBy.SOURCE
    lacks: tuple[str, ...] = ()


ANYTHING: Final = Asked()


async def get_data_quality(
    database: Database,
    key: str,
    *,
    view: Viewpoint,
    terms: HealthTerms = DEFAULT_TERMS,
    asked_for: Asked = ANYTHING,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Answer[DataQualityData]:
    """As of the view's moment. Raises UnknownProgram or InvalidQuery."""
    checked_limit(limit)
    rows = one_of(QualityBy, "by", asked_for.by)
    wanted = [one_of(Check, "lacks", each) for each in asked_for.lacks]
    start = _start(read_cursor("data-quality", cursor, parts=1))
    known, measured = await standing_of(database, key, view, terms)
    asked, standing = known.network, measured.standing
    places = standing.checked.to_mend(wanted)
    page = places[start : start + limit]
    items = [asked.network.items[place] for place in page]
    async with database.reading() as uow:
        faces = await faces_of(uow.connection, items)
    data = DataQualityData(
        program=ProgramRef(asked.program.key, asked.program.name),
        quality=quality_data(standing.checked, Links.of(key, view)),
        by=rows,
        breakdown=tuple(_row(name, each) for name, each in standing.qualities(_groups(asked)[rows]).items()),
        items=tuple(_item(asked, place, standing.checked.lacks(place), faces) for place in page),
        total=len(places),
        next_cursor=write_cursor("data-quality", str(start + limit)) if len(places) > start + limit else None,
    )
    return known.answer(data, measured.notices)


def _groups(asked: ProgramNetwork) -> Mapping[QualityBy, Callable[[NetworkItem], str | None]]:
    return {
        QualityBy.SOURCE: lambda item: item.source,
        QualityBy.TEAM: lambda item: item.team,
        QualityBy.PROJECT: asked.project,
        QualityBy.WORKSTREAM: lambda item: item.workstream,
    }


def _row(name: str | None, quality: Quality) -> QualityRow:
    return QualityRow(
        name=name,
        score=rounded(quality.score),
        coverage=round(quality.coverage, 6),
        checks={str(share.check): rounded(share.value) for share in quality.shares},
    )


def _item(asked: ProgramNetwork, place: int, lacks: Sequence[Check], faces: Mapping[str, Face]) -> ItemToMend:
    item = asked.network.items[place]
    face = faces.get(item.uid)
    return ItemToMend(
        uid=item.uid,
        key=item.key,
        title=item.title,
        source=item.source,
        project=asked.project(item),
        team=item.team,
        assignee=None if face is None else face.assignee,
        lacks=tuple(lacks),
        url=url_of(item, faces),
    )


def _start(parts: Sequence[str] | None) -> int:
    if parts is None:
        return 0
    if not parts[0].isdecimal():
        raise InvalidQuery("cursor", "this is no cursor of this list; start again without one.")
    return int(parts[0])
