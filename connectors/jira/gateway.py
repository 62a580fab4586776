"""The control plane of Jira through its SDK: who am I, what fields, versions, boards and sprints exist.

The only file that imports the jira SDK. It is blocking, so each call runs in a thread; its own retries are off
(`max_retries=0`), every call goes through our budget and our one retry layer, and every answer through the same
policy as the HTTP client's. SDK objects and `Any` end here: callers get plain JSON objects.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from jira import JIRA
from jira.exceptions import JIRAError

from connectors.answers import Answer, Headers, refusal
from connectors.errors import AuthenticationFailed, SourceError, SourceMisconfigured, SourceUnavailable
from connectors.pagination import OffsetPage, offset_pages
from connectors.retrying import Retrying
from connectors.transport import Auth, Permit, base_url, permitted, renewable, user_agent

JsonObject = dict[str, Any]  # as Jira sent it
T = TypeVar("T")

AGILE_PAGE = 50  # the most an agile list gives


class JiraGateway:
    """Raises the same SourceErrors as the transport. `rest_version` is "3" on Cloud and "2" on Data Center."""

    def __init__(
        self,
        *,
        source: str,
        url: str,
        auth: Auth,
        rest_version: str,
        retrying: Retrying,
        on_answer: Callable[[Headers], None],
        allow_http: bool = False,
    ) -> None:
        self._source = source
        address = base_url(source, url, allow_http=allow_http)
        self._auth = renewable(auth, address)
        self._permit = Permit(address, None)
        self._retrying = retrying
        self._on_answer = on_answer
        self.bytes_received = 0
        self._sdk = JIRA(
            address,
            options={"rest_api_version": rest_version},
            get_server_info=False,
            max_retries=0,
            timeout=(10.0, 60.0),
        )
        session = self._sdk._session  # the SDK offers no public way to see answers, to forbid redirects or to renew
        session.auth = self._sign
        session.max_redirects = 0
        session.headers["User-Agent"] = user_agent()
        session.hooks["response"].append(self._look)

    def __repr__(self) -> str:
        return f"JiraGateway(source={self._source!r})"

    async def myself(self) -> JsonObject:
        """The account of the credential; raises AuthenticationFailed when Jira answers for nobody."""
        me: Any = await self._call(self._sdk.myself)
        if not isinstance(me, dict) or not (me.get("accountId") or me.get("key") or me.get("name")):
            raise AuthenticationFailed(
                self._source, "/myself names no account: Jira takes us for nobody; check the user and the token."
            )
        return me

    async def server_info(self) -> JsonObject:
        return await self._call(self._sdk.server_info)

    async def fields(self) -> list[JsonObject]:
        return await self._call(self._sdk.fields)

    async def statuses(self) -> list[JsonObject]:
        return [each.raw for each in await self._call(self._sdk.statuses)]

    async def item_types(self) -> list[JsonObject]:
        return [each.raw for each in await self._call(self._sdk.issue_types)]

    async def link_types(self) -> list[JsonObject]:
        return [each.raw for each in await self._call(self._sdk.issue_link_types)]

    async def versions(self, project_id: str) -> list[JsonObject]:
        return [each.raw for each in await self._call(lambda: self._sdk.project_versions(project_id))]

    async def boards(self, project_id: str) -> list[JsonObject]:
        return await self._listed(
            lambda start: self._sdk.boards(startAt=start, maxResults=AGILE_PAGE, projectKeyOrID=project_id)
        )

    async def sprints(self, board_id: int) -> list[JsonObject]:
        """Of all states. Raises SourceMisconfigured for a board without sprints."""
        return await self._listed(lambda start: self._sdk.sprints(board_id, startAt=start, maxResults=AGILE_PAGE))

    def close(self) -> None:
        self._sdk.close()  # type: ignore[no-untyped-call]  # the SDK left it without annotations

    async def _listed(self, page: Callable[[int], Any]) -> list[JsonObject]:
        """Page by page ourselves: the SDK's own loop ends early when the server lowers the page size."""

        async def fetch(start: int) -> OffsetPage[JsonObject]:
            found = await self._call(lambda: page(start))
            return OffsetPage([each.raw for each in found], found.total, found.isLast)

        return [each async for rows in offset_pages(fetch, source=self._source) for each in rows]

    async def _call(self, work: Callable[[], T]) -> T:
        async def ask(permit: Permit) -> T:
            self._permit = permit
            self._sdk._options["server"] = permit.base_url
            return await asyncio.to_thread(self._translated, work)

        return await self._retrying.call(lambda: permitted(self._auth, ask))

    def _sign(self, request: Any) -> Any:
        """Called by the SDK's session for each request, in the thread that sends it."""
        if self._permit.header is not None:
            request.headers["Authorization"] = self._permit.header
        return request

    def _translated(self, work: Callable[[], T]) -> T:
        """SDK errors as ours; without their cause, which would hold the request and so the token."""
        try:
            return work()
        except SourceError:
            raise  # from `_look`
        except JIRAError as error:
            raise SourceUnavailable(self._source, f"The SDK gave up ({error.status_code}).") from None
        except ValueError as error:  # what is no JSON; a requests error too, so it comes first
            message = f"The answer is broken JSON ({type(error).__name__})."
            raise SourceUnavailable(self._source, message) from None
        except OSError as error:  # every error of requests is one
            raise SourceUnavailable(self._source, f"The connection broke ({type(error).__name__}).") from None
        except (KeyError, TypeError, AttributeError) as error:  # the SDK reached into an unexpected shape
            message = f"The answer has an unexpected shape ({type(error).__name__}); check the url."
            raise SourceMisconfigured(self._source, message) from None

    def _look(self, response: Any, *_: object, **__: object) -> None:
        """Runs in the SDK's session on each answer, before the SDK interprets (or logs) it."""
        place = response.request
        context_path = urlsplit(self._permit.base_url).path
        call = f"{place.method} {place.path_url.partition('?')[0].removeprefix(context_path)}"
        answer = Answer(call, response.status_code, response.headers, response.content)
        self.bytes_received += len(answer.body)
        if (error := refusal(self._source, answer, secrets=self._auth.secrets)) is not None:
            raise error
        self._on_answer(answer.headers)
