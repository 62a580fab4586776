"""Who may ask what: scopes, principals, what a route needs, and the decision. Pure; proving who asks is `service.auth`.

A scope includes those before it: read < sync < admin. A principal that is limited to programs sees nothing of the
others, not even that they exist.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final


class Scope(StrEnum):
    """In the order of what they allow."""

    READ = "read"
    SYNC = "sync"
    ADMIN = "admin"

    def covers(self, need: Scope) -> bool:
        return _RANK[self] >= _RANK[need]


_RANK: Final = {scope: rank for rank, scope in enumerate(Scope)}


class PrincipalKind(StrEnum):
    """How somebody was recognised."""

    KEY = "key"
    OIDC = "sign-in"  # by the identity provider
    LOCAL = "local"  # at the machine itself, where nobody has to sign in
    ANONYMOUS = "anonymous"  # from elsewhere, where reading was opened to everybody


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who asks. `programs` None: all of them; `key_id` is there for keys."""

    name: str
    kind: PrincipalKind
    scopes: frozenset[Scope]
    programs: frozenset[str] | None = None
    key_id: str | None = None

    @property
    def actor(self) -> str:
        """How the audit names them: "nightly (key)"."""
        return f"{self.name} ({self.kind})"

    def holds(self, need: Scope) -> bool:
        return any(scope.covers(need) for scope in self.scopes)

    def sees(self, program: str) -> bool:
        return self.programs is None or program in self.programs


LOCAL: Final = Principal("this machine", PrincipalKind.LOCAL, frozenset({Scope.ADMIN}))
ANONYMOUS: Final = Principal("anybody", PrincipalKind.ANONYMOUS, frozenset({Scope.READ}))


class Reach(Enum):
    """What an answer is about, which decides what a principal limited to programs gets of it."""

    NOTHING = "nothing that is stored"
    NAMED = "the program that the path names"
    LISTED = "whatever the principal sees: the answer is cut down to it"
    WHOLE = "all of the work: nothing for one who is limited"


@dataclass(frozen=True, slots=True)
class Need:
    """What a route asks for. `scope` None: it is open to everybody."""

    scope: Scope | None
    reach: Reach


OPEN: Final = Need(None, Reach.NOTHING)


class Decision(Enum):
    ALLOWED = "allowed"
    SCOPE_MISSING = "the scope is not enough"
    LIMITED = "it concerns more than the principal's programs"
    HIDDEN = "the program is none of theirs: as if it did not exist"


def decide(principal: Principal, need: Need, *, program: str | None = None) -> Decision:
    """`program` is the key in the path, where there is one."""
    if need.scope is not None and not principal.holds(need.scope):
        return Decision.SCOPE_MISSING
    if principal.programs is None:
        return Decision.ALLOWED
    match need.reach:
        case Reach.WHOLE:
            return Decision.LIMITED
        case Reach.NAMED if program is None or not principal.sees(program):
            return Decision.HIDDEN
        case _:
            return Decision.ALLOWED


def may(principal: Principal, need: Need, *, program: str | None = None) -> bool:
    return decide(principal, need, program=program) is Decision.ALLOWED


def highest(scopes: Iterable[Scope]) -> Scope | None:
    """The one that includes the others."""
    return max(scopes, key=_RANK.__getitem__, default=None)
