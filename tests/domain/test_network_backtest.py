"""What trials say of open work, and what became of it: by hand, and beside exact laws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import numpy as np
import pytest

from service.domain.backtest import NetworkQuestion, Promise, Question, Rules
from service.domain.calendars import WorkingCalendar
from service.domain.duration_laws import laws
from service.domain.forecast import Distribution
from service.domain.ledger import Ledger
from service.domain.network_backtest import (
    Foreseen,
    Model,
    Monday,
    by_dependencies,
    by_throughput,
    compared,
    records_of,
)
from service.domain.schedule import activity_network
from service.domain.schedule_risk import OpenNodes, open_work, schedule_risk
from tests.builders.lives import a_life
from tests.domain.risk_cases import SEED, noise

MONDAY = date(2026, 8, 3)
DIE = (1, 2, 3, 4, 5, 6)
TRIALS = 40_000
ALL_THREE = OpenNodes(nodes=[0, 1, 2], within=4, begun=[1], milestones=[2])
RULES = Rules(calendar=WorkingCalendar(), before=date(2026, 9, 14), seed_of=lambda origin: origin.toordinal())


def days(*values: int) -> Distribution:
    return Distribution(np.array(sorted(values), np.int32))


def foreseen(last: Distribution, finished: Sequence[int] = (0,), **milestones: Distribution) -> Foreseen:
    """Without any work in progress."""
    told = {f"acme-jira:{name}": reached for name, reached in milestones.items()}
    return Foreseen(
        last=last,
        finished=np.array(sorted(finished), np.int32),
        begun=frozenset(),
        begun_finished=np.zeros(1, np.int32),
        milestones=told,
    )


def test_open_work_is_finished_as_often_as_the_exact_law_says() -> None:
    """A die, another one, and a third that waits for the first: how many of them are over within four days."""
    network, drawn_from = activity_network([0, 0, 0], [(0, 2)]), laws([DIE, DIE, DIE])
    throws = [(one, two, one + three) for one, two, three in product(DIE, DIE, DIE)]
    exact = Counter(sum(end <= 4 for end in ends) for ends in throws)

    found = open_work(network, drawn_from, ALL_THREE, seed=SEED, trials=TRIALS)

    for number in range(4):
        share = exact[number] / len(throws)
        assert np.count_nonzero(found.finished == number) / TRIALS == pytest.approx(share, abs=noise(share, TRIALS))
    assert found.begun_finished.mean() == pytest.approx(4 / 6, abs=noise(4 / 6, TRIALS))
    for within in range(2, 13):
        last = sum(max(ends) <= within for ends in throws) / len(throws)
        third = sum(ends[2] <= within for ends in throws) / len(throws)
        assert found.last.probability(within) == pytest.approx(last, abs=noise(last, TRIALS) + 1e-9)
        assert found.milestones[2].probability(within) == pytest.approx(third, abs=noise(third, TRIALS) + 1e-9)


def test_open_work_meets_the_luck_of_the_forecast_itself() -> None:
    network, drawn_from = activity_network([0, 0, 0], [(0, 2)]), laws([DIE, DIE, DIE])
    whole = schedule_risk(network, drawn_from, seed=SEED, trials=1_000, milestones=[2])

    found = open_work(network, drawn_from, ALL_THREE, seed=SEED, trials=1_000)

    assert found.last.days.tolist() == whole.finish.days.tolist()
    assert found.milestones[2].days.tolist() == whole.milestones[2].days.tolist()


def test_nodes_that_nobody_asks_for_hold_up_nothing() -> None:
    asked = OpenNodes(nodes=[0], within=5)

    found = open_work(activity_network([0, 0], []), laws([2, 9]), asked, seed=SEED, trials=10)

    assert (set(found.last.days.tolist()), set(found.finished.tolist())) == ({2}, {1})


def test_promises_stand_beside_what_became_of_the_items() -> None:
    """One is done on the second Monday, the sixth working day; one was called off the day after; two is not reached."""
    asked = {
        "acme-jira:one": a_life(name="one", created=MONDAY, done=MONDAY + timedelta(days=7)),
        "acme-jira:two": a_life(name="two", created=MONDAY, left=MONDAY + timedelta(days=8)),
    }

    told = dict(by_dependencies(MONDAY, foreseen(days(4, 6, 8, 9), [1, 1, 2, 2], one=days(5, 5, 6, 7)), asked, RULES))

    assert NetworkQuestion.BEGUN_FINISHED not in told
    questions = (NetworkQuestion.OPEN_FINISHED, NetworkQuestion.MILESTONES, Question.OPEN_SCOPE)
    amount, reached, scope = (told[each] for each in questions)
    assert (amount.said, amount.happened, amount.kept) == ((2, 1, 1), 1, (False, True, True))
    assert (reached.said, reached.happened, reached.kept) == ((5, 7, 7), 6, (False, True, True))
    assert (scope.said, scope.happened, scope.kept) == ((6, 9, 9), 7, (False, True, True))


def test_work_in_progress_is_asked_by_itself() -> None:
    """Of two in progress one was done in four weeks; that another one was done, which nobody had begun, is no part."""
    asked = {
        f"acme-jira:{name}": a_life(name=name, created=MONDAY, done=MONDAY + timedelta(days=later))
        for name, later in (("one", 7), ("two", 29), ("three", 1))
    }
    begun = frozenset({"acme-jira:one", "acme-jira:two"})
    said = replace(foreseen(days(9), [3, 3]), begun=begun, begun_finished=np.array([1, 2], np.int32))

    told = dict(by_dependencies(MONDAY, said, asked, RULES))[NetworkQuestion.BEGUN_FINISHED]

    assert (told.said, told.happened, told.kept) == ((2, 1, 1), 1, (False, True, True))


def test_a_milestone_that_was_called_off_was_neither_reached_nor_missed() -> None:
    asked = {"acme-jira:one": a_life(name="one", created=MONDAY, left=MONDAY + timedelta(days=8))}

    told = dict(by_dependencies(MONDAY, foreseen(days(5), one=days(5)), asked, RULES))

    assert set(told) == {NetworkQuestion.OPEN_FINISHED, Question.OPEN_SCOPE}


def test_what_is_still_open_breaks_a_promise_once_even_its_surest_day_is_over() -> None:
    """Thirty working days have passed since that Monday."""
    asked = {"acme-jira:one": a_life(name="one", created=MONDAY)}

    def scope(last: Distribution) -> Promise | None:
        return dict(by_dependencies(MONDAY, foreseen(last), asked, RULES)).get(Question.OPEN_SCOPE)

    over, going = scope(days(10, 30)), scope(days(10, 31))

    assert over is not None
    assert (over.happened, over.kept) == (31, (False, False, False))
    assert going is None


def test_four_weeks_that_are_not_over_tell_nothing_yet() -> None:
    asked = {"acme-jira:one": a_life(name="one", created=MONDAY, done=date(2026, 8, 20))}
    late = date(2026, 8, 18)

    assert NetworkQuestion.OPEN_FINISHED not in dict(by_dependencies(late, foreseen(days(3)), asked, RULES))
    assert NetworkQuestion.OPEN_FINISHED in dict(by_dependencies(date(2026, 8, 17), foreseen(days(3)), asked, RULES))


def test_the_throughput_is_asked_about_the_same_items_and_of_no_more() -> None:
    """Ten a week for five weeks, and three are open: no more than three of them can be finished."""
    first = MONDAY - timedelta(weeks=5)
    past = [
        a_life(created=first, done=first + timedelta(weeks=week, days=each % 5))
        for week in range(5)
        for each in range(10)
    ]
    asked = {life.uid: life for life in (a_life(created=MONDAY - timedelta(days=3), done=MONDAY) for _ in range(3))}

    told = by_throughput(MONDAY, Ledger.of([*past, *asked.values()]), asked, RULES)

    assert told is not None
    by_question = dict(told)
    amount, scope = by_question[NetworkQuestion.OPEN_FINISHED], by_question[Question.OPEN_SCOPE]
    assert (amount.said, amount.happened) == ((3, 3, 3), 3)
    assert (scope.said, scope.happened) == ((2, 2, 2), 1)  # three of ten are a day and a half


def test_without_four_complete_weeks_the_throughput_says_nothing() -> None:
    asked = {life.uid: life for life in [a_life(created=MONDAY - timedelta(days=3))]}

    assert by_throughput(MONDAY, Ledger.of(asked.values()), asked, RULES) is None


def a_promise(origin: date, said: int, happened: int, spans: float) -> Promise:
    return Promise(
        origin=origin,
        said=(said,) * 3,
        happened=happened,
        kept=(happened <= said,) * 3,
        stated=(1.0, 1.0, 1.0),
        pit=0.5,
        spans=spans,
    )


def mondays(number: int, *, ours: int, theirs: int | None, happened: int = 10, spans: float = 1) -> list[Monday]:
    found = []
    for week in range(number):
        origin = MONDAY + timedelta(weeks=week)
        told = {
            Model.DEPENDENCIES: [(Question.OPEN_SCOPE, a_promise(origin, ours, happened, spans))],
            Model.THROUGHPUT: None
            if theirs is None
            else [(Question.OPEN_SCOPE, a_promise(origin, theirs, happened, spans))],
        }
        found.append(Monday(origin=origin, promised=told))
    return found


def test_the_model_that_lost_less_is_the_better_one() -> None:
    """Two days early cost 2 · (0.5 + 0.85 + 0.95) / 3, a day late 1 · (0.5 + 0.15 + 0.05) / 3."""
    records = records_of(mondays(8, ours=8, theirs=11))

    amount, scope = compared(records)

    assert (scope.promises, scope.better) == (8, Model.THROUGHPUT)
    assert scope.loss[Model.DEPENDENCIES] == pytest.approx(2 * 2.3 / 3)
    assert scope.loss[Model.THROUGHPUT] == pytest.approx(0.7 / 3)
    assert (amount.promises, amount.better) == (0, None)


def test_of_seven_promises_or_of_like_ones_nobody_is_called_better() -> None:
    assert compared(records_of(mondays(7, ours=8, theirs=11)))[1].better is None
    assert compared(records_of(mondays(30, ours=8, theirs=8)))[1].better is None


def test_promises_of_one_and_the_same_end_do_not_tell_who_is_better() -> None:
    """Thirty weekly promises of eight weeks each fit less than five times into the time that they cover."""
    assert compared(records_of(mondays(30, ours=8, theirs=11, spans=8)))[1].better is None
    assert compared(records_of(mondays(34, ours=8, theirs=11, spans=8)))[1].better is Model.THROUGHPUT


def test_a_monday_on_which_one_model_knew_too_little_is_skipped_for_it_alone() -> None:
    records = records_of([*mondays(2, ours=8, theirs=None), *mondays(9, ours=8, theirs=11)[2:]])

    assert (len(records[Model.DEPENDENCIES].origins), records[Model.DEPENDENCIES].skipped) == (9, 0)
    assert (len(records[Model.THROUGHPUT].origins), records[Model.THROUGHPUT].skipped) == (7, 2)
    assert compared(records)[1].promises == 7
