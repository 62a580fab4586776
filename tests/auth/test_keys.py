"""API keys: made once, stored as a hash, good until they expire or are revoked. On both databases."""

from __future__ import annotations

import re
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select, text

from service.auth.errors import CredentialRefused, KeyRefused, TooManyFailures, UnknownKey
from service.auth.gate import LOOKS_EVERY, Gate
from service.auth.keys import create_key, lifetime, revoke_key, split_token
from service.domain.access import Scope
from service.domain.errors import UnknownProgram
from service.store.audit import Audit
from service.store.engine import Database
from service.store.keys import Keys, StoredKey
from service.store.tables.access import api_keys
from tests.auth.support import a_key
from tests.connectors.time import FakeTime
from tests.flows.support import HandClock
from tests.programs.portfolio import NOW, add_program

HERE = "10.0.0.7"


def a_gate(database: Database, clock: HandClock | None = None) -> Gate:
    return Gate(database, clock or HandClock(NOW), now=FakeTime().now)


async def stored(database: Database, key_id: str) -> StoredKey:
    async with database.reading() as uow:
        key = await Keys(uow.connection).by_id(key_id)
    assert key is not None
    return key


async def test_a_token_opens_what_its_key_may(database: Database) -> None:
    made = await a_key(database, "nightly", Scope.SYNC)

    principal = await a_gate(database).by_bearer(made.token, address=HERE)

    assert (principal.actor, set(principal.scopes), principal.programs) == ("nightly (key)", {Scope.SYNC}, None)


async def test_a_token_has_256_random_bits_and_no_two_are_alike(sqlite_database: Database) -> None:
    tokens = [(await a_key(sqlite_database, f"k{n}")).token for n in range(3)]

    assert all(re.fullmatch(r"ilk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", each) for each in tokens)
    assert len({split_token(each) for each in tokens}) == 3


async def test_only_the_hash_of_the_secret_is_stored(database: Database) -> None:
    made = await a_key(database)
    parts = split_token(made.token)
    assert parts is not None

    async with database.reading() as uow:
        (row,) = (await uow.connection.execute(select(api_keys))).all()
        audited = (await uow.connection.execute(text("SELECT detail FROM audit_log"))).scalars().all()

    assert row.digest == sha256(parts[1].encode()).hexdigest()
    assert parts[1] not in f"{row}{audited}"
    assert row.digest not in f"{audited}"


@pytest.mark.parametrize("wrong", ["ilk_000000000000_" + "x" * 43, "ilk_", "", "Basic", "ilk_zz_yy", "é" * 60])
async def test_what_is_no_key_of_ours_is_refused_without_being_repeated(database: Database, wrong: str) -> None:
    with pytest.raises(CredentialRefused) as refused:
        await a_gate(database).by_bearer(wrong, address=HERE)

    assert refused.value.message in {
        "This API key is not known; ask for a new one.",
        "This is no API key; a key begins with ilk_ and is shown when it is made.",
    }


async def test_the_id_of_a_key_without_its_secret_opens_nothing_and_tells_nothing(database: Database) -> None:
    made = await a_key(database)
    await revoke_key(database, "ci", actor="pat", origin="terminal", now=NOW)
    guessed = f"ilk_{made.key.id}_{'A' * 43}"

    with pytest.raises(CredentialRefused, match="is not known"):
        await a_gate(database).by_bearer(guessed, address=HERE)


async def test_a_key_ends_when_it_expires(database: Database) -> None:
    made = await a_key(database, expires=timedelta(days=90))
    clock = HandClock(NOW)
    gate = a_gate(database, clock)
    clock.pass_by(days=89)
    assert (await gate.by_bearer(made.token, address=HERE)).name == "ci"

    clock.pass_by(days=1)
    with pytest.raises(CredentialRefused, match=r"The API key ci has expired; ask for a new one\."):
        await gate.by_bearer(made.token, address=HERE)


async def test_a_revoked_key_is_refused_at_once_and_its_name_is_free_again(database: Database) -> None:
    made, gate = await a_key(database), a_gate(database)
    await gate.by_bearer(made.token, address=HERE)

    await revoke_key(database, "ci", actor="pat", origin="terminal", now=NOW)
    again = await a_key(database)

    with pytest.raises(CredentialRefused, match=r"The API key ci was revoked; ask for a new one\."):
        await gate.by_bearer(made.token, address=HERE)
    assert (await gate.by_bearer(again.token, address=HERE)).key_id == again.key.id


async def test_a_session_ends_with_its_key(database: Database) -> None:
    made, gate = await a_key(database), a_gate(database)
    cookie = gate.sessions.of(await gate.sign_in(made.token, address=HERE), now=NOW)
    person = await gate.by_session(cookie)
    assert person is not None
    assert person.name == "ci"

    await revoke_key(database, "ci", actor="pat", origin="terminal", now=NOW)

    assert await gate.by_session(cookie) is None


