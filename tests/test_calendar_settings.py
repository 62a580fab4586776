"""Holidays of the company and of its teams, as the configuration names them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.builders.configurations import ASANA, accepted, refused


def test_holidays_are_a_country_a_part_of_one_or_days(tmp_path: Path) -> None:
    madrid = accepted(tmp_path, f"{ASANA}calendar: {{holidays: ES-MD}}\n").calendar.working
    mixed = accepted(tmp_path, f'{ASANA}calendar: {{holidays: [ES, 2026-12-24, "2026-12-31"]}}\n').calendar.working
    none = accepted(tmp_path, ASANA).calendar.working

    second_of_may, christmas_eve = date(2025, 5, 2), date(2026, 12, 24)
    assert [madrid.is_working(second_of_may), madrid.is_working(christmas_eve)] == [False, True]
    assert [mixed.is_working(second_of_may), mixed.is_working(christmas_eve)] == [True, False]
    assert not mixed.is_working(date(2026, 12, 31))
    assert none.is_working(date(2026, 12, 25))


def test_holidays_that_nobody_knows_are_refused_with_what_would_be_right(tmp_path: Path) -> None:
    assert refused(tmp_path, f"{ASANA}calendar: {{holidays: Spain}}\n", ASANA_TOKEN="t") == [
        "calendar.holidays: 'Spain' is no country with known holidays; did you mean ES?"
    ]
    assert refused(tmp_path, f'{ASANA}calendar: {{holidays: ["31.12.2026"]}}\n', ASANA_TOKEN="t") == [
        "calendar.holidays: '31.12.2026' is no day; write days as 2026-12-24"
    ]
    assert refused(tmp_path, f"{ASANA}calendar: {{holidays: 7}}\n", ASANA_TOKEN="t") == [
        "calendar.holidays: give a country such as ES, a part of one such as ES-MD, or a list of days"
    ]


def test_teams_have_holidays_of_their_own(tmp_path: Path) -> None:
    text = f"{ASANA}calendar: {{holidays: ES, teams: {{Ants: US, Bees: [ES-MD, 2026-12-24], Wasps: []}}}}\n"
    terms = accepted(tmp_path, text).dependency_terms

    thanksgiving, constitution_day = date(2026, 11, 26), date(2026, 12, 8)
    teams = terms.team_calendars
    assert [calendar.is_working(thanksgiving) for calendar in (terms.calendar, *teams.values())] == [True, False] + [
        True
    ] * 2
    assert [calendar.is_working(constitution_day) for calendar in (terms.calendar, *teams.values())] == [
        False,
        True,
        False,
        True,
    ]
    assert list(teams) == ["Ants", "Bees", "Wasps"]
    assert terms.seal != accepted(tmp_path, f"{ASANA}calendar: {{holidays: ES}}\n").dependency_terms.seal


@pytest.mark.parametrize(
    ("teams", "problem"),
    [
        ("[Ants]", "calendar.teams: give the holidays of each team by its name, such as {Ants: ES-MD}"),
        ("{Ants: Narnia}", "calendar.teams: Ants: 'Narnia' is no country with known holidays; "),
        ("{Ants: 7}", "calendar.teams: Ants: give a country such as ES, "),
    ],
)
def test_holidays_of_a_team_that_nobody_knows_are_refused_by_the_team(tmp_path: Path, teams: str, problem: str) -> None:
    [said] = refused(tmp_path, f"{ASANA}calendar: {{teams: {teams}}}\n", ASANA_TOKEN="t")
    assert said.startswith(problem)
