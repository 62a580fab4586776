"""What a provider's claims give, what a browser carries, and how failures are counted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from service.auth.attempts import ADDRESSES, FAILURES, WINDOW_SECONDS, Attempts
from service.auth.claims import ClaimRules, principal_from, texts
from service.auth.errors import TooManyFailures
from service.auth.sessions import LIFETIME, Sessions, provided
from service.domain.access import Principal, PrincipalKind, Scope
from tests.auth.support import GROUPS
from tests.connectors.time import FakeTime
from tests.programs.portfolio import NOW

PAT = Principal("pat@acme.example", PrincipalKind.OIDC, frozenset({Scope.READ}), frozenset({"PAY"}))


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"groups": ["engineering", "operators", "chess"]}, {Scope.READ, Scope.ADMIN}),
        ({"groups": "leads engineering"}, {Scope.SYNC, Scope.READ}),
        ({"groups": ["chess"]}, set()),
        ({"groups": [1, None, {"leads": 1}]}, set()),
        ({"groups": 7}, set()),
        ({}, set()),
    ],
)
def test_groups_become_scopes_as_configured_and_nothing_else_does(claims: dict[str, Any], scopes: set[Scope]) -> None:
    assert principal_from(claims, ClaimRules(GROUPS)).scopes == scopes


def test_a_star_gives_the_scope_to_whoever_has_a_valid_token() -> None:
    assert principal_from({}, ClaimRules({Scope.READ: ("*",)})).scopes == {Scope.READ}


def test_a_claim_within_a_claim_is_found_by_its_path_and_one_with_dots_by_its_name() -> None:
    claims = {"realm_access": {"roles": ["a", "b"]}, "https://acme.example/roles": ["c"]}

    assert texts(claims, "realm_access.roles") == {"a", "b"}
    assert texts(claims, "https://acme.example/roles") == {"c"}
    assert texts(claims, "realm_access.nothing.there") == frozenset()


@pytest.mark.parametrize(
    ("claims", "programs"),
    [
        ({"groups": ["engineering"], "programs": ["PAY", "CART"]}, {"PAY", "CART"}),
        ({"groups": ["engineering"], "programs": ["*"]}, None),
        ({"groups": ["engineering"]}, set()),
        ({"groups": ["operators"]}, None),
    ],
)
def test_a_claim_of_programs_limits_readers_and_its_absence_shows_them_none(
    claims: dict[str, Any], programs: set[str] | None
) -> None:
    assert principal_from(claims, ClaimRules(GROUPS, programs_claim="programs")).programs == programs


def test_a_person_is_named_as_colleagues_know_them() -> None:
    rules = ClaimRules(GROUPS)

    assert principal_from({"sub": "u-1", "email": "pat@acme.example"}, rules).actor == "pat@acme.example (sign-in)"
    assert principal_from({"sub": "u-1", "email": ["odd"]}, rules).name == "u-1"
    assert principal_from({}, rules).name == "somebody"


def test_a_session_holds_for_twelve_hours_and_says_what_the_provider_said() -> None:
    sessions = Sessions("k" * 32)
    cookie = sessions.of(PAT, now=NOW)

    claims = sessions.read("session", cookie, now=NOW + LIFETIME - timedelta(seconds=1))
    assert claims is not None
    assert provided(claims) == PAT
    assert sessions.read("session", cookie, now=NOW + LIFETIME) is None
    assert timedelta(hours=12) == LIFETIME


def test_a_cookie_that_was_changed_or_signed_elsewhere_or_for_something_else_is_worth_nothing() -> None:
    sessions = Sessions("k" * 32)
    cookie = sessions.of(PAT, now=NOW)
    head, body, seal = cookie.split(".")
    other = Sessions("k" * 32).sign("sign-in", {"state": "s"}, now=NOW, lifetime=LIFETIME)

    for wrong in (f"{head}.{body}x.{seal}", f"{head}.{body}.", "", "x", "é", other, Sessions().of(PAT, now=NOW)):
        assert sessions.read("session", wrong, now=NOW) is None


def test_processes_with_one_secret_know_each_others_sessions() -> None:
    cookie = Sessions("k" * 32).of(PAT, now=NOW)

    assert Sessions("k" * 32).read("session", cookie, now=NOW) is not None


async def test_a_brake_holds_for_a_minute() -> None:
    time = FakeTime()
    attempts = Attempts(now=time.now)
    for _ in range(FAILURES):
        attempts.check("10.0.0.7")
        attempts.failed("10.0.0.7")

    with pytest.raises(TooManyFailures) as braked:
        attempts.check("10.0.0.7")
    attempts.check("10.0.0.8")
    assert braked.value.seconds == WINDOW_SECONDS

    await time.sleep(WINDOW_SECONDS)
    attempts.check("10.0.0.7")


def test_addresses_of_one_ipv6_network_are_one() -> None:
    attempts = Attempts(now=FakeTime().now)
    for n in range(FAILURES):
        attempts.failed(f"2001:db8::{n:x}")

    with pytest.raises(TooManyFailures):
        attempts.check("2001:db8::ffff")
    attempts.check("2001:db8:0:1::1")


def test_no_more_addresses_are_remembered_than_there_is_room_for() -> None:
    attempts = Attempts(now=FakeTime().now)
    for n in range(ADDRESSES + 10):
        attempts.failed(f"host-{n}")

    assert len(attempts) == ADDRESSES
