"""Which items belong to which program, and why: rules as values, and the decision over what they matched.

Pure. Reading the file is `mapping_file`, asking the database which items a rule matches is `store.matching`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property

MATCHERS = (
    "source",
    "project",
    "item_type",
    "level",
    "key",
    "epic",
    "parent",
    "label",
    "component",
    "release",
    "iteration",
    "team",
    "assignee",
    "status",
    "status_category",
    "section",
    "tag",
    "portfolio",
)
FIELD_PREFIX = "field:"  # a custom field's matcher is called "field:<id or name>"


class RuleKind(StrEnum):
    INCLUDE = "include"
    EXCLUDE = "exclude"
    WORKSTREAM = "workstream"
    CONFIRM = "confirm_suggested"


class Via(StrEnum):
    """How an item met its rule: by itself, or because an ancestor did."""

    DIRECT = "direct"
    DESCENDANT = "descendant"


@dataclass(frozen=True, slots=True)
class Rule:
    """All matchers must hold; within one matcher any value will do. Values may hold `*` and `?`."""

    matchers: Mapping[str, tuple[str, ...]]
    descendants: bool = True
    line: int = field(default=0, compare=False)  # in the file; 0 when read back from the store

    def describe(self) -> str:
        """The rule in words: "project PAY or CART, item_type Epic, with descendants"."""
        parts = [f"{_spoken(name)} {_either(values)}" for name, values in self.matchers.items()]
        return ", ".join([*parts, *(["with descendants"] if self.descendants else [])])


@dataclass(frozen=True, slots=True)
class Workstream:
    name: str
    match: Rule


@dataclass(frozen=True, slots=True)
class DeclaredDependency:
    """An edge no tool can hold; both ends as written, "source:KEY" or "source:native-id"."""

    predecessor: str
    successor: str
    lag_days: int = 0


@dataclass(frozen=True, slots=True)
class ProgramDefinition:
    key: str
    name: str
    include: tuple[Rule, ...]
    exclude: tuple[Rule, ...] = ()
    workstreams: tuple[Workstream, ...] = ()
    dependencies: tuple[DeclaredDependency, ...] = ()
    confirm_suggested: tuple[Rule, ...] = ()  # over pointers, not items: matchers are `origin` and `source`
    objective: str | None = None
    owner: str | None = None
    start: date | None = None
    target: date | None = None
    count_subtasks: bool = False


@dataclass(frozen=True, slots=True)
class ProgramsFile:
    programs: tuple[ProgramDefinition, ...]

    def rules(self) -> Iterator[Rule]:
        for program in self.programs:
            yield from program.include
            yield from program.exclude
            yield from (each.match for each in program.workstreams)


@dataclass(frozen=True, slots=True)
class Matched:
    """One rule and the live items that meet it by themselves. `name` is the workstream's."""

    rule: Rule
    uids: Collection[str]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Why an item is in a program: the rule's words, and for a descendant the ancestor that met it."""

    rule: str
    via: Via
    via_uid: str | None
    workstream: str | None


def decide(
    *,
    include: Sequence[Matched],
    exclude: Sequence[Matched] = (),
    workstreams: Sequence[Matched] = (),
    family: Family,
    candidates: Collection[str] | None = None,
) -> dict[str, Decision]:
    """Members of one program with the reason of each.

    `family` knows the live items that have a parent. `candidates` limits the answer, None means every item.
    A direct match beats an inherited one, then the first rule of the file wins; an inherited match
    names the nearest ancestor. An exclude takes out the item alone: what stands below it stays.
    """
    chosen = _Chooser(include, family)
    streams = _Chooser(workstreams, family)
    excluded = frozenset().union(*(each.uids for each in exclude))
    decisions: dict[str, Decision] = {}
    for uid in chosen.worth_asking() if candidates is None else candidates:
        if uid in excluded or (choice := chosen.choice(uid)) is None:
            continue
        stream = streams.choice(uid)
        decisions[uid] = Decision(
            rule=choice.matched.rule.describe(),
            via=Via.DIRECT if choice.ancestor is None else Via.DESCENDANT,
            via_uid=choice.ancestor,
            workstream=None if stream is None else stream.matched.name,
        )
    return decisions


class Family:
    """Who stands below whom. A loop in the tool's data ends a walk instead of trapping it."""

    def __init__(self, parents: Mapping[str, str]) -> None:
        self._parents = parents

    def ancestors(self, uid: str) -> Iterator[str]:
        """From the parent upwards."""
        seen = {uid}
        current = self._parents.get(uid)
        while current is not None and current not in seen:
            yield current
            seen.add(current)
            current = self._parents.get(current)

    def below(self, uids: Collection[str]) -> set[str]:
        """All that descends from any of them, themselves only where they do so, too."""
        found: set[str] = set()
        fresh = set(uids)
        while fresh:
            fresh = {child for uid in fresh for child in self._children.get(uid, ())} - found
            found |= fresh
        return found

    @cached_property
    def _children(self) -> Mapping[str, list[str]]:
        children: dict[str, list[str]] = {}
        for child, parent in self._parents.items():
            children.setdefault(parent, []).append(child)
        return children


def value_matches(pattern: str, value: str) -> bool:
    """Whether a rule's value fits a name, the way the store compares them: `*`, `?`, letter case ignored."""
    regex = "".join({"*": ".*", "?": "."}.get(each, re.escape(each)) for each in pattern)
    return re.fullmatch(regex, value, re.IGNORECASE | re.DOTALL) is not None


def fields_named(rules: Iterable[Rule]) -> tuple[str, ...]:
    """The custom fields (ids or names, as written) that any of the rules looks at; sorted, each once."""
    names = (name for rule in rules for name in rule.matchers if name.startswith(FIELD_PREFIX))
    return tuple(sorted({name.removeprefix(FIELD_PREFIX) for name in names}))


@dataclass(frozen=True, slots=True)
class _Choice:
    matched: Matched
    ancestor: str | None


class _Chooser:
    """Picks for an item the rule that decides among several, in file order."""

    def __init__(self, rules: Sequence[Matched], family: Family) -> None:
        self._rules = rules
        self._family = family
        self._inheritable = frozenset().union(*(each.uids for each in rules if each.rule.descendants))

    def worth_asking(self) -> set[str]:
        direct: set[str] = set().union(*(each.uids for each in self._rules))
        return direct | self._family.below(self._inheritable)

    def choice(self, uid: str) -> _Choice | None:
        for matched in self._rules:
            if uid in matched.uids:
                return _Choice(matched, None)
        return self._inherited(uid)

    def _inherited(self, uid: str) -> _Choice | None:
        if not self._inheritable:
            return None
        line = [each for each in self._family.ancestors(uid) if each in self._inheritable]
        if not line:
            return None
        for matched in self._rules:
            if matched.rule.descendants:
                for ancestor in line:
                    if ancestor in matched.uids:
                        return _Choice(matched, ancestor)
        return None


def _spoken(matcher: str) -> str:
    if matcher.startswith(FIELD_PREFIX):
        return f"field “{matcher.removeprefix(FIELD_PREFIX)}”"
    return matcher


def _either(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} or {values[-1]}"
