"""The way of a request through a stand-in server: recorded, delayed, struck by faults, authenticated, answered."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import Callable, Sequence
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from connectors.sandbox.bodies import Bodies
from connectors.sandbox.calls import Answer, Call, Refusal
from connectors.sandbox.faults import LOGIN_PAGE, Act, Fault
from connectors.sandbox.hooks import Hooks
from connectors.sandbox.index import IssueIndex
from connectors.sandbox.jql import JqlError
from connectors.sandbox.matching import Matching
from connectors.sandbox.moments import Now
from connectors.sandbox.options import Recorded, SandboxOptions
from connectors.sandbox.render import BaseView
from connectors.sandbox.site import Issue, JiraSite

HANG_UP = "connectors.sandbox.hang_up"
"""Where SandboxServer leaves, in the ASGI scope's state, the means to close a connection."""

Handler = Callable[["Jira", Call], Any]
Routes = Sequence[tuple[str, str, Handler]]


class Jira:
    """One server: the site, how it behaves, and what handlers need of both. `routes` are (method, path, handler)."""

    def __init__(
        self,
        site: JiraSite,
        options: SandboxOptions | None,
        *,
        view: Callable[[JiraSite, IssueIndex], BaseView],
        is_cloud: bool,
    ) -> None:
        self.site = site
        self.options = options or SandboxOptions()
        self.is_cloud = is_cloud
        self.index = IssueIndex(site, self.options)
        self.view = view(site, self.index)
        self.bodies = Bodies(self.view, self.index)
        self.hooks = Hooks(site, self.index, self.options, is_cloud=is_cloud)

    def application(self, routes: Routes) -> Starlette:
        """As an ASGI application; `app.state.sandbox` is this object."""
        table = [Route(path, self._endpoint(handler), methods=[method]) for method, path, handler in routes]
        anything = Route("/{rest:path}", self._endpoint(no_such_resource), methods=["GET", "POST", "PUT", "DELETE"])
        app = Starlette(routes=[*table, anything])
        app.state.sandbox = self
        return app

    # what handlers ask

    @property
    def zone(self) -> str:
        """The zone of the caller's profile, in which their date literals are read."""
        return self.options.zone or self.site.users[self.site.me].get("timeZone") or "UTC"

    def may_browse(self, call: Call, project_id: str) -> bool:
        known = project_id in self.site.projects and project_id not in self.site.hidden_projects
        return known and call.account is not None

    def matching(self, call: Call) -> Matching:
        """Archived projects are not searched; an anonymous caller sees none."""
        live = {key for key, row in self.site.projects.items() if not row.get("archived")}
        visible = {key for key in live if self.may_browse(call, key)}
        now = Now(self.options.clock(), ZoneInfo(self.zone), epochs=not self.is_cloud)
        return Matching(self.site, self.index, visible=visible, now=now)

    def issue(self, call: Call, id_or_key: str) -> Issue | None:
        """A direct read: past the index, by id, key or former key; None when gone or hidden."""
        issue = self.index.find(id_or_key)
        if issue is None or not self.may_browse(call, issue["fields"]["project"]["id"]):
            return None
        return issue

    def project(self, call: Call, id_or_key: str) -> dict[str, Any]:
        for project_id, row in self.site.projects.items():
            if id_or_key in (project_id, row["key"]) and self.may_browse(call, project_id):
                return row
        what = "id" if id_or_key.isdigit() else "key"
        raise Refusal(404, f"No project could be found with {what} '{id_or_key}'.")

    # the way of a request

    def _endpoint(self, handler: Handler) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            call = await self._call(request)
            self.options.arrived()
            if self.options.latency:
                await asyncio.sleep(self.options.latency)
            body = _decoded(call.content)
            fault = self.options.struck(call.path, _rows_asked(call, body))
            cut = fault is not None and fault.act in {Act.RESET, Act.TRUNCATE}
            answer = self._answer(call, request, handler, fault)
            if self.options.spoils(answer.body):
                answer = Refusal(500, "Internal server error").answer
            status = 0 if cut else answer.status
            self.options.requests.append(Recorded(call.method, call.path, dict(call.query), body, status))
            answer.headers.setdefault("Date", format_datetime(self.options.clock(), usegmt=True))
            if fault is not None and cut:
                return Cut(answer, half=fault.act is Act.TRUNCATE)
            return Response(answer.body, answer.status, answer.headers, answer.content_type)

        return endpoint

    async def _call(self, request: Request) -> Call:
        path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
        names = {name: str(value) for name, value in request.path_params.items()}
        return Call(request.method, path, names, request.query_params, await request.body())

    def _answer(self, call: Call, request: Request, handler: Handler, fault: Fault | None) -> Answer:
        try:
            if self.options.login_page:
                return Answer(200, LOGIN_PAGE, content_type="text/html")
            if fault is not None and fault.act is Act.ANSWER:
                return fault.answer
            call.account = self._account(request.headers.get("authorization"))
            call.lie = fault.act.value if fault is not None else None
            self.bodies.look_around()
            found = handler(self, call)
            answer = found if isinstance(found, Answer) else Answer(200, msgspec.json.encode(found))
        except Refusal as refusal:
            answer = refusal.answer
        except JqlError as error:
            answer = Refusal(400, str(error)).answer
        answer.headers |= self._identity(call)
        return answer

    def _identity(self, call: Call) -> dict[str, str]:
        if self.is_cloud:
            return {"X-AAccountId": call.account} if call.account else {}
        name = self.site.users[call.account].get("name") if call.account else None
        return {"X-AUSERNAME": name or "anonymous"}

    def _account(self, authorization: str | None) -> str | None:
        """Whose credential it is; None for nobody's."""
        if not authorization:
            return None
        scheme, _, secret = authorization.partition(" ")
        if scheme == "Bearer" and secret == self.options.token:
            return self.site.me
        if scheme == "Basic" and self._opens(secret):
            return self.site.me
        if self.options.silent_anonymous:
            return None
        raise Refusal(401, "Client must be authenticated to access this resource.")

    def _opens(self, secret: str) -> bool:
        try:
            user, _, token = b64decode(secret, validate=True).decode().partition(":")
        except ValueError:
            return False
        mine = {self.options.email, self.site.users[self.site.me].get("name")}
        return token == self.options.token and user in mine


class Cut(Response):
    """A connection that ends too early: before the answer, or in the middle of its body."""

    def __init__(self, answer: Answer, *, half: bool) -> None:
        super().__init__(answer.body, answer.status, answer.headers, answer.content_type)
        self._half = half

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._half:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            half = bytes(self.body)[: len(self.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
        hang_up = (scope.get("state") or {}).get(HANG_UP)
        if hang_up is None:
            raise ConnectionResetError("the stand-in was told to cut this connection")
        hang_up(scope["client"], flush=self._half)
        await asyncio.sleep(0)


def no_such_resource(jira: Jira, call: Call) -> Answer:
    raise Refusal(404, f"No resource answers {call.method} {call.path}.")


def needs_account(call: Call) -> str:
    """The caller's account; 401 for an anonymous one."""
    if call.account is None:
        raise Refusal(401, "Client must be authenticated to access this resource.")
    return call.account


def _decoded(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content) if content else None
    except msgspec.DecodeError:
        return None


def _rows_asked(call: Call, body: Any) -> int:
    """How large a page the request asks for, as far as it says."""
    asked = str(call.query.get("maxResults") or "")
    named = 0
    if isinstance(body, dict):
        asked = str(body.get("maxResults") or "")
        named = len(body.get("issueIdsOrKeys") or ())
    return max(named, int(asked) if asked.isdigit() else 0)
