"""The way of a request through the stand-in Asana: recorded, delayed, struck by faults, limited, answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.application import Cut
from connectors.sandbox.asana.hooks import Hooks
from connectors.sandbox.asana.limits import Limits
from connectors.sandbox.asana.options import PAID_FIELDS, AsanaOptions, Feature
from connectors.sandbox.asana.paging import listing_of, page_of
from connectors.sandbox.asana.refusals import Refusal, bad_request, forbidden, too_many, unknown, unpaid
from connectors.sandbox.asana.render import ENCODE, Renderer
from connectors.sandbox.asana.selection import COMPACT, FULL, Selection, selection_of
from connectors.sandbox.asana.site import AsanaSite
from connectors.sandbox.asana.things import Ref
from connectors.sandbox.calls import Answer, Call, Json
from connectors.sandbox.faults import LOGIN_PAGE, Act, Fault
from connectors.sandbox.options import Recorded

BASE = "/api/1.0"
MOST_LISTINGS = 64
Handler = Callable[["Asana", Call], Json | Answer]
"""What a handler returns is the whole body, {"data": …} and what stands beside it, unless it answers by itself."""
Routes = Sequence[tuple[str, str, Handler]]


class Asana:
    """One server: the site, how it behaves, and what handlers need of both."""

    def __init__(self, site: AsanaSite, options: AsanaOptions | None, routes: Routes) -> None:
        self.site = site
        self.options = options or AsanaOptions()
        self.renderer = Renderer(site)
        self.hooks = Hooks(site, self.renderer, self.options)
        self.limits = Limits(self.options)
        self.seen = 0  # requests
        self._routes = routes
        self._listings: dict[str, list[Ref]] = {}  # until anything changes: the pages of a large one are many
        site.listeners.append(lambda changed: self._listings.clear())
        site.clock = self._time

    def application(self) -> Starlette:
        """As an ASGI application; `app.state.sandbox` is this object."""
        table = [
            Route(BASE + path, self._endpoint(handler), methods=[method]) for method, path, handler in self._routes
        ]
        anything = Route("/{rest:path}", self._endpoint(no_route), methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
        app = Starlette(routes=[*table, anything])
        app.state.sandbox = self
        return app

    def _time(self) -> datetime:
        return self.options.clock()

    # what handlers ask

    def page(self, call: Call, refs: Sequence[Ref]) -> Json:
        """One page of a listing, compact unless fields are asked; what may not be seen has to be left out before."""
        rows, following = page_of(refs, call, self.options, born=self.seen)
        selection = self.asked(call, COMPACT)
        shown = [self.renderer.of(*ref, selection) for ref in rows]
        paged = "limit" in call.query
        return {"data": shown} | ({"next_page": following} if paged else {})

    def rows(self, call: Call, rows: Sequence[Json]) -> Json:
        """One page of rows that are no things of their own."""
        kept, following = page_of(rows, call, self.options, born=self.seen)
        selection = self.asked(call, COMPACT)
        shown = [self.renderer.value(row, selection) for row in kept]
        return {"data": shown} | ({"next_page": following} if "limit" in call.query else {})

    def one(self, call: Call, kind: str, gid: str) -> Json:
        """A direct read: all there is to it, or the fields that are asked."""
        self.readable(kind, gid)
        return {"data": self.renderer.of(kind, gid, self.asked(call, FULL))}

    def readable(self, kind: str, gid: str) -> Any:
        """The thing; refuses what is unknown, gone, or private to others."""
        if not gid.isdigit():
            raise bad_request(f"{kind}: Not a recognized ID: {gid}")
        thing = self.site.look_up(kind, gid)
        if thing is None or (kind == "task" and self.site.is_trashed(gid)):
            raise unknown(kind, gid)
        if not self.site.sees(kind, gid):
            raise forbidden(kind) if self.options.hidden_status == 403 else unknown(kind, gid)
        return thing

    def listing(self, call: Call, make: Callable[[], list[Ref]]) -> list[Ref]:
        """All rows of what the call lists a page of; made once for its pages."""
        name = listing_of(call)
        if name not in self._listings:
            if len(self._listings) >= MOST_LISTINGS:
                self._listings.clear()
            self._listings[name] = make()
        return self._listings[name]

    def asked(self, call: Call, default: Selection) -> Selection:
        """What `opt_fields` selects, else the default; what the plan lacks is left out in silence."""
        text = call.query.get("opt_fields")
        if not text:
            return default
        withheld = {name for feature in self.options.unpaid for name in PAID_FIELDS.get(feature, ())}
        if withheld:
            text = ",".join(path for path in text.split(",") if path.strip().split(".")[0] not in withheld) or "gid"
        return selection_of(text)

    def visible(self, kind: str, gids: Iterable[str]) -> list[Ref]:
        """Of these, what this account may see and is not in the trash."""
        return [Ref(kind, gid) for gid in gids if self.site.sees(kind, gid)]

    def paid(self, feature: Feature) -> None:
        if feature in self.options.unpaid:
            raise unpaid()

    def answer_to(self, method: str, path: str, query: Mapping[str, str]) -> Answer:
        """What an action of a batch gets; it counts as a request of its own."""
        for verb, template, handler in self._routes:
            names = _matched(template, path)
            if verb == method and names is not None and template != "/batch":
                call = Call(method, BASE + path, names, query, b"", account=self.site.me)
                return self._handled(call, handler)
        return Refusal(404, f"No matching route for {method} {path}").answer

    # the way of a request

    def _endpoint(self, handler: Handler) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
            names = {name: str(value) for name, value in request.path_params.items()}
            call = Call(request.method, path, names, dict(request.query_params), await request.body())
            options = self.options
            options.arrived()
            self.seen += 1
            with self.limits.in_flight(call.method) as free:
                if options.latency:
                    await asyncio.sleep(options.latency)
                fault = options.struck(path, _rows_asked(call))
                answer = self._answer(call, request, handler, fault) if free else too_many(1).answer
            if options.spoils(answer.body):
                answer = Refusal(500, "Server Error").answer
            cut = fault is not None and fault.act in {Act.RESET, Act.TRUNCATE}
            status = 0 if cut else answer.status
            options.requests.append(Recorded(call.method, path, dict(call.query), _decoded(call.content), status))
            answer.headers.setdefault("Date", format_datetime(options.clock(), usegmt=True))
            if fault is not None and cut:
                return Cut(answer, half=fault.act is Act.TRUNCATE)
            return Response(answer.body, answer.status, answer.headers, answer.content_type)

        return endpoint

    def _answer(self, call: Call, request: Request, handler: Handler, fault: Fault | None) -> Answer:
        if self.options.login_page:
            return Answer(200, LOGIN_PAGE, content_type="text/html")
        if fault is not None and fault.act is Act.ANSWER:
            return fault.answer
        if request.headers.get("authorization") != f"Bearer {self.options.token}":
            return Refusal(401, "Not Authorized").answer
        call.account = self.site.me
        try:
            self.limits.spend(search=call.path.endswith("/tasks/search"))
        except Refusal as refusal:
            return refusal.answer
        return self._handled(call, handler)

    def _handled(self, call: Call, handler: Handler) -> Answer:
        try:
            found = handler(self, call)
            return found if isinstance(found, Answer) else Answer(200, ENCODE(found))
        except Refusal as refusal:
            return refusal.answer


def no_route(asana: Asana, call: Call) -> Json:
    raise Refusal(404, "No matching route for request")


def _matched(template: str, path: str) -> dict[str, str] | None:
    """The names in a path, when it is one of that template."""
    steps, parts = template.strip("/").split("/"), path.strip("/").split("/")
    if len(steps) != len(parts):
        return None
    names: dict[str, str] = {}
    for step, part in zip(steps, parts, strict=True):
        if step.startswith("{"):
            names[step.strip("{}")] = part
        elif step != part:
            return None
    return names


def _rows_asked(call: Call) -> int:
    limit = call.query.get("limit", "")
    return int(limit) if limit.isdigit() else 0


def _decoded(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content) if content else None
    except msgspec.DecodeError:
        return None
