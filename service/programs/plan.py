"""What a programs file would do, without doing it: it is applied in a transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from functools import partial

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.mapping import ProgramsFile
from service.domain.progress import MissingWeight
from service.programs.apply import Applied, MatchedFieldsHook, apply_within
from service.programs.numbers import progress_numbers
from service.store.engine import Database
from service.store.memberships import SAMPLE, Memberships
from service.store.programs import Programs
from service.store.unit_of_work import UnitOfWork

Numbers = Mapping[str, Mapping[str, float | None]]  # basis → {"done", "total", "value"}
RollupNumbers = Callable[[AsyncConnection, str], Awaitable[Numbers]]


class PlannedItem(Struct, frozen=True):
    uid: str
    key: str
    title: str
    programs: tuple[str, ...] = ()  # for items in several: all of them


class Sample(Struct, frozen=True):
    """`count` is exact, `items` are the first few by uid."""

    count: int
    items: tuple[PlannedItem, ...] = ()


class ProgramPlan(Struct, frozen=True, kw_only=True):
    """One program before and after, in live items. The progress of a side it does not exist on is null."""

    key: str
    name: str
    action: str  # added | changed | removed | unchanged: what happens to the definition
    items_before: int
    items_after: int
    gained: Sample
    lost: Sample
    double_mapped: Sample  # its items that stand in other programs, too, afterwards
    progress_before: Numbers | None
    progress_after: Numbers | None


class UnmappedProject(Struct, frozen=True):
    """Live items of one project that no program would hold."""

    source: str
    project_id: str
    key: str | None
    name: str | None
    items: int


class Plan(Struct, frozen=True, kw_only=True):
    programs: tuple[ProgramPlan, ...]
    double_mapped: Sample
    unmapped: tuple[UnmappedProject, ...]
    unmapped_items: int
    warnings: tuple[str, ...] = ()  # rules that match nothing

    @property
    def changes_anything(self) -> bool:
        return any(each.action != "unchanged" or each.gained.count or each.lost.count for each in self.programs)

    def to_text(self) -> str:
        """For a terminal without colours: a paragraph a program, then what concerns them all."""
        parts = [_program_text(each) for each in self.programs]
        parts.append(_remaining_text(self))
        if not self.changes_anything:
            parts.append("Nothing would change.")
        return "\n\n".join(part for part in parts if part)


async def plan(
    database: Database,
    file: ProgramsFile,
    *,
    now: datetime,
    rollup: RollupNumbers | None = progress_numbers,
    missing: MissingWeight = MissingWeight.SKIP,
    matched_fields_hook: MatchedFieldsHook | None = None,
) -> Plan:
    """What `apply` would do with `file` now. `rollup` None leaves progress out.

    `missing` is what an item without an estimate weighs.
    """
    if rollup is progress_numbers:
        rollup = partial(progress_numbers, missing=missing)
    try:
        async with database.transaction() as uow:
            raise _Undo(await _rehearse(uow, file, now, rollup, matched_fields_hook))
    except _Undo as undone:
        return undone.plan


class _Undo(Exception):
    """Leaves the transaction the only way that is sure to write nothing, and carries the answer out."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan


class _Side(Struct, frozen=True):
    """The programs at one moment: names, live members and progress by program key."""

    names: dict[str, str]
    members: dict[str, set[str]]
    progress: dict[str, Numbers]


async def _rehearse(
    uow: UnitOfWork,
    file: ProgramsFile,
    now: datetime,
    rollup: RollupNumbers | None,
    hook: MatchedFieldsHook | None,
) -> Plan:
    before = await _side(uow.connection, rollup)
    applied = await apply_within(uow, file, actor="plan", now=now, matched_fields_hook=hook)
    after = await _side(uow.connection, rollup)
    memberships = Memberships(uow.connection)
    unmapped = tuple(UnmappedProject(*row) for row in await memberships.unmapped_by_project())
    keys = [*after.names, *(key for key in before.names if key not in after.names)]
    return Plan(
        programs=tuple([await _compare(memberships, key, before, after, applied) for key in keys]),
        double_mapped=await _shared(memberships, None),
        unmapped=unmapped,
        unmapped_items=sum(each.items for each in unmapped),
        warnings=applied.warnings,
    )


