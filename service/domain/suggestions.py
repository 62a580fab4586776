"""Edges that nobody drew: what pointers between items suggest, and what makes such an edge count.

Pure. All pointers between two items, from either end, are one suggestion. Which of the two comes first is told by
the relationship if its words are well known; else the item that points waits for the one it points at. A suggestion
whose order or whose far end is in doubt is never confirmed by a rule, only by a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from service.domain.edges import Edge
from service.domain.mapping import Rule, value_matches
from service.domain.references import Order, order_told_by

FIELD_ORIGIN = "field"  # in a rule: any field; "field:<id>" is one of them

Pair = tuple[str, str]  # two uids, the smaller one first


class Status(StrEnum):
    SUGGESTED = "suggested"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    UNRESOLVED = "unresolved"  # it points into a source of ours, at nothing that was seen there


class Doubt(StrEnum):
    """Why a rule leaves a suggestion to people."""

    AMBIGUOUS = "ambiguous"  # the pointer fits items of several sources
    BOTH_WAYS = "both_ways"  # both items point, or their words contradict: nobody says which comes first
    NO_ORDER = "no_order"  # the words say that neither waits, such as "relates to"


@dataclass(frozen=True, slots=True)
class Pointer:
    """As found: `item_uid` holds it. `target_uid` is None where nothing was found at `target`."""

    item_uid: str
    origin: str
    target: str
    relationship: str | None = None
    target_uid: str | None = None
    ambiguous: bool = False

    @property
    def place(self) -> tuple[str, str, str]:
        """No two pointers between the same two items share it."""
        return self.item_uid, self.origin, self.target


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person decided about a pair. `predecessor_uid` is set for a confirmed one."""

    status: Status
    predecessor_uid: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One edge that pointers suggest. `predecessor_uid` is None only where the pointer leads to nothing seen.

    `by` says what decided: a person, "rule of CHECKOUT: …", or the provenance of the edge that says the same.
    """

    id: str
    predecessor_uid: str | None
    successor_uid: str
    pointers: tuple[Pointer, ...]
    status: Status = Status.SUGGESTED
    doubt: Doubt | None = None
    by: str | None = None
    at: datetime | None = None

    @property
    def ends(self) -> tuple[str, ...]:
        return tuple(uid for uid in (self.predecessor_uid, self.successor_uid) if uid is not None)

    @property
    def place(self) -> Pair:
        """Where it stands in a list, whatever is decided about it: unique, and nothing moves between two pages."""
        if self.predecessor_uid is None:
            return self.successor_uid, self.pointers[0].target
        return pair_of(self.predecessor_uid, self.successor_uid)

    @property
    def origins(self) -> tuple[str, ...]:
        return tuple(sorted({each.origin for each in self.pointers}))


@dataclass(frozen=True, slots=True)
class ConfirmingRule:
    """An entry of a program's `confirm_suggested`, and the live items it speaks for."""

    program: str
    rule: Rule
    members: frozenset[str]


def pair_of(one: str, other: str) -> Pair:
    return (one, other) if one < other else (other, one)


def suggestion_id(one: str, other: str) -> str:
    """The same for the same two, whichever points at which."""
    return sha256("\n".join(pair_of(one, other)).encode()).hexdigest()[:16]


def suggest(pointers: Iterable[Pointer]) -> list[Suggestion]:
    """One suggestion a pair of items and one for each pointer that leads to nothing, by their places.

    An item that points at itself suggests nothing.
    """
    pairs: dict[Pair, list[Pointer]] = {}
    lost: dict[Pair, list[Pointer]] = {}
    for pointer in pointers:
        if pointer.target_uid is None:
            lost.setdefault((pointer.item_uid, pointer.target), []).append(pointer)
        elif pointer.target_uid != pointer.item_uid:
            pairs.setdefault(pair_of(pointer.item_uid, pointer.target_uid), []).append(pointer)
    found = [_between(pair, _sorted(several)) for pair, several in pairs.items()]
    found += [_unresolved(place, _sorted(several)) for place, several in lost.items()]
    return sorted(found, key=lambda each: each.place)


def settle(
    suggestions: Iterable[Suggestion],
    *,
    drawn: Iterable[Edge] = (),
    decided: Mapping[Pair, Decided] | None = None,
    rules: Sequence[ConfirmingRule] = (),
) -> list[Suggestion]:
    """What counts of what is suggested: a person's word first, then an edge that is drawn, then the rules.

    `drawn` are edges of the tools and of programs files; of those that differ, the first one holds.
    """
    by_pair: dict[Pair, list[Edge]] = {}
    for edge in drawn:
        by_pair.setdefault(pair_of(edge.predecessor_uid, edge.successor_uid), []).append(edge)
    return [
        each
        if each.predecessor_uid is None
        else _by_person(each, (decided or {}).get(each.place))
        or _by_edge(each, by_pair.get(each.place, ()))
        or _by_rule(each, rules)
        or each
        for each in suggestions
    ]


