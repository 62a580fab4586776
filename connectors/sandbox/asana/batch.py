"""`POST /batch`: up to ten requests in one, each of which counts against the limits by itself."""

from __future__ import annotations

from typing import Any

import msgspec

from connectors.sandbox.asana.refusals import bad_request, too_many
from connectors.sandbox.asana.serving import Asana, Routes
from connectors.sandbox.calls import Call, Json

MOST_ACTIONS = 10


def batch(asana: Asana, call: Call) -> Json:
    """Answers in the order of the actions; 200 although all of them may have failed."""
    actions = _actions(call)
    most = asana.options.concurrent_reads
    if most is not None and len(actions) > most:
        raise too_many(1)
    for _ in actions[1:]:  # the request itself has paid for one of them
        asana.limits.spend()
    return {"data": [_done(asana, action) for action in actions]}


def _actions(call: Call) -> list[Json]:
    try:
        body: Any = msgspec.json.decode(call.content or b"{}")
        actions = body["data"]["actions"]
    except (msgspec.DecodeError, KeyError, TypeError):
        raise bad_request("actions: Missing input") from None
    if not isinstance(actions, list) or not 1 <= len(actions) <= MOST_ACTIONS:
        raise bad_request(f"actions: Must have between 1 and {MOST_ACTIONS} actions")
    return actions


def _done(asana: Asana, action: Json) -> Json:
    path = str(action.get("relative_path", ""))
    if "?" in path:
        raise bad_request("relative_path: Query parameters are not supported, use data instead")
    options = dict(action.get("options") or {})
    query = {name: str(value) for name, value in (action.get("data") or {}).items()}
    query |= {name: str(options[name]) for name in ("limit", "offset") if name in options}
    if options.get("fields"):
        query["opt_fields"] = ",".join(options["fields"])
    answer = asana.answer_to(str(action.get("method", "get")).upper(), path, query)
    return {"status_code": answer.status, "headers": {}, "body": msgspec.Raw(answer.body)}


ROUTES: Routes = [("POST", "/batch", batch)]
