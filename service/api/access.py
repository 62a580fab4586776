"""Who is answered: every request has a principal before a route sees it, and every route states what it needs.

Nobody has to sign in while no key was made and no identity provider is set: then the service trusts its own machine
only. The peer must be loopback, the Host header must name loopback (a page that rebinds its DNS name to 127.0.0.1
sends its own name), and a change must not come from another site's page. `INTERLOCK_ALLOW_ANONYMOUS=read` opens
reading, and nothing else, to everybody.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.problems import Kind, Problem
from service.api.security import host_name, is_loopback
from service.auth.gate import Gate
from service.domain import access
from service.domain.access import OPEN, Decision, Need, Principal, Reach
from service.domain.errors import InterlockError, UnknownProgram
from service.store.errors import DatabaseUnusable

READ, SYNC, ADMIN = access.Scope.READ, access.Scope.SYNC, access.Scope.ADMIN
NEEDS: Final = MappingProxyType(
    {
        "list_programs": Need(READ, Reach.LISTED),
        "get_program": Need(READ, Reach.NAMED),
        "get_rollup": Need(READ, Reach.NAMED),
        "get_trend": Need(READ, Reach.NAMED),
        "get_scope": Need(READ, Reach.NAMED),
        "list_items": Need(READ, Reach.NAMED),
        "list_dependencies": Need(READ, Reach.NAMED),
        "list_cycles": Need(READ, Reach.NAMED),
        "get_matrix": Need(READ, Reach.NAMED),
        "list_bottlenecks": Need(READ, Reach.NAMED),
        "get_graph": Need(READ, Reach.NAMED),
        "get_critical_path": Need(READ, Reach.NAMED),
        "get_forecast": Need(READ, Reach.NAMED),
        "get_calibration": Need(READ, Reach.NAMED),
        "get_flow": Need(READ, Reach.NAMED),
        "get_portfolio": Need(READ, Reach.LISTED),
        "get_health": Need(READ, Reach.NAMED),
        "get_data_quality": Need(READ, Reach.NAMED),
        "get_attention": Need(READ, Reach.NAMED),
        "override_health": Need(ADMIN, Reach.NAMED),
        "withdraw_override": Need(ADMIN, Reach.NAMED),
        "simulate": Need(READ, Reach.NAMED),  # a POST that writes nothing
        "get_changes": Need(READ, Reach.NAMED),
        "get_report": Need(READ, Reach.NAMED),
        "list_baselines": Need(READ, Reach.NAMED),
        "get_baseline": Need(READ, Reach.NAMED),
        "take_baseline": Need(ADMIN, Reach.NAMED),  # kept for good, and what a program is measured by
        "get_impact": Need(READ, Reach.LISTED),
        "get_item": Need(READ, Reach.LISTED),
        "get_item_history": Need(READ, Reach.LISTED),
        "explain_item": Need(READ, Reach.LISTED),
        "plan_mapping": Need(READ, Reach.WHOLE),
        "apply_mapping": Need(ADMIN, Reach.WHOLE),
        "list_unmapped": Need(READ, Reach.WHOLE),
        "list_overlaps": Need(READ, Reach.LISTED),
        "list_suggestions": Need(READ, Reach.LISTED),
        "decide_suggestion": Need(ADMIN, Reach.WHOLE),
        "list_sources": Need(READ, Reach.WHOLE),
        "start_sync": Need(SYNC, Reach.WHOLE),
        "list_sync_runs": Need(READ, Reach.WHOLE),
        "get_sync_run": Need(READ, Reach.WHOLE),
        "watch_sync_run": Need(READ, Reach.WHOLE),
        "list_audit": Need(ADMIN, Reach.WHOLE),
        "receive_from_jira": OPEN,  # a webhook: each delivery proves itself
        "receive_from_unsigning_jira": OPEN,
        "receive_from_asana": OPEN,
        "healthz": OPEN,
        "readyz": OPEN,  # ready or not, for whoever routes traffic; the reasons are for readers
        "metrics": Need(READ, Reach.WHOLE),
        "openapi_document": Need(READ, Reach.NOTHING),
        "home": Need(READ, Reach.LISTED),
        "program_page": Need(READ, Reach.NAMED),
        "docs_page": Need(READ, Reach.NOTHING),
        "problem_kind_page": OPEN,  # where the `type` of a refusal leads
        "sign_in_page": OPEN,
        "sign_in": OPEN,
        "leave_for_provider": OPEN,
        "return_from_provider": OPEN,
        "sign_out": OPEN,
    }
)
"""What each operation asks for, by its name. One that is not here is refused to everybody."""

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
SESSION_COOKIE: Final = "interlock_session"
CHALLENGE: Final = 'Bearer realm="interlock"'

viewer: ContextVar[Principal | None] = ContextVar("viewer", default=None)
"""Who looks at the page that is being made; pages say so in their header."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What a request shows of who sent it. `address` is that of the peer, or of whom a trusted proxy speaks for."""

    method: str
    address: str
    headers: Headers

    @classmethod
    def of(cls, scope: Scope) -> Caller:
        peer = scope.get("client")
        return cls(scope["method"], peer[0] if peer else "", Headers(scope=scope))

    @property
    def host(self) -> str:
        return self.headers.get("host", "")

    @property
    def is_here(self) -> bool:
        """On this machine, and nobody's proxy."""
        return is_loopback(self.address) and not _was_forwarded(self.headers)

    @property
    def changes(self) -> bool:
        return self.method not in SAFE_METHODS

    @property
    def bearer(self) -> str | None:
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None

    def cookie(self, name: str) -> str | None:
        return cookie_parser(self.headers.get("cookie", "")).get(name)


