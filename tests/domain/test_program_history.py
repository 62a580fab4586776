"""A program at any moment against lives that were told forward, and day by day against one roll-up a day."""

from __future__ import annotations

from dataclasses import replace as changed_fields
from itertools import pairwise
from math import isclose
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.history import Aspect
from service.domain.dates import ProgramDates
from service.domain.history import Break, Snapshot
from service.domain.items import RollupItem
from service.domain.program_history import Above, ProgramHistory, Span, Stay, spans_of, with_epics
from service.domain.progress import Basis
from service.domain.rollup import Rollup, roll_up
from service.domain.scope_changes import changed, created_at, scope_of, total
from service.domain.trend import sweep
from tests.domain.history_builders import DONE, SOURCE, Diary, Life, a_history, hour
from tests.domain.rollup_builders import a_story

HOURS = 48
NAMES = [str(number) for number in range(6)]
NO_DATES = ProgramDates(None, None)
TORN = Break(Aspect.POINTS, hour(1), hour(2))


@st.composite
def lives(draw: st.DrawFn) -> list[Life]:
    """A few items that begin, end and come back, change status, estimate and parent; circles of parents included."""
    moment = st.integers(0, HOURS - 1).map(float)
    statuses = st.sampled_from(["to_do", "in_progress", "done", "cancelled"])
    values: dict[str, st.SearchStrategy[Any]] = {
        "status": statuses,
        "points": st.sampled_from([None, "0", "1", "2.5", "8", "-1"]),
        "parent": st.sampled_from([None, *NAMES]),
    }
    told = st.sampled_from(sorted(values)).flatmap(lambda name: st.tuples(moment, st.just(name), values[name]))
    found: list[Life] = []
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1)):
        created = draw(moment)
        story = sorted(draw(st.lists(told, max_size=6)), key=lambda each: each[0])
        ends = sorted(draw(st.sets(st.integers(int(created) + 1, HOURS + 10), max_size=3)))
        spans = _spans(created, [float(each) for each in ends])
        first = {key: draw(strategy) for key, strategy in values.items()}
        found.append(
            Life(name, created, draw(st.booleans()), first, [each for each in story if each[0] > created], spans)
        )
    return found


def _spans(created: float, turns: list[float]) -> list[tuple[float, float | None]]:
    """In and out in turns."""
    edges = [created, *turns]
    return [(edges[at], edges[at + 1] if at + 1 < len(edges) else None) for at in range(0, len(edges), 2)]


def _then(each: list[Life], at: float) -> list[RollupItem]:
    return [life.item(at) for life in each if life.is_there(at)]


def _rolled(items: list[RollupItem], *, count_subtasks: bool = False) -> Rollup:
    return roll_up(items, program=NO_DATES, count_subtasks=count_subtasks)


@given(lives(), st.integers(0, HOURS))
def test_a_program_at_any_moment_is_what_going_forward_finds(each: list[Life], at: int) -> None:
    history = a_history(*each)

    assert {item.uid: item for item in history.at(hour(at)).items} == {item.uid: item for item in _then(each, at)}


@given(lives())
def test_as_of_now_equals_now(each: list[Life]) -> None:
    history = a_history(*each, since=HOURS + 20)
    now = history.at(hour(1_000))

    assert now.pasts == {}
    assert _rolled(list(now.items)) == _rolled(_then(each, 1_000))


@given(lives(), st.integers(0, HOURS), st.booleans())
def test_every_day_of_a_sweep_is_the_roll_up_of_that_day(each: list[Life], since: int, count_subtasks: bool) -> None:
    moments = [float(at) for at in range(since, HOURS + 1, 3)]
    columns = sweep(a_history(*each, since=since), [hour(at) for at in moments], count_subtasks=count_subtasks)

    for at, column in zip(reversed(moments), columns, strict=True):
        rollup = _rolled(_then(each, at), count_subtasks=count_subtasks)
        assert (column.items, column.countable) == (rollup.scope.items, rollup.scope.countable)
        for basis in (Basis.COUNT, Basis.POINTS):
            tally, progress = column.tally(basis), rollup.progress[basis]
            assert isclose(tally.to_do, progress.to_do)
            assert isclose(tally.in_progress, progress.in_progress)
            assert isclose(tally.done, progress.done)
            assert tally.known == round((progress.coverage or 0) * rollup.scope.countable)


