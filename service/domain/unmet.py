"""What mapping rules name and no tool has: projects that went away, fields that were renamed, words with a slip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from service.domain.mapping import FIELD_PREFIX, ProgramDefinition, Rule, value_matches

FIELD: Final = "field"
CHECKED: Final = ("source", "project", "portfolio", "item_type", "status", FIELD)  # words that tools list


class Standing(StrEnum):
    """How the thing that a name stands for is doing."""

    LIVE = "live"
    ARCHIVED = "archived"
    GONE = "gone"
    OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True, slots=True)
class Named:
    """Something of a source, by each name that a rule may call it."""

    source: str
    names: tuple[str, ...]
    standing: Standing = Standing.LIVE


@dataclass(frozen=True, slots=True)
class Unmet:
    """A value of a rule that fits nothing that is pulled; `standing` None: nothing is called so at all."""

    program: str
    rule: str
    matcher: str
    value: str
    source: str | None = None
    standing: Standing | None = None

    def to_text(self) -> str:
        """What is amiss, and what to do about it."""
        named = f'{self.matcher} "{self.value}" (rule "{self.rule}")'
        match self.standing:
            case None:
                return f"{named}: no source has one; correct the programs file and apply it."
            case Standing.GONE:
                return (
                    f"{named}: gone from {self.source}, deleted or hidden from our account; give the account the right "
                    "to browse it, or take it out of the programs file."
                )
            case Standing.ARCHIVED:
                return f"{named}: archived in {self.source}, so its items do not count; take it out or bring it back."
            case _:
                return f"{named}: not pulled from {self.source}; add it to the scope of the source."


Vocabulary = Mapping[str, Sequence[Named]]
"""matcher → what there is."""


def unmet_in(program: ProgramDefinition, vocabulary: Vocabulary) -> list[Unmet]:
    """In the order of the file, each once. Of what no tool was asked about yet, nothing is said."""
    rules = (*program.include, *program.exclude, *(each.match for each in program.workstreams))
    found = (each for rule in rules for each in _unmet_by(rule, vocabulary, program=program.key))
    return list(dict.fromkeys(found))


def _unmet_by(rule: Rule, vocabulary: Vocabulary, *, program: str) -> Iterator[Unmet]:
    for matcher, values in rule.matchers.items():
        kind, wanted = _looked_up(matcher, values)
        there = [each for each in vocabulary.get(kind, ()) if _may_draw_from(rule, each.source)]
        if kind not in CHECKED or not there:
            continue
        for value in wanted:
            named = [each for each in there if any(value_matches(value, name) for name in each.names)]
            if any(each.standing is Standing.LIVE for each in named):
                continue
            left = _first(named)
            yield Unmet(
                program,
                rule.describe(),
                kind,
                value,
                None if left is None else left.source,
                None if left is None else left.standing,
            )


def _looked_up(matcher: str, values: Sequence[str]) -> tuple[str, Sequence[str]]:
    """A custom field is named by the matcher itself; everything else by its values."""
    if matcher.startswith(FIELD_PREFIX):
        return FIELD, (matcher.removeprefix(FIELD_PREFIX),)
    return matcher, values


def _may_draw_from(rule: Rule, source: str) -> bool:
    patterns = rule.matchers.get("source")
    return patterns is None or any(value_matches(each, source) for each in patterns) or source == ""


def _first(named: Iterable[Named]) -> Named | None:
    return min(named, key=lambda each: list(Standing).index(each.standing), default=None)
