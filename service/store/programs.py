"""Programs as applied: definition, rules and declared dependencies, and the revision that answers hang on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.mapping import (
    DeclaredDependency,
    ProgramDefinition,
    Rule,
    RuleKind,
    Workstream,
    fields_named,
)
from service.store.tables.programs import (
    declared_dependencies,
    mapping_rules,
    memberships,
    programs,
)
from service.store.tables.reference import fields


@dataclass(frozen=True, slots=True)
class StoredProgram:
    definition: ProgramDefinition
    position: int
    revision: int


class Programs:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def all(self) -> list[StoredProgram]:
        """Every applied program in the order of its file."""
        rules = await self._rules()
        edges = await self._dependencies()
        rows = await self._connection.execute(select(programs).order_by(programs.c.position, programs.c.key))
        return [
            StoredProgram(
                definition=_definition(row._mapping, rules[row.key], edges[row.key]),
                position=row.position,
                revision=row.revision,
            )
            for row in rows
        ]

    async def put(self, definition: ProgramDefinition, *, position: int, known: bool) -> None:
        """Write one program whole; its rules and dependencies are replaced."""
        values = _program_row(definition, position)
        key = definition.key
        if known:
            await self._connection.execute(programs.update().where(programs.c.key == key).values(**values))
            for table in (mapping_rules, declared_dependencies):
                await self._connection.execute(table.delete().where(table.c.program_key == key))
        else:
            await self._connection.execute(programs.insert().values(**values, revision=0))
        await self._connection.execute(mapping_rules.insert(), _rule_rows(definition))
        if definition.dependencies:
            await self._connection.execute(declared_dependencies.insert(), _dependency_rows(definition))

    async def move(self, key: str, position: int) -> None:
        await self._connection.execute(programs.update().where(programs.c.key == key).values(position=position))

    async def remove(self, key: str) -> None:
        """The program and all that hangs on it, its memberships included."""
        for table in (memberships, mapping_rules, declared_dependencies):
            await self._connection.execute(table.delete().where(table.c.program_key == key))
        await self._connection.execute(programs.delete().where(programs.c.key == key))

    async def bump(self, keys: Collection[str]) -> None:
        """Answers about these programs may have changed."""
        if keys:
            query = programs.update().where(programs.c.key.in_(sorted(keys)))
            await self._connection.execute(query.values(revision=programs.c.revision + 1))

    async def matched_fields(self) -> tuple[str, ...]:
        """Ids of the custom fields that applied rules look at; a name the tools do not know stays as written."""
        stored = [program.definition for program in await self.all()]
        named = fields_named(rule for each in stored for rule in _all_rules(each))
        return await self.field_ids(named)

    async def field_ids(self, named: Collection[str]) -> tuple[str, ...]:
        found: set[str] = set()
        for name in named:
            called = func.lower(fields.c.name) == name.lower()
            query = select(fields.c.native_id).where((fields.c.native_id == name) | called).distinct()
            ids = set((await self._connection.execute(query)).scalars())
            found |= ids or {name}
        return tuple(sorted(found))

    async def _rules(self) -> dict[str, list[Any]]:
        query = select(mapping_rules).order_by(mapping_rules.c.program_key, mapping_rules.c.position)
        found: dict[str, list[Any]] = defaultdict(list)
        for row in await self._connection.execute(query):
            found[row.program_key].append(row)
        return found

    async def _dependencies(self) -> dict[str, list[DeclaredDependency]]:
        table = declared_dependencies
        found: dict[str, list[DeclaredDependency]] = defaultdict(list)
        for row in await self._connection.execute(select(table).order_by(table.c.program_key, table.c.position)):
            found[row.program_key].append(DeclaredDependency(row.predecessor, row.successor, row.lag_days))
        return found


def _all_rules(definition: ProgramDefinition) -> list[Rule]:
    return [*definition.include, *definition.exclude, *(each.match for each in definition.workstreams)]


def _definition(row: Any, rules: list[Any], edges: list[DeclaredDependency]) -> ProgramDefinition:
    def of(kind: RuleKind) -> list[Any]:
        return [each for each in rules if each.kind == kind]

    return ProgramDefinition(
        key=row["key"],
        name=row["name"],
        objective=row["objective"],
        owner=row["owner"],
        start=row["start"],
        target=row["target"],
        count_subtasks=row["count_subtasks"],
        include=tuple(_rule(each) for each in of(RuleKind.INCLUDE)),
        exclude=tuple(_rule(each) for each in of(RuleKind.EXCLUDE)),
        workstreams=tuple(Workstream(each.name, _rule(each)) for each in of(RuleKind.WORKSTREAM)),
        dependencies=tuple(edges),
        confirm_suggested=tuple(_rule(each) for each in of(RuleKind.CONFIRM)),
    )


def _rule(row: Any) -> Rule:
    return Rule({name: tuple(values) for name, values in row.matchers.items()}, row.descendants)


def _program_row(definition: ProgramDefinition, position: int) -> dict[str, Any]:
    return {
        "key": definition.key,
        "name": definition.name,
        "objective": definition.objective,
        "owner": definition.owner,
        "start": definition.start,
        "target": definition.target,
        "count_subtasks": definition.count_subtasks,
        "position": position,
    }


def _rule_rows(definition: ProgramDefinition) -> list[dict[str, Any]]:
    kinds: list[tuple[RuleKind, str | None, Rule]] = [
        *((RuleKind.INCLUDE, None, each) for each in definition.include),
        *((RuleKind.EXCLUDE, None, each) for each in definition.exclude),
        *((RuleKind.WORKSTREAM, each.name, each.match) for each in definition.workstreams),
        *((RuleKind.CONFIRM, None, each) for each in definition.confirm_suggested),
    ]
    return [
        {
            "program_key": definition.key,
            "kind": kind.value,
            "position": position,
            "name": name,
            "matchers": {matcher: list(values) for matcher, values in rule.matchers.items()},
            "descendants": rule.descendants,
            "description": rule.describe(),
        }
        for position, (kind, name, rule) in enumerate(kinds)
    ]


def _dependency_rows(definition: ProgramDefinition) -> list[dict[str, Any]]:
    return [
        {
            "program_key": definition.key,
            "position": position,
            "predecessor": edge.predecessor,
            "successor": edge.successor,
            "lag_days": edge.lag_days,
        }
        for position, edge in enumerate(definition.dependencies)
    ]
