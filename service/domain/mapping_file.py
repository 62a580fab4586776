"""Reads programs.yaml into a ProgramsFile, or says everything that is wrong with it at once.

An entry of `include` looks like `{source: acme-jira, label: [checkout, web-*], descendants: false}`.
A custom field is matched by its name or id: `{field: {Cost centre: "A*", customfield_10020: [x, y]}}`, or with
its id alone: `{customfield_10020: x}`. `*` stands for any run of characters and `?` for one; brackets are
ordinary characters, because the tools' own names are full of them.
An entry of `confirm_suggested` looks like `{origin: [web_link, attachment], source: acme-jira}`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

import yaml

from service.domain.mapping import (
    FIELD_PREFIX,
    MATCHERS,
    DeclaredDependency,
    ProgramDefinition,
    ProgramsFile,
    Rule,
    Workstream,
    value_matches,
)
from service.domain.yaml_nodes import Entries, NodeReader, Problem, Unreadable, compose, instead

__all__ = ["Problem", "ProgramsFileInvalid", "parse_programs"]

MAX_PATTERNS = 200  # wildcards in one list: each is an OR in SQL, and SQLite nests at most 1,000

_ORIGINS = ("web_link", "attachment", "text", "field")
_FIELD_ORIGIN = re.compile(r"field:\S+")
_STATUS_CATEGORIES = ("to_do", "in_progress", "done", "cancelled")
_PROGRAM_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_CUSTOM_FIELD_ID = re.compile(r"customfield_[0-9]+")
_IN_A_PROGRAM = (
    "key",
    "name",
    "objective",
    "owner",
    "start",
    "target",
    "count_subtasks",
    "include",
    "exclude",
    "workstreams",
    "dependencies",
    "confirm_suggested",
)


class ProgramsFileInvalid(Exception):
    """The file cannot be applied; `problems` holds all that is wrong with it, in the order of its lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda each: each.line))
        self.message = "\n".join(str(each) for each in self.problems)
        super().__init__(self.message)


def parse_programs(text: str, *, sources: Collection[str] | None = None) -> ProgramsFile:
    """The programs of a file: YAML, hence JSON too. Raises ProgramsFileInvalid.

    `sources` are the names of the configured sources; with None they are not checked.
    """
    try:
        root = compose(text)
    except Unreadable as error:
        raise ProgramsFileInvalid([error.problem]) from None
    if root is None:
        raise ProgramsFileInvalid([Problem(1, "", "the file is empty; it needs a list under `programs`")])
    reader = _ProgramsReader(sources)
    programs = reader.file(root)
    if reader.problems:
        raise ProgramsFileInvalid(reader.problems)
    return ProgramsFile(programs)


