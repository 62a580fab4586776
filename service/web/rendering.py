"""Templates to responses: everything is escaped, and numbers are said the way `service.wording` says them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import Response

from service import wording
from service.api.access import viewer

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"


def page(template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any) -> Response:
    """One rendered page. Pages are never kept by a browser without asking again."""
    body = _ENVIRONMENT.get_template(template).render({"viewer": viewer.get(), **values})
    return Response(
        body,
        status,
        headers={"Cache-Control": "private, no-cache", **(headers or {})},
        media_type="text/html; charset=utf-8",
    )


def day(value: str | None) -> str:
    """A date of an answer, which is ISO text there."""
    return wording.day(date.fromisoformat(value) if value else None)


def with_code(value: str) -> Markup:
    """A sentence whose `names` between backticks are shown as code; everything is escaped."""
    words, *rest = str(value).split("`")
    parts = [escape(words)]
    for place, piece in enumerate(rest):
        parts.append(Markup("<code>{}</code>").format(piece) if place % 2 == 0 else escape(piece))
    return Markup("").join(parts)


def moment(value: str | None) -> str:
    return wording.moment(datetime.fromisoformat(value) if value else None)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "age": wording.age,
        "amount": wording.amount,
        "counted": wording.counted,
        "day": day,
        "excluded": wording.excluded,
        "moment": moment,
        "percent": wording.percent,
        "stated": wording.stated,
        "with_code": with_code,
    }
    environment.globals |= {
        "BASES": wording.BASES,
        "BREAKDOWNS": wording.BREAKDOWNS,
        "CATEGORIES": wording.CATEGORIES,
        "CONFLICTS": wording.CONFLICTS,
        "DEPENDENCIES": wording.DEPENDENCIES,
        "DEPENDENCY_SYMBOLS": wording.DEPENDENCY_SYMBOLS,
        "EXCLUSIONS": wording.EXCLUSIONS,
        "HEALTH": wording.HEALTH,
        "HEALTH_SYMBOLS": wording.HEALTH_SYMBOLS,
        "PRESENCES": wording.PRESENCES,
        "REASONS": wording.REASONS,
        "RULES": wording.RULES,
        "stylesheet": f"/static/interlock.css?v={_version(STATIC / 'interlock.css')}",
    }
    return environment


def _version(file: Path) -> str:
    """Changes with the content, so that a browser may keep the file for ever."""
    return blake2b(file.read_bytes(), digest_size=6).hexdigest()


_ENVIRONMENT: Final = _environment()
