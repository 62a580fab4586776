"""A report as one HTML document: no scripts, nothing loaded, light and dark, fit for paper and phones."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from service.programs.report_page import BurnUp, Page, followable

MEDIA_TYPE: Final = "text/html; charset=utf-8"
TEMPLATES: Final = Path(__file__).parent / "templates"
STYLE: Final = (TEMPLATES / "report.css").read_text(encoding="utf-8")
CONTENT_SECURITY_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
"""Stricter than that of the pages: this style, and nothing else."""
WIDTH, HEIGHT = 800, 140  # of the drawing, in its own units


def report_html(page: Page, *, base: str = "") -> str:
    """`base` is where people reach the service; links into it are relative without."""
    return _TEMPLATE.render(page=page, follow=lambda address: followable(address, base))


def kind(block: object) -> str:
    """How the template calls it."""
    return type(block).__name__.lower()


def curve(drawing: BurnUp, values: list[float]) -> str:
    """Points of a polyline, from the left to the right edge; the highest of all values touches the top."""
    highest = max((*drawing.done, *drawing.total), default=0) or 1
    step = WIDTH / max(len(values) - 1, 1)
    return " ".join(f"{place * step:.1f},{HEIGHT * (1 - value / highest):.1f}" for place, value in enumerate(values))


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"kind": kind}
    environment.globals |= {"style": Markup(STYLE), "curve": curve, "WIDTH": WIDTH, "HEIGHT": HEIGHT}  # noqa: S704 - ours
    return environment


_TEMPLATE: Final = _environment().get_template("report.html")
