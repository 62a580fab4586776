"""Whether a person's accounts in several tools count as one: the operator's choice, off unless asked for."""

from __future__ import annotations

from datetime import datetime

from service.programs.assign import assign_all
from service.store.assignment_scope import lock_assignments
from service.store.engine import Database
from service.store.options import JOIN_PEOPLE, Options


async def join_people(database: Database, *, by_email: bool, now: datetime) -> bool:
    """Make the choice hold; True if it is another than before. Then every membership has been decided anew."""
    async with database.reading() as uow:
        if (JOIN_PEOPLE in await Options(uow.connection).on()) is by_email:
            return False
    async with database.transaction() as uow:
        await lock_assignments(uow.connection)
        await Options(uow.connection).turn(JOIN_PEOPLE, on=by_email)
        await assign_all(uow, now=now)
    return True
