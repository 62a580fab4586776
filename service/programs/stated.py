"""What people themselves say about a program's projects and portfolios: shown as stated, never computed with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.history import Aspect
from service.domain.health import stated_word
from service.domain.mapping import value_matches
from service.domain.network import Presence
from service.domain.notices import Notice
from service.domain.status import OPEN
from service.programs.answers import StatedHealthData
from service.programs.dependency_network import Known
from service.programs.freshness import Grounds, grounds_of
from service.programs.historians import NO_HISTORIANS, Historians
from service.programs.past import history_of
from service.store.engine import Database
from service.store.program_items import RuleRow
from service.store.stated_fields import StatedField, stated_fields, stated_fields_then
from service.store.stated_health import PORTFOLIO, PROJECT, StatedHealth, StatedRow
from service.wording import counted

ITEM: Final = "item"
Home = tuple[str, str]  # source and id of a project


class Heard(NamedTuple):
    """What was said of a program. `unheard` counts the projects and portfolios of which only a later word is known."""

    words: tuple[StatedHealthData, ...]
    unheard: int = 0

    @property
    def notices(self) -> tuple[Notice, ...]:
        if not self.unheard:
            return ()
        whose = counted(self.unheard, "project or portfolio", "projects and portfolios")
        said = f"What people stated then of {whose} is not known: tools tell the latest word alone, and that is later."
        return (Notice("stated_then_unknown", said),)


class Statements(NamedTuple):
    """The latest word on everything, and the words of those of which nobody knows what was said before."""

    said: Sequence[StatedRow]
    later: Sequence[StatedRow] = ()

    def of(self, homes: Collection[Home], rules: Sequence[RuleRow]) -> Heard:
        """On these projects, and on the portfolios that the rules name."""
        return Heard(words_about(self.said, homes, rules), len(words_about(self.later, homes, rules)))


async def statements(connection: AsyncConnection, *, until: datetime | None = None) -> Statements:
    """Up to now, or to an earlier moment."""
    reader = StatedHealth(connection)
    latest = await reader.latest()
    if until is None:
        return Statements(latest)
    said = await reader.latest(until=until)
    told = {each.about for each in said}
    return Statements(said, [each for each in latest if each.about not in told])


async def homes_of(
    connection: AsyncConnection, program: str, *, until: datetime | None = None, historians: Historians = NO_HISTORIANS
) -> set[Home]:
    """The projects in which items of the program stand, or stood at an earlier moment; second homes too."""
    if until is None:
        return await StatedHealth(connection).projects_of(program)
    history = await history_of(connection, program, since=until, historians=historians, aspects={Aspect.PROJECT})
    return {(item.source, home) for item in history.at(until).items for home in item.homes or (item.project_id,)}


async def stated_health(
    connection: AsyncConnection,
    grounds: Grounds,
    *,
    until: datetime | None = None,
    historians: Historians = NO_HISTORIANS,
) -> Heard:
    """The latest word on each project in which the program's items stand, and on each portfolio its rules name.

    `until`: as it was heard at an earlier moment.
    """
    told = await statements(connection, until=until)
    about_projects = any(each.kind == PROJECT for each in (*told.said, *told.later))
    key = grounds.program.key
    homes = await homes_of(connection, key, until=until, historians=historians) if about_projects else set[Home]()
    return told.of(homes, grounds.rules)


def words_about(
    latest: Iterable[StatedRow], projects: Collection[Home], rules: Sequence[RuleRow]
) -> tuple[StatedHealthData, ...]:
    """Of all words those on these projects and on the portfolios that the rules name."""
    return tuple(
        _told(each)
        for each in latest
        if (each.kind == PROJECT and (each.source, each.parent_id) in projects)
        or (each.kind == PORTFOLIO and _is_named(each, rules))
    )


async def words_in_fields(
    connection: AsyncConnection, known: Known, health_fields: Mapping[str, str]
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
        for each in await _in_fields(connection, known, health_fields)
    )


async def _in_fields(
    connection: AsyncConnection, known: Known, health_fields: Mapping[str, str]
) -> Sequence[StatedField]:
    network, as_of = known.network, known.view.as_of
    if as_of is None or not health_fields:
        return await stated_fields(connection, network.program.key, health_fields)
    still_open = {
        item.uid
        for item in network.network.items
        if item.member and item.presence is Presence.LIVE and item.status_category in OPEN
    }
    return await stated_fields_then(connection, still_open, health_fields, as_of)


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
