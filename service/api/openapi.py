"""The OpenAPI document. Schemas come from the structs that are encoded, so it cannot say anything else than they do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from service.api.access import NEEDS, SESSION_COOKIE
from service.api.problems import MEDIA_TYPE, Kind, Problem
from service.api.schemas.problem import ProblemDetails

Responses = dict[int | str, dict[str, Any]]

REF: Final = "#/components/schemas/{name}"
NOT_MODIFIED: Final[Responses] = {304: {"description": "The client's copy (If-None-Match) is still current."}}
EVERYWHERE: Final = (
    Kind.SIGN_IN_NEEDED,
    Kind.CREDENTIAL_REFUSED,
    Kind.SCOPE_MISSING,
    Kind.LIMITED_TO_PROGRAMS,
    Kind.LOOPBACK_ONLY,
    Kind.TOO_MANY_FAILURES,
    Kind.PROVIDER_AWAY,
    Kind.DATABASE_UNUSABLE,
    Kind.UNEXPECTED,
)
SCHEMES: Final = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key (`ilk_…`, made by `interlock keys create`), or a token of the identity provider.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION_COOKIE,
        "description": "What a sign-in at /login leaves in a browser.",
    },
}

_described: dict[str, Any] = {}  # reference → struct type, of every answer an endpoint declared
_examples: dict[str, Mapping[str, Any]] = {}  # reference → its example, nulls included


def answers(
    kind: Any,
    *problems: Kind,
    description: str,
    example: Mapping[str, Any],
    status: int = 200,
    csv: bool = False,
    conditional: bool = False,
    texts: Sequence[str] = (),
) -> Responses:
    """The `responses` of an endpoint: its answer with an example, and each problem it can end in.

    `texts` are further media types it answers in.
    """
    schema = _reference(kind)
    _examples[schema["$ref"]] = example
    content: dict[str, Any] = {"application/json": {"schema": schema, "example": dict(example)}}
    if csv:
        content["text/csv"] = {"schema": {"type": "string"}}
    content |= {media_type.partition(";")[0]: {"schema": {"type": "string"}} for media_type in texts}
    success: Responses = {status: {"description": description, "content": content}}
    return {**success, **(NOT_MODIFIED if conditional else {}), **problem_responses(*problems)}


def problem_responses(*problems: Kind) -> Responses:
    """One response per status; the problems that share a status are its examples."""
    by_status: defaultdict[int, list[Kind]] = defaultdict(list)
    for kind in dict.fromkeys((*problems, *EVERYWHERE)):
        by_status[kind.status].append(kind)
    return {
        status: {
            "description": " / ".join(kind.title for kind in kinds),
            "content": {
                MEDIA_TYPE: {
                    "schema": _reference(ProblemDetails),
                    "examples": {kind.slug: {"value": Problem(kind, kind.meaning).body("/api/v1/…")} for kind in kinds},
                }
            },
        }
        for status, kinds in sorted(by_status.items())
    }


def document(app: FastAPI) -> dict[str, Any]:
    """Made once; the components are those of every declared answer."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=app.routes,
            tags=app.openapi_tags,
        )
        _, components = msgspec.json.schema_components(list(_described.values()), ref_template=REF)
        made.setdefault("components", {}).setdefault("schemas", {}).update(components)
        for unused in ("HTTPValidationError", "ValidationError"):
            made["components"]["schemas"].pop(unused, None)
        made["components"]["securitySchemes"] = SCHEMES
        _restore_nulls(made)
        _state_needs(made)
        app.openapi_schema = made
    return app.openapi_schema


def _restore_nulls(made: dict[str, Any]) -> None:
    """FastAPI drops every null on the way, from the examples too; in ours a null is part of the answer."""
    for methods in made["paths"].values():
        for operation in methods.values():
            for response in operation["responses"].values():
                content = response.get("content", {}).get("application/json", {})
                example = _examples.get(content.get("schema", {}).get("$ref", ""))
                if example is not None:
                    content["example"] = example


def _state_needs(made: dict[str, Any]) -> None:
    """What each operation needs, from the table that decides it."""
    for methods in made["paths"].values():
        for operation in methods.values():
            scope = NEEDS[operation["operationId"]].scope
            operation["security"] = [] if scope is None else [{"bearer": [str(scope)]}, {"session": [str(scope)]}]
            if scope is not None:
                operation["x-interlock-scope"] = str(scope)
                for status, said in problem_responses().items():
                    operation["responses"].setdefault(str(status), said)


def _reference(kind: Any) -> dict[str, Any]:
    (reference,), _components = msgspec.json.schema_components([kind], ref_template=REF)
    _described[str(reference["$ref"])] = kind
    return dict(reference)


def body_of_programs_file(example: str) -> dict[str, Any]:
    """`openapi_extra` for the two endpoints that take a programs file."""
    schema = {"type": "object", "required": ["programs"], "properties": {"programs": {"type": "array"}}}
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/yaml": {"schema": {"type": "string"}, "example": example},
                "application/json": {"schema": schema, "example": {"programs": []}},
            },
        }
    }


def tags(entries: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "description": description} for name, description in entries]
