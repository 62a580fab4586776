"""`/webhooks` of a stand-in Asana."""

from __future__ import annotations

import msgspec

from connectors.sandbox.asana.refusals import bad_request, forbidden
from connectors.sandbox.asana.render import ENCODE
from connectors.sandbox.asana.selection import COMPACT
from connectors.sandbox.asana.serving import Asana, Routes
from connectors.sandbox.asana.things import Ref
from connectors.sandbox.calls import Answer, Call, Json
from connectors.sandbox.posting import is_here

WATCHABLE = ("project", "task", "portfolio", "workspace")
NEED_FILTERS = {"portfolio", "workspace"}


def webhooks(asana: Asana, call: Call) -> Json:
    workspace = call.query.get("workspace")
    if not workspace:
        raise bad_request("workspace: Missing input")
    asana.readable("workspace", workspace)
    wanted = call.query.get("resource")
    return asana.rows(call, [hook.shown() for hook in asana.hooks.all() if wanted in (None, hook.resource.gid)])


def webhook(asana: Asana, call: Call) -> Json:
    return {"data": asana.renderer.value(asana.hooks.get(call.names["webhook"]).shown(), asana.asked(call, COMPACT))}


def create(asana: Asana, call: Call) -> Answer:
    """Answers after the handshake. Where the vendor takes no address of this machine, a stand-in takes no other."""
    data = _data(call)
    resource, target = str(data.get("resource") or ""), str(data.get("target") or "")
    kind = next((kind for kind in WATCHABLE if asana.site.look_up(kind, resource)), "project")
    asana.readable(kind, resource)
    if not is_here(target):
        raise forbidden("target")
    filters = data.get("filters") or []
    if kind in NEED_FILTERS and not filters:
        raise bad_request("filters: Missing input")
    hook = asana.hooks.add(Ref(kind, resource), target, filters)
    shown_hook = asana.renderer.value(hook.shown(), asana.asked(call, COMPACT))
    return Answer(201, ENCODE({"data": shown_hook, "X-Hook-Secret": hook.secret}))


def delete(asana: Asana, call: Call) -> Json:
    asana.hooks.remove(call.names["webhook"])
    return {"data": {}}


def _data(call: Call) -> Json:
    try:
        data = msgspec.json.decode(call.content or b"{}")["data"]
    except (msgspec.DecodeError, KeyError, TypeError):
        raise bad_request("data: Missing input") from None
    if not isinstance(data, dict):
        raise bad_request("data: Not an object")
    return data


ROUTES: Routes = [
    ("GET", "/webhooks", webhooks),
    ("POST", "/webhooks", create),
    ("GET", "/webhooks/{webhook}", webhook),
    ("DELETE", "/webhooks/{webhook}", delete),
]
