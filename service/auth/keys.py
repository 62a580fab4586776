"""API keys: what a token looks like, how it is checked, making and revoking them.

A token is `ilk_<id>_<secret>`. The id finds the row; of the secret only its SHA-256 is stored. A slow password hash
would add nothing: the secret has 256 random bits, so there is no dictionary to try, and every request would pay for it.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from service.auth.errors import CredentialRefused, KeyRefused, UnknownKey
from service.domain.access import Principal, PrincipalKind, Scope
from service.domain.errors import UnknownProgram
from service.store.audit import Audit
from service.store.engine import Database
from service.store.keys import Keys, StoredKey
from service.store.program_items import ProgramItems

PREFIX: Final = "ilk_"
SECRET_BYTES: Final = 32
_TOKEN: Final = re.compile(r"ilk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._@-]{0,79}")
_LIFETIME: Final = re.compile(r"([1-9]\d{0,4})([hdw])")
_UNITS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class NewKey:
    """The only moment at which the token exists outside of who holds it."""

    key: StoredKey
    token: str


def split_token(token: str) -> tuple[str, str] | None:
    """(id, secret), or None for what is no token of ours."""
    found = _TOKEN.fullmatch(token)
    return None if found is None else (found[1], found[2])


def digest_of(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def check(key: StoredKey | None, secret: str, *, now: datetime) -> StoredKey:
    """The key, if the secret is its own and it is good. Raises CredentialRefused.

    Whether a key exists, was revoked or has expired is only told to who holds its secret.
    """
    stored = digest_of("") if key is None else key.digest
    if not hmac.compare_digest(stored, digest_of(secret)) or key is None:
        raise CredentialRefused("This API key is not known; ask for a new one.")
    if key.revoked_at is not None:
        raise CredentialRefused(f"The API key {key.name} was revoked; ask for a new one.")
    if key.expired(now):
        raise CredentialRefused(f"The API key {key.name} has expired; ask for a new one.")
    return key


def principal_of(key: StoredKey) -> Principal:
    programs = frozenset(key.programs) if key.programs else None
    return Principal(key.name, PrincipalKind.KEY, frozenset({key.scope}), programs, key.id)


def lifetime(text: str) -> timedelta:
    """ "12h", "90d" or "26w". Raises KeyRefused."""
    found = _LIFETIME.fullmatch(text.strip())
    if found is None:
        raise KeyRefused(f"{text!r} is no lifetime; write it like 12h, 90d or 26w.")
    return int(found[1]) * _UNITS[found[2]]


async def create_key(  # noqa: PLR0913 - what a key consists of
    database: Database,
    name: str,
    *,
    scope: Scope,
    programs: Collection[str] = (),
    expires: timedelta | None = None,
    actor: str,
    origin: str,
    now: datetime,
) -> NewKey:
    """Audited. Raises KeyRefused, UnknownProgram."""
    _refuse_nonsense(name, scope, programs)
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(SECRET_BYTES)
    until = None if expires is None else now + expires
    limits = tuple(sorted(set(programs)))
    key = StoredKey(key_id, name, digest_of(secret), scope, limits, now, actor, until)
    async with database.transaction() as uow:
        keys = Keys(uow.connection)
        if await keys.live(name) is not None:
            raise KeyRefused(f"There is a key {name} already; revoke it first, or take another name.")
        for program in limits:
            if await ProgramItems(uow.connection).program(program) is None:
                raise UnknownProgram(program)
        await keys.add(key)
        await Audit(uow.connection).add(
            at=now, actor=actor, origin=origin, action="key_created", subject=name, detail=_as_json(key)
        )
    return NewKey(key, f"{PREFIX}{key_id}_{secret}")


async def revoke_key(database: Database, name: str, *, actor: str, origin: str, now: datetime) -> StoredKey:
    """Audited; from now on the key and the sessions that began with it are refused. Raises UnknownKey."""
    async with database.transaction() as uow:
        keys = Keys(uow.connection)
        key = await keys.live(name)
        if key is None:
            raise UnknownKey(name)
        await keys.revoke(key.id, at=now)
        await Audit(uow.connection).add(
            at=now, actor=actor, origin=origin, action="key_revoked", subject=name, detail=_as_json(key)
        )
    return replace(key, revoked_at=now)


def _refuse_nonsense(name: str, scope: Scope, programs: Collection[str]) -> None:
    if not _NAME.fullmatch(name):
        raise KeyRefused(f"{name!r} is no name for a key; use up to 80 letters, digits, spaces and . _ @ -")
    if programs and scope is not Scope.READ:
        raise KeyRefused(
            f"A key that is limited to programs can only read: {scope} concerns all of the work. "
            "Leave the programs out, or make it a read key."
        )


def _as_json(key: StoredKey) -> dict[str, Any]:
    """Neither secret nor digest."""
    expires = None if key.expires_at is None else key.expires_at.isoformat()
    return {"id": key.id, "scope": key.scope.value, "programs": list(key.programs), "expires_at": expires}
