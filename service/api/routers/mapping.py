"""Which work belongs to which program: what a programs file would do, doing it, and what it leaves open.

Also which edges between tools count: what pointers suggest, and deciding about it.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from service.api.access import WithPrincipal, address_of
from service.api.dependencies import WantedForm, WithServices
from service.api.openapi import answers, body_of_programs_file
from service.api.paging import DEFAULT_LIMIT, Cursor, Limit
from service.api.problems import Kind
from service.api.programs_file import read_programs_file
from service.api.replies import Rows, reply, settled
from service.api.schemas import examples
from service.api.schemas.mapping import (
    AppliedData,
    Overlap,
    OverlapList,
    SuggestionDecision,
    UnmappedItem,
    UnmappedList,
)
from service.domain.access import Principal
from service.domain.notices import Notice
from service.domain.suggestions import Status
from service.programs import apply as applying
from service.programs import explain
from service.programs import plan as planning
from service.programs import suggestions as suggesting
from service.programs.answers import Answer
from service.programs.envelope import enveloped
from service.programs.freshness import sources_of
from service.programs.plan import Plan
from service.programs.suggestions import SuggestedEdge, SuggestionData, SuggestionList
from service.store.engine import Database
from service.store.freshness import SourceFacts

router = APIRouter(prefix="/mapping", tags=["mapping"])

REFUSED = (
    Kind.INVALID_PROGRAMS_FILE,
    Kind.INVALID_REQUEST,
    Kind.UNREADABLE_BODY,
    Kind.UNSUPPORTED_MEDIA_TYPE,
    Kind.BODY_TOO_LARGE,
    Kind.READ_ONLY_ELSEWHERE,
    Kind.FOREIGN_ORIGIN,
)
FRESH = {"Cache-Control": "no-store"}


@router.post(
    "/plan",
    summary="What a programs file would change",
    openapi_extra=body_of_programs_file(examples.PROGRAMS_FILE),
    responses=answers(
        Answer[Plan],
        *REFUSED,
        description="Items gained, lost, double-mapped and unmapped, and what moves in the roll-ups. Changes nothing.",
        example=examples.PLAN,
    ),
)
async def plan_mapping(request: Request, services: WithServices) -> Response:
    file = await read_programs_file(request, services)
    now = services.clock.now()
    found = await planning.plan(
        services.database, file, now=now, missing=services.missing, matched_fields_hook=services.matched_fields_hook
    )
    answer = enveloped(found, sources=await _sources(services.database), now=now)
    return reply(request, answer, headers=FRESH)


@router.post(
    "/apply",
    summary="Make a programs file the truth",
    openapi_extra=body_of_programs_file(examples.PROGRAMS_FILE),
    responses=answers(
        Answer[AppliedData],
        *REFUSED,
        description="Applied as a whole, and audited. Applying the same file again changes nothing.",
        example=examples.APPLIED,
    ),
)
async def apply_mapping(request: Request, services: WithServices, who: WithPrincipal) -> Response:
    file = await read_programs_file(request, services)
    now = services.clock.now()
    applied = await applying.apply(
        services.database,
        file,
        actor=who.actor,
        origin=address_of(request),
        now=now,
        matched_fields_hook=services.matched_fields_hook,
    )
    answer = enveloped(
        AppliedData.of(applied),
        sources=await _sources(services.database),
        now=now,
        notices=[Notice("idle_rule", warning) for warning in applied.warnings],
    )
    return reply(request, answer, headers=FRESH)


@router.get(
    "/unmapped",
    summary="Work in no program",
    responses=answers(
        Answer[UnmappedList],
        Kind.INVALID_REQUEST,
        description="One page of the items, and how many each project has.",
        example=examples.UNMAPPED,
        csv=True,
        conditional=True,
    ),
)
async def list_unmapped(
    request: Request, services: WithServices, form: WantedForm, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response:
    found = await explain.unmapped(services.database, limit=limit, cursor=cursor)
    answer = enveloped(found, sources=await _sources(services.database), now=services.clock.now())
    return settled(request, services, answer, form=form, rows=Rows("unmapped", UnmappedItem))


@router.get(
    "/overlaps",
    summary="Work in several programs",
    responses=answers(
        Answer[OverlapList],
        Kind.INVALID_REQUEST,
        description="One page of the items, each with its programs.",
        example=examples.OVERLAPS,
        csv=True,
        conditional=True,
    ),
)
async def list_overlaps(
    request: Request,
    services: WithServices,
    who: WithPrincipal,
    form: WantedForm,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    found = await explain.overlaps(services.database, limit=limit, cursor=cursor, among=who.programs)
    answer = enveloped(found, sources=await _sources(services.database, who), now=services.clock.now())
    return settled(request, services, answer, form=form, rows=Rows("overlaps", Overlap))


@router.get(
    "/suggestions",
    summary="Edges that pointers between tools suggest",
    responses=answers(
        Answer[SuggestionList],
        Kind.INVALID_REQUEST,
        description="One page, with all that points and what was decided. Unresolved ones lead to no item seen.",
        example=examples.SUGGESTIONS,
        csv=True,
        conditional=True,
    ),
)
async def list_suggestions(
    request: Request,
    services: WithServices,
    who: WithPrincipal,
    form: WantedForm,
    status: Annotated[Status | None, Query(description="Leave out for all.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    found = await suggesting.list_suggestions(
        services.database, status=status, limit=limit, cursor=cursor, among=who.programs
    )
    answer = enveloped(found, sources=await _sources(services.database, who), now=services.clock.now())
    return settled(request, services, answer, form=form, rows=Rows("suggestions", SuggestedEdge))


@router.post(
    "/suggestions/{suggestion_id}",
    summary="Confirm, dismiss or leave open a suggested edge",
    responses=answers(
        Answer[SuggestionData],
        Kind.UNKNOWN_SUGGESTION,
        Kind.INVALID_REQUEST,
        Kind.BODY_TOO_LARGE,
        Kind.READ_ONLY_ELSEWHERE,
        Kind.FOREIGN_ORIGIN,
        description="The suggestion as it stands now. Audited; the same decision again changes nothing.",
        example=examples.DECIDED,
    ),
)
async def decide_suggestion(
    request: Request, services: WithServices, who: WithPrincipal, suggestion_id: str, decision: SuggestionDecision
) -> Response:
    now = services.clock.now()
    decided = await suggesting.decide(
        services.database,
        suggestion_id,
        decision.decision,
        predecessor=decision.predecessor,
        actor=who.actor,
        origin=address_of(request),
        now=now,
    )
    return reply(request, enveloped(decided, sources=await _sources(services.database), now=now), headers=FRESH)


async def _sources(database: Database, who: Principal | None = None) -> list[SourceFacts]:
    """All of them, or those that feed what somebody sees."""
    async with database.reading() as uow:
        return await sources_of(uow.connection, None if who is None else who.programs)
