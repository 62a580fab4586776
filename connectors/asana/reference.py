"""A workspace's metadata, from the raw payloads that discovery kept: the same in a sync and in a replay.

Payloads by name, arrays unless said: `projects`, `fields`, `portfolios` (each with its `items`), `goals`,
`project_updates` and `portfolio_updates` (what people last said about them), `custom_types`, `users`, `capabilities`,
`scopes` (gids of the projects wanted), `findings`, `options` (an object). One that is absent counts as empty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import msgspec
from msgspec import DecodeError, Struct

from connectors.asana.config import AsanaOptions, fold, folded
from connectors.asana.custom_fields import FieldRoles, describe_fields, discover_roles, find
from connectors.asana.decoding import decode_rows
from connectors.asana.payloads import (
    CustomTypeJson,
    FieldJson,
    GoalMetaJson,
    MetricJson,
    PortfolioMetaJson,
    ProjectMetaJson,
    UpdateJson,
    UserMetaJson,
)
from connectors.asana.statuses import StatusRules, every_status
from connectors.contract import Finding, ReferenceData
from connectors.errors import PayloadUnreadable
from connectors.items import (
    LinkDirection,
    SourceCapability,
    SourceGoal,
    SourceItemType,
    SourceLinkType,
    SourcePerson,
    SourcePortfolio,
    SourceProject,
    SourceStatusUpdate,
)
from connectors.timestamps import parse_optional_day, parse_optional_moment

T = TypeVar("T")
Row = TypeVar("Row", bound=Struct)

TASK = SourceItemType("default_task", "Task", 0)
SUB_TASK = SourceItemType("subtask", "Sub-task", -1)
MILESTONE = SourceItemType("milestone", "Milestone", 0)
APPROVAL = SourceItemType("approval", "Approval", 0)
DEPENDENCY = SourceLinkType(
    "dependency", "Dependency", "blocks", "is blocked by", LinkDirection.PREDECESSOR_FIRST, "phrases"
)
# the older ways of saying it: a project's colour, a goal's colour
WORDS = {"green": "on_track", "yellow": "at_risk", "red": "off_track", "blue": "on_hold"}


class Discovery(Struct, frozen=True):
    """What the normaliser needs beyond ReferenceData. `scopes` are the wanted projects that are not archived."""

    reference: ReferenceData
    roles: FieldRoles
    rules: StatusRules
    fields: tuple[FieldJson, ...]
    people: Mapping[str, SourcePerson]
    portfolios_by_project: Mapping[str, tuple[SourcePortfolio, ...]]
    scopes: frozenset[str]


def read_discovery(payloads: Mapping[str, bytes], *, options: AsanaOptions) -> Discovery:
    """Raises PayloadUnreadable(name of the payload, …) for bytes that are no JSON."""
    odd: list[Finding] = []
    fields = tuple(_read(payloads, "fields", FieldJson, odd))
    roles, findings = discover_roles(fields, options)
    rules = StatusRules(
        options,
        status_field=roles.status,
        cancelled_fields={
            gid: folded(values) for name, values in options.cancelled_fields.items() for gid in find(fields, name)
        },
    )
    projects = _read(payloads, "projects", ProjectMetaJson, odd)
    sent_portfolios = _read(payloads, "portfolios", PortfolioMetaJson, odd)
    goals = _read(payloads, "goals", GoalMetaJson, odd)
    types = _read(payloads, "custom_types", CustomTypeJson, odd)
    users = _read(payloads, "users", UserMetaJson, odd)
    portfolios = read_portfolios(sent_portfolios)
    people = {each.gid: _person(each) for each in users}
    reference = ReferenceData(
        fields=describe_fields(fields, roles),
        statuses=every_status(types, rules),
        item_types=(TASK, SUB_TASK, MILESTONE, APPROVAL, *_custom_types(types)),
        link_types=(DEPENDENCY,),
        projects=_projects(projects),
        people=tuple(people.values()),
        portfolios=portfolios,
        status_updates=tuple(
            _updates(
                _read(payloads, "project_updates", ProjectMetaJson, odd),
                _read(payloads, "portfolio_updates", PortfolioMetaJson, odd),
                goals,
            )
        ),
        goals=tuple(map(_goal, goals)),
        capabilities=tuple(_own(payloads, "capabilities", list[SourceCapability])),
        warnings=(*findings, *odd, *_own(payloads, "findings", list[Finding])),
        payloads=dict(payloads),
    )
    return Discovery(
        reference,
        roles,
        rules,
        fields,
        people,
        _by_project(portfolios),
        frozenset(_own(payloads, "scopes", list[str])) - {each.gid for each in projects if each.archived},
    )


def _read(payloads: Mapping[str, bytes], name: str, kind: type[Row], odd: list[Finding]) -> list[Row]:
    """What Asana sent: an odd property costs itself, a row without a gid is left out, and either is told."""
    rows, readable = decode_rows(payloads.get(name) or b"[]", kind)
    if not readable:
        odd.append(Finding("reference_unreadable", f"Some of the {name.replace('_', ' ')} could not be read in full."))
    return rows


def _own(payloads: Mapping[str, bytes], name: str, kind: type[list[T]]) -> list[T]:
    """What discovery itself wrote."""
    try:
        return msgspec.json.decode(payloads.get(name) or b"[]", type=kind)
    except DecodeError as error:
        raise PayloadUnreadable(name, error) from error


def project_keys(names: Mapping[str, str]) -> dict[str, str]:
    """Gid → what people call the project: its name, with the gid where several bear the same."""
    often = Counter(fold(name) for name in names.values())
    return {gid: name if often[fold(name)] == 1 else f"{name} ({gid})" for gid, name in names.items()}


def _projects(sent: Iterable[ProjectMetaJson]) -> tuple[SourceProject, ...]:
    found = {each.gid: each for each in sent}
    keys = project_keys({gid: each.name or gid for gid, each in found.items()})
    return tuple(SourceProject(gid, keys[gid], each.name or gid, bool(each.archived)) for gid, each in found.items())


def _custom_types(sent: Iterable[CustomTypeJson]) -> Iterator[SourceItemType]:
    return (SourceItemType(each.gid, each.name or each.gid, 0) for each in sent)


def _person(sent: UserMetaJson) -> SourcePerson:
    return SourcePerson(sent.gid, sent.name or sent.gid, sent.email or None)


def read_portfolios(sent: Iterable[PortfolioMetaJson]) -> tuple[SourcePortfolio, ...]:
    """Each with all the projects beneath it. Portfolios may hold each other, even in a circle."""
    found = {each.gid: each for each in sent}
    return tuple(
        SourcePortfolio(
            native_id=gid,
            name=each.name or gid,
            owner_id=each.owner.gid if each.owner else None,
            project_ids=tuple(dict.fromkeys(_beneath(gid, found, set()))),
            portfolio_ids=tuple(_members(each, "portfolio")),
        )
        for gid, each in found.items()
    )


def _beneath(gid: str, portfolios: Mapping[str, PortfolioMetaJson], seen: set[str]) -> Iterator[str]:
    portfolio = portfolios.get(gid)
    if portfolio is None or gid in seen:
        return
    seen.add(gid)
    yield from _members(portfolio, "project")
    for nested in _members(portfolio, "portfolio"):
        yield from _beneath(nested, portfolios, seen)


def _members(portfolio: PortfolioMetaJson, kind: str) -> Iterator[str]:
    """An item that does not say what it is, is a project: portfolios inside portfolios came later."""
    for each in portfolio.items or ():
        if each is not None and each.gid and (each.resource_type or "project") == kind:
            yield each.gid


def _by_project(portfolios: Sequence[SourcePortfolio]) -> dict[str, tuple[SourcePortfolio, ...]]:
    found: dict[str, list[SourcePortfolio]] = {}
    for each in portfolios:
        for project in each.project_ids:
            found.setdefault(project, []).append(each)
    return {project: tuple(several) for project, several in found.items()}


def _updates(
    projects: Iterable[ProjectMetaJson], portfolios: Iterable[PortfolioMetaJson], goals: Iterable[GoalMetaJson]
) -> Iterator[SourceStatusUpdate]:
    for project in projects:
        latest = project.current_status_update or project.current_status
        yield from _update("project", project.gid, latest)
    for portfolio in portfolios:
        yield from _update("portfolio", portfolio.gid, portfolio.current_status_update)
    for goal in goals:
        yield from _update("goal", goal.gid, goal.current_status_update)


def _update(kind: str, parent_id: str, sent: UpdateJson | None) -> Iterator[SourceStatusUpdate]:
    status = status_word((sent.status_type or sent.color) if sent else None)
    if sent is not None and status is not None:
        yield SourceStatusUpdate(
            native_id=sent.gid or f"{kind}:{parent_id}",
            parent_kind=kind,
            parent_id=parent_id,
            status=status,
            title=sent.title,
            author_id=sent.author.gid if sent.author else None,
            created_at=parse_optional_moment(sent.created_at, what="status_update.created_at"),
        )


def status_word(said: str | None) -> str | None:
    """on_track, at_risk, … whichever of its three ways Asana said it in."""
    word = (said or "").strip().casefold()
    return WORDS.get(word, word) or None


def _goal(sent: GoalMetaJson) -> SourceGoal:
    update = sent.current_status_update
    return SourceGoal(
        native_id=sent.gid,
        name=sent.name or sent.gid,
        owner_id=sent.owner.gid if sent.owner else None,
        status=status_word(sent.status or (update.status_type if update else None)),
        start=parse_optional_day(sent.start_on, what="goal.start_on"),
        due=parse_optional_day(sent.due_on, what="goal.due_on"),
        progress=_progress(sent.metric),
    )


def _progress(metric: MetricJson | None) -> float | None:
    if metric is None or metric.target_number_value is None or metric.current_number_value is None:
        return None
    start = metric.initial_number_value or 0.0
    way = metric.target_number_value - start
    return (metric.current_number_value - start) / way if way else None
