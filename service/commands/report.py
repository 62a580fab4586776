"""`interlock report KEY`: a report ready to paste, to the terminal or into a file."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from service.bootstrap import Application
from service.commands.dependencies import viewpoint
from service.programs.answers import encode
from service.programs.report import ReportQuestion, ReportTerms, get_report
from service.programs.report_html import report_html
from service.programs.report_markdown import report_markdown
from service.programs.report_sections import page_of


async def show_report(
    app: Application,
    key: str,
    question: ReportQuestion,
    *,
    as_html: bool,
    as_json: bool,
    out: Path | None,
    console: Console,
) -> None:
    """Markdown, unless told otherwise or by the suffix of the file. Raises UnknownProgram, InvalidQuery, OSError."""
    terms = ReportTerms(
        health=app.settings.health_terms,
        flow=app.settings.flow_terms,
        missing=app.settings.missing_weight,
        historians=app.historians,
    )
    answer = await get_report(app.database, key, question, view=viewpoint(app), terms=terms)
    base = (app.settings.auth.public_url or "").rstrip("/")
    if as_json:
        text = encode(answer).decode()
    else:
        page = page_of(answer, zone=app.settings.dependency_terms.zone)
        wanted_html = as_html or (out is not None and out.suffix.lower() in {".html", ".htm"})
        text = (report_html if wanted_html else report_markdown)(page, base=base)
    if out is None:
        console.out(text.rstrip("\n"), highlight=False)
        return
    _write(out, text)
    console.print(f"Written: {out}", highlight=False, markup=False, soft_wrap=True)


def _write(file: Path, text: str) -> None:
    """Raises OSError where it cannot."""
    file.write_text(text, encoding="utf-8")
