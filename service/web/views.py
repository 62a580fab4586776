"""The pages: all programs, one program, the documentation, and a page for what went wrong.

They show the same answers that the API serves, read through the same functions.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from service.api.access import WithPrincipal
from service.clock import Clock
from service.domain.access import Principal
from service.domain.breakdown import Breakdown
from service.domain.errors import InvalidQuery
from service.domain.progress import MissingWeight
from service.domain.status import StatusCategory
from service.programs import read
from service.programs.answers import Answer, ItemList, RollupData
from service.programs.bottlenecks import list_bottlenecks
from service.programs.dependencies import DependencyFilters, list_dependencies
from service.programs.dependency_terms import DependencyTerms, Viewpoint
from service.programs.health_terms import HealthTerms
from service.programs.portfolio import Terms, get_portfolio
from service.store.engine import Database
from service.web.reference import operations
from service.web.rendering import STATIC, page

FILTERS = ("status_category", "project", "item_type", "team", "assignee", "epic", "label")
PROGRAMS_SHOWN = 50
ITEMS_SHOWN = 50
EDGES_SHOWN = 12
PATIENCE = 2.0  # seconds that a page waits for the health of its programs
BOTTLENECKS_SHOWN = 3
TROUBLE = ("cyclic", "broken", "blocked", "off_track", "at_risk")

Data = TypeVar("Data")


@dataclass(frozen=True, slots=True)
class Reader:
    """What the pages read from."""

    database: Database
    clock: Clock
    zone: ZoneInfo
    missing: MissingWeight
    terms: DependencyTerms
    health: HealthTerms = field(default_factory=HealthTerms)

    def view(self) -> Viewpoint:
        return Viewpoint(terms=self.terms, now=self.clock.now(), today=self.today())

    def today(self) -> date:
        return self.clock.now().astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One line of the table of problems, for its page."""

    slug: str
    status: int
    title: str
    meaning: str


