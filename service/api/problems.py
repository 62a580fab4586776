"""Every way a request can fail, in one table: RFC 9457 problem details that say who, what, and what next.

`Problem` is raised where the failure is known and rendered once, in `Boundary`. What other layers raise
becomes a Problem in `translation`; what nobody expected is logged and answered without its insides.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MEDIA_TYPE: Final = "application/problem+json"
_SECRET_PART: Final = re.compile(r"^(/webhooks/[^/]+/[^/]+/).+", re.DOTALL)
log = structlog.get_logger(__name__)


class Kind(Enum):
    """(slug, status, title, what it means and what helps). The type of a problem is `/problems/<slug>`."""

    UNKNOWN_PROGRAM = (
        "unknown-program",
        404,
        "No such program",
        "No program has this key. Keys are those of the programs file applied last; GET /api/v1/programs lists them.",
    )
    UNKNOWN_ITEM = (
        "unknown-item",
        404,
        "No such item",
        "No live item has this id. An id is `source:native-id` or `source:KEY`; former keys work as well.",
    )
    UNKNOWN_SOURCE = (
        "unknown-source",
        404,
        "No such source",
        "No source has this name. Sources are configured in interlock.yaml; GET /api/v1/sources lists them.",
    )
    UNKNOWN_SUGGESTION = (
        "unknown-suggestion",
        404,
        "No such suggested edge",
        "No suggested edge has this id, or the pointers it rested on are gone. "
        "GET /api/v1/mapping/suggestions lists them.",
    )
    UNKNOWN_BASELINE = (
        "unknown-baseline",
        404,
        "No such baseline",
        "No baseline of the program has this name or number. GET /api/v1/programs/{key}/baselines lists them.",
    )
    BASELINE_EXISTS = (
        "baseline-exists",
        409,
        "The name is taken",
        "The program has a baseline of this name, in whatever case. A baseline never changes: take another name.",
    )
    UNKNOWN_SYNC_RUN = (
        "unknown-sync-run",
        404,
        "No such sync run",
        "No run has this number. GET /api/v1/sync-runs lists the latest ones.",
    )
    UNKNOWN_PATH = (
        "unknown-path",
        404,
        "Nothing is served here",
        "The path is not part of the service. /docs lists every path.",
    )
    METHOD_NOT_ALLOWED = (
        "method-not-allowed",
        405,
        "This path does not take that method",
        "The Allow header and `allowed` name the methods that the path takes.",
    )
    INVALID_REQUEST = (
        "invalid-request",
        422,
        "The request cannot be understood",
        "A parameter is unknown, missing or out of range. `errors` names each one and what is allowed.",
    )
    INVALID_PROGRAMS_FILE = (
        "invalid-programs-file",
        422,
        "The programs file cannot be used",
        "`errors` names line, path and reason. Nothing was changed.",
    )
    UNREADABLE_BODY = (
        "unreadable-body",
        400,
        "The body cannot be read",
        "A programs file is UTF-8 text: YAML, or JSON of the same shape.",
    )
    UNSUPPORTED_MEDIA_TYPE = (
        "unsupported-media-type",
        415,
        "The body has a type that is not taken",
        "Send `application/yaml` or `application/json`.",
    )
    BODY_TOO_LARGE = (
        "body-too-large",
        413,
        "The body is too large",
        "A body may have 1 MiB. A programs file of that size is several files.",
    )
    ADDRESS_TOO_LONG = (
        "address-too-long",
        414,
        "The address is too long",
        "Path and query together may have 8,192 bytes. Use fewer filters.",
    )
    ADDRESS_UNREADABLE = (
        "address-unreadable",
        400,
        "The address holds characters that no name has",
        "Control characters are not part of any key, name or cursor.",
    )
    SIGN_IN_NEEDED = (
        "sign-in-needed",
        401,
        "Nobody is signed in",
        "Send an API key or a token of the identity provider as `Authorization: Bearer …`; people sign in at /login.",
    )
    CREDENTIAL_REFUSED = (
        "credential-refused",
        401,
        "The key or token is not accepted",
        "It is unknown, has expired, was revoked, or was made for something else; `detail` says which. "
        "`interlock keys create` makes a new key.",
    )
    TOO_MANY_FAILURES = (
        "too-many-failures",
        429,
        "Too many failed sign-ins",
        "Many wrong keys or tokens came from this address. Wait as long as Retry-After says.",
    )
    SCOPE_MISSING = (
        "scope-missing",
        403,
        "The scope is not enough",
        "`needed` names the scope that the request asks for: read, sync or admin, each with those before it.",
    )
    LIMITED_TO_PROGRAMS = (
        "limited-to-programs",
        403,
        "The key is limited to programs",
        "The answer concerns all of the work. Ask about one of the programs, or use a key without a limit.",
    )
    PROVIDER_AWAY = (
        "provider-away",
        503,
        "The identity provider cannot be asked",
        "Tokens cannot be checked and people cannot sign in with it just now. API keys work meanwhile.",
    )
    LOOPBACK_ONLY = (
        "loopback-only",
        403,
        "Only this machine is answered",
        "Nobody can sign in here yet, so the service answers its own machine only. `interlock keys create` makes a "
        "first key; INTERLOCK_ALLOW_ANONYMOUS=read opens reading to others.",
    )
    HOST_NOT_ALLOWED = (
        "host-not-allowed",
        403,
        "The Host header names another machine",
        "Use http://127.0.0.1 or http://localhost; a foreign name may be a page that tries to reach this machine.",
    )
    READ_ONLY_ELSEWHERE = (
        "read-only-elsewhere",
        403,
        "Only reading is open from elsewhere",
        "Changes are made on the machine itself, through loopback or the command line.",
    )
    FOREIGN_ORIGIN = (
        "foreign-origin",
        403,
        "Another site sent this change",
        "A change must come from a page of this service or from a client that is no browser.",
    )
    SYNC_ALREADY_RUNNING = (
        "sync-already-running",
        409,
        "This source is being synced already",
        "One run at a time holds a source. Follow the one that runs, and ask again after it.",
    )
    NO_WORKER = (
        "no-worker",
        503,
        "No worker runs here",
        "This process serves answers only. Run `interlock worker`, or `interlock sync SOURCE`.",
    )
    DELIVERY_NOT_PROVEN = (
        "delivery-not-proven",
        401,
        "The delivery is not proven",
        "A webhook's delivery must be signed with the secret of its source, or come to the address that was given out. "
        "docs/how-to/receive-webhooks.md says how to set up both ends.",
    )
    DELIVERY_UNREADABLE = (
        "delivery-unreadable",
        400,
        "The delivery cannot be read",
        "Its signature holds, and its body is none that the tool sends. Check what stands between the tool and here.",
    )
    WEBHOOK_NOT_SET_UP = (
        "webhook-not-set-up",
        404,
        "No deliveries are taken here",
        "The source is known and its webhook is not set up; `detail` says what is missing.",
    )
    DATABASE_UNUSABLE = (
        "database-unusable",
        503,
        "The database does not answer",
        "The service's log says what the database reported and what to do. Nothing was lost; ask again afterwards.",
    )
    NOT_READY = (
        "not-ready",
        503,
        "The service is not ready",
        "`checks` names what is missing. /readyz answers 200 once everything is there.",
    )
    UNEXPECTED = (
        "unexpected",
        500,
        "Something went wrong here",
        "It is in the service's log, under the moment and the path of the request.",
    )

    def __init__(self, slug: str, status: int, title: str, meaning: str) -> None:
        self.slug = slug
        self.status = status
        self.title = title
        self.meaning = meaning

    @property
    def type(self) -> str:
        return f"/problems/{self.slug}"


class Problem(Exception):
    """One failed request. Extensions become further members of the body ("allowed", "errors", …)."""

    def __init__(self, kind: Kind, detail: str, *, headers: Mapping[str, str] | None = None, **extensions: Any) -> None:
        self.kind = kind
        self.detail = detail
        self.headers = dict(headers or {})
        self.extensions = extensions
        super().__init__(detail)

    def body(self, instance: str) -> dict[str, Any]:
        return {
            "type": self.kind.type,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "instance": shown(instance),
            **self.extensions,
        }

    def response(self, instance: str) -> Response:
        """`instance` is the path that was asked for."""
        return Response(
            json.dumps(self.body(instance), ensure_ascii=False, separators=(",", ":")),
            status_code=self.kind.status,
            headers={"Cache-Control": "no-store", **self.headers},
            media_type=MEDIA_TYPE,
        )


class Boundary:
    """Where every failure of a request ends: translated, logged when nobody expected it, and rendered."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        translate: Callable[[Exception], Problem | None],
        render: Callable[[Request, Problem], Response],
    ) -> None:
        self._app = app
        self._translate = translate
        self._render = render

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def send_noting_start(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_noting_start)
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            problem = self._translate(error) or _unexpected(error, scope)
            await self._render(Request(scope), problem)(scope, receive, send)


def shown(path: str) -> str:
    """A path as logs and answers may repeat it: the last part of a webhook's address can be a secret."""
    return _SECRET_PART.sub(r"\1***", path)


def _unexpected(error: Exception, scope: Scope) -> Problem:
    log.error("request_failed", method=scope["method"], path=shown(scope["path"]), exc_info=error)
    return Problem(
        Kind.UNEXPECTED,
        "The request was understood, and answering it failed. Nothing was changed by a request that only reads; "
        "the service's log has the reason. Try again, and report it if it stays.",
    )
