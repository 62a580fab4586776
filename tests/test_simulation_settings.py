"""Limits of teams on parallel work, as the configuration names them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from service.definition_settings import CalendarConfig, Definitions, HealthConfig, dependency_terms
from service.domain.team_limits import TeamLimits
from service.programs.dependency_terms import DependencyTerms


def terms(**definitions: object) -> DependencyTerms:
    return dependency_terms(CalendarConfig(), Definitions.model_validate(definitions), HealthConfig())


def test_teams_have_no_limit_unless_somebody_says_so() -> None:
    assert not terms().team_limits


def test_a_team_has_the_limit_that_is_named() -> None:
    assert terms(wip_limits={"Ants": 3}).team_limits == TeamLimits(by_team={"Ants": 3})


def test_limits_may_be_those_that_were_seen() -> None:
    assert terms(wip_limits="measured").team_limits == TeamLimits(measured=True)


@pytest.mark.parametrize("wrong", [{"Ants": 0}, "guessed", {"": 3}])
def test_what_is_no_limit_is_refused(wrong: object) -> None:
    with pytest.raises(ValidationError, match="wip_limits"):
        terms(wip_limits=wrong)


def test_other_limits_are_other_answers() -> None:
    assert len({terms().seal, terms(wip_limits="measured").seal, terms(wip_limits={"Ants": 3}).seal}) == 3
