"""What changed in a program since a day."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from starlette.requests import Request
from starlette.responses import Response

from service.api.dependencies import WithServices, separated, wanted_form
from service.api.openapi import answers
from service.api.problems import Kind
from service.api.replies import Rows, settled, settled_text
from service.api.schemas import change_examples as examples
from service.programs import changes
from service.programs.answers import Answer
from service.programs.change_answers import ChangeEntry, ChangesData
from service.programs.changes import MOST_SHOWN, SHOWN, Asked
from service.programs.changes_markdown import MEDIA_TYPE, markdown

router = APIRouter(prefix="/programs", tags=["changes"])

Key = Annotated[str, InPath(max_length=200, description="The program's key.", examples=["CHECKOUT"])]
Moment = Annotated[str | None, Query(max_length=64, examples=["2026-11-13"])]
ChangesForm = Literal["json", "csv", "markdown"]


@router.get(
    "/{key}/changes",
    summary="What changed since a day",
    description="Scope added and removed, dates that moved, work begun, finished and reopened, what is newly blocked, "
    "estimates, and dependencies: one line an item and kind, net of what came and went in between, with who and when. "
    "`since` is the beginning of a day, or a moment, and a week ago when left out; `until` the end of a day, or a "
    "moment, and now when left out. As CSV: all changes. As Markdown: ready to paste.",
    responses=answers(
        Answer[ChangesData],
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        description="Counts and a headline first, then the biggest changes of each kind.",
        example=examples.CHANGES,
        csv=True,
        conditional=True,
        texts=(MEDIA_TYPE,),
    ),
)
async def get_changes(  # noqa: PLR0913, PLR0917 - one argument a parameter is what makes them documented
    request: Request,
    services: WithServices,
    key: Key,
    since: Moment = None,
    until: Moment = None,
    kind: Annotated[
        list[Annotated[str, Query(max_length=400)]] | None,
        Query(description="Only these kinds; repeated, or with commas.", examples=[["slipped,added"]]),
    ] = None,
    each: Annotated[
        int | None, Query(ge=0, le=MOST_SHOWN, description=f"How many of each kind; {SHOWN} when left out.")
    ] = None,
    format_: Annotated[
        ChangesForm | None, Query(alias="format", description="`csv` for a spreadsheet, `markdown` for people.")
    ] = None,
) -> Response:
    form = wanted_form(request, None if format_ == "markdown" else format_)
    shown = each if each is not None else MOST_SHOWN if form == "csv" and format_ != "markdown" else SHOWN
    kinds = None if kind is None else separated(kind)
    view = services.viewpoint()
    asked = Asked(since=since, until=until, kinds=kinds, each=shown)
    answer = await changes.get_changes(services.database, key, asked, view=view, historians=services.historians)
    if format_ == "markdown":
        return settled_text(request, markdown(answer, zone=services.terms.zone), media_type=MEDIA_TYPE)
    return settled(request, services, answer, form=form, rows=Rows("changes", ChangeEntry))
