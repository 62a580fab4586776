"""The versions an issue is planned for, with their days."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.errors import PayloadUnreadable
from connectors.items import SourceRelease
from connectors.jira.payloads import VersionJson
from connectors.timestamps import parse_optional_day


def read_release(version: VersionJson, *, project_id: str | None) -> SourceRelease:
    """A version with its days; raises PayloadUnreadable("releaseDate", …)."""
    return SourceRelease(
        version.id,
        version.name,
        project_id,
        parse_optional_day(version.startDate, what="startDate"),
        parse_optional_day(version.releaseDate, what="releaseDate"),
        version.released,
        version.archived,
    )


def read_releases(
    versions: Sequence[VersionJson] | None, *, project_id: str, odd: list[str]
) -> tuple[SourceRelease, ...]:
    """An issue's versions; one whose days cannot be read is the version's trouble, not the issue's."""
    if not versions:
        return ()
    found: list[SourceRelease] = []
    for one in versions:
        try:
            found.append(read_release(one, project_id=project_id))
        except PayloadUnreadable:
            odd.append("release_date_unreadable")
            found.append(SourceRelease(one.id, one.name, project_id, released=one.released, archived=one.archived))
    return tuple(found)