def pages(reader: Reader, *, openapi: Callable[[], dict[str, Any]], problems: Sequence[ProblemKind]) -> APIRouter:
    """The routes of all pages and of their stylesheet."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/", _home(reader), methods=["GET"], name="home")
    router.add_api_route("/programs/{key}", _program(reader), methods=["GET"], name="program_page")
    router.add_api_route("/docs", _docs(openapi, problems), methods=["GET"], name="docs_page")
    router.add_api_route("/problems/{slug}", _problem_kind(problems), methods=["GET"], name="problem_kind_page")
    return router


def static_files() -> Mount:
    return Mount("/static", StaticFiles(directory=STATIC), name="static")


def problem_page(
    status: int, title: str, detail: str, *, headers: Mapping[str, str] | None = None, seen_by: Principal | None = None
) -> Response:
    """What a person sees instead of a problem document."""
    return page("problem.html", status=status, headers=headers, code=status, title=title, detail=detail, viewer=seen_by)


def _home(reader: Reader) -> Callable[..., Awaitable[Response]]:
    async def home(who: WithPrincipal, cursor: str | None = None) -> Response:
        now, today = reader.clock.now(), reader.today()
        listing = await read.list_programs(
            reader.database, now=now, limit=PROGRAMS_SHOWN, cursor=cursor, among=who.programs
        )
        rollups = [
            await read.get_rollup(reader.database, program.key, missing=reader.missing, now=now, today=today)
            for program in listing.data.programs
        ]
        health = await _health(reader, [program.key for program in listing.data.programs])
        return page(
            "programs.html",
            answer=_plain(listing),
            programs=[
                {"summary": msgspec.to_builtins(summary), "rollup": _plain(rollup), "health": health.get(summary.key)}
                for summary, rollup in zip(listing.data.programs, rollups, strict=True)
            ],
            today=today.isoformat(),
            next_page=_link("/", {}, listing.data.next_cursor),
        )

    return home


def _program(reader: Reader) -> Callable[..., Awaitable[Response]]:
    async def program_page(request: Request, key: str) -> Response:
        chosen = _Chosen.of(request)
        now, today = reader.clock.now(), reader.today()
        detail = await read.get_program(reader.database, key, now=now)
        rollup, by = await _rollup(reader, key, chosen.by)
        items, notes = await _items(reader, key, chosen)
        view = Viewpoint(terms=reader.terms, now=now, today=today)
        waiting = await list_dependencies(
            reader.database,
            key,
            view=view,
            filters=DependencyFilters(status=TROUBLE),
            limit=EDGES_SHOWN,
        )
        awaited = await list_bottlenecks(reader.database, key, view=view, limit=BOTTLENECKS_SHOWN)
        return page(
            "program.html",
            bottlenecks=msgspec.to_builtins(awaited.data.bottlenecks),
            dependencies=msgspec.to_builtins(waiting.data),
            program=msgspec.to_builtins(detail.data.program),
            stated=msgspec.to_builtins(detail.data.stated_health),
            answer=_plain(rollup),
            by=by,
            breakdowns=[each.value for each in Breakdown],
            items=_plain(items)["data"]["items"] if items else [],
            notes=notes,
            filters=chosen.filters,
            filtered=any(chosen.filters.values()),
            categories=[each.value for each in StatusCategory],
            here=f"/programs/{key}",
            today=today.isoformat(),
            first_page=_link(f"/programs/{key}", chosen.query(by), None) if chosen.cursor else None,
            next_page=_link(f"/programs/{key}", chosen.query(by), items.data.next_cursor) if items else None,
        )

    return program_page


def _docs(openapi: Callable[[], dict[str, Any]], problems: Sequence[ProblemKind]) -> Callable[..., Awaitable[Response]]:
    async def docs_page(request: Request) -> Response:
        base = f"{request.url.scheme}://{request.headers.get('host', 'localhost')}"
        return page("docs.html", groups=operations(openapi(), base=base), problems=problems)

    return docs_page


def _problem_kind(problems: Sequence[ProblemKind]) -> Callable[..., Awaitable[Response]]:
    known = {kind.slug: kind for kind in problems}

    async def problem_kind_page(slug: str) -> Response:
        if slug not in known:
            raise HTTPException(404)
        return page("problem_kind.html", kind=known[slug])

    return problem_kind_page


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What the address of a program's page asks for; a filter left empty in the form is no filter."""

    by: str
    filters: dict[str, str]
    cursor: str | None

    @classmethod
    def of(cls, request: Request) -> _Chosen:
        asked = request.query_params
        filters = {name: asked.get(name, "").strip() for name in FILTERS}
        return cls(asked.get("by", Breakdown.PROJECT.value), filters, asked.get("cursor"))

    def query(self, by: str) -> dict[str, str]:
        return {"by": by, **{name: value for name, value in self.filters.items() if value}}


async def _rollup(reader: Reader, key: str, by: str) -> tuple[Answer[RollupData], str]:
    """A breakdown that does not exist is shown as the default one: an old bookmark should still open."""
    known = by if by in set(Breakdown) else Breakdown.PROJECT.value
    answer = await read.get_rollup(
        reader.database, key, by=known, missing=reader.missing, now=reader.clock.now(), today=reader.today()
    )
    return answer, known


async def _items(reader: Reader, key: str, chosen: _Chosen) -> tuple[Answer[ItemList] | None, list[str]]:
    """The page of items, or the sentences that say why there is none."""
    given = {name: value for name, value in chosen.filters.items() if value}
    try:
        answer = await read.list_items(
            reader.database,
            key,
            filters=read.ItemFilters(**given, countable=None),
            cursor=chosen.cursor,
            limit=ITEMS_SHOWN,
            now=reader.clock.now(),
        )
    except InvalidQuery as error:
        return None, [error.message]
    return answer, []


async def _health(reader: Reader, programs: Sequence[str]) -> dict[str, Any]:
    """By program, as a page shows it; what takes too long is left out, and is there the next time."""
    terms = Terms(health=reader.health, missing=reader.missing)
    answer = await get_portfolio(reader.database, view=reader.view(), terms=terms, among=programs, patience=PATIENCE)
    return {row.key: msgspec.to_builtins(row.health) for row in answer.data.programs}


def _link(path: str, query: Mapping[str, str], cursor: str | None) -> str | None:
    """A page's address. Without a cursor there is no next page; the first page is asked for with a query alone."""
    if cursor is None:
        return f"{path}?{urlencode(query)}#items" if query else None
    return f"{path}?{urlencode({**query, 'cursor': cursor})}{'#items' if query else ''}"


def _plain(answer: Answer[Any]) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(answer)
    return plain
