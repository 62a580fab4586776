"""The control plane of Asana through its SDK: who am I, which workspaces do I see, and what webhooks there are.

The only file that imports the asana SDK. It is blocking, so each call runs in a thread; its own retries, redirects
and page iterators are off, every call has a timeout, goes through our budget and our one retry layer, and every
answer through the same policy as the HTTP client's. `Any` ends here: callers get plain JSON objects.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import asana
import msgspec
from asana.rest import ApiException
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

from connectors.answers import Answer, Headers, refusal, server_time
from connectors.errors import AuthenticationFailed, SourceMisconfigured, SourceUnavailable
from connectors.pagination import TokenPage, token_pages
from connectors.retrying import Retrying
from connectors.transport import BearerAuth, base_url, user_agent

JsonObject = dict[str, Any]  # as Asana sent it

PAGE = 100
WEBHOOK_FIELDS = (
    "active,target,resource,filters,created_at,last_success_at,last_failure_at,last_failure_content,"
    "failure_deletion_timestamp"
)
TIMEOUT = (10, 60)  # seconds to connect and to read; the SDK ignores a number that is not whole


class AsanaGateway:
    """Raises the same SourceErrors as the transport. `server_time` is the Date of the last answer, aware UTC."""

    def __init__(
        self,
        *,
        source: str,
        url: str,
        auth: BearerAuth,
        retrying: Retrying,
        on_answer: Callable[[Headers], None],
        allow_http: bool = False,
    ) -> None:
        self._source = source
        self._secrets = auth.secrets
        self._retrying = retrying
        self._on_answer = on_answer
        self.server_time: datetime | None = None
        self.bytes_received = 0
        configuration = asana.Configuration()
        configuration.host = base_url(source, url, allow_http=allow_http)
        configuration.access_token = auth.token
        configuration.retry_strategy = Retry(total=0, raise_on_redirect=False, raise_on_status=False)
        self._context_path = urlsplit(url).path.rstrip("/")
        self._sdk = _Sdk(configuration, self._judge)

    def __repr__(self) -> str:
        return f"AsanaGateway(source={self._source!r})"

    async def myself(self) -> JsonObject:
        """The account of the token; raises AuthenticationFailed when Asana answers for nobody."""
        users = asana.UsersApi(self._sdk)
        answer = await self._call(lambda asked: users.get_user("me", {}, **asked))
        me = answer.get("data")
        if not isinstance(me, dict) or not me.get("gid"):
            raise AuthenticationFailed(self._source, "/users/me names no account; check the token.")
        return me

    async def workspaces(self) -> list[JsonObject]:
        """All that the account sees, page by page ourselves: the SDK's iterator cannot go on after an error."""
        api = asana.WorkspacesApi(self._sdk)
        return await self._listed(lambda options, asked: api.get_workspaces(options, **asked), "name")

    async def webhooks(self, workspace: str) -> list[JsonObject]:
        """All that this account's app has in the workspace."""
        api = asana.WebhooksApi(self._sdk)
        return await self._listed(lambda options, asked: api.get_webhooks(workspace, options, **asked), WEBHOOK_FIELDS)

    async def create_webhook(self, resource: str, target: str, filters: Sequence[JsonObject]) -> JsonObject:
        """Answers once the target has shaken hands. Not repeated where the answer is lost: SourceUnavailable then."""
        api = asana.WebhooksApi(self._sdk)
        body = {"data": {"resource": resource, "target": target, "filters": list(filters)}}
        fields = {"opt_fields": WEBHOOK_FIELDS}
        answer = await self._call(lambda asked: api.create_webhook(body, dict(fields), **asked), once=True)
        made = answer.get("data")
        if not isinstance(made, dict) or not made.get("gid"):
            raise SourceUnavailable(self._source, "POST /webhooks answered without the webhook that it made.")
        return made

    async def delete_webhook(self, gid: str) -> None:
        """Raises SourceMisconfigured for one that is not there."""
        api = asana.WebhooksApi(self._sdk)
        await self._call(lambda asked: api.delete_webhook(gid, **asked))

    def close(self) -> None:
        self._sdk.rest_client.pool_manager.clear()

    async def _listed(self, ask: Callable[[JsonObject, JsonObject], Any], fields: str) -> list[JsonObject]:
        """All rows of a listing; `ask` is called with the SDK's options and keywords for one page."""

        async def fetch(offset: str | None) -> TokenPage[JsonObject]:
            def page(asked: JsonObject) -> Any:
                # a new dict at each attempt: the SDK writes into the one it is given
                place = {"offset": offset} if offset else {}
                return ask({"limit": PAGE, "opt_fields": fields, **place}, asked)

            answer = await self._call(page)
            following = answer.get("next_page") or {}
            return TokenPage(answer.get("data") or (), following.get("offset"))

        return [row async for page in token_pages(fetch, source=self._source) for row in page]

    async def _call(self, work: Callable[[JsonObject], Any], *, once: bool = False) -> JsonObject:
        async def attempt() -> JsonObject:
            return await asyncio.to_thread(self._translated, work)

        return await self._retrying.call(attempt, once=once)

    def _translated(self, work: Callable[[JsonObject], Any]) -> JsonObject:
        """SDK errors as ours; without their cause, which would hold the request and so the token."""
        try:
            answer = work({"full_payload": True, "_request_timeout": TIMEOUT})
        except msgspec.DecodeError as error:
            raise SourceUnavailable(self._source, f"The answer is broken JSON ({error}).") from None
        except ApiException as error:  # those with an answer have been judged: this one never got one
            raise SourceUnavailable(self._source, f"No connection ({str(error.reason)[:200]}).") from None
        except HTTPError as error:  # every error of urllib3 is one
            raise SourceUnavailable(self._source, f"The connection broke ({type(error).__name__}).") from None
        if not isinstance(answer, dict):
            raise SourceMisconfigured(self._source, "The answer has an unexpected shape; check the url.")
        return answer

    def _judge(self, method: str, url: str, status: int, headers: Headers, body: bytes) -> None:
        """Sees each answer before the SDK interprets it, and raises the error it stands for."""
        call = f"{method} {urlsplit(url).path.removeprefix(self._context_path)}"
        answer = Answer(call, status, headers, body)
        self.bytes_received += len(body)
        if (error := refusal(self._source, answer, secrets=self._secrets)) is not None:
            raise error
        self.server_time = server_time(headers) or self.server_time
        self._on_answer(headers)


class _Sdk(asana.ApiClient):  # type: ignore[misc]  # the SDK has no types
    """The SDK's client with answers read by us, exactly as they came: it would replace no-break spaces."""

    def __init__(
        self, configuration: asana.Configuration, judge: Callable[[str, str, int, Headers, bytes], None]
    ) -> None:
        super().__init__(configuration)
        self._judge = judge
        self.default_headers = {"User-Agent": user_agent()}  # and no report on this machine
        self.pool.close()  # threads for its asynchronous calls, which nobody makes
        self.pool.join()

    def request(self, method: str, url: str, **options: Any) -> Any:
        try:
            response = super().request(method, url, **options)
        except ApiException as error:
            if error.headers is not None:
                self._judge(method, url, error.status, error.headers, error.body or b"")
            raise
        self._judge(method, url, response.status, response.getheaders(), response.data)
        return response

    def deserialize(self, response: Any, response_type: Any) -> Any:
        return msgspec.json.decode(response.data)
