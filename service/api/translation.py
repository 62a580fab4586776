"""From what the layers below raise, and what FastAPI finds wrong with a request, to the problem a client reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from service.api.problems import Kind, Problem
from service.api.services import SyncAlreadyRunning
from service.auth.errors import CredentialRefused, ProviderAway, TooManyFailures
from service.domain.errors import (
    BaselineExists,
    InvalidQuery,
    UnknownBaseline,
    UnknownItem,
    UnknownProgram,
    UnknownSource,
    UnknownSuggestion,
)
from service.domain.mapping_file import ProgramsFileInvalid
from service.store.errors import DatabaseUnusable

log = structlog.get_logger(__name__)

_SENTENCES: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_long": "may have {max_length} characters at most",
    "string_too_short": "may not be empty",
    "literal_error": "must be one of the allowed values",
    "enum": "must be one of the allowed values",
    "bool_parsing": "must be true or false",
    "extra_forbidden": "is not known here",
    "model_attributes_type": "must be a JSON object, sent as application/json",
    "string_type": "must be a text",
}


def translate(error: Exception) -> Problem | None:  # noqa: PLR0911, PLR0912 - one line a case is the point
    """The problem that `error` is to a client, or None when nobody expected it."""
    match error:
        case Problem():
            return error
        case UnknownProgram():
            return Problem(Kind.UNKNOWN_PROGRAM, error.message, key=error.key)
        case UnknownItem():
            extra: dict[str, Any] = {"tombstone": error.tombstone} if error.tombstone else {}
            return Problem(Kind.UNKNOWN_ITEM, error.message, uid=error.uid, **extra)
        case UnknownSource():
            return Problem(Kind.UNKNOWN_SOURCE, error.message, source=error.name)
        case UnknownSuggestion():
            return Problem(Kind.UNKNOWN_SUGGESTION, error.message, id=error.id)
        case UnknownBaseline():
            return Problem(Kind.UNKNOWN_BASELINE, error.message, baseline=error.baseline)
        case BaselineExists():
            return Problem(Kind.BASELINE_EXISTS, error.message, name=error.name)
        case InvalidQuery():
            return _invalid([_entry(error.parameter, error.place, _tail(error), list(error.allowed))])
        case ProgramsFileInvalid():
            return _invalid_file(error)
        case SyncAlreadyRunning():
            return _already_running(error)
        case CredentialRefused() | TooManyFailures() | ProviderAway():
            return _not_recognised(error)
        case DatabaseUnusable():
            return _database_unusable(error)
        case RequestValidationError():
            return _invalid([_explain(each) for each in error.errors()])
        case HTTPException():
            return _from_http(error)
        case _:
            return None


def unknown_parameters(names: Sequence[str], allowed: Sequence[str]) -> Problem:
    """A misspelt filter that is silently ignored gives a wrong number, so it is refused."""
    said = "is not a parameter of this path"
    return _invalid([_entry(name, "query", said, list(allowed)) for name in names])


def given_twice(names: Sequence[str]) -> Problem:
    return _invalid([_entry(name, "query", "is given more than once", []) for name in names])


def _invalid(errors: list[dict[str, Any]]) -> Problem:
    sentences = [
        f"{each['parameter']} {each['message']}" + (f": {', '.join(each['allowed'])}" if each.get("allowed") else "")
        for each in errors
    ]
    allowed = {"allowed": errors[0]["allowed"]} if len(errors) == 1 and "allowed" in errors[0] else {}
    return Problem(Kind.INVALID_REQUEST, f"{'; '.join(sentences)}.", **allowed, errors=errors)


def _entry(parameter: str, place: str, message: str, allowed: Sequence[str]) -> dict[str, Any]:
    entry: dict[str, Any] = {"parameter": parameter, "in": place, "message": message}
    return {**entry, "allowed": list(allowed)} if allowed else entry


def _tail(error: InvalidQuery) -> str:
    """The error's own sentence without the name in front and the choices behind: both have their members."""
    sentence = error.message.removeprefix(f"{error.parameter}: ")
    return sentence.split(" Allowed: ")[0].removesuffix(".")


def _explain(error: Mapping[str, Any]) -> dict[str, Any]:
    place, *path = error["loc"]
    if error["type"] == "json_invalid":
        return _entry("body", "body", "is not JSON", [])
    context = error.get("ctx", {})
    sentence = _SENTENCES.get(error["type"])
    message = sentence.format_map(context) if sentence else f"is wrong: {error['msg']}"
    return _entry(
        ".".join(str(part) for part in path) or str(place), str(place), message, _choices(context.get("expected"))
    )


def _choices(expected: Any) -> list[str]:
    """pydantic writes "'a', 'b' or 'c'"."""
    return re.findall(r"'([^']*)'", expected) if isinstance(expected, str) else []


def _invalid_file(error: ProgramsFileInvalid) -> Problem:
    errors = [{"line": each.line, "path": each.path, "message": each.message} for each in error.problems]
    first = error.problems[0]
    rest = len(errors) - 1
    where = f"line {first.line}, {first.path}" if first.path else f"line {first.line}"
    more = f" ({rest} more in `errors`)" if rest else ""
    return Problem(Kind.INVALID_PROGRAMS_FILE, f"{where}: {first.message}{more}. Nothing was changed.", errors=errors)


def _already_running(error: SyncAlreadyRunning) -> Problem:
    follow = f"follow it at /api/v1/sync-runs/{error.run_id}" if error.run_id else "GET /api/v1/sync-runs shows it"
    extra: dict[str, Any] = {} if error.run_id is None else {"run": error.run_id}
    return Problem(
        Kind.SYNC_ALREADY_RUNNING,
        f"{error.source} is being synced already; {follow}.",
        headers={"Retry-After": "30"},
        source=error.source,
        **extra,
    )


def _not_recognised(error: CredentialRefused | TooManyFailures | ProviderAway) -> Problem:
    match error:
        case CredentialRefused():
            challenge = {"WWW-Authenticate": 'Bearer realm="interlock", error="invalid_token"'}
            return Problem(Kind.CREDENTIAL_REFUSED, error.message, headers=challenge)
        case TooManyFailures():
            return Problem(Kind.TOO_MANY_FAILURES, error.message, headers={"Retry-After": str(error.seconds)})
        case ProviderAway():  # why is the operator's business, and in the log
            said = (
                "The identity provider cannot be asked just now; the service's log says why. API keys work meanwhile."
            )
            return Problem(Kind.PROVIDER_AWAY, said, headers={"Retry-After": "30"})


def _database_unusable(error: DatabaseUnusable) -> Problem:
    """The message names the database's place, which is the operator's business and not every reader's."""
    log.error("database_unusable", reason=error.message)
    return Problem(
        Kind.DATABASE_UNUSABLE,
        "The database cannot be used just now; the service's log says why and what to do. Try again in a moment.",
        headers={"Retry-After": "30"},
    )


def _from_http(error: HTTPException) -> Problem | None:
    """What the router itself refuses: 404 and 405."""
    headers = dict(error.headers or {})
    match error.status_code:
        case 404:
            return Problem(Kind.UNKNOWN_PATH, "Nothing is served under this path; /docs lists what is.")
        case 405:
            allowed = sorted(part.strip() for part in headers.get("Allow", headers.get("allow", "")).split(","))
            return Problem(
                Kind.METHOD_NOT_ALLOWED,
                f"This path takes {' or '.join(allowed)}.",
                headers=headers,
                allowed=allowed,
            )
        case _:
            return None
