"""What people themselves say about a program's projects and portfolios: shown as stated, never computed with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.health import stated_word
from service.domain.mapping import value_matches
from service.programs.answers import StatedHealthData
from service.programs.freshness import Grounds, grounds_of
from service.store.engine import Database
from service.store.program_items import RuleRow
from service.store.stated_fields import stated_fields
from service.store.stated_health import PORTFOLIO, PROJECT, StatedHealth, StatedRow

ITEM: Final = "item"


async def stated_health(connection: AsyncConnection, grounds: Grounds) -> tuple[StatedHealthData, ...]:
    """The latest word on each project in which the program's items stand, and on each portfolio its rules name."""
    reader = StatedHealth(connection)
    latest = await reader.latest()
    about_projects = any(each.kind == PROJECT for each in latest)
    projects = await reader.projects_of(grounds.program.key) if about_projects else set()
    return words_about(latest, projects, grounds.rules)


def words_about(
    latest: Iterable[StatedRow], projects: Collection[tuple[str, str]], rules: Sequence[RuleRow]
) -> tuple[StatedHealthData, ...]:
    """Of all words those on these projects, (source, project id) each, and on the portfolios that the rules name."""
    return tuple(
        _told(each)
        for each in latest
        if (each.kind == PROJECT and (each.source, each.parent_id) in projects)
        or (each.kind == PORTFOLIO and _is_named(each, rules))
    )


async def words_in_fields(
    connection: AsyncConnection, program: str, health_fields: Mapping[str, str]
) -> tuple[StatedHealthData, ...]:
    """What stands in the field for health of each open item. When it was written, and by whom, a field does not say."""
    return tuple(
        StatedHealthData(
            kind=ITEM,
            name=f"{each.key} {each.title}",
            status=stated_word(each.said),
            title=each.said,
            author=None,
            stated_at=None,
            source=each.source,
        )
        for each in await stated_fields(connection, program, health_fields)
    )


async def fingerprint_with_health(database: Database, key: str) -> str:
    """Changes with the program's own fingerprint, and whenever somebody states another health. Raises UnknownProgram.

    Whose project that is would cost a walk through all items; people state their health once a week.
    """
    async with database.reading() as uow:
        grounds = await grounds_of(uow.connection, key)
        latest = await StatedHealth(uow.connection).latest()
    return sha256(grounds.fingerprint.encode() + msgspec.json.encode(latest)).hexdigest()[:32]


def _told(row: StatedRow) -> StatedHealthData:
    return StatedHealthData(
        kind=row.kind,
        name=row.name,
        status=row.status,
        title=row.title,
        author=row.author,
        stated_at=row.stated_at,
        source=row.source,
    )


def _is_named(portfolio: StatedRow, rules: Iterable[RuleRow]) -> bool:
    """Whether an include rule asks for it, by name or gid, and not of another source."""
    for rule in rules:
        patterns = _values(rule, "portfolio")
        named = any(value_matches(each, told) for each in patterns for told in (portfolio.name, portfolio.parent_id))
        sources = _values(rule, "source") or ("*",)
        if rule.kind == "include" and named and any(value_matches(each, portfolio.source) for each in sources):
            return True
    return False


def _values(rule: RuleRow, matcher: str) -> tuple[str, ...]:
    said = rule.matchers.get(matcher) or ()
    return tuple(map(str, said)) if isinstance(said, list | tuple) else (str(said),)
