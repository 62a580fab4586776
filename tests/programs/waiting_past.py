"""How the waiting program came to be: what was closed, linked and begun, and when."""

from __future__ import annotations

from service.store.engine import Database
from tests.programs.histories import CLOSED, DOING, TO_DO, add_change, add_reference, on
from tests.programs.waiting import a_waiting_program


async def a_waiting_past(database: Database) -> None:
    """PAY-5 was closed on 11 November, PAY-1 linked to CART-3 on the 12th; PAY-1 and PAY-2 were begun on the 16th."""
    await a_waiting_program(database)
    await add_reference(database)
    await add_change(database, 5, on(11, 11), "status", DOING, CLOSED)
    await add_change(database, 1, on(11, 12), "link", None, ("CART-3", "This issue blocks CART-3"))
    for native_id in (1, 2):
        await add_change(database, native_id, on(11, 16, 9), "status", TO_DO, DOING)
    await add_change(database, 1, on(11, 18), "duedate", ("2026-11-20", "2026-11-20"), ("2026-11-27", "2026-11-27"))
