"""`interlock keys`: making API keys, listing them, taking them back. A token is shown once, when it is made."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from service import wording
from service.auth.keys import create_key, lifetime, revoke_key
from service.bootstrap import Application
from service.domain.access import Scope
from service.store.keys import Keys, StoredKey

TERMINAL = "terminal"


class KeyData(Struct, frozen=True):
    """`state` is live, expired or revoked; `programs` null: not limited. Neither secret nor hash."""

    id: str
    name: str
    state: str
    scope: str
    programs: tuple[str, ...] | None
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


def actor() -> str:
    """How the audit names who sits at the terminal."""
    return f"{getpass.getuser()} (terminal)"


async def create(
    app: Application,
    name: str,
    *,
    scope: Scope,
    programs: Sequence[str],
    expires: str | None,
    as_json: bool,
    console: Console,
) -> None:
    """Raises KeyRefused, UnknownProgram."""
    made = await create_key(
        app.database,
        name,
        scope=scope,
        programs=programs,
        expires=None if expires is None else lifetime(expires),
        actor=actor(),
        origin=TERMINAL,
        now=app.clock.now(),
    )
    if as_json:
        _print_json({"key": _data(made.key, app.clock.now()), "token": made.token}, console)
        return
    console.out(made.token, highlight=False)
    said = f"{_described(made.key)}. It is shown this once; only its hash is kept."
    Console(stderr=True).print(said, highlight=False, soft_wrap=True)  # the token alone can be piped on


async def show(app: Application, *, as_json: bool, console: Console) -> None:
    now = app.clock.now()
    async with app.database.reading() as uow:
        keys = [_data(key, now) for key in await Keys(uow.connection).all()]
    if as_json:
        _print_json({"keys": keys}, console)
    elif not keys:
        console.print("There are no API keys. `interlock keys create NAME` makes one.", highlight=False)
    else:
        console.print(_table(keys))


async def revoke(app: Application, name: str, *, as_json: bool, console: Console) -> None:
    """Raises UnknownKey."""
    key = await revoke_key(app.database, name, actor=actor(), origin=TERMINAL, now=app.clock.now())
    if as_json:
        _print_json({"key": _data(key, app.clock.now())}, console)
    else:
        console.print(f"Revoked {name}. What it opened is closed, sign-ins on pages included.", highlight=False)


def _described(key: StoredKey) -> str:
    limit = f" on {', '.join(key.programs)} alone" if key.programs else ""
    until = f" until {wording.moment(key.expires_at)}" if key.expires_at else ""
    return f"The key {key.name} may {key.scope}{limit}{until}"


def _data(key: StoredKey, now: datetime) -> KeyData:
    state = "revoked" if key.revoked_at is not None else "expired" if key.expired(now) else "live"
    same = {name: getattr(key, name) for name in ("id", "name", "created_at", "created_by", "expires_at")}
    return KeyData(
        **same,
        state=state,
        scope=key.scope.value,
        programs=key.programs or None,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
    )


def _table(keys: Sequence[KeyData]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("Name", "State", "Scope", "Programs", "Made by", "Expires", "Last used"):
        table.add_column(column)
    for key in keys:
        table.add_row(
            key.name,
            key.state,
            key.scope,
            ", ".join(key.programs) if key.programs else "all",
            key.created_by,
            wording.moment(key.expires_at) if key.expires_at else "never",
            wording.moment(key.last_used_at) if key.last_used_at else "never",
        )
    return table


def _print_json(data: object, console: Console) -> None:
    """In the envelope of all answers, as far as it applies to what no tool was asked for."""
    console.out(msgspec.json.encode({"data": data}, order="deterministic").decode(), highlight=False)
