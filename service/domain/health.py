"""Health of a program, or of a part of one, as a colour: named rules, each with its limits, its value and evidence.

A rule compares one measured value with its limits (definitions §10) and nothing else; a value that nobody can tell
makes a rule that does not speak. Unknown is never green: without any rule that speaks, the colour is grey.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, assert_never

NOTHING_LEFT: Final = "nothing_left"
NO_RULE_SPEAKS: Final = "no_rule_speaks"
LOW_DATA_QUALITY: Final = "low_data_quality"


class Rag(StrEnum):
    """Red, amber, green; grey is for what cannot be told."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    GREY = "grey"


class Rule(StrEnum):
    """In the order in which they are told; `code` is what docs/definitions.md calls them."""

    TARGET_PROBABILITY = "target_probability"
    SCHEDULE_VARIANCE = "schedule_variance"
    SCHEDULE_PERFORMANCE = "schedule_performance"
    BLOCKED_CRITICAL = "blocked_critical"
    DEPENDENCY_HEALTH = "dependency_health"
    OVERDUE = "overdue"
    AGEING = "ageing"
    SCOPE_GROWTH = "scope_growth"
    UNOWNED_RISKS = "unowned_risks"
    DATA_QUALITY = "data_quality"
    PARTS = "parts"

    @property
    def code(self) -> str:
        return _CODES[self]


class Worse(StrEnum):
    """In which direction a value gets worse."""

    LOWER = "lower"
    HIGHER = "higher"


@dataclass(frozen=True, slots=True)
class Limits:
    """Beyond a limit, not at it, the colour changes. None: this rule never gives that colour."""

    worse: Worse
    red: float | None = None
    amber: float | None = None
    grey: float | None = None

    def is_ordered(self) -> bool:
        """Red has to lie beyond amber, or at it."""
        if self.red is None or self.amber is None:
            return True
        return self.red <= self.amber if self.worse is Worse.LOWER else self.red >= self.amber


LIMITS: Final[Mapping[Rule, Limits]] = MappingProxyType(
    {
        Rule.TARGET_PROBABILITY: Limits(Worse.LOWER, red=0.50, amber=0.85),
        Rule.SCHEDULE_VARIANCE: Limits(Worse.HIGHER, red=0.10, amber=0.0),  # share of the planned duration
        Rule.SCHEDULE_PERFORMANCE: Limits(Worse.LOWER, red=0.85, amber=0.95),
        Rule.BLOCKED_CRITICAL: Limits(Worse.HIGHER, red=0.0),  # edges
        Rule.DEPENDENCY_HEALTH: Limits(Worse.LOWER, red=60.0, amber=80.0),
        Rule.OVERDUE: Limits(Worse.HIGHER, red=0.15, amber=0.05),
        Rule.AGEING: Limits(Worse.HIGHER, amber=0.25),
        Rule.SCOPE_GROWTH: Limits(Worse.HIGHER, amber=0.15),
        Rule.UNOWNED_RISKS: Limits(Worse.HIGHER, amber=0.0),  # risks
        Rule.DATA_QUALITY: Limits(Worse.LOWER, grey=0.60),
        Rule.PARTS: Limits(Worse.HIGHER, red=0.30, amber=0.30),  # share of weight; see `rolled_up`
    }
)
_CODES: Final[Mapping[Rule, str]] = MappingProxyType(
    {
        Rule.TARGET_PROBABILITY: "R1",
        Rule.SCHEDULE_VARIANCE: "R2",
        Rule.SCHEDULE_PERFORMANCE: "R3",
        Rule.BLOCKED_CRITICAL: "R4",
        Rule.DEPENDENCY_HEALTH: "H",
        Rule.OVERDUE: "R5",
        Rule.AGEING: "R6",
        Rule.SCOPE_GROWTH: "R7",
        Rule.UNOWNED_RISKS: "R8",
        Rule.DATA_QUALITY: "R9",
        Rule.PARTS: "P",
    }
)


