"""The HTTP application: the API, the pages, and around both what every request passes through."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, compile_path

from service.api import openapi
from service.api.access import NEEDS, Access, Admission, let_in
from service.api.dependencies import known_parameters_only
from service.api.head import HeadAsGet
from service.api.metrics import Measured, Metrics
from service.api.problems import Boundary, Kind, Problem
from service.api.routers import (
    audit,
    baselines,
    changes,
    dependencies,
    forecasts,
    health,
    items,
    mapping,
    programs,
    reports,
    running,
    sources,
    webhooks,
)
from service.api.security import Limits, SecurityHeaders
from service.api.services import Services
from service.api.translation import translate
from service.auth.gate import Gate
from service.auth.sessions import Sessions
from service.web import sign_in, views

DESCRIPTION = """\
Program roll-ups across Jira and Asana, read-only and with evidence. Every answer is one envelope that says
as of when it is true, which sources it rests on, and what is missing. Failures are RFC 9457 problem details.
"""
TAGS = (
    ("programs", "What a program manager asks: how far are we, and on which evidence."),
    ("changes", "What is otherwise than it was, who did it and when."),
    ("baselines", "Plans as they were once, kept for good, and how far a program has moved from them."),
    ("dependencies", "Who waits for whom, and what decides when a program is finished."),
    ("forecasts", "When it will be done, how sure that is, and how the work flows."),
    ("health", "How the programs are, what to chase today, and what to mend in the data."),
    ("reports", "All of it in one, for a meeting: as Markdown, HTML or data."),
    ("items", "One piece of work, its history, and why it counts where it counts."),
    ("mapping", "Which work belongs to which program."),
    ("sources", "The connected tools and the runs that read them."),
    ("audit", "Who changed what."),
    ("running it", "For whoever operates the service."),
)
ROUTERS = (
    *(
        (each.router, "/api/v1")
        for each in (
            programs,
            changes,
            baselines,
            dependencies,
            forecasts,
            health,
            reports,
            items,
            mapping,
            sources,
            audit,
        )
    ),
    (running.router, ""),
)


def create_app(services: Services, *, version: str = "1") -> FastAPI:
    """Ready to serve. The caller opens and closes what `services` holds."""
    app = FastAPI(
        title="Interlock",
        summary="Program roll-ups and dependency health across Jira and Asana.",
        description=DESCRIPTION,
        version=version,
        openapi_tags=openapi.tags(TAGS),
        openapi_url=None,  # served by `running`, as every route that asks who asks
        docs_url=None,  # FastAPI's page loads its scripts from elsewhere; ours is in service/web
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_name,
        dependencies=[Depends(let_in)],
        exception_handlers={HTTPException: _on_to_boundary, RequestValidationError: _on_to_boundary},
    )
    app.state.services = services
    gate = Gate(services.database, services.clock, provider=services.provider, sessions=Sessions(services.secret_key))
    app.state.admission = Admission(gate, allow_anonymous=services.allow_anonymous, public_url=services.public_url)
    app.state.metrics = Metrics()
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    pages = [_pages(app, services), sign_in.pages(gate, public_url=services.public_url)]
    app.router.routes.extend(_routes())
    for each in pages:
        app.include_router(each)
    app.router.routes.append(views.static_files())
    _surround(app, is_open=_open_paths([*ROUTERS, *((each, "") for each in (*pages, webhooks.router))]))
    return app


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Those that find all they need in the state of the app; what FastAPI derives from them, it derives once."""
    gathered = APIRouter(dependencies=[Depends(let_in)], generate_unique_id_function=_name)
    strict = [Depends(known_parameters_only)]  # pages forgive an old bookmark, numbers do not
    for router, prefix in ROUTERS:
        gathered.include_router(router, prefix=prefix, dependencies=strict)
    gathered.include_router(webhooks.router)
    return tuple(gathered.routes)


def _name(route: APIRoute) -> str:
    return route.name


def _open_paths(routers: Iterable[tuple[APIRouter, str]]) -> Callable[[str], bool]:
    """Which paths everybody may ask. Raises KeyError for a route that does not say what it needs."""
    patterns = [
        compile_path(f"{prefix}{route.path}")[0]
        for router, prefix in routers
        for route in router.routes
        if isinstance(route, Route) and NEEDS[route.name].scope is None
    ]
    return lambda path: path.startswith("/static/") or any(pattern.match(path) for pattern in patterns)


def _pages(app: FastAPI, services: Services) -> APIRouter:
    return views.pages(
        views.Reader(
            services.database,
            services.clock,
            services.calendar_zone,
            services.missing,
            services.terms,
            services.health,
        ),
        openapi=app.openapi,
        problems=[views.ProblemKind(kind.slug, kind.status, kind.title, kind.meaning) for kind in Kind],
    )


def _surround(app: FastAPI, *, is_open: Callable[[str], bool]) -> None:
    """The last one added is the outermost: headers on everything, problems made before they are counted."""
    app.add_middleware(Access, admission=app.state.admission, is_open=is_open)
    app.add_middleware(Limits)
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
        if problem.kind is Kind.SIGN_IN_NEEDED and request.method in {"GET", "HEAD"}:
            return sign_in.first(request)
        return views.problem_page(
            problem.kind.status,
            problem.kind.title,
            problem.detail,
            headers=problem.headers,
            seen_by=request.scope.get("state", {}).get("principal"),  # None when nobody was recognised yet
        )
    return problem.response(path)
