"""When a program will be done, how far such forecasts could be trusted so far, and how its work flows."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from starlette.requests import Request
from starlette.responses import Response

from service.api.dependencies import WantedForm, WithServices, WithView
from service.api.openapi import answers
from service.api.problems import Kind
from service.api.replies import Rows, settled
from service.api.schemas import forecast_examples as examples
from service.api.services import Services
from service.domain.forecast import FEWEST_WEEKS
from service.domain.throughput import WINDOW
from service.programs import calibration, flow, forecast
from service.programs.answers import Answer
from service.programs.flow import FlowQuestion
from service.programs.flow_answers import FlowData, FlowGroup
from service.programs.forecast import MOST_WEEKS, ForecastQuestion
from service.programs.forecast_answers import CalibrationData, ForecastData, PromiseData
from service.programs.past import moment_of

router = APIRouter(prefix="/programs", tags=["forecasts"])

Key = Annotated[str, InPath(max_length=200, description="The program's key.", examples=["CHECKOUT"])]
AsOf = Annotated[
    str | None,
    Query(
        max_length=64,
        description="As it would have been said then: the end of an earlier day, or a moment; now when left out.",
        examples=["2026-03-31"],
    ),
]
FlowBy = Literal["program", "workstream", "project", "team"]
Weeks = Annotated[
    int, Query(ge=FEWEST_WEEKS, le=MOST_WEEKS, description="How many complete weeks of history are looked at.")
]
WithoutBulkDays = Annotated[
    bool,
    Query(description="Leave out days on which unusually many items were finished or created at once."),
]


@router.get(
    "/{key}/forecast",
    summary="When a program will be done, and how sure that is",
    description="Drawn 10,000 times from the program's own weekly throughput, with and without the growth of its "
    "scope. Where there is too little history it says so instead of a date. The same question has the same answer "
    "all day, as long as nothing changes. `dependency_aware` is another model of the same: by how long such work took "
    "and what waits for what. `calibration` is the track record of the former alone; that of the latter is computed by "
    "command (`interlock forecast KEY --backtest`).",
    responses=answers(
        Answer[ForecastData],
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        description="Dates at 50, 85 and 95 %, the probability of the target, and the track record of such forecasts.",
        example=examples.FORECAST,
        conditional=True,
    ),
)
async def get_forecast(
    request: Request,
    services: WithServices,
    key: Key,
    by: Annotated[date | None, Query(description="Also: how many items will be done by the end of this day.")] = None,
    weeks: Weeks = WINDOW,
    without_bulk_days: WithoutBulkDays = False,
    as_of: AsOf = None,
) -> Response:
    answer = await forecast.get_forecast(
        services.database,
        key,
        view=services.viewpoint(),
        question=ForecastQuestion(weeks, by, without_bulk_days),
        as_of=_moment(services, as_of),
        historians=services.historians,
    )
    return settled(request, services, answer)


@router.get(
    "/{key}/forecast/calibration",
    summary="The track record of a program's forecasts",
    description="What the forecast would have said on every Monday of the past two years, from the state of that day, "
    "and what then happened; as of an earlier day, of the two years before it. As CSV: every one of these promises.",
    responses=answers(
        Answer[CalibrationData],
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        description="A badge, coverage at 50, 85 and 95 % with intervals, bias, and every promise.",
        example=examples.CALIBRATION,
        csv=True,
        conditional=True,
    ),
)
async def get_calibration(
    request: Request, services: WithServices, form: WantedForm, key: Key, view: WithView
) -> Response:
    answer = await calibration.get_calibration(services.database, key, view=view)
    return settled(request, services, answer, form=form, rows=Rows("promises", PromiseData))


@router.get(
    "/{key}/flow",
    summary="How the work of a program flows",
    description="Throughput, cycle and lead time, work in progress and its age, blocked time, what was reopened, "
    "added, re-estimated, promised and kept, and which defects escaped; of complete weeks, with sample sizes, and a "
    "reason wherever something cannot be told. Never by person.",
    responses=answers(
        Answer[FlowData],
        Kind.UNKNOWN_PROGRAM,
        Kind.INVALID_REQUEST,
        description="One group, or one for each workstream, project or team; and the oldest work in progress.",
        example=examples.FLOW,
        csv=True,
        conditional=True,
    ),
)
async def get_flow(  # noqa: PLR0913, PLR0917 - one argument per parameter is what makes them documented
    request: Request,
    services: WithServices,
    form: WantedForm,
    key: Key,
    by: Annotated[FlowBy, Query(description="What the groups stand for.")] = "program",
    weeks: Annotated[
        int, Query(ge=flow.FEWEST_WEEKS, le=MOST_WEEKS, description="How many complete weeks are looked at.")
    ] = WINDOW,
    without_bulk_days: WithoutBulkDays = False,
    as_of: AsOf = None,
) -> Response:
    answer = await flow.get_flow(
        services.database,
        key,
        view=services.viewpoint(),
        terms=services.flow,
        question=FlowQuestion(by, weeks, without_bulk_days),
        as_of=_moment(services, as_of),
    )
    return settled(request, services, answer, form=form, rows=Rows("groups", FlowGroup))


def _moment(services: Services, text: str | None) -> datetime | None:
    """Raises InvalidQuery."""
    return None if text is None else moment_of(text, zone=services.calendar_zone, now=services.clock.now())