class Admission:
    """Decides who a caller is. Raises Problem, or what the gate raises."""

    def __init__(self, gate: Gate, *, allow_anonymous: str | None, public_url: str | None = None) -> None:
        self._gate = gate
        self._reading_is_open = allow_anonymous == "read"
        self._own_host = urlsplit(public_url).netloc if public_url else None

    async def may_read(self, caller: Caller) -> bool:
        """When the database is the problem, who stands at the machine is told what is wrong with it."""
        try:
            principal = await self.principal(caller)
        except DatabaseUnusable:
            return caller.is_here
        except (Problem, InterlockError):
            return False
        return access.may(principal, Need(READ, Reach.WHOLE))

    async def principal(self, caller: Caller) -> Principal:
        if caller.bearer is not None:
            return await self._gate.by_bearer(caller.bearer, address=caller.address)
        if not await self._gate.configured():
            return self._without_sign_in(caller)
        cookie = caller.cookie(SESSION_COOKIE)
        person = None if cookie is None else await self._gate.by_session(cookie)
        if person is not None:
            self.refuse_foreign_changes(caller)
            return person
        if self._reading_is_open and not caller.changes:
            return access.ANONYMOUS
        raise Problem(
            Kind.SIGN_IN_NEEDED,
            "Nobody is signed in. Send an API key as `Authorization: Bearer ilk_…` (`interlock keys create` makes "
            "one), or sign in at /login.",
            headers={"WWW-Authenticate": CHALLENGE},
        )

    def _without_sign_in(self, caller: Caller) -> Principal:
        if caller.is_here and is_loopback(host_name(caller.host)):
            self.refuse_foreign_changes(caller)
            return access.LOCAL
        if self._reading_is_open:
            _refuse_changes(caller)
            return access.ANONYMOUS
        if caller.is_here:
            raise Problem(
                Kind.HOST_NOT_ALLOWED,
                f"The request names the host {caller.host!r}; this service answers 127.0.0.1, localhost and [::1].",
            )
        raise Problem(
            Kind.LOOPBACK_ONLY,
            "This request came from another machine, and nobody can sign in here yet. Make an API key with "
            "`interlock keys create`, or set INTERLOCK_ALLOW_ANONYMOUS=read to open reading.",
        )

    def refuse_foreign_changes(self, caller: Caller) -> None:
        """A browser sends cookies, and reaches this machine, for pages of other sites as well."""
        if not caller.changes:
            return
        origin = caller.headers.get("origin")
        foreign = origin is not None and urlsplit(origin).netloc not in {caller.host, self._own_host}
        if foreign or caller.headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
            raise Problem(
                Kind.FOREIGN_ORIGIN,
                f"A page of {origin or 'another site'} asked for this change; only pages of this service may.",
            )


