"""A sprint in each of Jira's three encodings: the Agile API's object, the Cloud field's object, and the text
that old servers print (`com.atlassian…Sprint@1a2b[id=8,state=CLOSED,name=…,goal=<null>]`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import msgspec
from msgspec import Raw

from connectors.errors import PayloadUnreadable
from connectors.items import SourceIteration
from connectors.jira.payloads import NULL
from connectors.timestamps import parse_optional_moment

# every key that a server ever printed; text between two of them belongs to the first, commas included
SPRINT_KEYS = (
    "id",
    "rapidViewId",
    "state",
    "name",
    "goal",
    "startDate",
    "endDate",
    "completeDate",
    "activatedDate",
    "sequence",
    "synced",
    "autoStartStop",
    "incompleteIssuesDestinationId",
)
_KEY = re.compile(rf"(?:\A|,)({'|'.join(SPRINT_KEYS)})=")
_DATE = r"(?:<null>|\d{4}-[^,\]\s]+)"
_DATES = re.compile(rf",startDate={_DATE},endDate={_DATE},completeDate={_DATE}(?=,|\Z)")
_OPENING = re.compile(r"\A[\w.$]*Sprint@[0-9a-fA-F]+\[")
# what a value must look like for its key to be believed inside free text such as "Big one, id=next year"
_SHAPES = {
    "id": re.compile(r"\d+\Z"),
    "rapidViewId": re.compile(r"(?:\d+|<null>)\Z"),
    "sequence": re.compile(r"(?:-?\d+|<null>)\Z"),
    "state": re.compile(r"(?:FUTURE|ACTIVE|CLOSED)\Z", re.IGNORECASE),
    "startDate": re.compile(r"(?:<null>|\d{4}-\S+)\Z"),
    "endDate": re.compile(r"(?:<null>|\d{4}-\S+)\Z"),
    "completeDate": re.compile(r"(?:<null>|\d{4}-\S+)\Z"),
    "activatedDate": re.compile(r"(?:<null>|\d{4}-\S+)\Z"),
    "synced": re.compile(r"(?:true|false|<null>)\Z"),
    "autoStartStop": re.compile(r"(?:true|false|<null>)\Z"),
    "incompleteIssuesDestinationId": re.compile(r"(?:\d+|<null>)\Z"),
}


def read_sprint(value: object) -> SourceIteration:
    """One sprint, from an object or from the old text; raises PayloadUnreadable("sprint", …)."""
    if isinstance(value, str):
        return _iteration(parse_sprint_text(value))
    if isinstance(value, Mapping):
        return _iteration(value)
    raise PayloadUnreadable("sprint", value)


def read_sprint_fields(sent: Iterable[Raw]) -> tuple[tuple[SourceIteration, ...], bool]:
    """As `read_sprints`, from the JSON of an issue's sprint fields."""
    told = [_read_field(bytes(raw)) for raw in sent if raw is not NULL]
    if len(told) == 1:
        return told[0]
    found: dict[str, SourceIteration] = {}
    for sprints, _ in told:
        for sprint in sprints:
            found.setdefault(sprint.native_id, sprint)
    return tuple(found.values()), all(readable for _, readable in told)


@lru_cache(maxsize=2048)  # the issues of a board repeat its sprints word for word
def _read_field(payload: bytes) -> tuple[tuple[SourceIteration, ...], bool]:
    sprints, readable = read_sprints([msgspec.json.decode(payload)])
    return tuple(sprints), readable


def read_sprints(values: Iterable[object]) -> tuple[list[SourceIteration], bool]:
    """The distinct sprints of several values (each null, one sprint, or a list), and whether all were readable."""
    found: dict[str, SourceIteration] = {}
    readable = True
    for value in values:
        for one in _each(value):
            try:
                sprint = read_sprint(one)
            except PayloadUnreadable:
                readable = False
            else:
                found.setdefault(sprint.native_id, sprint)
    return list(found.values()), readable


def parse_sprint_text(text: str) -> dict[str, str | None]:
    """The keys and values of an old server's sprint text; `<null>` becomes None.

    Values may hold commas, brackets, `=` and line breaks. The name ends where the three dates begin; elsewhere a
    value ends where `,key=` of a new key is followed by a value of that key's shape.
    Raises PayloadUnreadable("sprint", text).
    """
    opening = _OPENING.match(text)
    if opening is None or not text.endswith("]"):
        raise PayloadUnreadable("sprint", text)
    body = text[opening.end() : -1]
    values: dict[str, str | None] = {}
    for key, value in _pairs(body):
        values[key] = None if value == "<null>" else value
    if values.get("id") is None:
        raise PayloadUnreadable("sprint", text)
    return values


def _pairs(body: str) -> Iterator[tuple[str, str]]:
    marks = _trusted_marks(body, _outside_the_name(body, list(_KEY.finditer(body))))
    for mark, value in _spans(body, marks):
        yield mark[1], value


def _outside_the_name(body: str, marks: list[re.Match[str]]) -> list[re.Match[str]]:
    """Without what only looks like a key inside the name; a goal may stand between the name and the dates."""
    dates = _DATES.search(body)
    name = next((mark for mark in marks if mark[1] == "name"), None)
    if dates is None or name is None:
        return marks
    inside = [mark for mark in marks if name.start() < mark.start() < dates.start()]
    goals = [mark for mark in inside if mark[1] == "goal"]
    has_later_goal = any(mark[1] == "goal" and mark.start() > dates.start() for mark in marks)
    dropped = set(inside) - set(() if has_later_goal else goals[-1:])
    return [mark for mark in marks if mark not in dropped]


def _trusted_marks(body: str, marks: list[re.Match[str]]) -> list[re.Match[str]]:
    """Drop marks that repeat a key or whose value has the wrong shape, until what is left holds together."""
    while True:
        bad = _first_bad(body, marks)
        if bad is None:
            return marks
        marks = [mark for mark in marks if mark is not bad]


def _first_bad(body: str, marks: list[re.Match[str]]) -> re.Match[str] | None:
    seen: set[str] = set()
    for mark, value in _spans(body, marks):
        shape = _SHAPES.get(mark[1])
        if mark[1] in seen or (shape is not None and not shape.match(value)):
            return mark
        seen.add(mark[1])
    return None


def _spans(body: str, marks: Sequence[re.Match[str]]) -> Iterator[tuple[re.Match[str], str]]:
    """Each mark with the text up to the next one."""
    ends = [*(mark.start() for mark in marks[1:]), len(body)]
    for mark, end in zip(marks, ends, strict=False):
        yield mark, body[mark.end() : end]


def _each(value: object) -> Iterable[object]:
    if value is None or value == "":
        return ()
    return value if isinstance(value, list) else (value,)


def _iteration(fields: Mapping[str, object]) -> SourceIteration:
    native_id = fields.get("id")
    if not isinstance(native_id, (int, str)) or native_id == "":
        raise PayloadUnreadable("sprint", fields)
    board = fields.get("originBoardId") or fields.get("boardId") or fields.get("rapidViewId")
    return SourceIteration(
        native_id=str(native_id),
        name=str(fields.get("name") or ""),
        state=str(fields.get("state") or "").lower(),
        start=parse_optional_moment(fields.get("startDate"), what="sprint.startDate"),
        end=parse_optional_moment(fields.get("endDate"), what="sprint.endDate"),
        completed=parse_optional_moment(fields.get("completeDate"), what="sprint.completeDate"),
        goal=str(fields["goal"]) if fields.get("goal") else None,
        board_id=None if board is None else str(board),
    )
