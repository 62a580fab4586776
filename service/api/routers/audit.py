"""Who changed what, when, and from where: applied mappings, decided edges, syncs that somebody started, keys."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from service.api.dependencies import WantedForm, WithServices
from service.api.openapi import answers
from service.api.paging import DEFAULT_LIMIT, Cursor, Limit
from service.api.problems import Kind
from service.api.replies import Rows, reply
from service.api.schemas.audit import AuditEntry, AuditList
from service.domain.errors import InvalidQuery
from service.programs.answers import Answer
from service.programs.cursors import read_cursor, write_cursor
from service.programs.envelope import enveloped
from service.programs.freshness import sources_of
from service.store.audit import Audit, AuditRow

router = APIRouter(tags=["audit"])

EXAMPLE: dict[str, Any] = {
    "as_of": None,
    "generated_at": "2026-11-20T08:00:12Z",
    "definition_version": "1",
    "sources": [],
    "warnings": [],
    "data": {
        "audit": [
            {
                "id": 12,
                "at": "2026-11-20T07:58:03Z",
                "actor": "nightly (key)",
                "origin": "10.0.0.7",
                "action": "sync_started",
                "subject": "acme-jira",
                "detail": {"run": 41},
            }
        ],
        "next_cursor": None,
    },
}
LARGEST_ID = 2**63 - 1  # what both databases can compare with


@router.get(
    "/audit",
    summary="Who changed what",
    responses=answers(
        Answer[AuditList],
        Kind.INVALID_REQUEST,
        description="Applied mappings, decided edges, started syncs, keys made and revoked; newest first.",
        example=EXAMPLE,
        csv=True,
    ),
)
async def list_audit(
    request: Request,
    services: WithServices,
    form: WantedForm,
    action: Annotated[str | None, Query(max_length=100, description="Only entries of this action.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    before = _place(cursor)
    async with services.database.reading() as uow:
        rows = await Audit(uow.connection).page(action=action, before=before, limit=limit + 1)
        sources = await sources_of(uow.connection, None)
    page = rows[:limit]
    following = write_cursor("audit", str(page[-1].id)) if len(rows) > limit else None
    data = AuditList(tuple(_entry(row) for row in page), following)
    return reply(
        request, enveloped(data, sources=sources, now=services.clock.now()), form=form, rows=Rows("audit", AuditEntry)
    )


def _place(cursor: str | None) -> int | None:
    place = read_cursor("audit", cursor, parts=1)
    if place is None:
        return None
    if not (place[0].isascii() and place[0].isdecimal()) or int(place[0]) > LARGEST_ID:
        raise InvalidQuery("cursor", "this is no cursor of this list; start again without one.")
    return int(place[0])


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(row.id, row.at, row.actor, row.origin, row.action, row.subject, row.detail)
