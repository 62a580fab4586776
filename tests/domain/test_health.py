"""Colours follow from named rules: each limit from both sides, what silences a rule, and how parts make a whole."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.health import (
    LIMITS,
    Disagreement,
    Health,
    Limits,
    Measure,
    Part,
    Rag,
    Rule,
    Worse,
    colour_of_stated,
    disagreement,
    health_of,
    judge,
    judge_all,
    rolled_up,
    stated_word,
    worst,
)

RED, AMBER, GREEN, GREY = Rag.RED, Rag.AMBER, Rag.GREEN, Rag.GREY
A_LITTLE = 1e-9


def measured(rule: Rule, value: float | None) -> Measure:
    return Measure(rule, value, "said") if value is not None else Measure.missing(rule, "why", "said")


def health(*colours: Rag, quality: float | None = 0.9, finished: bool = False) -> Health:
    """From rules that say these colours, and a data quality."""
    value = {GREEN: 0.0, AMBER: 0.10, RED: 0.20}
    verdicts = judge_all(
        [*(measured(Rule.OVERDUE, value[each]) for each in colours), measured(Rule.DATA_QUALITY, quality)]
    )
    return health_of(verdicts, finished=finished)


def a_part(name: str, colour: Rag, weight: float = 1.0, *, critical: bool = False) -> Part:
    return Part(name, colour, weight, critical)


@pytest.mark.parametrize(
    ("rule", "value", "colour"),
    [
        (Rule.TARGET_PROBABILITY, 0.50 - A_LITTLE, RED),
        (Rule.TARGET_PROBABILITY, 0.50, AMBER),
        (Rule.TARGET_PROBABILITY, 0.85 - A_LITTLE, AMBER),
        (Rule.TARGET_PROBABILITY, 0.85, GREEN),
        (Rule.SCHEDULE_VARIANCE, 0.0, GREEN),
        (Rule.SCHEDULE_VARIANCE, -0.2, GREEN),
        (Rule.SCHEDULE_VARIANCE, 0.10, AMBER),
        (Rule.SCHEDULE_VARIANCE, 0.11, RED),
        (Rule.SCHEDULE_PERFORMANCE, 0.85 - A_LITTLE, RED),
        (Rule.SCHEDULE_PERFORMANCE, 0.85, AMBER),
        (Rule.SCHEDULE_PERFORMANCE, 0.95, GREEN),
        (Rule.BLOCKED_CRITICAL, 0.0, GREEN),
        (Rule.BLOCKED_CRITICAL, 1.0, RED),
        (Rule.DEPENDENCY_HEALTH, 60.0 - A_LITTLE, RED),
        (Rule.DEPENDENCY_HEALTH, 60.0, AMBER),
        (Rule.DEPENDENCY_HEALTH, 80.0 - A_LITTLE, AMBER),
        (Rule.DEPENDENCY_HEALTH, 80.0, GREEN),
        (Rule.OVERDUE, 0.05, GREEN),
        (Rule.OVERDUE, 0.05 + A_LITTLE, AMBER),
        (Rule.OVERDUE, 0.15, AMBER),
        (Rule.OVERDUE, 0.15 + A_LITTLE, RED),
        (Rule.AGEING, 0.25, GREEN),
        (Rule.AGEING, 0.25 + A_LITTLE, AMBER),
        (Rule.AGEING, 1.0, AMBER),
        (Rule.SCOPE_GROWTH, 0.15, GREEN),
        (Rule.SCOPE_GROWTH, 0.15 + A_LITTLE, AMBER),
        (Rule.SCOPE_GROWTH, 9.0, AMBER),
        (Rule.UNOWNED_RISKS, 0.0, GREEN),
        (Rule.UNOWNED_RISKS, 1.0, AMBER),
        (Rule.DATA_QUALITY, 0.60, GREEN),
        (Rule.DATA_QUALITY, 0.60 - A_LITTLE, GREY),
    ],
)
def test_a_rule_changes_its_colour_beyond_its_limit_and_not_at_it(rule: Rule, value: float, colour: Rag) -> None:
    assert judge(measured(rule, value), LIMITS[rule]).colour is colour


def test_smartsheets_schedule_delta_gives_its_published_colours() -> None:
    """Delta of .11 is red, .10 yellow, 0 green."""
    limits = LIMITS[Rule.SCHEDULE_VARIANCE]

    assert [judge(measured(Rule.SCHEDULE_VARIANCE, delta), limits).colour for delta in (0.11, 0.10, 0.0)] == [
        RED,
        AMBER,
        GREEN,
    ]


def test_a_verdict_names_the_limit_that_the_value_is_beyond() -> None:
    verdict = judge(measured(Rule.OVERDUE, 0.2), LIMITS[Rule.OVERDUE])

    assert (verdict.limit, judge(measured(Rule.OVERDUE, 0.0), LIMITS[Rule.OVERDUE]).limit) == (0.15, None)


@pytest.mark.parametrize("rule", Rule)
def test_a_value_that_nobody_can_tell_makes_a_rule_that_does_not_speak(rule: Rule) -> None:
    assert judge(measured(rule, None), LIMITS[rule]).colour is None


def test_every_rule_has_a_code_of_its_own_and_ordered_limits() -> None:
    assert len({rule.code for rule in Rule}) == len(Rule)
    assert all(LIMITS[rule].is_ordered() for rule in Rule)


def test_limits_whose_red_lies_before_amber_are_not_ordered() -> None:
    assert not Limits(Worse.LOWER, red=0.9, amber=0.5).is_ordered()
    assert not Limits(Worse.HIGHER, red=0.1, amber=0.2).is_ordered()


def test_the_worst_rule_decides() -> None:
    assert health(GREEN, GREEN).colour is GREEN
    assert health(GREEN, AMBER).colour is AMBER
    assert health(RED, AMBER).colour is RED


def test_poor_data_make_it_grey_whatever_the_rules_say_and_what_they_say_is_kept() -> None:
    made = health(RED, GREEN, quality=0.59)

    assert (made.colour, made.without_gate, made.reason) == (GREY, RED, "low_data_quality")


def test_without_any_rule_that_speaks_it_is_grey_and_never_green() -> None:
    """Good data alone say nothing about how the work goes."""
    silent = health_of(judge_all([measured(Rule.OVERDUE, None), measured(Rule.DATA_QUALITY, 1.0)]))

    assert (silent.colour, silent.reason) == (GREY, "no_rule_speaks")
    assert health_of([]).colour is GREY


def test_what_is_finished_is_green_even_with_poor_data() -> None:
    made = health(RED, quality=0.1, finished=True)

    assert (made.colour, made.reason) == (GREEN, "nothing_left")


@given(st.lists(st.sampled_from([RED, AMBER, GREEN]), min_size=1), st.sampled_from([RED, AMBER, GREEN]))
def test_a_further_rule_never_makes_it_better(colours: list[Rag], further: Rag) -> None:
    order = [RED, AMBER, GREEN]

    assert order.index(health(*colours, further).colour) <= order.index(health(*colours).colour)


def test_a_red_part_with_critical_work_makes_the_whole_red_however_small_it_is() -> None:
    parts = [a_part("Payments", GREEN, 98), a_part("Cart", RED, 2, critical=True)]

    assert rolled_up(parts).colour is RED


@pytest.mark.parametrize(
    ("red", "amber", "green", "colour"),
    [
        (31, 0, 69, RED),
        (30, 0, 70, AMBER),
        (1, 0, 99, AMBER),
        (0, 31, 69, AMBER),
        (0, 30, 70, GREEN),
        (0, 0, 100, GREEN),
    ],
)
def test_shares_of_weight_decide_where_no_red_part_is_critical(
    red: float, amber: float, green: float, colour: Rag
) -> None:
    parts = [a_part("a", RED, red), a_part("b", AMBER, amber), a_part("c", GREEN, green, critical=True)]

    assert rolled_up([*[part for part in parts if part.weight], a_part("d", GREEN, A_LITTLE)]).colour is colour


def test_grey_parts_have_no_share_and_silence_the_whole_when_they_are_most_of_it() -> None:
    half = [a_part("a", RED, 10), a_part("b", GREEN, 40), a_part("c", GREY, 50)]

    assert rolled_up(half).measure.value == pytest.approx(0.2)
    assert rolled_up([*half, a_part("d", GREY, 1)]).measure.reason == "parts_unknown"


def test_a_program_of_one_part_is_that_part_and_nothing_is_rolled_up() -> None:
    assert rolled_up([a_part("a", RED)]).measure.reason == "one_part"


def test_red_parts_are_named_three_at_most() -> None:
    parts = [a_part(name, RED) for name in "abcde"]

    assert rolled_up(parts).measure.message == "5 of 5 parts are red (100% of the work): a, b, c and 2 more."


def test_the_worst_colour_goes_before_and_grey_says_nothing() -> None:
    for one, other in itertools.permutations(Rag, 2):
        assert worst([one, other]) is min((one, other), key=[RED, AMBER, GREEN, GREY].index)


@pytest.mark.parametrize(
    ("stated", "computed", "found"),
    [
        (GREEN, RED, Disagreement.WATERMELON),
        (GREEN, AMBER, Disagreement.ROSIER),
        (AMBER, RED, Disagreement.ROSIER),
        (AMBER, GREEN, Disagreement.GLOOMIER),
        (RED, AMBER, Disagreement.GLOOMIER),
        (RED, GREEN, Disagreement.GLOOMIER),
        (GREEN, GREEN, None),
        (RED, RED, None),
        (None, RED, None),
        (GREEN, GREY, None),
        (GREY, RED, None),
    ],
)
def test_what_people_state_is_compared_with_what_is_computed(
    stated: Rag | None, computed: Rag, found: Disagreement | None
) -> None:
    assert disagreement(stated, computed) is found


def test_the_words_of_tools_have_colours_and_dropped_has_none() -> None:
    words = ("on_track", "complete", "at_risk", "on_hold", "off_track", "dropped", "sunny")

    assert [colour_of_stated(word) for word in words] == [GREEN, GREEN, AMBER, AMBER, RED, None, None]


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("On Track", "on_track"),
        ("🟢 Green", "on_track"),
        ("AMBER", "at_risk"),
        ("off-track", "off_track"),
        ("Red!", "off_track"),
        ("Done", "complete"),
        ("Sunny", "Sunny"),
        ("", ""),
    ],
)
def test_what_people_write_into_a_field_is_read_as_they_mean_it(said: str, word: str) -> None:
    assert stated_word(said) == word


def test_data_quality_may_be_given_limits_of_its_own_besides_the_gate() -> None:
    strict = {**LIMITS, Rule.DATA_QUALITY: Limits(Worse.LOWER, amber=0.9, grey=0.6)}

    def colour(quality: float) -> Rag:
        measures = [measured(Rule.OVERDUE, 0.0), measured(Rule.DATA_QUALITY, quality)]
        return health_of(judge_all(measures, strict)).colour

    assert [colour(0.95), colour(0.8)] == [GREEN, AMBER]