async def test_when_a_key_was_used_is_noted_at_most_once_a_minute(database: Database) -> None:
    made, clock = await a_key(database), HandClock(NOW)
    gate = a_gate(database, clock)
    assert made.key.last_used_at is None

    noted = []
    for seconds in (0, 59, 1):
        clock.pass_by(seconds=seconds)
        await gate.by_bearer(made.token, address=HERE)
        noted.append((await stored(database, made.key.id)).last_used_at)

    assert noted == [NOW, NOW, NOW + timedelta(minutes=1)]


async def test_making_and_revoking_are_audited_with_who_and_from_where(database: Database) -> None:
    made = await a_key(database, "ci", Scope.ADMIN)
    await revoke_key(database, "ci", actor="sam (terminal)", origin="terminal", now=NOW)

    async with database.reading() as uow:
        revoked, created = await Audit(uow.connection).page(action=None, before=None, limit=10)

    assert (created.action, created.actor, created.origin, created.subject) == ("key_created", "pat", "terminal", "ci")
    assert (revoked.action, revoked.actor) == ("key_revoked", "sam (terminal)")
    assert created.detail == {"id": made.key.id, "scope": "admin", "programs": [], "expires_at": None}


async def test_a_key_that_makes_no_sense_is_not_made(database: Database) -> None:
    await add_program(database, "PAY")
    await a_key(database, "ci")
    wrong: list[tuple[str, Scope, tuple[str, ...], type[Exception], str]] = [
        ("ci", Scope.READ, (), KeyRefused, "There is a key ci already; revoke it first, or take another name."),
        ("a\nb", Scope.READ, (), KeyRefused, "is no name for a key"),
        ("x", Scope.SYNC, ("PAY",), KeyRefused, "A key that is limited to programs can only read"),
        ("x", Scope.READ, ("PAI",), UnknownProgram, "There is no program PAI"),
    ]
    for name, scope, programs, kind, said in wrong:
        with pytest.raises(kind, match=said):
            await create_key(database, name, scope=scope, programs=programs, actor="pat", origin="terminal", now=NOW)

    async with database.reading() as uow:
        assert [each.name for each in await Keys(uow.connection).all()] == ["ci"]


async def test_a_key_that_nobody_has_cannot_be_revoked(database: Database) -> None:
    with pytest.raises(UnknownKey, match=r"There is no key ci to revoke; `interlock keys list` shows them\."):
        await revoke_key(database, "ci", actor="pat", origin="terminal", now=NOW)


async def test_signing_in_is_asked_for_from_the_first_key_on_and_for_good(database: Database) -> None:
    """Neither revoking nor expiring the last key opens the service again."""
    time = FakeTime()
    gate = Gate(database, HandClock(NOW), now=time.now)
    before = await gate.configured()
    await a_key(database)
    await time.sleep(LOOKS_EVERY)
    after = await gate.configured()
    await revoke_key(database, "ci", actor="pat", origin="terminal", now=NOW)

    assert (before, after) == (False, True)
    assert await Gate(database, HandClock(NOW)).configured()


async def test_a_wrong_key_typed_often_is_braked_and_so_is_the_right_one_for_a_while(sqlite_database: Database) -> None:
    made, time = await a_key(sqlite_database), FakeTime()
    gate = Gate(sqlite_database, HandClock(NOW), now=time.now)
    for _ in range(10):
        with pytest.raises(CredentialRefused):
            await gate.sign_in("ilk_wrong", address=HERE)

    with pytest.raises(TooManyFailures, match="try again in 60 seconds"):
        await gate.sign_in(made.token, address=HERE)
    assert (await gate.sign_in(made.token, address="10.0.0.8")).name == "ci"
    await time.sleep(60)
    assert (await gate.sign_in(made.token, address=HERE)).name == "ci"


async def test_a_forgotten_script_does_not_lock_out_good_keys_of_its_address(sqlite_database: Database) -> None:
    made, gate = await a_key(sqlite_database), a_gate(sqlite_database)
    for _ in range(10):
        with pytest.raises(CredentialRefused):
            await gate.by_bearer("ilk_old", address=HERE)

    with pytest.raises(TooManyFailures):
        await gate.by_bearer("ilk_old", address=HERE)
    assert (await gate.by_bearer(made.token, address=HERE)).name == "ci"
    assert (await gate.sign_in(made.token, address=HERE)).name == "ci"


@pytest.mark.parametrize(
    ("written", "meant"),
    [("12h", timedelta(hours=12)), ("90d", timedelta(days=90)), (" 2w", timedelta(weeks=2))],
)
def test_a_lifetime_is_a_number_and_a_unit(written: str, meant: timedelta) -> None:
    assert lifetime(written) == meant


@pytest.mark.parametrize("written", ["", "0d", "-1d", "90", "d", "1y", "1.5d", "999999d"])
def test_another_lifetime_is_refused(written: str) -> None:
    with pytest.raises(KeyRefused, match=r"is no lifetime; write it like 12h, 90d or 26w\."):
        lifetime(written)
