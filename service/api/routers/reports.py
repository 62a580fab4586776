"""A report of a program, for a meeting: as data, as Markdown to paste, or as one HTML document."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from starlette.requests import Request
from starlette.responses import Response

from service.api.dependencies import WithServices
from service.api.openapi import answers
from service.api.problems import Kind
from service.api.replies import settled, settled_text
from service.api.schemas import report_example as examples
from service.api.services import Services
from service.programs import report, report_html, report_markdown
from service.programs.answers import Answer
from service.programs.report import ReportQuestion, ReportTerms
from service.programs.report_answers import ReportData
from service.programs.report_sections import page_of

router = APIRouter(prefix="/programs", tags=["reports"])

Key = Annotated[str, InPath(max_length=200, description="The program's key.", examples=["CHECKOUT"])]
For = Literal["weekly", "monthly", "steering"]
ReportForm = Literal["json", "markdown", "html"]


@router.get(
    "/{key}/report",
    summary="A report of a program, ready to paste",
    description="`weekly`: health, progress, what changed, who waits for whom, what to chase, the forecast. `monthly`: "
    "the same over a month, with the trend, scope, flow and the baseline. `steering`: the decisions wanted, dates with "
    "their chances, the baseline, and dependencies beyond the program. Every figure has an address that gives its "
    "evidence, of the same moment. What cannot be told is in `absent`, with why.",
    responses=answers(
        Answer[ReportData],
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        description="A headline first, then part by part; null is what the report does not have.",
        example=examples.REPORT,
        conditional=True,
        texts=(report_markdown.MEDIA_TYPE, report_html.MEDIA_TYPE),
    ),
)
async def get_report(
    request: Request,
    services: WithServices,
    key: Key,
    audience: Annotated[For, Query(alias="for", description="The meeting that it is for.")] = "weekly",
    since: Annotated[
        str | None,
        Query(
            max_length=64,
            description="The beginning of a day, or a moment; a week ago when left out, a month for the others.",
            examples=["2026-11-13"],
        ),
    ] = None,
    as_of: Annotated[
        str | None,
        Query(
            max_length=64,
            description="The end of an earlier day, or a moment; now when left out.",
            examples=["2026-10-31"],
        ),
    ] = None,
    format_: Annotated[
        ReportForm,
        Query(alias="format", description="`markdown` for a mail or a wiki, `html` for a page of its own."),
    ] = "json",
) -> Response:
    question = ReportQuestion(audience, since, as_of)
    answer = await report.get_report(
        services.database, key, question, view=services.viewpoint(), terms=_terms(services)
    )
    if format_ == "json":
        return settled(request, services, answer)
    page, base = page_of(answer, zone=services.terms.zone), (services.public_url or "").rstrip("/")
    if format_ == "markdown":
        text = report_markdown.report_markdown(page, base=base)
        return settled_text(request, text, media_type=report_markdown.MEDIA_TYPE)
    text = report_html.report_html(page, base=base)
    reply = settled_text(request, text, media_type=report_html.MEDIA_TYPE)
    reply.headers["Content-Security-Policy"] = report_html.CONTENT_SECURITY_POLICY
    return reply


def _terms(services: Services) -> ReportTerms:
    return ReportTerms(
        health=services.health, flow=services.flow, missing=services.missing, historians=services.historians
    )
