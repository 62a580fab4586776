"""The shapes of answers about health, data quality, attention and the portfolio, as they leave (design §6.3)."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct

from service.programs.answers import CountProgress, ProgramRef, StatedHealthData, WeightedProgress
from service.programs.dependency_answers import StatusCounts


class EvidenceItem(Struct, frozen=True, kw_only=True):
    """`url` opens the item in its tool."""

    uid: str
    key: str
    title: str
    url: str | None


class LimitsData(Struct, frozen=True, kw_only=True):
    """Beyond a limit the colour changes; null: the rule never gives that colour. `worse`: lower | higher."""

    worse: str
    red: float | None
    amber: float | None
    grey: float | None


class RuleData(Struct, frozen=True, kw_only=True):
    """`colour` is null where the rule does not speak; then `reason` is a code that says why, and `message` in words.

    `limit` is the one that the value is beyond. `evidence` shows a few of the items behind it, `evidence_total` counts
    them all, and `more` is where the API lists them.
    """

    code: str
    rule: str
    colour: str | None
    value: float | None
    limit: float | None
    limits: LimitsData
    message: str
    reason: str | None
    evidence: tuple[EvidenceItem, ...]
    evidence_total: int
    more: str | None


class PartData(Struct, frozen=True, kw_only=True):
    """A workstream, or a project where there is none. `share` is its part of what counts; `critical`: no float."""

    name: str
    colour: str
    share: float
    critical: bool
    rules: tuple[str, ...]  # those that give it this colour


class ShareData(Struct, frozen=True, kw_only=True):
    """Of the items `asked`, `missing` fail. `share` is null where nobody is asked. `more` lists those to mend."""

    check: str
    weight: float
    share: float | None
    asked: int
    missing: int
    more: str


class QualityData(Struct, frozen=True, kw_only=True):
    """`score` from 0 to 1; `coverage` is the weight of the checks that could ask anybody."""

    score: float | None
    coverage: float
    estimates: str  # points | time: what `estimated` looks at
    checks: tuple[ShareData, ...]


class StatedData(Struct, frozen=True, kw_only=True):
    """`colour` is the worst of what is stated; null where no word says a colour."""

    colour: str | None
    statements: tuple[StatedHealthData, ...]


class OverrideData(Struct, frozen=True, kw_only=True):
    """`ended_at` and `ended_by` are there where it was withdrawn or replaced before it expired."""

    value: str
    reason: str
    author: str
    set_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    ended_by: str | None


class DisagreementData(Struct, frozen=True):
    """`kind`: watermelon (stated green, computed red), rosier or gloomier than computed."""

    kind: str
    message: str


class HealthData(Struct, frozen=True, kw_only=True):
    """`effective` is the override while one holds, else what is computed.

    `reason` is there where no single rule gives the colour: nothing_left, no_rule_speaks, low_data_quality; in the
    last case `without_gate` is what the rules say all the same.
    """

    program: ProgramRef
    effective: str
    computed: str
    reason: str | None
    without_gate: str
    stated: StatedData
    override: OverrideData | None
    disagreement: DisagreementData | None
    rules: tuple[RuleData, ...]
    parts: tuple[PartData, ...]
    data_quality: QualityData
    past_overrides: tuple[OverrideData, ...]


class OverrideAnswer(Struct, frozen=True, kw_only=True):
    """What holds now, null after it was withdrawn."""

    program: ProgramRef
    override: OverrideData | None


class QualityRow(Struct, frozen=True, kw_only=True):
    """Of a source or a team; `name` null: of no team."""

    name: str | None
    score: float | None
    coverage: float
    checks: dict[str, float | None]


class ItemToMend(Struct, frozen=True, kw_only=True):
    """`lacks` are the checks it fails, `url` opens it in its tool."""

    uid: str
    key: str
    title: str
    source: str
    project: str | None
    team: str | None
    assignee: str | None
    lacks: tuple[str, ...]
    url: str | None


class DataQualityData(Struct, frozen=True, kw_only=True):
    """`items` is one page of what to mend, what lacks most first; `total` counts all of them."""

    program: ProgramRef
    quality: QualityData
    by: str
    breakdown: tuple[QualityRow, ...]
    items: tuple[ItemToMend, ...]
    total: int
    next_cursor: str | None


class ScoreData(Struct, frozen=True, kw_only=True):
    """`total` is the sum of the parts, at most 100."""

    total: float
    kind: float
    downstream: float
    delay: float
    critical: float


class Who(Struct, frozen=True):
    """Whom to ask: the assignee, and the team. Both null where nobody is known."""

    name: str | None
    team: str | None


class Concern(Struct, frozen=True, kw_only=True):
    """`what` is to be chased and `why`, in a sentence each. `uid` is null where it is about no item.

    `url` opens it in its tool, `more` is where the API tells all about it.
    """

    kind: str
    subject: str
    uid: str | None
    key: str | None
    title: str | None
    who: Who
    what: str
    why: str
    days: int
    downstream_items: int
    critical: bool
    score: ScoreData
    url: str | None
    more: str | None


class AttentionData(Struct, frozen=True, kw_only=True):
    """The most pressing first. `counts` is by kind, of all; `total` of them all."""

    program: ProgramRef
    attention: tuple[Concern, ...]
    counts: dict[str, int]
    total: int
    next_cursor: str | None


class PortfolioProgress(Struct, frozen=True):
    count: CountProgress
    points: WeightedProgress


class PortfolioDates(Struct, frozen=True, kw_only=True):
    """`start` and `target` are the program's own; `rolled_due` is the latest due date of what counts.

    `finish` is the computed end of the open work, `float_to_target` how many working days it leaves to the target.
    """

    start: date | None
    target: date | None
    rolled_due: date | None
    finish: date | None
    float_to_target: int | None


class PortfolioHealth(Struct, frozen=True, kw_only=True):
    """`rules` are those that give the computed colour."""

    effective: str
    computed: str
    stated: str | None
    override: str | None
    disagreement: str | None
    rules: tuple[str, ...]
    data_quality: float | None


class PortfolioDependencies(Struct, frozen=True, kw_only=True):
    score: float | None
    counts: StatusCounts


class PortfolioFreshness(Struct, frozen=True, kw_only=True):
    """`as_of` is the oldest proof among the program's sources; null when one was never complete."""

    as_of: datetime | None
    lag_seconds: int | None
    complete: bool
    in_doubt: tuple[str, ...]


class PortfolioRow(Struct, frozen=True, kw_only=True):
    """One program on one line."""

    key: str
    name: str
    owner: str | None
    items: int
    countable: int
    progress: PortfolioProgress
    dates: PortfolioDates
    health: PortfolioHealth
    dependencies: PortfolioDependencies
    freshness: PortfolioFreshness


class PortfolioData(Struct, frozen=True, kw_only=True):
    """In the order of the programs file. `health` counts the programs by their effective colour."""

    programs: tuple[PortfolioRow, ...]
    health: dict[str, int]
    next_cursor: str | None
