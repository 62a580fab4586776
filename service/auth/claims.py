"""From what an identity provider says about somebody to what they may here. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from service.domain.access import Principal, PrincipalKind, Scope, highest

ANYBODY: Final = "*"
NAME_CLAIMS: Final = ("email", "preferred_username", "name", "client_id", "azp", "sub")


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """`scopes`: which values of `scopes_claim` give which scope; "*" is whoever has a valid token.

    `programs_claim` names a claim that lists keys of programs, and limits who may only read to them.
    """

    scopes: Mapping[Scope, tuple[str, ...]]
    scopes_claim: str = "groups"
    programs_claim: str | None = None


def principal_from(claims: Mapping[str, Any], rules: ClaimRules) -> Principal:
    """Somebody whom no rule names has no scope; what they may not is told when they ask."""
    values = {*texts(claims, rules.scopes_claim), ANYBODY}
    scopes = frozenset(scope for scope, wanted in rules.scopes.items() if values.intersection(wanted))
    return Principal(_name(claims), PrincipalKind.OIDC, scopes, _programs(claims, rules, scopes))


def texts(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    """A claim's values: a list, or words in one text as `scope` has them. "a.b" also finds b within a."""
    value: Any = claims.get(name)
    if value is None:
        value = claims
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        return frozenset(value.split())
    return frozenset(each for each in value if isinstance(each, str)) if isinstance(value, list) else frozenset()


def _name(claims: Mapping[str, Any]) -> str:
    found = (claims.get(name) for name in NAME_CLAIMS)
    return next((each for each in found if isinstance(each, str) and each), "somebody")[:200]


def _programs(claims: Mapping[str, Any], rules: ClaimRules, scopes: frozenset[Scope]) -> frozenset[str] | None:
    """Without the claim a reader sees no program rather than all of them."""
    if rules.programs_claim is None or highest(scopes) not in {Scope.READ, None}:
        return None
    named = texts(claims, rules.programs_claim)
    return None if ANYBODY in named else named
