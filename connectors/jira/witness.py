"""What the headers of every answer prove: the server's clock, and that we are still who we said we are.

Jira answers anonymous requests with 200 and an empty or public set. Absence read as such would be believed, so a
scope is complete only when each of its answers named the account, or `/myself` still does at the end.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import unquote

from connectors.answers import Headers, server_time
from connectors.errors import AuthenticationFailed


class Witness:
    """Fed by `saw` with the headers of each answer. `account` is set by the first authenticated `/myself`."""

    def __init__(self, source: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._clock = clock
        self._server_time: datetime | None = None
        self._seen_at = 0.0
        self.account: str | None = None
        self.unproven = 0  # answers since the last proof that did not name the account

    def saw(self, headers: Headers) -> None:
        """Raises AuthenticationFailed when the answer itself says that it was given to nobody."""
        if (moment := server_time(headers)) is not None:
            self._server_time, self._seen_at = moment, self._clock()
        user = unquote(headers.get("x-ausername", ""))
        if user == "anonymous":
            raise AuthenticationFailed(
                self._source, "Jira answers as if nobody had logged in; check the user and the token."
            )
        named = unquote(headers.get("x-aaccountid", ""))
        if not (user or (named and named == self.account)):
            self.unproven += 1

    def start_clock(self, moment: datetime) -> None:
        """For a server that sends no Date header."""
        if self._server_time is None:
            self._server_time, self._seen_at = moment, self._clock()

    def server_now(self) -> datetime | None:
        """The server's clock now, as far as its last answer and the time passed since then tell."""
        if self._server_time is None:
            return None
        return self._server_time + timedelta(seconds=self._clock() - self._seen_at)

    def is_now(self, account: str) -> None:
        """`/myself` named `account`; raises AuthenticationFailed when that is another than at the start."""
        if self.account is not None and account != self.account:
            raise AuthenticationFailed(
                self._source, "Jira answers for another account than at the start of the run; run the sync again."
            )
        self.account = account
        self.unproven = 0
