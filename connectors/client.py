"""Asking a tool over HTTP: transport, budget and retries in one object with two methods."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

from connectors.answers import Answer, decode
from connectors.retrying import Retrying
from connectors.transport import Transport

Shape = TypeVar("Shape")


class Client:
    """`get`, `post`, `put` and `create` return the body in `shape`; `ask` leaves some statuses to the caller.

    A body that cannot be decoded counts as a cut-off answer, so decoding happens inside the attempt.
    """

    def __init__(self, *, source: str, transport: Transport, retrying: Retrying) -> None:
        self.source = source
        self.transport = transport
        self.retrying = retrying

    async def get(
        self,
        path: str,
        shape: type[Shape],
        *,
        params: Mapping[str, str | int] | None = None,
        can_ask_for_less: bool = False,
    ) -> Shape:
        async def attempt() -> Shape:
            return decode(self.source, await self.transport.send("GET", path, params=params), shape)

        return await self.retrying.call(attempt, can_ask_for_less=can_ask_for_less)

    async def post(
        self,
        path: str,
        shape: type[Shape],
        *,
        json: object | Callable[[], object],
        can_ask_for_less: bool = False,
    ) -> Shape:
        """`json` may be a function: it is then asked at each attempt, when the request really leaves."""

        async def attempt() -> Shape:
            body = json() if callable(json) else json
            return decode(self.source, await self.transport.send("POST", path, json=body), shape)

        return await self.retrying.call(attempt, can_ask_for_less=can_ask_for_less)

    async def put(self, path: str, shape: type[Shape], *, json: object) -> Shape:
        async def attempt() -> Shape:
            return decode(self.source, await self.transport.send("PUT", path, json=json), shape)

        return await self.retrying.call(attempt)

    async def create(self, path: str, shape: type[Shape], *, json: object) -> Shape:
        """A POST that makes something: where its answer was lost it raises SourceUnavailable and is not repeated."""

        async def attempt() -> Shape:
            return decode(self.source, await self.transport.send("POST", path, json=json), shape)

        return await self.retrying.call(attempt, once=True)

    async def ask(
        self,
        method: str,
        path: str,
        shape: type[Shape],
        *,
        accept: Collection[int],
        params: Mapping[str, str | int] | None = None,
        json: object | Callable[[], object] = None,
        can_ask_for_less: bool = False,
    ) -> Shape | Answer:
        """The body in `shape`, or the Answer itself when its status is one of `accept`."""

        async def attempt() -> Shape | Answer:
            body = json() if callable(json) else json
            answer = await self.transport.send(method, path, params=params, json=body, accept=accept)
            return answer if answer.status in accept else decode(self.source, answer, shape)

        return await self.retrying.call(attempt, can_ask_for_less=can_ask_for_less)
