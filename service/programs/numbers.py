"""The three numbers per basis that a plan compares before and after, inside its own open transaction."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.dates import ProgramDates
from service.domain.errors import UnknownProgram
from service.domain.progress import MissingWeight
from service.domain.rollup import roll_up
from service.programs.rounding import rounded
from service.store.program_items import ProgramItems


async def progress_numbers(
    connection: AsyncConnection, program_key: str, *, missing: MissingWeight = MissingWeight.SKIP
) -> dict[str, dict[str, float | None]]:
    """basis → {"done", "total", "value"}, rounded as in answers. Raises UnknownProgram.

    Sees what the transaction has written so far, and is never cached.
    """
    reader = ProgramItems(connection)
    program = await reader.program(program_key)
    if program is None:
        raise UnknownProgram(program_key)
    rollup = roll_up(
        await reader.rollup_items(program_key),
        program=ProgramDates(program.start, program.target),
        count_subtasks=program.count_subtasks,
        missing=missing,
    )
    return {
        str(basis): {
            "done": rounded(progress.done),
            "total": rounded(progress.total),
            "value": rounded(progress.value),
        }
        for basis, progress in rollup.progress.items()
    }
