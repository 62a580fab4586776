"""What presses most comes first: scores are sums of shown parts, and their order is total and always the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.domain.attention import LONG, WORTH, Signal, Trouble, ranked

signals = st.builds(
    Signal,
    trouble=st.sampled_from(Trouble),
    subject=st.sampled_from(["jira:1", "jira:2", "jira:3"]),
    downstream=st.floats(0, 1),
    days=st.integers(-3, 60),
    critical=st.booleans(),
)


def test_a_score_is_the_sum_of_its_parts() -> None:
    score = Signal(trouble=Trouble.BLOCKED, subject="jira:1", downstream=0.2, days=5, critical=True).score

    assert (score.kind, score.downstream, score.delay, score.critical) == (40.0, 5.0, 5.0, 15.0)
    assert score.total == 65.0


def test_the_worst_that_can_be_is_a_hundred() -> None:
    most = Signal(trouble=Trouble.BLOCKED, subject="jira:1", downstream=1.0, days=LONG, critical=True)

    assert most.score.total == 100.0
    assert max(WORTH.values()) == WORTH[Trouble.BLOCKED]


def test_more_than_four_weeks_count_as_four_weeks() -> None:
    a_month = Signal(trouble=Trouble.OVERDUE, subject="jira:1", days=LONG)
    a_year = Signal(trouble=Trouble.OVERDUE, subject="jira:1", days=250)

    assert a_month.score == a_year.score


def test_what_drags_more_along_comes_first() -> None:
    small = Signal(trouble=Trouble.BLOCKED, subject="jira:1", downstream=0.1, days=3)
    large = Signal(trouble=Trouble.BLOCKED, subject="jira:2", downstream=0.5, days=3)

    assert ranked([small, large]) == [large, small]


def test_of_equal_scores_the_kind_and_then_the_subject_decide() -> None:
    undated = Signal(trouble=Trouble.UNDATED, subject="jira:1")
    ageing = Signal(trouble=Trouble.AGEING, subject="jira:1")
    other = Signal(trouble=Trouble.AGEING, subject="jira:2")

    assert ranked([other, ageing, undated]) == [undated, ageing, other]


def test_one_subject_is_listed_once_for_each_kind_with_its_most_pressing() -> None:
    short = Signal(trouble=Trouble.UNDATED, subject="jira:1", days=1)
    long = Signal(trouble=Trouble.UNDATED, subject="jira:1", days=9)
    otherwise = Signal(trouble=Trouble.UNASSIGNED, subject="jira:1")

    assert ranked([short, long, otherwise]) == [long, otherwise]


@given(st.lists(signals, max_size=12))
def test_the_order_is_total_and_does_not_depend_on_how_signals_arrive(found: list[Signal]) -> None:
    again = sorted(found, key=lambda each: (each.subject, each.days, each.trouble, each.downstream, each.critical))

    assert [each.rank for each in ranked(found)] == [each.rank for each in ranked(again)]
    ranks = [each.rank for each in ranked(found)]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(ranks)


@given(signals)
def test_a_score_lies_between_nothing_and_a_hundred(signal: Signal) -> None:
    assert 0 < signal.score.total <= 100