class Access:
    """Finds out who asks, before a body is read or a route is chosen. What is open is not asked who."""

    def __init__(self, app: ASGIApp, *, admission: Admission, is_open: Callable[[str], bool]) -> None:
        self._app = app
        self._admission = admission
        self._is_open = is_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        caller = Caller.of(scope)
        if self._is_open(scope["path"]):
            self._admission.refuse_foreign_changes(caller)
            await self._app(scope, receive, send)
            return
        principal = await self._admission.principal(caller)
        scope.setdefault("state", {})["principal"] = principal
        token = viewer.set(principal)
        try:
            await self._app(scope, receive, send)
        finally:
            viewer.reset(token)


def let_in(request: Request) -> None:
    """Whether the principal may do what the route does. Raises Problem, or UnknownProgram for one that is hidden."""
    name = request.scope["route"].name
    need = NEEDS[name]
    if need.scope is None:
        return
    principal = principal_of(request)
    program = request.path_params.get("key")
    match access.decide(principal, need, program=program):
        case Decision.ALLOWED:
            return
        case Decision.HIDDEN:
            raise UnknownProgram(str(program))
        case Decision.LIMITED:
            raise Problem(Kind.LIMITED_TO_PROGRAMS, _limited(principal))
        case Decision.SCOPE_MISSING:
            raise _scope_missing(principal, need.scope, f"{request.method} {request.url.path}")


async def may_read_reasons(request: Request) -> bool:
    """For a path that is open to everybody, and tells more to those who may read. Never raises."""
    admission: Admission = request.app.state.admission
    return await admission.may_read(Caller.of(request.scope))


def principal_of(request: Request) -> Principal:
    principal: Principal = request.state.principal
    return principal


def address_of(request: Request) -> str:
    """Where a request came from, for the audit."""
    return Caller.of(request.scope).address or "unknown"


WithPrincipal = Annotated[Principal, Depends(principal_of)]


def _scope_missing(principal: Principal, needed: access.Scope, asked: str) -> Problem:
    has = access.highest(principal.scopes)
    may = f"may {has}" if has else "may nothing here"
    next_step = (
        "make a key with `interlock keys create`"
        if principal.kind is access.PrincipalKind.ANONYMOUS
        else "ask whoever runs this service for it"
    )
    return Problem(
        Kind.SCOPE_MISSING,
        f"{principal.actor} {may}, and {asked} needs the scope {needed}; {next_step}.",
        headers={"WWW-Authenticate": f'{CHALLENGE}, error="insufficient_scope", scope="{needed}"'},
        needed=str(needed),
    )


def _limited(principal: Principal) -> str:
    programs = ", ".join(sorted(principal.programs or ())) or "no program"
    return (
        f"{principal.actor} is limited to {programs}, and this answer concerns all of the work. "
        "Ask about a program, or use a key without a limit."
    )


def _was_forwarded(headers: Headers) -> bool:
    """A proxy on this machine speaks for people elsewhere."""
    return any(name in headers for name in ("forwarded", "x-forwarded-for", "x-forwarded-host"))


def _refuse_changes(caller: Caller) -> None:
    if caller.changes:
        raise Problem(
            Kind.READ_ONLY_ELSEWHERE,
            f"{caller.method} is only taken on the machine itself; from elsewhere this service can be read.",
        )
