"""The shapes of answers about dependencies, as they leave through HTTP and `--json` (design §6.3)."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from service.programs.answers import ProgramRef, Remark
from service.programs.schedule_risk_answers import Odds


class EndData(Struct, frozen=True, kw_only=True):
    """One end of an edge. `visible` is false when it cannot be read, and `presence` says why; then only what a link
    or a file tells of it is known. `member`: it stands in the program that was asked about. `url` opens it in its tool.
    """

    uid: str
    key: str
    title: str
    source: str
    project: str | None
    team: str | None
    assignee: str | None
    status: str
    status_category: str | None
    due: date | None
    url: str | None
    visible: bool
    presence: str
    member: bool
    workstream: str | None


class EdgeData(Struct, frozen=True, kw_only=True):
    """`successor` waits for `predecessor`. Days are working days; `gap_days` is negative when it comes too late.

    `stale`: what is known of one end is older than the limit. `confirmed` is false for what is merely suggested: it is
    listed and counts for nothing. `probability` is the chance that the predecessor gives in time, by how long such work
    took; null where nothing tells. `covered_by` is the id of the edge between containers that says the same; `hub`
    marks an edge into or out of an item that only gathers others.
    """

    id: str
    predecessor: EndData
    successor: EndData
    type: str
    lag_days: int
    provenance: str
    origins: tuple[str, ...]
    confirmed: bool
    link_type: str | None
    status: str
    reasons: tuple[Remark, ...]
    need_by: date | None
    planned_finish: date | None
    gap_days: int | None
    blocked_since: date | None
    blocked_days: int | None
    probability: float | None
    downstream_items: int
    cross_tool: bool
    cross_project: bool
    stale: bool
    hub: bool
    covered_by: str | None


class StatusCounts(Struct, frozen=True):
    """How many confirmed edges have each status, in the order of the ladder."""

    resolved: int = 0
    cyclic: int = 0
    broken: int = 0
    blocked: int = 0
    off_track: int = 0
    at_risk: int = 0
    unknown: int = 0
    on_track: int = 0


class DependencyHealth(Struct, frozen=True, kw_only=True):
    """`score` is from 0 to 100, null with a `reason` when nothing is open. Filters of a list do not change it."""

    score: float | None
    reason: str | None
    counts: StatusCounts
    cycles: tuple[tuple[str, ...], ...]


class DependencyList(Struct, frozen=True):
    """The worst status first; within one, what has waited longest or comes latest, then what drags most along."""

    dependencies: tuple[EdgeData, ...]
    health: DependencyHealth
    total: int
    next_cursor: str | None


class CycleData(Struct, frozen=True):
    """Each waits for the one before it, and the first for the last."""

    items: tuple[EndData, ...]


class CycleList(Struct, frozen=True):
    cycles: tuple[CycleData, ...]
    next_cursor: str | None


class GraphNode(Struct, frozen=True, kw_only=True):
    """An item of the graph. Dates and floats are those of the critical path, null for what is done or not planned."""

    uid: str
    key: str
    title: str
    source: str
    project: str | None
    team: str | None
    status: str
    status_category: str | None
    due: date | None
    url: str | None
    visible: bool
    member: bool
    milestone: bool
    hub: bool
    total_float: int | None
    critical: bool


class GraphEdge(Struct, frozen=True, kw_only=True):
    """From the predecessor to the successor."""

    id: str
    source: str
    target: str
    type: str
    lag_days: int
    status: str
    confirmed: bool
    gap_days: int | None


class GraphData(Struct, frozen=True):
    """`left_out` counts the edges of the program that a filter, or the distance asked for, keeps out of the picture."""

    program: ProgramRef
    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    left_out: int


class MatrixCell(Struct, frozen=True, kw_only=True):
    """`waiting` waits for `awaited`; null is what belongs to no team or workstream. `worst` is the worst status."""

    waiting: str | None
    awaited: str | None
    edges: int
    worst: str
    counts: StatusCounts


class MatrixData(Struct, frozen=True):
    by: str
    cells: tuple[MatrixCell, ...]
    next_cursor: str | None


class BottleneckData(Struct, frozen=True, kw_only=True):
    """`name`: of the item, the team or the person; null what has none. `item` is null for teams and people.

    `waiting` is the number of distinct open countable items that wait for it, directly or through others; of a team or
    person, for any of its items. `open_items`: how many of its items are waited for; `bottlenecks`: how many of those
    are in the tenth that most work waits for.
    """

    name: str | None
    item: EndData | None
    waiting: int
    open_items: int
    bottlenecks: int


class BottleneckList(Struct, frozen=True):
    """What most waits for first. Of items the tenth that most work waits for, of teams and people all."""

    by: str
    bottlenecks: tuple[BottleneckData, ...]
    total: int
    next_cursor: str | None


class ScheduledItem(Struct, frozen=True, kw_only=True):
    """When an open item can be worked on at the earliest and must be at the latest; both days included.

    `total_float` is by how many working days it can slip before the target (without one: the computed finish) is
    missed, `slack_to_finish` before the computed finish moves, `free_float` before anything else does.
    """

    uid: str
    key: str
    title: str
    source: str
    project: str | None
    team: str | None
    url: str | None
    milestone: bool
    duration_days: int
    early_start: date
    early_finish: date
    late_start: date
    late_finish: date
    total_float: int
    free_float: int
    slack_to_finish: int
    critical: bool


class PathData(Struct, frozen=True):
    """Items that follow each other without slack, first to last."""

    total_float: int
    items: tuple[ScheduledItem, ...]


class CriticalPathData(Struct, frozen=True, kw_only=True):
    """`paths` are the critical ones, `near_critical` those that become critical when they slip by `near_within` days.

    `items` are all open items of the network by their float, least first, in pages. `float_to_target` is how many
    working days lie between the computed finish and the target; negative when it comes too late.
    """

    program: ProgramRef
    finish: date | None
    target: date | None
    float_to_target: int | None
    reason: str | None
    near_within: int
    paths: tuple[PathData, ...]
    near_critical: tuple[PathData, ...]
    items: tuple[ScheduledItem, ...]
    next_cursor: str | None


class MovedItem(Struct, frozen=True, kw_only=True):
    """Days before and after the change; `start_days` and `finish_days` are working days, later is positive."""

    uid: str
    key: str
    title: str
    source: str
    project: str | None
    url: str | None
    milestone: bool
    start_before: date
    start_after: date
    finish_before: date
    finish_after: date
    start_days: int
    finish_days: int


class FinishMove(Struct, frozen=True, kw_only=True):
    before: date | None
    after: date | None
    days: int
    float_to_target_before: int | None
    float_to_target_after: int | None


class SimulationData(Struct, frozen=True, kw_only=True):
    """What a change would move, most first, and what it does to the chances. Nothing was written. `items` are cut at a
    thousand, `moved` counts all."""

    program: ProgramRef
    finish: FinishMove
    milestones: tuple[MovedItem, ...]
    items: tuple[MovedItem, ...]
    moved: int
    odds: Odds


class ImpactItem(Struct, frozen=True, kw_only=True):
    """`distance` is how many edges lie between; 1 is a direct neighbour."""

    uid: str
    key: str
    title: str
    source: str
    project: str | None
    team: str | None
    status: str
    status_category: str | None
    url: str | None
    distance: int


class ImpactData(Struct, frozen=True, kw_only=True):
    """What the item waits for (`upstream`) and what waits for it (`downstream`), nearest first, a thousand at most.

    `downstream_items` counts the distinct countable open items behind it, however many are listed. `schedule` is null
    for what is done, or stands in no edge.
    """

    program: ProgramRef
    item: EndData
    schedule: ScheduledItem | None
    edges: tuple[EdgeData, ...]
    upstream: tuple[ImpactItem, ...]
    downstream: tuple[ImpactItem, ...]
    upstream_items: int
    downstream_items: int
