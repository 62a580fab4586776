"""Items for roll-ups in one word each: what is not said is a live, open, unestimated story of one project."""

from __future__ import annotations

from datetime import date

from service.domain.items import RollupItem
from service.domain.status import StatusCategory

SOURCE = "acme-jira"
TO_DO, IN_PROGRESS, DONE, CANCELLED = StatusCategory


def a_story(
    name: str,
    category: StatusCategory = TO_DO,
    *,
    points: float | None = None,
    seconds: int | None = None,
    under: str | None = None,
    item_type: str = "Story",
    level: int = 0,
    subtask: bool = False,
    source: str = SOURCE,
    project: str = "1",
    also_in: tuple[str, ...] = (),
    epic: str | None = None,
    team: str | None = None,
    workstream: str | None = None,
    start: date | None = None,
    due: date | None = None,
    no_resolution: bool = False,
) -> RollupItem:
    """`under` and `epic` are names; uids are "source:name"."""
    return RollupItem(
        uid=f"{source}:{name}",
        called=name,
        source=source,
        project_id=project,
        item_type=item_type,
        level=level,
        subtask=subtask,
        status_category=category,
        no_resolution=no_resolution,
        parent_uid=f"{source}:{under}" if under else None,
        epic_uid=f"{source}:{epic}" if epic else None,
        team=team,
        workstream=workstream,
        points=points,
        time_seconds=seconds,
        start=start,
        due=due,
        homes=(project, *also_in),
    )


def a_subtask(name: str, category: StatusCategory = TO_DO, *, under: str, points: float | None = None) -> RollupItem:
    return a_story(name, category, under=under, points=points, item_type="Sub-task", level=-1, subtask=True)


def an_epic(
    name: str,
    category: StatusCategory = TO_DO,
    *,
    points: float | None = None,
    under: str | None = None,
    start: date | None = None,
    due: date | None = None,
) -> RollupItem:
    return a_story(name, category, points=points, under=under, item_type="Epic", level=1, start=start, due=due)
