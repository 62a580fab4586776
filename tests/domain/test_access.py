"""Who may what: decided from values alone."""

from __future__ import annotations

import pytest

from service.domain.access import (
    LOCAL,
    OPEN,
    Decision,
    Need,
    Principal,
    PrincipalKind,
    Reach,
    Scope,
    decide,
    highest,
    may,
)


def somebody(*scopes: Scope, programs: set[str] | None = None) -> Principal:
    limit = None if programs is None else frozenset(programs)
    return Principal("ci", PrincipalKind.KEY, frozenset(scopes), limit)


@pytest.mark.parametrize(
    ("held", "allowed"),
    [
        (Scope.READ, [Scope.READ]),
        (Scope.SYNC, [Scope.READ, Scope.SYNC]),
        (Scope.ADMIN, [Scope.READ, Scope.SYNC, Scope.ADMIN]),
    ],
)
def test_a_scope_includes_those_before_it(held: Scope, allowed: list[Scope]) -> None:
    assert [need for need in Scope if may(somebody(held), Need(need, Reach.WHOLE))] == allowed


def test_somebody_without_a_scope_may_only_what_is_open_to_everybody() -> None:
    nobody = somebody()

    assert may(nobody, OPEN)
    assert decide(nobody, Need(Scope.READ, Reach.NOTHING)) is Decision.SCOPE_MISSING
    assert highest(nobody.scopes) is None


@pytest.mark.parametrize(
    ("reach", "program", "decision"),
    [
        (Reach.NOTHING, None, Decision.ALLOWED),
        (Reach.LISTED, None, Decision.ALLOWED),
        (Reach.NAMED, "PAY", Decision.ALLOWED),
        (Reach.NAMED, "CART", Decision.HIDDEN),
        (Reach.NAMED, None, Decision.HIDDEN),
        (Reach.WHOLE, None, Decision.LIMITED),
    ],
)
def test_a_limit_to_programs_hides_the_others_and_closes_what_concerns_all(
    reach: Reach, program: str | None, decision: Decision
) -> None:
    reader = somebody(Scope.READ, programs={"PAY"})

    assert decide(reader, Need(Scope.READ, reach), program=program) is decision


def test_a_missing_scope_is_told_before_a_limit_is() -> None:
    reader = somebody(Scope.READ, programs={"PAY"})

    assert decide(reader, Need(Scope.ADMIN, Reach.NAMED), program="CART") is Decision.SCOPE_MISSING


def test_without_a_limit_every_program_is_seen() -> None:
    assert somebody(Scope.READ).sees("ANY")
    assert not somebody(Scope.READ, programs=set()).sees("ANY")


def test_the_audit_names_who_and_how_they_were_recognised() -> None:
    assert (somebody(Scope.READ).actor, LOCAL.actor) == ("ci (key)", "this machine (local)")
