"""Asks the database which live items meet a rule by themselves: one select a rule, whatever its matchers.

Letter case never matters, beyond ASCII too: the databases' own lower() knows ASCII only (SQLite, and
PostgreSQL under the C locale), so other letters are spelt out as classes.
Everything that hangs on an item is asked through EXISTS on its primary key, so that a select limited to a
few items (`within`) reads those alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    exists,
    false,
    func,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from connectors.items import Facet
from service.domain.mapping import FIELD_PREFIX, Rule
from service.store.options import JOIN_PEOPLE, is_on
from service.store.tables.items import item_aliases, item_facets, item_stubs, work_items
from service.store.tables.reference import fields, people, projects

Values = Sequence[str]
Condition = ColumnElement[bool]


def direct_matches(rule: Rule, *, within: FromClause | None = None) -> Select[str]:
    """The uids of the live items that meet `rule`; `within` is a table whose `uid` column limits them."""
    query = select(work_items.c.uid).where(work_items.c.tombstone.is_(None), meets(rule))
    return query if within is None else query.where(work_items.c.uid.in_(select(within.c.uid)))


def meets(rule: Rule) -> Condition:
    return and_(true(), *(condition(name, values) for name, values in rule.matchers.items()))


def condition(matcher: str, values: Values) -> Condition:
    """Whether one matcher holds for the row of work_items at hand. Raises KeyError for a word it does not know."""
    if matcher.startswith(FIELD_PREFIX):
        return _field(matcher.removeprefix(FIELD_PREFIX), values)
    return _CONDITIONS[matcher](values)


def any_of(column: SQLColumnExpression[Any], values: Values) -> Condition:
    """Whether the column equals one of the values or fits it as a pattern, letter case ignored."""
    plain = [each.lower() for each in values if each.isascii() and not _is_pattern(each)]
    patterns = [each for each in values if not each.isascii() or _is_pattern(each)]
    tests: list[Condition] = [func.lower(column).in_(plain)] if plain else []
    return or_(false(), *tests, *(fits(column, each) for each in patterns))


def fits(column: SQLColumnExpression[Any], pattern: str) -> Condition:
    """`*` and `?` on either database; brackets and all else stand for themselves."""
    return _Fits(column, bindparam(None, sqlite_glob(pattern)), bindparam(None, postgresql_regex(pattern)))


def sqlite_glob(pattern: str) -> str:
    return "".join(each if each in "*?" else _letter(each) or _GLOB_ESCAPES.get(each, each) for each in pattern)


def postgresql_regex(pattern: str) -> str:
    parts = (_REGEX_WILDCARDS.get(each) or _letter(each) or _regex_literal(each) for each in pattern)
    return f"^{''.join(parts)}$"


class _Fits(FunctionElement[bool]):
    """(column, glob, regex): each database is given the form it can run."""

    type = Boolean()
    inherit_cache = True


@compiles(_Fits, "sqlite")
def _fits_on_sqlite(element: _Fits, compiler: SQLCompiler, **options: Any) -> str:
    column, glob, _ = element.clauses
    return f"({compiler.process(column, **options)} GLOB {compiler.process(glob, **options)})"


@compiles(_Fits, "postgresql")
def _fits_on_postgresql(element: _Fits, compiler: SQLCompiler, **options: Any) -> str:
    column, _, regex = element.clauses
    return f"({compiler.process(column, **options)} ~ {compiler.process(regex, **options)})"


_GLOB_ESCAPES = {"[": "[[]"}
_REGEX_WILDCARDS = {"*": ".*", "?": "."}


def _is_pattern(value: str) -> bool:
    return "*" in value or "?" in value


def _letter(character: str) -> str | None:
    forms = {character, character.lower(), character.upper()}
    cased = sorted(each for each in forms if len(each) == 1)
    return f"[{''.join(cased)}]" if len(cased) > 1 else None


def _regex_literal(character: str) -> str:
    return f"\\{character}" if character.isascii() and not character.isalnum() else character


def _column(column: SQLColumnExpression[Any]) -> Callable[[Values], Condition]:
    return lambda values: any_of(column, values)


def _facet(facet: Facet) -> Callable[[Values], Condition]:
    def holds(values: Values) -> Condition:
        named = or_(any_of(item_facets.c.value, values), any_of(item_facets.c.native_id, values))
        return _has_facet(facet, named)

    return holds


def _has_facet(facet: Facet, test: Condition) -> Condition:
    query = select(1).where(item_facets.c.item_uid == work_items.c.uid, item_facets.c.facet == facet.value, test)
    return exists(query.correlate(work_items))


def _source(values: Values) -> Condition:
    return any_of(work_items.c.source, values)


def _project(values: Values) -> Condition:
    """By key, name or id; the homes of a multi-homed item all count."""

    named = or_(any_of(projects.c.key, values), any_of(projects.c.name, values), any_of(projects.c.native_id, values))
    chosen = select(projects.c.source, projects.c.native_id).where(named)  # few rows, read once
    home = tuple_(work_items.c.source, work_items.c.project_id).in_(chosen)
    further = tuple_(work_items.c.source, item_facets.c.native_id).in_(chosen)
    return or_(
        home,
        any_of(work_items.c.project_id, values),
        _has_facet(Facet.PROJECT, or_(any_of(item_facets.c.value, values), further)),
    )


def _level(values: Values) -> Condition:
    return work_items.c.level.in_([int(each) for each in values])


def _key(values: Values) -> Condition:
    return or_(_is_called(work_items, values), work_items.c.uid.in_(_formerly_called(values)))


def _is_item(column: ColumnElement[Any], values: Values) -> Condition:
    """Whether the uid in `column` names one of the items, which may be known as the far end of a link only.

    Items are looked up one by one, they are many; stubs and former keys are few and read once.
    """
    item, stub = work_items.alias("named"), item_stubs.alias("named_stub")
    read = select(1).where(item.c.uid == column, _is_called(item, values)).correlate(work_items)
    unread = select(stub.c.uid).where(_is_called(stub, values))
    return or_(exists(read), column.in_(unread), column.in_(_formerly_called(values)))


def _is_called(item: FromClause, values: Values) -> Condition:
    """By key, uid or source:KEY."""
    tests = [any_of(item.c.key, values)]
    if any(":" in each or _is_pattern(each) for each in values):
        tests += [any_of(item.c.uid, values), any_of(item.c.source + ":" + item.c.key, values)]
    return or_(*tests)


def _formerly_called(values: Values) -> Select[str]:
    """Uids of the items that had one of the keys before they moved."""
    return select(item_aliases.c.item_uid).where(any_of(item_aliases.c.key, values))


def _parent(values: Values) -> Condition:
    return _is_item(work_items.c.parent_uid, values)


def _epic(values: Values) -> Condition:
    """The epic's children, not the epic: Asana parents and epics nobody could read have no level to go by."""
    return or_(_is_item(work_items.c.epic_uid, values), _is_item(work_items.c.parent_uid, values))