@dataclass(frozen=True, slots=True)
class Measure:
    """What a rule looks at. `value` None: it cannot be told, and `reason` is the stable code that says why.

    `message` is the sentence for people, and `evidence` the uids of the items, or the ids of the edges, behind it.
    """

    rule: Rule
    value: float | None
    message: str
    reason: str | None = None
    evidence: tuple[str, ...] = ()

    @classmethod
    def missing(cls, rule: Rule, reason: str, message: str) -> Measure:
        return cls(rule, None, message, reason)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says. `colour` None: it does not speak. `limit` is the one that the value is beyond."""

    measure: Measure
    limits: Limits
    colour: Rag | None
    limit: float | None = None

    @property
    def rule(self) -> Rule:
        return self.measure.rule


@dataclass(frozen=True, slots=True)
class Part:
    """A workstream, or a project. `weight` is how much counts in it; `critical`: open work of it has no float."""

    name: str
    colour: Rag
    weight: float
    critical: bool = False
    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Health:
    """`colour` is what was computed; `without_gate` what it would be if data quality were no matter.

    `reason` is there where the colour comes from no single rule: nothing is left to do, none speaks, data are poor.
    """

    colour: Rag
    without_gate: Rag
    reason: str | None
    verdicts: tuple[Verdict, ...]
    parts: tuple[Part, ...] = field(default=())


def judge(measure: Measure, limits: Limits) -> Verdict:
    """The worst colour whose limit the value is beyond; green where it is beyond none."""
    value = measure.value
    if value is None:
        return Verdict(measure, limits, None)
    for colour, limit in ((Rag.RED, limits.red), (Rag.AMBER, limits.amber), (Rag.GREY, limits.grey)):
        if limit is not None and _is_beyond(value, limit, limits.worse):
            return Verdict(measure, limits, colour, limit)
    return Verdict(measure, limits, Rag.GREEN)


def judge_all(measures: Iterable[Measure], limits: Mapping[Rule, Limits] = LIMITS) -> tuple[Verdict, ...]:
    return tuple(judge(measure, limits[measure.rule]) for measure in measures)


def health_of(verdicts: Sequence[Verdict], *, finished: bool = False, parts: Sequence[Part] = ()) -> Health:
    """The worst that any rule says; grey while data quality is below its limit, whatever the others say.

    `finished`: something counts, and all of it is done. Then nothing is late, blocked or old any more.
    """
    spoken = [each.colour for each in verdicts if each.colour is not None and not _is_mere_quality(each)]
    gated = any(each.rule is Rule.DATA_QUALITY and each.colour is Rag.GREY for each in verdicts)
    if finished:
        return Health(Rag.GREEN, Rag.GREEN, NOTHING_LEFT, tuple(verdicts), tuple(parts))
    ungated = worst(spoken)
    colour = Rag.GREY if gated else ungated
    reason = LOW_DATA_QUALITY if gated else NO_RULE_SPEAKS if colour is Rag.GREY else None
    return Health(colour, ungated, reason, tuple(verdicts), tuple(parts))


def worst(colours: Iterable[Rag]) -> Rag:
    """Red before amber before green; grey where there is nothing else."""
    return min(colours, key=_severity, default=Rag.GREY)


def rolled_up(parts: Sequence[Part], limits: Limits = LIMITS[Rule.PARTS]) -> Verdict:
    """What the colours of parts say about the whole (definitions §10, roll-up).

    A red part with critical work makes it red. Otherwise shares of weight decide, over the parts that have a colour:
    red beyond the limit of red; amber where anything is red, or red and amber together are beyond the limit of amber.
    While more than half of the weight is grey, the parts do not speak.
    """
    total = sum(part.weight for part in parts)
    known = [part for part in parts if part.colour is not Rag.GREY]
    known_weight = sum(part.weight for part in known)
    if len(parts) < 2 or known_weight * 2 < total or not known_weight:
        return Verdict(_unknown_parts(parts), limits, None)
    reds = [part for part in known if part.colour is Rag.RED]
    red = sum(part.weight for part in reds) / known_weight
    troubled = sum(part.weight for part in known if part.colour is not Rag.GREEN) / known_weight
    measure = Measure(
        Rule.PARTS, red, _said_of_parts(reds, len(parts), red), evidence=tuple(part.name for part in reds)
    )
    if any(part.critical for part in reds):
        return Verdict(measure, limits, Rag.RED)
    if limits.red is not None and red > limits.red:
        return Verdict(measure, limits, Rag.RED, limits.red)
    if reds or (limits.amber is not None and troubled > limits.amber):
        return Verdict(measure, limits, Rag.AMBER, None if reds else limits.amber)
    return Verdict(measure, limits, Rag.GREEN)


class Disagreement(StrEnum):
    """How what people state differs from what is computed."""

    WATERMELON = "watermelon"  # green outside, red inside
    ROSIER = "rosier"  # stated better than computed
    GLOOMIER = "gloomier"  # stated worse than computed


def disagreement(stated: Rag | None, computed: Rag) -> Disagreement | None:
    """None where both say the same, and where one of them says nothing."""
    match stated, computed:
        case (None | Rag.GREY, _) | (_, Rag.GREY):
            return None
        case Rag.GREEN, Rag.RED:
            return Disagreement.WATERMELON
        case _ if _severity(stated) == _severity(computed):
            return None
        case _:
            return Disagreement.ROSIER if _severity(stated) > _severity(computed) else Disagreement.GLOOMIER


_STATED: Final[Mapping[str, Rag]] = MappingProxyType(
    {
        "on_track": Rag.GREEN,
        "complete": Rag.GREEN,
        "at_risk": Rag.AMBER,
        "on_hold": Rag.AMBER,  # nothing moves, and nobody says it will be late
        "off_track": Rag.RED,
    }
)


_SPOKEN: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{word: word for word in (*_STATED, "dropped")},
        "green": "on_track",
        "amber": "at_risk",
        "yellow": "at_risk",
        "orange": "at_risk",
        "red": "off_track",
        "completed": "complete",
        "done": "complete",
    }
)


def colour_of_stated(status: str) -> Rag | None:
    """Of the words that tools use for health; None for a word that says no colour, such as `dropped`."""
    return _STATED.get(status)


def stated_word(said: str) -> str:
    """What people write into a field, such as "On Track" or "🟢 Green", in the words of status updates.

    What none of them is stays as it was written, and says no colour.
    """
    words = "".join(letter if letter.isalpha() else " " for letter in said.casefold()).split()
    return _SPOKEN.get("_".join(words), said)


def _is_mere_quality(verdict: Verdict) -> bool:
    """That the data are good says nothing about how the work goes."""
    return verdict.rule is Rule.DATA_QUALITY and verdict.colour in (Rag.GREEN, Rag.GREY)


def _is_beyond(value: float, limit: float, worse: Worse) -> bool:
    match worse:
        case Worse.LOWER:
            return value < limit
        case Worse.HIGHER:
            return value > limit
        case _:
            assert_never(worse)


_SEVERITIES: Final = (Rag.RED, Rag.AMBER, Rag.GREEN, Rag.GREY)


def _severity(colour: Rag | None) -> int:
    return len(_SEVERITIES) if colour is None else _SEVERITIES.index(colour)


def _unknown_parts(parts: Sequence[Part]) -> Measure:
    if len(parts) < 2:
        return Measure.missing(Rule.PARTS, "one_part", "The program has no parts to compare.")
    return Measure.missing(Rule.PARTS, "parts_unknown", "More than half of the work is in parts without a colour.")


def _said_of_parts(reds: Sequence[Part], parts: int, share: float) -> str:
    if not reds:
        return f"None of {parts} parts is red."
    names = ", ".join(part.name for part in reds[:3]) + (f" and {len(reds) - 3} more" if len(reds) > 3 else "")
    path = ", on the critical path" if any(part.critical for part in reds) else ""
    verb = "is" if len(reds) == 1 else "are"
    return f"{len(reds)} of {parts} parts {verb} red ({share:.0%} of the work{path}): {names}."
