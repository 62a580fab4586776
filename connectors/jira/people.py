"""Who an issue names: each person once."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.items import SourcePerson
from connectors.jira.payloads import UserJson
from connectors.jira.values import person_id, read_person


def distinct(users: Iterable[UserJson | None], authors: Iterable[SourcePerson]) -> tuple[SourcePerson, ...]:
    """Each person once, as first met: the issue's own users are fresher than the authors of its past."""
    found: dict[str, SourcePerson] = {}
    for user in users:
        native_id = person_id(user)
        if native_id is not None and native_id not in found and (person := read_person(user)):
            found[native_id] = person
    for author in authors:
        if author.native_id not in found:
            found[author.native_id] = author
    return tuple(found.values())