@given(lives(), st.data(), st.booleans())
def test_what_a_tool_says_was_done_later_than_its_changes_tell_was_not_done_before_on_any_day(
    each: list[Life], data: st.DataObject, has_historian: bool
) -> None:
    """The sweep finds what one roll-up a day finds, whatever `done_at` says; and it says nothing done before that."""
    told = a_history(*each)
    done_at = {
        life.uid: hour(data.draw(st.integers(0, HOURS))) for life in each if life.item(1_000).status_category is DONE
    }
    touched = {
        life.uid: Snapshot(
            life.uid, SOURCE, life.name, hour(life.created), hour(0), life.state(1_000), done_at=done_at.get(life.uid)
        )
        for life in each
    }
    history = changed_fields(told, snapshots=touched, historians=told.historians if has_historian else {})
    moments = [hour(at) for at in range(0, HOURS + 1, 3)]

    for moment, column in zip(reversed(moments), sweep(history, moments), strict=True):
        then = history.at(moment)
        progress = _rolled([*then.items]).progress[Basis.COUNT]
        tally = column.tally(Basis.COUNT)
        assert (tally.to_do, tally.in_progress, tally.done) == (progress.to_do, progress.in_progress, progress.done)
        for item in then.items:
            if item.status_category is DONE and item.uid in done_at and not history.changes.get(item.uid):
                assert done_at[item.uid] <= moment


@given(lives())
def test_what_came_and_went_explains_every_change_of_the_scope(each: list[Life]) -> None:
    history = a_history(*each)
    columns = list(reversed(list(sweep(history, [hour(at) for at in range(0, HOURS + 1, 4)]))))
    created = created_at(history.created)
    days = [changed(before, after, created) for before, after in pairwise(columns)]

    for before, change, after in zip(columns, days, columns[1:], strict=False):
        assert scope_of(before).items + change.net.items == scope_of(after).items
        assert isclose(scope_of(before).points + change.net.points, scope_of(after).points, abs_tol=1e-9)
    whole = total(days)
    assert scope_of(columns[0]).items + whole.net.items == scope_of(columns[-1]).items
    assert whole.turnover.items == sum(day.added.items + day.removed.items for day in days)


@given(lives(), lives())
def test_what_is_read_again_of_some_takes_the_place_of_what_was_known_of_them(
    before: list[Life], after: list[Life]
) -> None:
    """Items that came, went, or have another life by now."""
    now = {life.name: life for life in before} | {life.name: life for life in after}
    gone = {life.name for life in before[:1]}
    uids = {life.uid for life in (*before[:1], *after)}
    diary = Diary()
    kept = changed_fields(a_history(*before, historian=diary), breaks={life.uid: (TORN,) for life in before})
    part = a_history(*(life for life in after if life.name not in gone), historian=diary)
    anew = a_history(*(life for name, life in now.items() if name not in gone), historian=diary)

    kept.retrace()
    again = kept.again(uids, part)

    assert _by_uid(again) == _by_uid(anew)
    assert (again.snapshots, again.changes) == (anew.snapshots, anew.changes)
    assert {uid: again.course(uid) for uid in again.snapshots} == {uid: anew.course(uid) for uid in anew.snapshots}
    assert again.breaks.keys() == {life.uid for life in before} - uids
    assert again.historians == (anew.historians if anew.members else {})


def test_what_was_gone_through_stays_gone_through_unless_histories_mean_something_else_by_now() -> None:
    one, other = (Life(name, told=((5, "points", "3"),)) for name in "12")
    kept = a_history(one, other, historian=(diary := Diary()))
    kept.retrace()

    alike = kept.again({other.uid}, a_history(other, historian=diary))
    otherwise = kept.again({other.uid}, a_history(other, historian=Diary()))

    assert alike.course(one.uid) is kept.course(one.uid)
    assert alike.course(other.uid) is not kept.course(other.uid)
    assert otherwise.course(one.uid).historian is otherwise.historians[SOURCE] is not diary