class _ProgramsReader(NodeReader):
    """Walks the file along its shape, one method a noun."""

    def __init__(self, sources: Collection[str] | None) -> None:
        super().__init__()
        self._sources = sources

    def file(self, node: yaml.Node) -> tuple[ProgramDefinition, ...]:
        entries = self.mapping(node, "", ("programs",))
        if entries is None:
            return ()
        self.require(node, entries, "", ("programs",))
        if "programs" not in entries:
            return ()
        self._refuse_repeats(entries["programs"], "programs", "key")
        return self.each(entries["programs"], "programs", self._program)

    def _program(self, node: yaml.Node, path: str) -> ProgramDefinition | None:
        entries = self.mapping(node, path, _IN_A_PROGRAM)
        if entries is None:
            return None
        self.require(node, entries, path, ("key", "name", "include"))
        start, target = self.day(entries, path, "start"), self.day(entries, path, "target")
        if start and target and start > target:
            self.say(entries["target"], f"{path}.target", f"lies before start, {start}; give a later day")
        if "workstreams" in entries:
            self._refuse_repeats(entries["workstreams"], f"{path}.workstreams", "name")
        return ProgramDefinition(
            key=self._program_key(entries, path),
            name=self.text(entries, path, "name") or "",
            objective=self.text(entries, path, "objective"),
            owner=self.text(entries, path, "owner"),
            start=start,
            target=target,
            count_subtasks=self.flag(entries, path, "count_subtasks", default=False),
            include=self._include(entries, path),
            exclude=self.listed(entries, path, "exclude", self._exclude),
            workstreams=self.listed(entries, path, "workstreams", self._workstream),
            dependencies=self.listed(entries, path, "dependencies", self._dependency),
            confirm_suggested=self.listed(entries, path, "confirm_suggested", self._confirmation),
        )

    def _program_key(self, entries: Entries, path: str) -> str:
        key = self.text(entries, path, "key") or ""
        if key and not _PROGRAM_KEY.fullmatch(key):
            message = f"“{key}” cannot stand in an address; use up to 64 letters, digits, `-`, `_` and `.`"
            self.say(entries["key"], f"{path}.key", message)
        return key

    def _include(self, entries: Entries, path: str) -> tuple[Rule, ...]:
        node = entries.get("include")
        if isinstance(node, yaml.SequenceNode) and not node.value:
            self.say(node, f"{path}.include", "is empty; list at least one rule, such as {project: PAY}")
        return self.listed(entries, path, "include", self._rule)

    def _exclude(self, node: yaml.Node, path: str) -> Rule | None:
        if isinstance(node, yaml.MappingNode) and any(name.value == "descendants" for name, _ in node.value):
            message = "an exclude takes out the item alone, never what stands below it; remove this key"
            self.say(node, f"{path}.descendants", message)
        rule = self._rule(node, path)
        return None if rule is None else Rule(rule.matchers, descendants=False, line=rule.line)

    def _workstream(self, node: yaml.Node, path: str) -> Workstream | None:
        entries = self.mapping(node, path, ("name", "match"))
        if entries is None:
            return None
        self.require(node, entries, path, ("name", "match"))
        name = self.text(entries, path, "name")
        match = self._rule(entries["match"], f"{path}.match") if "match" in entries else None
        return Workstream(name, match) if name and match else None

    def _dependency(self, node: yaml.Node, path: str) -> DeclaredDependency | None:
        entries = self.mapping(node, path, ("from", "to", "lag_days"))
        if entries is None:
            return None
        self.require(node, entries, path, ("from", "to"))
        lag_days = self.days(entries, path, "lag_days")
        predecessor, successor = self._end(entries, path, "from"), self._end(entries, path, "to")
        if predecessor is None or successor is None:
            return None
        if predecessor == successor:
            self.say(node, path, "`from` and `to` are the same item; name two")
        return DeclaredDependency(predecessor, successor, lag_days)

    def _end(self, entries: Entries, path: str, name: str) -> str | None:
        text = self.text(entries, path, name)
        if text is None:
            return None
        source, _, reference = text.partition(":")
        if not (source and reference):
            self.say(entries[name], f"{path}.{name}", f"“{text}” must be written as source:KEY or source:id")
        elif self._sources is not None and source not in self._sources:
            self.say(entries[name], f"{path}.{name}", self._unknown_source(source))
        return text

    def _confirmation(self, node: yaml.Node, path: str) -> Rule | None:
        names = ("origin", "source")
        entries = self.mapping(node, path, names)
        if entries is None:
            return None
        if isinstance(node, yaml.MappingNode) and not node.value:
            self.say(node, path, "would confirm everything; name at least one of origin, source")
        return Rule(self._named(entries, path, names), descendants=False, line=node.start_mark.line + 1)

    def _rule(self, node: yaml.Node, path: str) -> Rule | None:
        entries = self.mapping(node, path, (*MATCHERS, "field", "descendants"), also=_CUSTOM_FIELD_ID)
        if entries is None:
            return None
        if not isinstance(node, yaml.MappingNode) or not any(k.value != "descendants" for k, _ in node.value):
            self.say(node, path, f"would match everything; name at least one of {', '.join(MATCHERS)}, field")
        descendants = self.flag(entries, path, "descendants", default=True)
        return Rule(self._matchers(entries, path), descendants, node.start_mark.line + 1)

    def _matchers(self, entries: Entries, path: str) -> dict[str, tuple[str, ...]]:
        found = self._named(entries, path, MATCHERS)
        custom = {name: node for name, node in entries.items() if _CUSTOM_FIELD_ID.fullmatch(name)}
        for name, node in sorted((self._fields(entries, path) | custom).items()):
            found[FIELD_PREFIX + name] = self._values(node, f"{path}.field.{name}")
        return found

    def _named(self, entries: Entries, path: str, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """In one order whatever the file's, so that equal rules read the same."""
        found: dict[str, tuple[str, ...]] = {}
        for name in names:
            if name in entries:
                found[name] = self._values(entries[name], f"{path}.{name}")
                for value in found[name]:
                    self._check(name, value, entries[name], f"{path}.{name}")
        return found

    def _fields(self, entries: Entries, path: str) -> Entries:
        if "field" not in entries:
            return {}
        fields = self.mapping(entries["field"], f"{path}.field", None)
        if fields is not None and not fields:
            self.say(entries["field"], f"{path}.field", "is empty; write for example {Cost centre: A*}")
        return fields or {}

    def _check(self, name: str, value: str, node: yaml.Node, path: str) -> None:
        match name:
            case "source" if self._sources is not None:
                if not any(value_matches(value, each) for each in self._sources):
                    self.say(node, path, self._unknown_source(value))
            case "origin" if value not in _ORIGINS and not _FIELD_ORIGIN.fullmatch(value):
                message = f"“{value}” is no place that a pointer is found in" + instead(
                    value, (*_ORIGINS, "field:<id>")
                )
                self.say(node, path, message)
            case "status_category" if value.lower() not in _STATUS_CATEGORIES:
                message = f"“{value}” is no status category" + instead(value, _STATUS_CATEGORIES)
                self.say(node, path, message)
            case "level" if not re.fullmatch(r"-?[0-9]{1,3}", value):
                message = f"“{value}” is no level; -1 is a sub-task, 0 standard, 1 an epic, 2 and more above"
                self.say(node, path, message)

    def _unknown_source(self, name: str) -> str:
        return f"no source is called “{name}”" + instead(name, sorted(self._sources or ()))

    def _values(self, node: yaml.Node, path: str) -> tuple[str, ...]:
        if isinstance(node, yaml.SequenceNode):
            values = self.each(node, path, self.scalar)
            if not node.value:
                self.say(node, path, "is an empty list, which nothing can match; give a value or remove it")
        else:
            value = self.scalar(node, path)
            values = () if value is None else (value,)
        if sum("*" in each or "?" in each or not each.isascii() for each in values) > MAX_PATTERNS:
            self.say(node, path, f"holds more than {MAX_PATTERNS} patterns; split the rule")
        return tuple(dict.fromkeys(values))

    def _refuse_repeats(self, node: yaml.Node, path: str, name: str) -> None:
        """Keys stand in addresses and names in tables: two that differ in letter case alone would be confused."""
        seen: dict[str, int] = {}
        for place, child in enumerate(node.value if isinstance(node, yaml.SequenceNode) else ()):
            for key, value in child.value if isinstance(child, yaml.MappingNode) else ():
                if key.value != name or not isinstance(value, yaml.ScalarNode):
                    continue
                text = str(value.value).strip()
                if (line := seen.get(text.casefold())) is not None:
                    message = f"“{text}” is taken by line {line}; each {name} stands once"
                    self.say(value, f"{path}[{place}].{name}", message)
                seen.setdefault(text.casefold(), value.start_mark.line + 1)