async def _side(connection: AsyncConnection, rollup: RollupNumbers | None) -> _Side:
    programs = [each.definition for each in await Programs(connection).all()]
    memberships = Memberships(connection)
    return _Side(
        names={each.key: each.name for each in programs},
        members={each.key: await memberships.members(each.key) for each in programs},
        progress={} if rollup is None else {each.key: await rollup(connection, each.key) for each in programs},
    )


async def _compare(memberships: Memberships, key: str, before: _Side, after: _Side, applied: Applied) -> ProgramPlan:
    had, has = before.members.get(key, set()), after.members.get(key, set())
    return ProgramPlan(
        key=key,
        name=after.names.get(key) or before.names[key],
        action=_action(key, applied),
        items_before=len(had),
        items_after=len(has),
        gained=await _sample(memberships, has - had),
        lost=await _sample(memberships, had - has),
        double_mapped=await _shared(memberships, key),
        progress_before=before.progress.get(key),
        progress_after=after.progress.get(key),
    )


def _action(key: str, applied: Applied) -> str:
    if key in applied.added:
        return "added"
    if key in applied.removed:
        return "removed"
    return "changed" if key in applied.changed else "unchanged"


async def _sample(memberships: Memberships, uids: Iterable[str]) -> Sample:
    ordered = sorted(uids)
    names = await memberships.names(ordered[:SAMPLE])
    items = tuple(PlannedItem(uid, *names.get(uid, (uid, ""))) for uid in ordered[:SAMPLE])
    return Sample(len(ordered), items)


async def _shared(memberships: Memberships, program: str | None) -> Sample:
    found = await memberships.shared(program)
    items = tuple(PlannedItem(each.uid, each.key, each.title, each.programs) for each in found)
    return Sample(await memberships.shared_count(program), items)


def _program_text(program: ProgramPlan) -> str:
    lines = [
        f"{program.key}  {program.name}  ({program.action})",
        f"  items     {program.items_before} → {program.items_after}",
        *_sample_lines("gained", program.gained),
        *_sample_lines("lost", program.lost),
        *_sample_lines("shared", program.double_mapped),
        *_progress_lines(program),
    ]
    return "\n".join(lines)


def _sample_lines(word: str, sample: Sample, *, shown: int = 5) -> list[str]:
    if not sample.count:
        return []
    lines = [f"  {word:<9} {sample.count}"]
    for item in sample.items[:shown]:
        also = f"  [{', '.join(item.programs)}]" if item.programs else ""
        lines.append(f"    {item.key}  {item.title}{also}")
    if sample.count > shown:
        lines.append(f"    and {sample.count - shown} more")
    return lines


def _progress_lines(program: ProgramPlan) -> list[str]:
    before, after = program.progress_before or {}, program.progress_after or {}
    bases = [each for each in ("count", "points") if each in before or each in after]
    moves = [(basis, _progress(before.get(basis)), _progress(after.get(basis))) for basis in bases]
    return [f"  {basis:<9} {then} → {now}" for basis, then, now in moves if then != now]


def _progress(numbers: Mapping[str, float | None] | None) -> str:
    if numbers is None:
        return "none"
    share = "no value" if numbers["value"] is None else f"{numbers['value']:.1%}"
    return f"{numbers['done'] or 0:g} of {numbers['total'] or 0:g} ({share})"


def _remaining_text(plan: Plan) -> str:
    lines = []
    if plan.double_mapped.count:
        lines.append(f"In several programs: {_items(plan.double_mapped.count)}")
    if plan.unmapped_items:
        lines.append(f"In no program: {_items(plan.unmapped_items)}")
    for project in plan.unmapped:
        name = f"{project.key or project.project_id}  {project.name or ''}".rstrip()
        lines.append(f"  {project.source}  {name}  {project.items}")
    return "\n".join([*lines, *plan.warnings])


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"