def _by_uid(history: ProgramHistory) -> dict[str, Any]:
    told = zip(history.members, history.spans, history.created, strict=True)
    return {item.uid: (item, spans, created) for item, spans, created in told}


@given(lives(), st.integers(1, HOURS))
def test_adding_a_finished_item_never_lowers_progress(each: list[Life], at: int) -> None:
    more = Life("more", 0.0, first={"status": "done", "points": "3"})
    before = _rolled(list(a_history(*each).at(hour(at)).items)).progress
    after = _rolled(list(a_history(*each, more).at(hour(at)).items)).progress

    for basis in (Basis.COUNT, Basis.POINTS):
        assert (after[basis].value or 0.0) >= (before[basis].value or 0.0)


def test_a_moment_before_what_was_read_is_refused() -> None:
    with pytest.raises(ValueError, match="read from"):
        a_history(Life("1"), since=10).at(hour(9))


def test_who_joined_within_two_days_of_its_creation_was_a_member_before_it_was_read() -> None:
    soon = Stay(hour(30), None, hour(0), hour(30))
    late = Stay(hour(60), None, hour(0), hour(60))

    assert spans_of([soon], (), mapped_since=hour(-100)) == [Span(hour(0), None)]
    assert spans_of([late], (), mapped_since=hour(-100)) == [Span(hour(60), None)]


def test_before_the_first_mapping_the_members_of_today_stand_in() -> None:
    member = Stay(hour(100), None, hour(0), hour(100))
    left_since = Stay(hour(100), hour(120), hour(0), hour(120))

    assert spans_of([member], (), mapped_since=hour(100)) == [Span(hour(100), None), Span(hour(0), hour(100))]
    assert spans_of([left_since], (), mapped_since=hour(100)) == [Span(hour(100), hour(120))]


def test_an_item_that_is_gone_was_there_until_it_was_found_gone_and_again_after_it_came_back() -> None:
    stay = Stay(hour(1), None, hour(0), hour(50))
    graves = [Span(hour(10), hour(20)), Span(hour(40), None)]
    gone = Stay(hour(1), None, hour(0), hour(50), tombstone="gone")

    assert spans_of([gone], graves, mapped_since=hour(1)) == [Span(hour(0), hour(10)), Span(hour(20), hour(40))]
    assert spans_of([stay], graves[:1], mapped_since=hour(1)) == [Span(hour(0), hour(10)), Span(hour(20), None)]
    assert spans_of([gone], (), mapped_since=hour(1)) == []  # nobody wrote when it went


def test_the_epic_of_an_item_is_the_one_it_hung_under_then() -> None:
    items = [
        a_story("epic", item_type="Epic", level=1),
        a_story("moved", under="epic", epic="new"),
        a_story("part", under="moved", epic="new", subtask=True, level=-1),
        a_story("stayed", under="elsewhere", epic="far"),
        a_story("outside", under="elsewhere", epic="new"),
        a_story("loose", epic="new"),
    ]
    moved = {f"{SOURCE}:{name}" for name in ("moved", "outside", "loose")}
    above = {f"{SOURCE}:elsewhere": Above(0, f"{SOURCE}:far")}

    found = {item.called: item.epic_uid for item in with_epics(items, moved, above)}

    assert found == {
        "epic": None,
        "moved": f"{SOURCE}:epic",
        "part": f"{SOURCE}:epic",
        "stayed": f"{SOURCE}:far",
        "outside": f"{SOURCE}:far",
        "loose": None,
    }


def test_an_item_keeps_its_words_of_now_where_no_history_tells_them() -> None:
    history = a_history(Life("1", told=[(5.0, "status", "done")]))
    (item,) = history.at(hour(1)).items

    assert (item.called, item.status_category) == ("1", "to_do")
    assert history.at(hour(5)).items[0].status_category is DONE
    assert [step.before.status for _, step in history.steps()] == ["to_do"]
