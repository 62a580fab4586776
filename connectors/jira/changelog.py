"""Histories of an issue as changes in order, each under the id of the field that changed.

Data Center sends names instead of field ids, and some changes (links, parents) have no field id anywhere: names are
resolved through the site's metadata, and what has no field gets the id `link`, `parent`, `issuekey` or `project`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import DecodeError
from msgspec.json import Decoder

from connectors.errors import PayloadUnreadable
from connectors.items import SourceChange, SourcePerson
from connectors.jira.config import fold
from connectors.jira.fields import FieldIndex
from connectors.jira.payloads import ChangeItemJson, ChangelogJson, HistoryJson
from connectors.jira.values import read_person
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
_HISTORIES = Decoder(list[HistoryJson])


def decode_histories(payload: bytes) -> list[HistoryJson]:
    """The complete list of histories that a "changelog" record holds."""
    try:
        return _HISTORIES.decode(payload)
    except DecodeError as error:
        raise PayloadUnreadable("changelog", error) from error


def is_capped(changelog: ChangelogJson) -> bool:
    """Whether the embedded changelog is only a part: fewer than it says, or as many as a cap when it says nothing."""
    listed = len(changelog.histories)
    return listed >= SMALLEST_CAP if changelog.total is None else changelog.total > listed


class ChangeReader:
    """Reads the tracked changes of one source's issues. `tracked` are ids of fields beyond the system's own."""

    def __init__(self, index: FieldIndex, *, tracked: Iterable[str]) -> None:
        self._index = index
        self._tracked = TRACKED_SYSTEM_FIELDS | frozenset(tracked)
        self._resolved: dict[tuple[str | None, str, str | None], str | None] = {}

    def read(
        self, item_id: str, histories: Sequence[HistoryJson]
    ) -> tuple[tuple[SourceChange, ...], list[SourcePerson]]:
        """The tracked changes by (moment, history id, place in the history), and who made them.

        The order in which histories arrive does not matter, and a history that arrives twice counts once.
        """
        changes: list[SourceChange] = []
        people: list[SourcePerson] = []
        for at, history_id, history in _in_order(histories):
            author: SourcePerson | None = None
            for ordinal, item in enumerate(history.items):
                field_id = self.tracked_field(item)
                if field_id is None:
                    continue
                if author is None and history.author is not None:
                    author = read_person(history.author)
                    if author is not None:
                        people.append(author)
                changes.append(
                    SourceChange(
                        item_id,
                        history_id,
                        ordinal,
                        at,
                        field_id,
                        author.native_id if author else None,
                        _text(item.from_),
                        _text(item.to),
                        _text(item.fromString),
                        _text(item.toString),
                    )
                )
        return tuple(changes), people

    def tracked_field(self, item: ChangeItemJson) -> str | None:
        """The id under which this change is kept, None when nobody asks about such changes."""
        asked = (item.fieldId, item.field, item.fieldtype)
        try:
            return self._resolved[asked]
        except KeyError:
            self._resolved[asked] = found = self._resolve(item)
            return found

    def _resolve(self, item: ChangeItemJson) -> str | None:
        if item.fieldId:
            candidates: tuple[str, ...] = (_HISTORY_NAMES.get(fold(item.fieldId), item.fieldId),)
        elif item.fieldtype == "custom":
            candidates = self._index.custom_named(item.field)
        else:
            known = _HISTORY_NAMES.get(fold(item.field))
            candidates = (known,) if known else self._index.find(item.field)
        return next((field for field in candidates if field in self._tracked), None)


def _in_order(histories: Sequence[HistoryJson]) -> list[tuple[datetime, str, HistoryJson]]:
    ordered = [
        (parse_moment(history.created, what="changelog.created"), str(history.id), history)
        for history in _each_once(histories)
    ]
    # ids are numbers that grow, but not in step with time across imported histories
    ordered.sort(key=lambda one: (one[0], len(one[1]), one[1]))
    return ordered


def _each_once(histories: Sequence[HistoryJson]) -> Iterable[HistoryJson]:
    """Pages overlap; and one history may be split over two of them, then its items belong together."""
    by_id: dict[str, HistoryJson] = {}
    for history in histories:
        known = by_id.setdefault(str(history.id), history)
        if known is not history:
            more = [item for item in history.items if item not in known.items]
            by_id[str(history.id)] = HistoryJson(known.id, known.created, known.items + more, known.author)
    return by_id.values()


def _text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)
