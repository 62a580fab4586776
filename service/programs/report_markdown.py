"""A report as Markdown (GitHub's, with tables), ready to paste into a mail or a wiki page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, assert_never
from urllib.parse import quote

from service.programs.changes_markdown import link, plain
from service.programs.report_page import Block, Bullets, BurnUp, Line, Page, Paragraph, Run, Table, followable

MEDIA_TYPE: Final = "text/markdown; charset=utf-8"
_KEPT: Final = "/:?#[]@!$&'*+,;=%-._~"  # of an address; a bar would end the cell of a table, a bracket the link


def report_markdown(page: Page, *, base: str = "") -> str:
    """`base` is where people reach the service; links into it are relative without."""
    parts = [f"# {plain(page.title)}", plain(page.subtitle), f"**{plain(page.lead)}**"]
    for section in page.sections:
        parts.append(f"## {_linked(Run(section.heading, section.address), base)}")
        parts += [shown for block in section.blocks if (shown := "\n".join(_block(block, base)))]
    parts.append(_line(page.colophon, base))
    return "\n\n".join(parts) + "\n"


def _block(block: Block, base: str) -> Iterator[str]:
    match block:
        case Paragraph():
            yield _line(block.line, base).strip()
        case Bullets():
            yield from (f"- {_line(each, base)}" for each in block.lines)
        case Table():
            yield from _table(block, base)
        case BurnUp():
            return
        case _:
            assert_never(block)


def _table(table: Table, base: str) -> Iterator[str]:
    rules = ["---:" if place in table.numeric else "---" for place in range(len(table.heads))]
    yield _row([plain(each) for each in table.heads])
    yield f"|{'|'.join(rules)}|"
    for row in table.rows:
        yield _row([_line(each, base) for each in row])


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _line(line: Line, base: str) -> str:
    return "".join(_run(each, base) for each in line)


def _run(run: Run, base: str) -> str:
    """Spaces around the words stay outside of what emphasises or links them."""
    words = run.words.strip()
    if not words:
        return " " if run.words else ""
    before = " " if run.words[0].isspace() else ""
    after = " " if run.words[-1].isspace() else ""
    shown = _linked(Run(words, run.address), base)
    return f"{before}{f'**{shown}**' if run.strong else shown}{after}"


def _linked(run: Run, base: str) -> str:
    address = followable(run.address, base)
    return link(run.words, None if address is None else quote(address, safe=_KEPT))