def _assignee(values: Values) -> Condition:
    named = or_(any_of(people.c.name, values), any_of(people.c.email, values))
    person = select(1).where(
        people.c.source == work_items.c.source, people.c.native_id == work_items.c.assignee_id, named
    )
    own = or_(any_of(work_items.c.assignee_id, values), exists(person.correlate(work_items)))
    return or_(own, and_(is_on(JOIN_PEOPLE), _same_person(values)))


def _same_person(values: Values) -> Condition:
    """Whether the assignee's e-mail address is that of somebody so called in any tool."""
    account, known = people.alias("account"), people.alias("known_person")
    called = or_(any_of(known.c.name, values), any_of(known.c.native_id, values))
    addresses = select(func.lower(known.c.email)).where(known.c.email != "", called)
    theirs = select(1).where(
        account.c.source == work_items.c.source,
        account.c.native_id == work_items.c.assignee_id,
        func.lower(account.c.email).in_(addresses),
    )
    return exists(theirs.correlate(work_items))


def _field(field: str, values: Values) -> Condition:
    """A custom field by id or by name; a name may belong to several fields of one tool."""
    named = select(1).where(
        fields.c.source == work_items.c.source,
        fields.c.native_id == item_facets.c.name,
        any_of(fields.c.name, [field]),
    )
    is_the_field = or_(item_facets.c.name == field, exists(named.correlate(work_items, item_facets)))
    return _has_facet(Facet.FIELD, and_(is_the_field, any_of(item_facets.c.value, values)))


_CONDITIONS: Mapping[str, Callable[[Values], Condition]] = {
    "source": _source,
    "project": _project,
    "item_type": _column(work_items.c.item_type),
    "level": _level,
    "key": _key,
    "epic": _epic,
    "parent": _parent,
    "label": _facet(Facet.LABEL),
    "component": _facet(Facet.COMPONENT),
    "release": _facet(Facet.RELEASE),
    "iteration": _facet(Facet.ITERATION),
    "team": _column(work_items.c.team),
    "assignee": _assignee,
    "status": _column(work_items.c.status),
    "status_category": _column(work_items.c.status_category),
    "section": _facet(Facet.SECTION),
    "tag": _facet(Facet.TAG),
    "portfolio": _facet(Facet.PORTFOLIO),
}