def confirms(rule: Rule, pointer: Pointer) -> bool:
    """Whether an entry of `confirm_suggested` takes this pointer: where it stands, and in which source."""
    origins, sources = rule.matchers.get("origin"), rule.matchers.get("source")
    source = pointer.item_uid.partition(":")[0]
    return (origins is None or any(_is_origin(each, pointer.origin) for each in origins)) and (
        sources is None or any(value_matches(each, source) for each in sources)
    )


def _is_origin(wanted: str, origin: str) -> bool:
    return origin == wanted or (wanted == FIELD_ORIGIN and origin.startswith(f"{FIELD_ORIGIN}:"))


def _sorted(pointers: Iterable[Pointer]) -> list[Pointer]:
    return sorted(pointers, key=lambda each: each.place)


def _between(pair: Pair, pointers: list[Pointer]) -> Suggestion:
    told = {_predecessor(each) for each in pointers if _order(each) in _TELLING}
    assumed = {_predecessor(each) for each in pointers if _order(each) is Order.UNSAID}
    candidates = told or assumed or {_predecessor(each) for each in pointers}
    predecessor = min(candidates)
    return Suggestion(
        id=suggestion_id(*pair),
        predecessor_uid=predecessor,
        successor_uid=pair[1] if predecessor == pair[0] else pair[0],
        pointers=tuple(pointers),
        doubt=_doubt(pointers, orders=len(candidates), unordered=not (told or assumed)),
    )


def _doubt(pointers: Sequence[Pointer], *, orders: int, unordered: bool) -> Doubt | None:
    if unordered:
        return Doubt.NO_ORDER
    if orders > 1:
        return Doubt.BOTH_WAYS
    return Doubt.AMBIGUOUS if all(each.ambiguous for each in pointers) else None


_TELLING = (Order.HOLDER_WAITS, Order.TARGET_WAITS)


def _order(pointer: Pointer) -> Order:
    return order_told_by(pointer.relationship)


def _predecessor(pointer: Pointer) -> str:
    """Of a pointer that leads somewhere."""
    return pointer.item_uid if _order(pointer) is Order.TARGET_WAITS else pointer.target_uid or ""


def _unresolved(place: Pair, pointers: list[Pointer]) -> Suggestion:
    return Suggestion(
        id=suggestion_id(*place),
        predecessor_uid=None,
        successor_uid=place[0],
        pointers=tuple(pointers),
        status=Status.UNRESOLVED,
    )


def _by_person(suggestion: Suggestion, decided: Decided | None) -> Suggestion | None:
    if decided is None:
        return None
    settled = replace(suggestion, status=decided.status, by=decided.by, at=decided.at)
    return settled if decided.predecessor_uid is None else _turned(settled, decided.predecessor_uid)


def _by_edge(suggestion: Suggestion, edges: Sequence[Edge]) -> Suggestion | None:
    """A drawn edge says more than a pointer without words does: the suggestion takes its order, too."""
    if not edges:
        return None
    same = [each for each in edges if each.predecessor_uid == suggestion.predecessor_uid]
    told = any(_order(each) in _TELLING for each in suggestion.pointers)
    if told and suggestion.doubt is not Doubt.BOTH_WAYS and not same:
        return None  # it says the opposite in words, and stays a suggestion of its own
    edge = (same or edges)[0]
    settled = replace(suggestion, status=Status.CONFIRMED, by=edge.provenance, doubt=None)
    return _turned(settled, edge.predecessor_uid)


def _by_rule(suggestion: Suggestion, rules: Sequence[ConfirmingRule]) -> Suggestion | None:
    if suggestion.doubt is not None:
        return None
    certain = [each for each in suggestion.pointers if not each.ambiguous and _order(each) is not Order.NONE]
    for each in rules:
        if not each.members.isdisjoint(suggestion.ends) and any(confirms(each.rule, pointer) for pointer in certain):
            by = f"rule of {each.program}: {each.rule.describe()}"
            return replace(suggestion, status=Status.CONFIRMED, by=by)
    return None


def _turned(suggestion: Suggestion, predecessor_uid: str) -> Suggestion:
    """The same pair with that one first."""
    if predecessor_uid == suggestion.predecessor_uid:
        return suggestion
    successor_uid = suggestion.predecessor_uid or ""
    return replace(suggestion, predecessor_uid=predecessor_uid, successor_uid=successor_uid)
