"""What a pointer means that somebody left in an item: an address or a key, read against the configured sources.

Pure, and nothing is looked up: `Atlas.meanings` says which item of which source it can be. An address counts only
on a host of ours, so that a page of somebody else that looks alike is never taken for an item.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

ASANA_HOST = "app.asana.com"  # where people open tasks, whatever address the API is asked at

_KEY = r"[A-Za-z][A-Za-z0-9_]*-[1-9][0-9]*"
_BARE_KEY = re.compile(r"[A-Z][A-Z0-9_]*-[1-9][0-9]*", re.ASCII)
_ISSUE_KEY = re.compile(_KEY, re.ASCII)
_ISSUE_PATH = re.compile(rf"/(?:browse|(?:.*/)?issues)/({_KEY})(?:/.*)?", re.ASCII | re.DOTALL)
_TASK_PATHS = (
    re.compile(r"/0/[0-9]+/([0-9]+)(?:/f)?/?", re.ASCII),
    re.compile(r"/1/[0-9]+/(?:project/[0-9]+/)?task/([0-9]+)(?:/.*)?", re.ASCII | re.DOTALL),
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Site:
    """A configured source: `kind` is "jira-cloud", "jira-dc" or "asana", `url` as the operator wrote it."""

    name: str
    kind: str
    url: str


class Meaning(NamedTuple):
    """An item as somebody called it: by key or by native id."""

    source: str
    called: str


class Order(StrEnum):
    """What a relationship says, read as "<item that holds the pointer> <relationship> <item pointed at>"."""

    HOLDER_WAITS = "holder_waits"
    TARGET_WAITS = "target_waits"
    NONE = "none"  # it says that neither waits
    UNSAID = "unsaid"


@dataclass(frozen=True, slots=True)
class _Address:
    host: tuple[str, int | None]  # the port only where it is not the scheme's own
    path: str
    query: str


class Atlas:
    """The configured sources by the hosts that people open them at."""

    def __init__(self, sites: Iterable[Site]) -> None:
        self._jira: list[tuple[str, _Address]] = []
        self._asana: list[tuple[str, frozenset[tuple[str, int | None]]]] = []
        for site in sites:
            address = _read_address(site.url)
            if address is None:
                continue
            if site.kind.startswith("jira"):
                self._jira.append((site.name, address))
            elif site.kind == "asana":
                self._asana.append((site.name, frozenset({address.host, (ASANA_HOST, None)})))
        hosts = {address.host for _, address in self._jira}.union(*(hosts for _, hosts in self._asana))
        self._names = sorted({name for name, _ in hosts})

    def meanings(self, pointer: str) -> tuple[Meaning, ...]:
        """Every item that `pointer` can mean; none for an address elsewhere, or for what is neither address nor key."""
        pointer = pointer.strip()
        if _BARE_KEY.fullmatch(pointer):
            return tuple(Meaning(name, pointer) for name, _ in self._jira)
        lowered = pointer.lower()  # most links of a portfolio lead to wikis and the like; looking closer costs
        if not any(name in lowered for name in self._names) or (address := _read_address(pointer)) is None:
            return ()
        return tuple(dict.fromkeys([*self._issues(address), *self._tasks(address)]))

    def _issues(self, address: _Address) -> Iterator[Meaning]:
        for name, site in self._jira:
            below = site.path.rstrip("/")  # a Jira may live beneath a path of its host
            if address.host == site.host and address.path.startswith(f"{below}/"):
                yield from (Meaning(name, key) for key in _keys_in(address.path.removeprefix(below), address.query))

    def _tasks(self, address: _Address) -> Iterator[Meaning]:
        for name, hosts in self._asana:
            if address.host in hosts:
                found = (path.fullmatch(address.path) for path in _TASK_PATHS)
                yield from (Meaning(name, match[1]) for match in found if match)


def order_told_by(relationship: str | None) -> Order:
    """What a tool's own word for a pointer says of who waits for whom; UNSAID for words that are not well known."""
    return _ORDERS.get(" ".join((relationship or "").casefold().split()), Order.UNSAID)


def _read_address(text: str) -> _Address | None:
    """None for what is no http(s) address."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return None
    own = None if port == _DEFAULT_PORTS[parts.scheme] else port
    return _Address((parts.hostname.rstrip("."), own), parts.path, parts.query)


def _keys_in(path: str, query: str) -> Iterator[str]:
    """The issue that a page of Jira is about, or the one that is open beside a board."""
    if (match := _ISSUE_PATH.fullmatch(path)) is not None:
        yield match[1].upper()
        return
    for key in parse_qs(query).get("selectedIssue", [])[:1]:
        if _ISSUE_KEY.fullmatch(key):
            yield key.upper()


def _phrases(text: str) -> Iterator[str]:
    return filter(None, (phrase.strip() for line in text.splitlines() for phrase in line.split("|")))


_ORDERS = {
    **dict.fromkeys(
        _phrases(
            """
            is blocked by|blocked by|depends on|depends upon|is dependent on|requires|needs|waits for|waits on
            is waiting for|is waiting on|follows|comes after|has to be done after|must be done after|is preceded by
            is triggered by|is gated by|is enabled by|has predecessor|has prerequisite
            """
        ),
        Order.HOLDER_WAITS,
    ),
    **dict.fromkeys(
        _phrases(
            """
            blocks|is blocking|required by|is required by|is required for|needed by|is needed by|is needed for
            is depended on by|precedes|comes before|has to be done before|must be done before|is followed by
            is a dependency of|is predecessor of|is prerequisite of|is prerequisite for|triggers|gates|enables
            has successor|has dependent
            """
        ),
        Order.TARGET_WAITS,
    ),
    **dict.fromkeys(
        _phrases(
            """
            relates to|is related to|related to|duplicates|is duplicated by|clones|is cloned by|is cloned from
            mentions|is mentioned by|is mentioned in|mentioned in|references|is referenced by|refers to|documents
            is documented by|causes|is caused by|implements|is implemented by|tests|is tested by|is part of|contains
            is parent of|is child of|split to|split from|supersedes|is superseded by|replaces|is replaced by
            """
        ),
        Order.NONE,
    ),
}
