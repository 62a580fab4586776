"""What a parsed query means on a site: which issues it selects, in which order. Unknown names are refused.

As on a real Jira, `!=`, `not in` and NOT leave out the issues whose field is empty.
"""

from __future__ import annotations

import operator
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.index import HIGHEST, Entry, IssueIndex, epoch
from connectors.sandbox.jql import Both, Clause, Either, JqlError, Node, Order, Query, Value
from connectors.sandbox.moments import Now, moment_of
from connectors.sandbox.site import JiraSite

Predicate = Callable[[Entry], bool]
Key = tuple[Any, ...]

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
ALIASES = {
    "issue": "key",
    "issuekey": "key",
    "type": "issuetype",
    "workitemtype": "issuetype",
    "resolved": "resolutiondate",
    "due": "duedate",
    "fixversion": "fixVersions",
    "affectedversion": "versions",
    "component": "components",
    "label": "labels",
    "epic link": "parent",
}
DATES = {"date", "datetime"}
PEOPLE = {"assignee", "reporter", "creator"}
KNOWN = ("key", "id", "project", "parent", "sprint", "labels", "updated", "created")


@dataclass(frozen=True, slots=True)
class Descending:
    """Turns the order of one part of a sort key round."""

    value: Any

    def __lt__(self, other: Descending) -> bool:
        return bool(other.value < self.value)


