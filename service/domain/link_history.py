"""When each dependency was there: from what the histories of both its ends tell of links, and from what stands today.

Backward from today, which wins, as for all of the past (service.domain.history): a link was there when the next thing
told of it is that it was taken away or, where nothing more is told, when it stands today. An end tells in a sentence
("This issue blocks PAY-12"); what it means say the two phrases of the link types.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from connectors.items import LinkDirection, SourceLinkType
from service.domain.program_history import Span

TOGETHER: Final = timedelta(days=1)  # ends tell milliseconds apart; in imported histories the offset of a time zone
_OPENINGS = ("this issue ", "this work item ")  # newer sites have the latter

Pair = frozenset[str]  # the uids of two items


class Link(NamedTuple):
    """A dependency as a tool draws it; `link_type` is the name of its type."""

    predecessor_uid: str
    successor_uid: str
    link_type: str


class LinkMove(Struct, frozen=True, gc=False):
    """One end's word that a link was made (`made`) or taken away.

    `key` is the far end as it was called then. `text` is the tool's sentence, if there is one.
    """

    uid: str
    other_uid: str
    at: datetime
    author_id: str | None
    made: bool
    key: str
    text: str | None


class Sense(NamedTuple):
    """What a phrase says of who says it: whether it comes first, None where its link type is no dependency."""

    link_type: str
    first: bool | None


class Phrases:
    """What the sentences of one source mean."""

    def __init__(self, types: Iterable[SourceLinkType]) -> None:
        senses: defaultdict[str, set[Sense]] = defaultdict(set)
        for each in types:
            for phrase, outward in ((each.outward, True), (each.inward, False)):
                senses[_fold(phrase)].add(Sense(each.name, _comes_first(each.direction, outward=outward)))
        senses.pop("", None)
        self._senses: Mapping[str, Collection[Sense]] = senses
        self._longest_first = sorted(senses, key=len, reverse=True)
        self._known: dict[str, Sense | None] = {}  # by what stands before the key: many say the same

    def sense_of(self, text: str | None, key: str) -> Sense | None:
        """None: no link type has such a phrase, or several that mean different things."""
        if not text or not text.endswith(key) or key in (before := text.removesuffix(key)):
            return self._read(text, key)
        if before not in self._known:
            self._known[before] = self._read(text, key)
        return self._known[before]

    def _read(self, text: str | None, key: str) -> Sense | None:
        found = self._senses.get(self._phrase(text, key), ())
        if len(found) == 1 or all(each.first is None for each in found):
            return next(iter(found), None)
        return None

    def _phrase(self, text: str | None, key: str) -> str:
        """What stands between the opening and the key; in a language with another opening, what it ends with."""
        said, far = _fold(text or ""), _fold(key)
        body = said.removesuffix(far).rstrip()
        for opening in _OPENINGS:
            if said.startswith(opening):
                return body.removeprefix(opening)
        if far in body:
            return ""  # in another order of words
        ends = (phrase for phrase in self._longest_first if f" {body}".endswith(f" {phrase}"))
        return next(ends, body)


@dataclass(frozen=True, slots=True)
class LinkHistory:
    """What is told of one link. `moves` are in order, and what both ends tell is there once.

    `whole`: all that ever happened to it is told. `clear`: in words that a link type has; else the moves are those
    between its two ends that nobody can read, which is all that is known of it.
    """

    moves: Sequence[LinkMove]
    stands: bool
    whole: bool = True
    clear: bool = True

    def was_there(self, moment: datetime) -> bool:
        _, later = self._around(moment)
        return self.stands if later is None else not later.made

    def is_known(self, moment: datetime) -> bool:
        """Whether what is told before the moment and what is told after it agree."""
        earlier, later = self._around(moment)
        if not self.clear:
            return later is None
        there = self.was_there(moment)
        return earlier.made == there if earlier is not None else self.whole or not there

    def began_by(self, moment: datetime) -> bool:
        """Whether anything is told of it up to then."""
        return self._around(moment)[0] is not None

    def between(self, since: datetime, until: datetime) -> Sequence[LinkMove]:
        """The moves after `since` and up to `until`."""
        return self.moves[bisect_right(self.moves, since, key=_at) : bisect_right(self.moves, until, key=_at)]

    def _around(self, moment: datetime) -> tuple[LinkMove | None, LinkMove | None]:
        """The last move up to the moment, and the first after it."""
        place = bisect_right(self.moves, moment, key=_at)
        return (
            self.moves[place - 1] if place else None,
            self.moves[place] if place < len(self.moves) else None,
        )


@dataclass(frozen=True, slots=True)
class LinkHistories:
    """Of every link that stands or is told of. `unread` are moves in words that no link type has, by their ends."""

    links: Mapping[Link, LinkHistory] = field(default_factory=dict)
    unread: Mapping[Pair, Sequence[LinkMove]] = field(default_factory=dict)

    def there(self, moment: datetime) -> list[Link]:
        return [link for link, history in self.links.items() if history.was_there(moment)]

    def unknown(self, moment: datetime) -> Iterator[tuple[Link, LinkHistory]]:
        """Of which nobody can tell whether they were there."""
        return ((link, history) for link, history in self.links.items() if not history.is_known(moment))

    def unread_since(self, moment: datetime) -> list[Pair]:
        """Between which items something happened after the moment that nobody can read."""
        return [pair for pair, moves in self.unread.items() if any(move.at > moment for move in moves)]


def link_histories(
    moves: Iterable[LinkMove],
    standing: Collection[Link],
    phrases: Mapping[str, Phrases],
    *,
    graves: Mapping[str, Sequence[Span]],
    lossy: Collection[str] = (),
) -> LinkHistories:
    """`standing` are the links of today, `phrases` those of each source, `graves` (by uid) when an item was gone.

    The moves of an end are in the order in which it tells them. `lossy` are sources that do not tell everything. A link
    that was made, stands no more and is not said to be taken away went with an end that was found gone, where one was.
    """
    clear, obscure = _read(moves, phrases)
    found: dict[Link, LinkHistory] = {}
    for link in {**dict.fromkeys(standing), **dict.fromkeys(clear)}:
        stands, ends = link in standing, (link.predecessor_uid, link.successor_uid)
        told = clear.get(link) or obscure.get(frozenset(ends), ())
        whole = _source(link.successor_uid) not in lossy
        told = _each_once(told) if stands else _with_end(_each_once(told), graves)
        found[link] = LinkHistory(told, stands, whole, clear=link in clear or not told)
    taken = {frozenset(link[:2]) for link, history in found.items() if not history.clear}
    return LinkHistories(found, {pair: rest for pair, rest in obscure.items() if pair not in taken})


def _read(
    moves: Iterable[LinkMove], phrases: Mapping[str, Phrases]
) -> tuple[Mapping[Link, Sequence[LinkMove]], Mapping[Pair, Sequence[LinkMove]]]:
    """What is told of each link; and, by their ends, the moves that nobody can read."""
    clear: defaultdict[Link, list[LinkMove]] = defaultdict(list)
    obscure: defaultdict[Pair, list[LinkMove]] = defaultdict(list)
    heard: list[LinkMove] = []
    for move in sorted(moves, key=attrgetter("at", "uid")):
        known = phrases.get(_source(move.uid))
        sense = None if known is None else known.sense_of(move.text, move.key)
        if sense is None:
            obscure[_ends(move)].append(move)
            continue
        heard.append(move)
        if sense.first is not None:
            ends = (move.uid, move.other_uid) if sense.first else (move.other_uid, move.uid)
            clear[Link(*ends, sense.link_type)].append(move)
    return clear, _without_echoes(obscure, heard) if obscure else {}


def _without_echoes(
    obscure: Mapping[Pair, Sequence[LinkMove]], heard: Iterable[LinkMove]
) -> dict[Pair, list[LinkMove]]:
    """What the other end says in known words need not be read."""
    told: defaultdict[Pair, list[LinkMove]] = defaultdict(list)
    for move in heard:
        told[_ends(move)].append(move)
    left = {
        pair: [move for move in several if not any(_is_echo(move, other) for other in told.get(pair, ()))]
        for pair, several in obscure.items()
    }
    return {pair: several for pair, several in left.items() if several}


def _each_once(moves: Iterable[LinkMove]) -> list[LinkMove]:
    """As the end that speaks first tells it; the other one may know by whom."""
    found: list[LinkMove] = []
    for move in moves:
        if not found or not _is_echo(move, found[-1]):
            found.append(move)
        elif found[-1].author_id is None and move.author_id is not None:
            found[-1] = replace(found[-1], author_id=move.author_id)
    return found


def _is_echo(move: LinkMove, other: LinkMove) -> bool:
    """Whether the two ends tell of the same."""
    return move.made == other.made and move.uid != other.uid and abs(move.at - other.at) <= TOGETHER


def _with_end(moves: list[LinkMove], graves: Mapping[str, Sequence[Span]]) -> list[LinkMove]:
    """Tools take the links of what is deleted away and do not always say so."""
    if not moves or not moves[-1].made:
        return moves
    last = moves[-1]
    found = [
        (grave.since, uid, other)
        for uid, other in ((last.uid, last.other_uid), (last.other_uid, last.uid))
        for grave in graves.get(uid, ())
        if grave.since > last.at
    ]
    if not found:
        return moves
    at, uid, other = min(found)
    return [*moves, replace(last, uid=uid, other_uid=other, at=at, author_id=None, made=False)]


def _comes_first(direction: LinkDirection, *, outward: bool) -> bool | None:
    if direction is LinkDirection.NONE:
        return None
    return (direction is LinkDirection.PREDECESSOR_FIRST) is outward


def _ends(move: LinkMove) -> Pair:
    return frozenset((move.uid, move.other_uid))


def _source(uid: str) -> str:
    return uid.partition(":")[0]


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())


_at = attrgetter("at")
