"""Makes a programs file the truth: definitions, rules, dependencies and memberships, in one audited transaction.

Applying the same file again changes nothing. A program that has left the file is removed with its
memberships, past ones too: a history without the program it belongs to answers no question. What it was,
and how many items it held, stays in the audit log.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.mapping import ProgramDefinition, ProgramsFile, Rule
from service.programs.assign import Assigned, assign_all
from service.store.assignment_scope import lock_assignments
from service.store.audit import Audit
from service.store.engine import Database
from service.store.memberships import Memberships
from service.store.programs import Programs
from service.store.unit_of_work import UnitOfWork

MatchedFieldsHook = Callable[[AsyncConnection, tuple[str, ...]], Awaitable[object]]
"""Fills item_facets for these custom fields from what is stored, before the rules are asked."""


@dataclass(frozen=True, slots=True)
class Applied:
    added: tuple[str, ...]
    changed: tuple[str, ...]  # the definition; memberships may move without it
    removed: tuple[str, ...]
    assigned: Assigned

    @property
    def anything(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.assigned.opened or self.assigned.closed)

    def to_text(self) -> str:
        if not self.anything:
            return "Nothing to change: programs and memberships are as the file says."
        said = [("Added", self.added), ("Changed", self.changed), ("Removed", self.removed)]
        lines = [f"{verb}: {', '.join(keys)}" for verb, keys in said if keys]
        moved = f"Memberships: {self.assigned.opened} opened, {self.assigned.closed} closed"
        return "\n".join([*lines, moved, *self.warnings])

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(idle_warning(program, rule) for program, rule in self.assigned.idle_rules)


async def apply(
    database: Database,
    file: ProgramsFile,
    *,
    actor: str,
    origin: str | None = None,
    now: datetime,
    matched_fields_hook: MatchedFieldsHook | None = None,
) -> Applied:
    """Apply `file` as `actor`, who asked from `origin`; all of it or nothing."""
    async with database.transaction() as uow:
        return await apply_within(
            uow, file, actor=actor, origin=origin, now=now, matched_fields_hook=matched_fields_hook
        )


async def apply_within(
    uow: UnitOfWork,
    file: ProgramsFile,
    *,
    actor: str,
    origin: str | None = None,
    now: datetime,
    matched_fields_hook: MatchedFieldsHook | None = None,
) -> Applied:
    """The same inside a transaction that is already open (a plan rolls it back)."""
    await lock_assignments(uow.connection)
    programs = Programs(uow.connection)
    stored = {each.definition.key: each for each in await programs.all()}
    counts = await Memberships(uow.connection).counts()
    fields_before = await programs.matched_fields()
    wanted = {each.key: each for each in file.programs}
    removed = tuple(key for key in stored if key not in wanted)
    added = tuple(key for key in wanted if key not in stored)
    changed = tuple(key for key, each in wanted.items() if key in stored and stored[key].definition != each)
    for key in removed:
        await programs.remove(key)
    for position, definition in enumerate(file.programs):
        if definition.key in added or definition.key in changed:
            await programs.put(definition, position=position, known=definition.key in stored)
        elif stored[definition.key].position != position:
            await programs.move(definition.key, position)
    fields = await programs.matched_fields()
    if matched_fields_hook is not None and fields != fields_before:  # it reads every payload; syncs keep it up
        await matched_fields_hook(uow.connection, fields)
    assigned = await assign_all(uow, now=now)
    before = [each.definition for each in stored.values()]
    restated = {*wanted} if _edges(before) != _edges(file.programs) else {*added, *changed}
    await programs.bump(restated - assigned.touched)
    applied = Applied(added, changed, removed, assigned)
    if applied.anything:
        await Audit(uow.connection).add(
            at=now,
            actor=actor,
            origin=origin,
            action="programs_applied",
            subject=", ".join(wanted) or "no programs",
            detail={
                "added": [_as_json(wanted[key]) for key in added],
                "changed": [
                    {"before": _as_json(stored[key].definition), "after": _as_json(wanted[key])} for key in changed
                ],
                "removed": [{"items": counts.get(key, 0), **_as_json(stored[key].definition)} for key in removed],
                "memberships": {"opened": assigned.opened, "closed": assigned.closed},
            },
        )
    return applied


async def matched_fields(connection: AsyncConnection) -> tuple[str, ...]:
    """Ids of the custom fields that applied rules look at; the only ones kept as facets of items."""
    return await Programs(connection).matched_fields()


def idle_warning(program: str, rule: Rule) -> str:
    return f"{program}: no item matches “{rule.describe()}”"


def _edges(definitions: Iterable[ProgramDefinition]) -> dict[str, tuple[object, ...]]:
    """What says something about edges: those of one program may end in another, whose answers change as well."""
    said = {each.key: (each.dependencies, each.confirm_suggested) for each in definitions}
    return {key: several for key, several in said.items() if any(several)}


def _as_json(definition: ProgramDefinition) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(definition).items()}
