"""What endpoints ask FastAPI for: the services, the wanted form, the moment, and that every parameter is known.

None of them opens a transaction: code after a `yield` runs once the response has gone out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Final, Literal, get_args, get_origin

from fastapi import Depends, Query
from fastapi.routing import APIRoute
from starlette.requests import Request

from service.api.services import Services
from service.api.translation import given_twice, unknown_parameters
from service.programs.dependency_terms import Viewpoint

if TYPE_CHECKING:  # names of FastAPI's inside, needed for types alone
    from fastapi._compat import ModelField
    from fastapi.dependencies.models import Dependant

Form = Literal["json", "csv"]
_ANY: Final = frozenset({"*/*", "application/*", "application/json"})


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def wanted_form(
    request: Request,
    format_: Annotated[
        Form | None,
        Query(alias="format", description="`csv` for a spreadsheet; `Accept: text/csv` asks for the same."),
    ] = None,
) -> Form:
    """The form that was asked for: the parameter wins over the Accept header, JSON is the default."""
    if format_ is not None:
        return format_
    weights = dict(_accepted(request.headers.get("accept", "")))
    csv = weights.get("text/csv", 0.0)
    json = max((weight for kind, weight in weights.items() if kind in _ANY), default=0.0)
    return "csv" if csv > 0 and csv >= json else "json"


def separated(values: Iterable[str] | None) -> tuple[str, ...]:
    """The words of a parameter that may be repeated, or have commas."""
    return tuple(part.strip() for value in values or () for part in value.split(",") if part.strip())


def known_parameters_only(request: Request) -> None:
    """Raises Problem for a query parameter that the path does not have, or one that is given twice."""
    route = request.scope.get("route")
    if not isinstance(route, APIRoute) or not request.url.query:
        return
    takes_many = {field.alias: _takes_many(field) for field in _query_fields(route.dependant)}
    given = Counter(name for name, _ in request.query_params.multi_items())
    if unknown := [name for name in given if name not in takes_many]:
        raise unknown_parameters(unknown, sorted(takes_many))
    if doubled := [name for name, times in given.items() if times > 1 and not takes_many[name]]:
        raise given_twice(doubled)


def _query_fields(dependant: Dependant) -> Iterator[ModelField]:
    yield from dependant.query_params
    for further in dependant.dependencies:
        yield from _query_fields(further)


def _takes_many(field: ModelField) -> bool:
    """Whether the parameter is a list, be it an optional one."""
    annotation = field.field_info.annotation
    return any(get_origin(part) is list for part in (annotation, *get_args(annotation)))


def _accepted(header: str) -> list[tuple[str, float]]:
    """(media type, weight) of an Accept header; an unreadable weight counts as 0."""
    found = []
    for part in header.split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((p.removeprefix("q=") for p in parameters if p.startswith("q=")), "1")
        try:
            found.append((kind.lower(), float(quality)))
        except ValueError:
            found.append((kind.lower(), 0.0))
    return found


WithServices = Annotated[Services, Depends(services_of)]
WantedForm = Annotated[Form, Depends(wanted_form)]

AsOf = Annotated[
    str | None,
    Query(
        max_length=64,
        description="An earlier day (its end, in the program's time zone) or moment; now when left out.",
        examples=["2026-03-31"],
    ),
]


def viewpoint_of(services: WithServices, as_of: AsOf = None) -> Viewpoint:
    """Raises InvalidQuery."""
    return services.viewpoint(as_of)


WithView = Annotated[Viewpoint, Depends(viewpoint_of)]