class Matching:
    """Answers queries for one caller: `visible` are the ids of the projects they may browse and search."""

    def __init__(self, site: JiraSite, index: IssueIndex, *, visible: set[str], now: Now) -> None:
        self._site = site
        self._index = index
        self._visible = visible
        self._now = now

    def rows(self, query: Query, *, after: list[Any] | None = None, fresh: Iterable[str] = ()) -> list[Entry]:
        """The issues in order, those behind the position `after`; `fresh` ids are read past the index."""
        test = self._node(query.where) if query.where else lambda _: True
        order = self._order(query.order)
        plan = self._plan(query.where)
        by_id = order == [("id", False)]
        first = plan.first if after is None or not by_id else max(plan.first, int(after[0]) + 1)
        projects = self._visible if plan.projects is None else plan.projects & self._visible
        found = self._index.entries(projects=projects, first=first, last=plan.last, only=plan.only)
        rows = [entry for entry in found if test(entry)]
        rows = self._reconciled(rows, fresh, test) if fresh else rows
        key = _sort_key(order)
        if not by_id or fresh or len(projects) > 1:
            rows.sort(key=key)
        if after is None or by_id:
            return rows
        position = tuple(
            Descending(part) if descending else part for part, (_, descending) in zip(after, order, strict=True)
        )
        return rows[bisect_right(rows, position, key=key) :]

    def selects(self, query: Query, entry: Entry) -> bool:
        """Whether one issue, as it is given, is among those of a query."""
        return query.where is None or self._node(query.where)(entry)

    def position(self, query: Query, entry: Entry) -> list[Any]:
        """Where an issue stands in the order of a query: what `after` takes."""
        return [_part(entry, name) for name, _ in self._order(query.order)]

    def _reconciled(self, rows: list[Entry], fresh: Iterable[str], test: Predicate) -> list[Entry]:
        by_number = {row.number: row for row in rows}
        for issue_id in fresh:
            entry = self._index.live(issue_id)
            by_number.pop(int(issue_id), None)
            if entry and entry.project in self._visible and test(entry):
                by_number[entry.number] = entry
        return sorted(by_number.values(), key=lambda row: row.number)

    # what clauses mean

    def _node(self, node: Node) -> Predicate:
        match node:
            case Both(parts):
                tests = [self._node(part) for part in parts]
                return lambda entry: all(test(entry) for test in tests)
            case Either(parts):
                tests = [self._node(part) for part in parts]
                return lambda entry: any(test(entry) for test in tests)
            case Clause():
                return self._clause(node)

    def _clause(self, clause: Clause) -> Predicate:
        name, kind = self._field(clause.field)
        if clause.operator in COMPARE:
            return self._comparison(clause, name, kind)
        if name in {"updated", "created"} or kind in DATES:
            return self._same_minute(clause, name)
        words = {word for text in _texts(clause) for word in self._known(clause.field, name, text)}
        match clause.operator:
            case "is":
                return lambda entry: not self._words(entry, name)
            case "is not":
                return lambda entry: bool(self._words(entry, name))
            case "=" | "in":
                return lambda entry: not words.isdisjoint(self._words(entry, name))
            case _:
                return lambda entry: bool(has := self._words(entry, name)) and words.isdisjoint(has)

    def _comparison(self, clause: Clause, name: str, kind: str) -> Predicate:
        compare, operand = COMPARE[clause.operator], clause.operands[0]
        if name in {"updated", "created"} or kind in DATES:
            bound = moment_of(operand, clause.field, self._now)
            read = _moment_reader(name)
        elif kind == "number" and isinstance(operand, Value) and re.fullmatch(r"-?\d+(\.\d+)?", operand.text):
            bound = float(operand.text)
            read = _number_reader(name)
        else:
            raise JqlError(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")
        return lambda entry: (value := read(entry)) is not None and compare(value, bound)

    def _same_minute(self, clause: Clause, name: str) -> Predicate:
        """Dates by `=` and `in`: a literal names a minute."""
        read = _moment_reader(name)
        minutes = {moment_of(operand, clause.field, self._now) // 60 for operand in clause.operands}
        match clause.operator:
            case "is":
                return lambda entry: read(entry) is None
            case "is not":
                return lambda entry: read(entry) is not None
            case "=" | "in":
                return lambda entry: (value := read(entry)) is not None and value // 60 in minutes
            case _:
                return lambda entry: (value := read(entry)) is not None and value // 60 not in minutes

    def _words(self, entry: Entry, name: str) -> set[str]:
        """Everything by which a value of a field may be called, in lower case."""
        match name:
            case "id" | "key":
                return {str(entry.number), entry.issue["key"].lower()}
            case "project":
                return {entry.project}
            case "parent":
                return words_of(entry.issue["fields"].get("parent"))
            case "sprint":
                return words_of(self._sprints(entry))
            case _:
                return words_of(entry.issue["fields"].get(name))

    def _sprints(self, entry: Entry) -> list[Any]:
        field = sprint_field(self._site)
        return [self._site.sprints[number] for number in entry.issue["fields"].get(field) or ()]

    # what names mean

    def _field(self, name: str) -> tuple[str, str]:
        """(field id, type) of a name in a query: an id, a clause name, a display name or cf[…]."""
        lower = name.lower()
        lower = ALIASES.get(lower, lower)
        if lower in KNOWN:
            return lower, "number" if lower == "id" else ""
        if match := re.fullmatch(r"cf\[(\d+)\]", lower):
            lower = f"customfield_{match[1]}"
        for field in self._site.fields:
            called = {field["id"], field["name"], *field.get("clauseNames", ())}
            if lower in {each.lower() for each in called} or lower == field["id"]:
                if (field.get("schema") or {}).get("custom", "").endswith(":gh-sprint"):
                    return "sprint", ""
                return field["id"], (field.get("schema") or {}).get("type", "")
        raise JqlError(f"Field '{name}' does not exist or you do not have permission to view it.")

    def _known(self, said: str, name: str, text: str) -> frozenset[str]:
        """The words a value of a query stands for; JqlError when the site knows no such value."""
        lower = text.lower()
        if name in {"id", "key", "parent"}:
            issue = self._index.find(text if text.isdigit() else text.upper())
            if issue is None or issue["fields"]["project"]["id"] not in self._visible:
                raise _unknown_issue(said, text)
            return frozenset({issue["id"]})
        rows = self._values(name)
        if rows is None:
            return frozenset({lower.removesuffix(".0")})
        found = [row for row in rows if lower in words_of(row)]
        if not found:
            kind = f"A value with ID '{text}'" if text.isdigit() else f"The value '{text}'"
            raise JqlError(f"{kind} does not exist for the field '{said}'.")
        return frozenset(str(row["id"]) if "id" in row else row["accountId"].lower() for row in found)

    def _values(self, name: str) -> list[dict[str, Any]] | None:
        """All values of a field that has a fixed set of them."""
        site = self._site
        fixed: dict[str, list[dict[str, Any]]] = {
            "status": site.statuses,
            "issuetype": site.issue_types,
            "priority": site.priorities,
            "resolution": site.resolutions,
        }
        if name == "project":
            return [row for key, row in site.projects.items() if key not in site.hidden_projects]
        if name == "sprint":
            return list(site.sprints.values())
        return list(site.users.values()) if name in PEOPLE else fixed.get(name)

    # how a query is answered quickly, and in which order

    def _plan(self, where: Node | None) -> Plan:
        parts = where.parts if isinstance(where, Both) else (where,)
        plan = Plan()
        for clause in parts:
            if not isinstance(clause, Clause):
                continue
            name = ALIASES.get(clause.field.lower(), clause.field.lower())
            plan.narrow(name, clause, [self._known(clause.field, name, text) for text in _texts(clause)])
        return plan

    def _order(self, order: tuple[Order, ...]) -> list[tuple[str, bool]]:
        """Field ids and directions; the id decides between equals, and newest comes first where nothing is said."""
        if not order:
            return [("id", True)]
        named = [(self._field(each.field)[0], each.descending) for each in order]
        ids = [place for place, (name, _) in enumerate(named) if name == "id"]
        return named[: ids[0] + 1] if ids else [*named, ("id", False)]


@dataclass(slots=True)
class Plan:
    """What the outermost AND says about projects and ids."""

    projects: set[str] | None = None
    first: int = 0
    last: int = HIGHEST
    only: set[int] | None = None

    def narrow(self, name: str, clause: Clause, words: list[frozenset[str]]) -> None:
        if clause.operator in {"=", "in"} and name == "project":
            named = set().union(*words)
            self.projects = named if self.projects is None else self.projects & named
        elif clause.operator in {"=", "in"} and name in {"id", "key"}:
            self.only = {int(word) for each in words for word in each}
        elif name == "id" and clause.operator in COMPARE and isinstance(clause.operands[0], Value):
            bound = int(float(clause.operands[0].text))
            if clause.operator.startswith(">"):
                self.first = max(self.first, bound)
            else:
                self.last = min(self.last, bound)


def sprint_field(site: JiraSite) -> str:
    """The id of the sprint field, or "" where the site has none."""
    return next((row["id"] for row in site.fields if _custom(row).endswith(":gh-sprint")), "")


def words_of(value: Any) -> set[str]:
    """The ids and names by which a field value may be called."""
    match value:
        case None | "":
            return set()
        case dict():
            named = ("id", "accountId", "name", "key", "value", "emailAddress")
            return {str(value[each]).lower() for each in named if value.get(each) is not None}
        case list():
            return set().union(*(words_of(each) for each in value)) if value else set()
        case float() if value.is_integer():
            return {str(int(value))}
    return {str(value).lower()}


def _custom(field: dict[str, Any]) -> str:
    return str((field.get("schema") or {}).get("custom", ""))


def _texts(clause: Clause) -> list[str]:
    if clause.operator not in {"=", "!=", "in", "not in"}:
        return []
    texts = []
    for operand in clause.operands:
        if not isinstance(operand, Value):
            raise JqlError(f"The function '{operand.name}' is not supported by the '{clause.field}' field.")
        texts.append(operand.text)
    return texts


def _unknown_issue(said: str, text: str) -> JqlError:
    if text.isdigit():
        return JqlError(f"A value with ID '{text}' does not exist for the field '{said}'.")
    return JqlError(f"An issue with key '{text}' does not exist for field '{said}'.")


def _moment_reader(name: str) -> Callable[[Entry], float | None]:
    match name:
        case "updated":
            return lambda entry: entry.updated
        case "created":
            return lambda entry: entry.created
    return lambda entry: epoch(value) if (value := entry.issue["fields"].get(name)) else None


def _number_reader(name: str) -> Callable[[Entry], float | None]:
    if name == "id":
        return lambda entry: entry.number
    return lambda entry: entry.issue["fields"].get(name)


def _sort_key(order: list[tuple[str, bool]]) -> Callable[[Entry], Key]:
    def key(entry: Entry) -> Key:
        return tuple(Descending(_part(entry, name)) if descending else _part(entry, name) for name, descending in order)

    return key


def _part(entry: Entry, name: str) -> Any:
    match name:
        case "id":
            return entry.number
        case "updated":
            return entry.updated
        case "created":
            return entry.created
        case "key":
            project, _, number = entry.issue["key"].rpartition("-")
            return f"{project}-{int(number):09d}"
    return min(words_of(entry.issue["fields"].get(name)), default="")
