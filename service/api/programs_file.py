"""A programs file as it arrives in a request: YAML text, or JSON of the same shape."""

from __future__ import annotations

import json
from typing import Final

from starlette.requests import Request

from service.api.problems import Kind, Problem
from service.api.services import Services
from service.domain.mapping import ProgramsFile
from service.domain.mapping_file import parse_programs

TAKEN: Final = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/plain", "application/json")


async def read_programs_file(request: Request, services: Services) -> ProgramsFile:
    """Raises Problem for a body that is no text, ProgramsFileInvalid for one that is no programs file."""
    kind = request.headers.get("content-type", "application/yaml").partition(";")[0].strip().lower()
    if kind not in TAKEN:
        raise Problem(
            Kind.UNSUPPORTED_MEDIA_TYPE,
            f"The body is {kind or 'of no type'}; send application/yaml or application/json.",
            headers={"Accept-Post": "application/yaml, application/json"},
            allowed=["application/yaml", "application/json"],
        )
    text = _decoded(await request.body())
    return parse_programs(_as_yaml(text) if kind == "application/json" else text, sources=services.source_names)


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(
            Kind.UNREADABLE_BODY, f"Byte {error.start} of the body is not UTF-8; save the file as UTF-8."
        ) from None


def _as_yaml(text: str) -> str:
    """JSON is YAML but for its tabs and its escapes; written anew with one value a line, it keeps useful lines."""
    try:
        return json.dumps(json.loads(text), indent=1, ensure_ascii=False)
    except (ValueError, RecursionError) as error:
        where = f" at line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise Problem(Kind.UNREADABLE_BODY, f"The body is not JSON{where}; see /docs for an example.") from None
