"""When a link was there, from what both ends tell and what stands today."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.items import LinkDirection, SourceLinkType
from service.domain.link_history import Link, LinkHistories, LinkMove, Phrases, Sense, link_histories
from service.domain.program_history import Span
from tests.builders.link_moves import BLOCKS, NEEDS, PHRASES, RELATES, a_move, at

ONE, TWO, THREE = "acme:1", "acme:2", "acme:3"
LINK = Link(ONE, TWO, "Blocks")
LATE = at(10_000)


def histories(
    *moves: LinkMove,
    standing: Collection[Link] = (),
    graves: Mapping[str, Sequence[Span]] | None = None,
    lossy: Collection[str] = (),
) -> LinkHistories:
    return link_histories(moves, standing, PHRASES, graves=graves or {}, lossy=lossy)


def unknown(found: LinkHistories, moment: datetime) -> list[Link]:
    return [link for link, _ in found.unknown(moment)]


def test_a_link_is_there_from_its_making_until_it_is_taken_away_and_again_in_its_second_life() -> None:
    found = histories(
        a_move(ONE, TWO, hours=1),
        a_move(ONE, TWO, made=False, hours=3),
        a_move(ONE, TWO, hours=5),
        standing=[LINK],
    )

    there = {hours: found.there(at(hours)) == [LINK] for hours in (0, 1, 2, 3, 4, 5, 9)}
    assert there == {0: False, 1: True, 2: True, 3: False, 4: False, 5: True, 9: True}
    assert all(unknown(found, at(hours)) == [] for hours in there)


def test_what_stands_and_was_never_told_of_was_always_there() -> None:
    found = histories(standing=[LINK])

    assert found.there(at(0)) == [LINK]
    assert unknown(found, at(0)) == []


def test_what_was_taken_away_and_never_made_was_there_before() -> None:
    found = histories(a_move(TWO, ONE, made=False, phrase="is blocked by", hours=3))

    assert (found.there(at(2)), found.there(at(3))) == ([LINK], [])
    assert unknown(found, at(2)) == []


def test_the_end_that_speaks_first_decides_and_the_other_one_may_know_who_it_was() -> None:
    found = histories(
        a_move(TWO, ONE, phrase="is blocked by", hours=2, by="u2"),
        a_move(ONE, TWO, hours=1, by=None),
        a_move(ONE, TWO, made=False, hours=5),
        a_move(TWO, ONE, made=False, phrase="is blocked by", hours=4),
    )

    (history,) = found.links.values()
    assert [(move.at, move.author_id) for move in history.moves] == [(at(1), "u2"), (at(4), "u1")]
    assert unknown(found, at(1.5)) == unknown(found, at(4.5)) == []


def test_today_wins_over_what_is_told_and_the_time_in_between_is_unknown() -> None:
    gone = histories(a_move(ONE, TWO, hours=2))
    back = histories(a_move(ONE, TWO, made=False, hours=2), standing=[LINK])

    assert (gone.there(at(1)), gone.there(at(3)), gone.there(LATE)) == ([], [], [])
    assert (unknown(gone, at(1)), unknown(gone, at(3))) == ([], [LINK])
    assert (back.there(at(1)), back.there(at(3)), back.there(LATE)) == ([LINK], [LINK], [LINK])
    assert (unknown(back, at(1)), unknown(back, at(3))) == ([], [LINK])


def test_an_end_that_says_the_same_twice_has_left_something_out() -> None:
    found = histories(a_move(ONE, TWO, hours=1), a_move(ONE, TWO, hours=5), standing=[LINK])

    assert (found.there(at(3)), unknown(found, at(3))) == ([], [LINK])
    assert (found.there(at(6)), unknown(found, at(6))) == ([LINK], [])


def test_two_ends_that_tell_of_the_same_days_apart_tell_of_two_things() -> None:
    found = histories(a_move(ONE, TWO, hours=1), a_move(TWO, ONE, phrase="is blocked by", hours=80), standing=[LINK])

    assert unknown(found, at(40)) == [LINK]


def test_a_link_goes_with_an_end_that_was_found_gone() -> None:
    found = histories(a_move(ONE, TWO, hours=1), graves={TWO: [Span(at(-9), at(-8)), Span(at(6), None)]})

    assert (found.there(at(5)), found.there(at(6))) == ([LINK], [])
    assert (unknown(found, at(5)), unknown(found, at(7))) == ([], [])


def test_a_link_that_stands_outlives_its_ends() -> None:
    found = histories(a_move(ONE, TWO, hours=1), standing=[LINK], graves={TWO: [Span(at(6), None)]})

    assert found.there(at(7)) == [LINK]


def test_where_not_everything_is_told_silence_before_the_first_word_tells_nothing() -> None:
    silent = histories(standing=[LINK], lossy={"acme"})
    made = histories(a_move(ONE, TWO, hours=2), standing=[LINK], lossy={"acme"})
    gone = histories(a_move(ONE, TWO, made=False, hours=2), lossy={"acme"})

    assert unknown(silent, at(0)) == [LINK]
    assert [unknown(made, at(hours)) for hours in (1, 3)] == [[], []]
    assert [unknown(gone, at(hours)) for hours in (1, 3)] == [[LINK], []]
    assert unknown(histories(standing=[LINK], lossy={"other"}), at(0)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("This issue blocks PAY-2", Sense("Blocks", True)),
        ("This work item is blocked by PAY-2", Sense("Blocks", False)),
        ("THIS ISSUE  Blocks pay-2", Sense("Blocks", True)),
        ("This issue depends on PAY-2", Sense("Needs", False)),
        ("This issue is required by PAY-2", Sense("Needs", True)),
        ("This issue relates to PAY-2", Sense("Relates", None)),
        ("is blocked by", Sense("Blocks", False)),
        ("Dieser Vorgang blocks PAY-2", Sense("Blocks", True)),
        ("Ce ticket is blocked by PAY-2", Sense("Blocks", False)),
        ("This issue no longer blocks PAY-2", None),
        ("This issue is depended on by PAY-2", None),
        ("Dieser Vorgang blockiert PAY-2", None),
        ("PAY-2 blocks", None),
        ("roadblocks PAY-2", None),
        ("", None),
        (None, None),
    ],
)
def test_a_sentence_means_what_the_phrases_of_the_link_types_say(text: str | None, expected: Sense | None) -> None:
    assert PHRASES["acme"].sense_of(text, "PAY-2") == expected


def test_a_phrase_of_several_types_is_only_understood_where_none_is_a_dependency() -> None:
    again = SourceLinkType("9", "Stops", "blocks", "is stopped by", LinkDirection.PREDECESSOR_FIRST, "phrases")
    twin = SourceLinkType("8", "Twin", "relates to", "relates to", LinkDirection.NONE, "phrases")
    both_ways = SourceLinkType("7", "Chain", "follows", "follows", LinkDirection.PREDECESSOR_FIRST, "config")
    phrases = Phrases([BLOCKS, again, RELATES, twin, both_ways])

    assert phrases.sense_of("This issue blocks PAY-2", "PAY-2") is None
    assert phrases.sense_of("This issue is stopped by PAY-2", "PAY-2") == Sense("Stops", False)
    related = phrases.sense_of("This issue relates to PAY-2", "PAY-2")
    assert related is not None
    assert related.first is None
    assert phrases.sense_of("This issue follows PAY-2", "PAY-2") is None


def test_the_order_of_the_ends_is_that_of_the_link_type() -> None:
    found = histories(a_move(ONE, TWO, phrase="depends on"), a_move(THREE, TWO, phrase="is required by"))

    assert set(found.links) == {Link(TWO, ONE, "Needs"), Link(THREE, TWO, "Needs")}


def test_what_nobody_can_read_is_counted_unless_the_other_end_says_it_in_known_words() -> None:
    found = histories(
        a_move(ONE, TWO, phrase="holds up", hours=1),
        a_move(TWO, ONE, phrase="is blocked by", hours=1.001),
        a_move(ONE, THREE, phrase="holds up", hours=2),
        a_move(TWO, THREE, phrase="holds up", hours=3),
        a_move(THREE, TWO, phrase="relates to", hours=3),
        standing=[LINK],
    )

    assert set(found.unread) == {frozenset((ONE, THREE))}
    assert found.unread_since(at(1)) == [frozenset((ONE, THREE))]
    assert found.unread_since(at(2)) == []


def test_where_nothing_else_is_told_of_a_link_that_stands_unreadable_words_stand_in_and_are_no_certainty() -> None:
    found = histories(a_move(ONE, TWO, phrase="blockiert", hours=2), standing=[LINK])

    assert [found.there(at(hours)) for hours in (1, 3)] == [[], [LINK]]
    assert [unknown(found, at(hours)) for hours in (1, 3)] == [[LINK], []]
    assert found.unread == {}


def test_a_source_without_link_types_is_not_understood() -> None:
    found = histories(a_move("other:1", "other:2"))

    assert (found.links, set(found.unread)) == ({}, {frozenset(("other:1", "other:2"))})


class Act(NamedTuple):
    """One thing that happened: this link was made, or taken away if it was there; told by these ends, so much later."""

    before: int
    after: int
    type: SourceLinkType
    tellers: int  # 1: predecessor, 2: successor, 3: both
    seconds: tuple[int, int]


ACTS = st.builds(
    Act,
    st.integers(1, 4),
    st.integers(1, 4),
    st.sampled_from([BLOCKS, NEEDS, RELATES]),
    st.integers(1, 3),
    st.tuples(st.integers(0, 600), st.integers(0, 600)),
).filter(lambda act: act.before != act.after)


def told(act: Act, number: int, *, made: bool) -> list[LinkMove]:
    """What the ends say, each in its own words: of a type by which the target comes first, that one says the inward."""
    first_is_source = act.type.direction is not LinkDirection.SUCCESSOR_FIRST
    words = (act.type.outward, act.type.inward) if first_is_source else (act.type.inward, act.type.outward)
    ends = (f"acme:{act.before}", f"acme:{act.after}")
    sides = zip((1, 2), ends, reversed(ends), words, act.seconds, strict=True)
    return [
        a_move(near, far, made=made, hours=number + seconds / 3600, phrase=phrase)
        for side, near, far, phrase, seconds in sides
        if act.tellers & side
    ]


def replayed(acts: Iterable[Act]) -> tuple[list[LinkMove], list[set[Link]]]:
    """Forward: all that is told, and what was there after each act."""
    moves: list[LinkMove] = []
    drawn: set[tuple[int, int, str]] = set()
    states: list[set[Link]] = [set()]
    for number, act in enumerate(acts):
        key = (act.before, act.after, act.type.name)
        moves += told(act, number, made=key not in drawn)
        drawn ^= {key}
        states.append({Link(f"acme:{a}", f"acme:{b}", name) for a, b, name in drawn if name != RELATES.name})
    return moves, states


@given(st.lists(ACTS, max_size=30), st.permutations(range(1, 5)))
def test_at_every_moment_it_is_what_a_replay_from_the_beginning_comes_to(acts: list[Act], order: Sequence[int]) -> None:
    moves, states = replayed(acts)
    by_end = [move for number in order for move in moves if move.uid == f"acme:{number}"]

    found = histories(*by_end, standing=states[-1])

    for number, state in enumerate(states):
        moment = at(number - 0.5)
        assert set(found.there(moment)) == state
        assert unknown(found, moment) == []
    assert found.unread == {}
    assert found == histories(*moves, standing=states[-1])


@given(
    st.lists(ACTS, max_size=30), st.sets(st.integers(0, 29)), st.sets(st.tuples(st.integers(1, 4), st.integers(1, 4)))
)
def test_today_is_today_whatever_was_left_out(acts: list[Act], lost: set[int], pairs: set[tuple[int, int]]) -> None:
    moves = [move for place, move in enumerate(replayed(acts)[0]) if place not in lost]
    standing = {Link(f"acme:{before}", f"acme:{after}", "Blocks") for before, after in pairs if before != after}

    found = histories(*moves, standing=standing)

    assert set(found.there(LATE)) == standing
