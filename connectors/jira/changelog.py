"""Histories of an issue as changes in order, each under the id of the field that changed.

Data Center sends names instead of field ids, and some changes (links, parents) have no field id anywhere: names are
resolved through the site's metadata, and what has no field gets the id `link`, `parent`, `issuekey` or `project`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache

from connectors.items import SourceChange, SourcePerson
from connectors.jira.config import fold
from connectors.jira.fields import FieldIndex
from connectors.jira.payloads import ChangelogJson, HistoryJson
from connectors.jira.values import person_id, read_person
from connectors.timestamps import parse_moment

# Cloud's search expand stops at 40 histories (100 in older texts) and does not always say how many there are
SMALLEST_CAP = 40

TRACKED_SYSTEM_FIELDS = frozenset(
    {
        "status",
        "resolution",
        "assignee",
        "priority",
        "issuetype",
        "project",
        "issuekey",
        "parent",
        "link",
        "fixVersions",
        "components",
        "labels",
        "duedate",
        "timeoriginalestimate",
        "timeestimate",
        "timespent",
    }
)
# what Jira writes into a history, where that is not the id of the field; folded
_HISTORY_NAMES = {fold(field): field for field in TRACKED_SYSTEM_FIELDS} | {
    "fix version": "fixVersions",
    "component": "components",
    "issueparentassociation": "parent",
    "key": "issuekey",
    "issue type": "issuetype",
    "due date": "duedate",
}
_WEB_LINK_NAME = "remoteissuelink"  # in histories of web links; folded
_WEB_LINK = "web link"  # stands for a change of web links: told, not kept


def is_capped(changelog: ChangelogJson) -> bool:
    """Whether the embedded changelog is only a part: fewer than it says, or as many as a cap when it says nothing."""
    listed = len(changelog.histories)
    return listed >= SMALLEST_CAP if changelog.total is None else changelog.total > listed


class ChangeReader:
    """Reads the tracked changes of one source's issues. `tracked` are ids of fields beyond the system's own."""

    def __init__(self, index: FieldIndex, *, tracked: Iterable[str]) -> None:
        self._index = index
        self._tracked = TRACKED_SYSTEM_FIELDS | frozenset(tracked)
        # a site has few fields, and every change of every issue asks
        self._of_id = lru_cache(maxsize=4096)(self._resolve_id)
        self._of_name = lru_cache(maxsize=4096)(self._resolve_name)

    def read(
        self, item_id: str, histories: Sequence[HistoryJson]
    ) -> tuple[tuple[SourceChange, ...], list[SourcePerson], bool]:
        """The tracked changes by (moment, history id, place in the history), who made them, and whether web links came.

        The order in which histories arrive does not matter, and a history that arrives twice counts once.
        """
        changes: list[SourceChange] = []
        people: dict[str, SourcePerson] = {}
        web_linked = False
        of_id, of_name = self._of_id, self._of_name
        for at, _, history_id, history in _in_order(histories):
            author_id = person_id(history.author)
            before = len(changes)
            for ordinal, item in enumerate(history.items):
                field_id = of_id(item.fieldId) if item.fieldId else of_name(item.field, item.fieldtype)
                if field_id is _WEB_LINK:
                    web_linked = True
                elif field_id is not None:
                    changes.append(
                        SourceChange(
                            item_id,
                            history_id,
                            ordinal,
                            at,
                            field_id,
                            author_id,
                            item.from_,
                            item.to,
                            item.fromString,
                            item.toString,
                        )
                    )
            if len(changes) > before and author_id not in people and (author := read_person(history.author)):
                people[author.native_id] = author
        return tuple(changes), list(people.values()), web_linked

    def _resolve_id(self, told: str) -> str | None:
        return self._first_tracked((_HISTORY_NAMES.get(fold(told), told),))

    def _resolve_name(self, name: str, kind: str | None) -> str | None:
        if kind == "custom":
            return self._first_tracked(self._index.custom_named(name))
        if fold(name) == _WEB_LINK_NAME:
            return _WEB_LINK
        known = _HISTORY_NAMES.get(fold(name))
        return self._first_tracked((known,) if known else self._index.find(name))

    def _first_tracked(self, candidates: Iterable[str]) -> str | None:
        return next((field for field in candidates if field in self._tracked), None)


def _in_order(histories: Sequence[HistoryJson]) -> list[tuple[datetime, int, str, HistoryJson]]:
    """By (moment, number): ids are numbers that grow, but not in step with time across imported histories."""
    ordered = [
        (parse_moment(history.created, what="changelog.created"), len(number), number, history)
        for number, history in _each_once(histories).items()
    ]
    ordered.sort()  # no two ids are equal, so that two histories are never compared
    return ordered


def _each_once(histories: Sequence[HistoryJson]) -> dict[str, HistoryJson]:
    by_id = {str(history.id): history for history in histories}
    return by_id if len(by_id) == len(histories) else _joined(histories)


def _joined(histories: Iterable[HistoryJson]) -> dict[str, HistoryJson]:
    """Pages overlap; and one history may be split over two of them, then its items belong together."""
    by_id: dict[str, HistoryJson] = {}
    for history in histories:
        known = by_id.setdefault(str(history.id), history)
        if known is not history:
            more = [item for item in history.items if item not in known.items]
            by_id[str(history.id)] = HistoryJson(known.id, known.created, known.items + more, known.author)
    return by_id
