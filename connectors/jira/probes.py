"""The small questions that both editions ask in the same way: one issue by id, is a project there, what time is it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from connectors.answers import Answer, refusal
from connectors.client import Client
from connectors.contract import Scope
from connectors.errors import ScopeGone, SourceError, SourceMisconfigured
from connectors.jira.jql import minutes_back
from connectors.jira.witness import Witness

# Everything that some field may mean to someone, without the bulk that nobody rolls up.
FIELDS = (
    "*all",
    "-comment",
    "-description",
    "-environment",
    "-attachment",
    "-worklog",
    "-lastViewed",
    "-thumbnail",
    "-watches",
    "-votes",
)


async def one_issue(client: Client, *, api: str, native_id: str) -> bytes | None:
    """Its payload, read past the index; None when it is gone or hidden."""
    found = await client.ask(
        "GET",
        f"{api}/issue/{native_id}",
        msgspec.Raw,
        params={"fields": ",".join(FIELDS), "expand": "changelog"},
        accept={404},
    )
    return None if isinstance(found, Answer) else bytes(found)


async def insist_on_visible(client: Client, *, api: str, scope: Scope) -> None:
    """An empty listing or a refused query may mean that the project can no longer be seen: raises ScopeGone."""
    found = await client.ask("GET", f"{api}/project/{scope.native_id}", msgspec.Raw, accept={403, 404})
    if isinstance(found, Answer):
        raise ScopeGone(client.source, scope.key)


def bound(client: Client, witness: Witness, since: datetime) -> int:
    """Minutes back to `since` by the server's clock."""
    if (now := witness.server_now()) is None:
        message = "The server's clock is unknown; connect before asking for changes."
        raise SourceMisconfigured(client.source, message)
    return minutes_back(since, now=now)


def refused(client: Client, answer: Answer) -> SourceError:
    """The error of an answer that had been accepted, once it turns out not to be understood."""
    error = refusal(client.source, answer)
    return error or SourceMisconfigured(client.source, f"{answer.call} answered {answer.status}.")
