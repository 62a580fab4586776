"""How to read one source's fields, settled when the source is known instead of again for every issue.

A reader gets an issue's decoded fields and gives one value, None where nothing is set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from connectors.jira.decoding import IssueDecoder, Reader, nothing
from connectors.jira.fields import FieldRoles
from connectors.jira.payloads import IssueFieldsJson
from connectors.timestamps import parse_optional_day

NamedReader = tuple[str, Reader]
DayReader = Callable[[IssueFieldsJson], date | None]


class RoleReaders:
    """The readers of one source's roles: of several candidates, the first that is set."""

    def __init__(self, roles: FieldRoles, decoder: IssueDecoder) -> None:
        self._roles = roles
        self._decoder = decoder

    def first(self, role: str) -> Reader:
        return _first([self._decoder.reader(one) for one in self._roles.of(role)])

    def day(self, role: str) -> DayReader:
        """Raises PayloadUnreadable(field, value) when used on what is no day."""
        return _day(self.named(self._roles.of(role)))

    def points_by_project(self) -> dict[str, tuple[NamedReader, ...]]:
        """The candidates for points where a project's boards chose; every other project uses the role's."""
        return {project: self.named(self._roles.points_for(project)) for project in self._roles.points_by_project}

    def named(self, field_ids: Sequence[str]) -> tuple[NamedReader, ...]:
        """(field, reader) of each."""
        return tuple((one, self._decoder.reader(one)) for one in field_ids)


def _first(candidates: Sequence[Reader]) -> Reader:
    if len(candidates) <= 1:
        return candidates[0] if candidates else nothing

    def first_set(fields: IssueFieldsJson) -> object:
        return next((value for read in candidates if (value := read(fields)) is not None), None)

    return first_set


def _day(candidates: Sequence[NamedReader]) -> DayReader:
    if not candidates:
        return nothing

    def first_day(fields: IssueFieldsJson) -> date | None:
        for field_id, read in candidates:
            day = parse_optional_day(read(fields), what=field_id)
            if day is not None:
                return day
        return None

    return first_day
