"""Reads YAML as nodes rather than as loaded values, and collects what is wrong instead of stopping at it.

Nodes keep line numbers, and `release: 1.0` stays "1.0". A part that cannot be read counts as absent; the
caller looks at `problems` before it uses anything. Safe on hostile text: nothing is constructed, the size
is bounded, and aliases, a few lines of which can unfold into gigabytes, are refused.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import yaml

MAX_CHARACTERS = 1_000_000  # a portfolio of a thousand programs has a tenth of that
MAX_VALUE = 500

T = TypeVar("T")
Entries = dict[str, yaml.Node]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where (`programs[0].include[2].projct`), and what would be right."""

    line: int
    path: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: " + (f"{self.path}: " if self.path else "") + self.message


class Unreadable(Exception):
    """The text is no document at all; there is nothing to walk."""

    def __init__(self, line: int, message: str) -> None:
        self.problem = Problem(line, "", message)
        super().__init__(str(self.problem))


def compose(text: str) -> yaml.Node | None:
    """The root node, None for an empty document. Raises Unreadable."""
    if len(text) > MAX_CHARACTERS:
        raise Unreadable(1, f"the file has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read")
    try:
        return _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(mark.line + 1 if mark else 1, f"not readable as YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise Unreadable(1, f"not readable as YAML: {error}") from None
    except RecursionError:
        raise Unreadable(1, "nested too deeply to be read") from None


class NodeReader:
    """The building blocks of a reader; each takes the node and its path, and says what is wrong with it."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def say(self, node: yaml.Node, path: str, message: str) -> None:
        self.problems.append(Problem(node.start_mark.line + 1, path, message))

    def mapping(
        self, node: yaml.Node, path: str, allowed: Sequence[str] | None, *, also: re.Pattern[str] | None = None
    ) -> Entries | None:
        """Its entries by key; unknown and repeated keys are refused. `allowed` None takes any key."""
        if not isinstance(node, yaml.MappingNode):
            where = path or "the file"
            names = "" if allowed is None else f" with {_listed(allowed)}"
            self.say(node, path, f"{where} must be a mapping{names}, not {kind(node)}")
            return None
        entries: Entries = {}
        for name_node, value in node.value:
            name = str(name_node.value) if isinstance(name_node, yaml.ScalarNode) else ""
            here = f"{path}.{name}" if path else name
            if not name:
                self.say(name_node, path, "a key must be a text")
            elif name in entries:
                self.say(name_node, here, f"stands twice; keep one `{name}`")
            elif allowed is not None and name not in allowed and not (also and also.fullmatch(name)):
                self.say(name_node, here, f"unknown key `{name}`" + instead(name, allowed))
            else:
                entries[name] = value
        return entries

    def each(self, node: yaml.Node, path: str, read: Callable[[yaml.Node, str], T | None]) -> tuple[T, ...]:
        if not isinstance(node, yaml.SequenceNode):
            self.say(node, path, f"must be a list, not {kind(node)}; start its entries with `- `")
            return ()
        found = (read(child, f"{path}[{place}]") for place, child in enumerate(node.value))
        return tuple(value for value in found if value is not None)

    def listed(
        self, entries: Entries, path: str, name: str, read: Callable[[yaml.Node, str], T | None]
    ) -> tuple[T, ...]:
        return self.each(entries[name], f"{path}.{name}", read) if name in entries else ()

    def require(self, node: yaml.Node, entries: Entries, path: str, names: Sequence[str]) -> None:
        for name in names:
            if name not in entries:
                self.say(node, path, f"`{name}` is missing; needed are {_listed(names)}")

    def scalar(self, node: yaml.Node, path: str) -> str | None:
        if not isinstance(node, yaml.ScalarNode) or _tag(node) == "null":
            self.say(node, path, f"must be a text, not {kind(node)}")
            return None
        text = str(node.value).strip()
        if not text:
            self.say(node, path, "is empty; give a text")
        elif len(text) > MAX_VALUE:
            self.say(node, path, f"has {len(text)} characters; at most {MAX_VALUE} are allowed")
        elif "\0" in text:
            self.say(node, path, "holds a NUL character; remove it")
        return text or None

    def text(self, entries: Entries, path: str, name: str) -> str | None:
        return self.scalar(entries[name], f"{path}.{name}") if name in entries else None

    def flag(self, entries: Entries, path: str, name: str, *, default: bool) -> bool:
        node = entries.get(name)
        if node is None:
            return default
        if _tag(node) != "bool":
            self.say(node, f"{path}.{name}", f"must be true or false, not {kind(node)}")
            return default
        return str(node.value).lower() in ("true", "yes", "on")

    def days(self, entries: Entries, path: str, name: str) -> int:
        """A whole number of days, 0 when absent."""
        text = self.text(entries, path, name)
        if text is None:
            return 0
        if not re.fullmatch(r"[+-]?[0-9]{1,4}", text):
            self.say(entries[name], f"{path}.{name}", f"“{text}” is no whole number of days; write for example 2")
            return 0
        return int(text)

    def day(self, entries: Entries, path: str, name: str) -> date | None:
        text = self.text(entries, path, name)
        if text is None:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.say(entries[name], f"{path}.{name}", f"“{text}” is no day; write it like 2026-12-18")
            return None


def instead(name: str, allowed: Sequence[str]) -> str:
    """What would be right: the closest name when one is close, else all of them."""
    close = difflib.get_close_matches(name.lower(), [each.lower() for each in allowed], n=1)
    meant = next((each for each in allowed if close and each.lower() == close[0]), None)
    hint = f"; did you mean `{meant}`?" if meant else ""
    return hint + (f" Allowed are {_listed(allowed)}" if meant else f"; allowed are {_listed(allowed)}")


def kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return "nothing" if _tag(node) == "null" else f"“{str(node.value)[:60]}”"


def _tag(node: yaml.Node) -> str:
    return str(node.tag).rpartition(":")[2]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "none"


class _Loader(yaml.SafeLoader):
    def compose_node(self, parent: yaml.Node | None, index: int) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="anchors and aliases are not read; repeat the value", problem_mark=mark)
        return super().compose_node(parent, index)
