"""The HTTP application: the API, the pages, and around both what every request passes through."""

from __future__ import annotations

from typing import Any

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from service.api import openapi
from service.api.dependencies import known_parameters_only
from service.api.head import HeadAsGet
from service.api.metrics import Measured, Metrics
from service.api.problems import Boundary, Kind, Problem
from service.api.routers import items, mapping, programs, running, sources
from service.api.security import AnonymousAccess, Limits, SecurityHeaders
from service.api.services import Services
from service.api.translation import translate
from service.web import views

DESCRIPTION = """\
Program roll-ups across Jira and Asana, read-only and with evidence. Every answer is one envelope that says
as of when it is true, which sources it rests on, and what is missing. Failures are RFC 9457 problem details.
"""
TAGS = (
    ("programs", "What a program manager asks: how far are we, and on which evidence."),
    ("items", "One piece of work, its history, and why it counts where it counts."),
    ("mapping", "Which work belongs to which program."),
    ("sources", "The connected tools and the runs that read them."),
    ("running it", "For whoever operates the service."),
)


def create_app(services: Services, *, version: str = "1") -> FastAPI:
    """Ready to serve. The caller opens and closes what `services` holds."""
    app = FastAPI(
        title="Interlock",
        summary="Program roll-ups and dependency health across Jira and Asana.",
        description=DESCRIPTION,
        version=version,
        openapi_tags=openapi.tags(TAGS),
        docs_url=None,  # FastAPI's page loads its scripts from elsewhere; ours is in service/web
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        exception_handlers={HTTPException: _on_to_boundary, RequestValidationError: _on_to_boundary},
    )
    app.state.services = services
    app.state.metrics = Metrics()
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    strict = [Depends(known_parameters_only)]  # pages forgive an old bookmark, numbers do not
    for each in (programs, items, mapping, sources):
        app.include_router(each.router, prefix="/api/v1", dependencies=strict)
    app.include_router(running.router, dependencies=strict)
    app.include_router(_pages(app, services))
    app.router.routes.append(views.static_files())
    _surround(app, services)
    return app


def _pages(app: FastAPI, services: Services) -> Any:
    return views.pages(
        views.Reader(services.database, services.clock, services.calendar_zone, services.missing),
        openapi=app.openapi,
        problems=[views.ProblemKind(kind.slug, kind.status, kind.title, kind.meaning) for kind in Kind],
    )


def _surround(app: FastAPI, services: Services) -> None:
    """The last one added is the outermost: headers on everything, problems made before they are counted."""
    app.add_middleware(Limits)
    app.add_middleware(AnonymousAccess, allow_anonymous=services.allow_anonymous)
    app.add_middleware(Boundary, translate=translate, render=_render)
    app.add_middleware(Measured, metrics=app.state.metrics)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(HeadAsGet)


async def _on_to_boundary(_request: Request, error: Exception) -> Response:
    """One place makes problems of errors, and FastAPI's own handlers are not it."""
    raise error


def _render(request: Request, problem: Problem) -> Response:
    """A page for a person who follows links, a problem document for everything else."""
    path = request.url.path
    if not path.startswith("/api/") and "text/html" in request.headers.get("accept", ""):
        return views.problem_page(problem.kind.status, problem.kind.title, problem.detail, headers=problem.headers)
    return problem.response(path)
