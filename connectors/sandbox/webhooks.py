"""Where a Jira lets its webhooks be managed: on Cloud and old servers, in the engine of newer ones, and by apps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from connectors.sandbox.application import Jira, Routes, needs_account
from connectors.sandbox.calls import Answer, Call, Json, Refusal, as_list, as_text
from connectors.sandbox.hooks import Hook
from connectors.sandbox.jql import Both, Clause, Either, JqlError, Node, parse
from connectors.sandbox.paging import page_bean

OLD = "/rest/webhooks/1.0/webhook"
ENGINE = "/rest/jira-webhook/1.0/webhooks"
ENGINE_SINCE = 10
SECTION = "issue-related-events-section"
OLD_BODY = {"name", "description", "url", "events", "filters", "excludeBody", "enabled", "secret"}
ENGINE_BODY = {"name", "url", "events", "active", "configuration", "scopeType", "sslVerificationRequired"}
MOST_OF_AN_APP = 5
APP_EVENTS = {
    *("jira:issue_created", "jira:issue_updated", "jira:issue_deleted"),
    *("comment_created", "comment_updated", "comment_deleted", "issue_property_set", "issue_property_deleted"),
    *("sprint_created", "sprint_updated", "sprint_closed", "sprint_deleted", "sprint_started"),
    *(
        f"jira:version_{what}"
        for what in ("released", "unreleased", "created", "moved", "updated", "merged", "deleted")
    ),
}
APP_FIELDS = {"issuekey", "project", "issuetype", "status", "assignee", "reporter"}
APP_OPERATORS = {"=", "!=", "in", "not in"}


# Cloud, and Data Center before 10


def old_list(jira: Jira, call: Call) -> Any:
    _administrator(jira, call, engine=False)
    return [_old_shown(jira, hook) for hook in jira.hooks.of_admins()]


def old_create(jira: Jira, call: Call) -> Answer:
    """A `secret` makes Cloud sign; a server of that age does not know it."""
    _administrator(jira, call, engine=False)
    body = call.body(OLD_BODY)
    made = jira.hooks.add(
        {
            "name": as_text(body.get("name"), "name"),
            "address": _address(body),
            "events": _events(body),
            "jql": str((body.get("filters") or {}).get(SECTION) or ""),
            "secret": body.get("secret") if jira.is_cloud else None,
            "enabled": bool(body.get("enabled", True)),
        },
        expires=False,
    )
    return Answer(201, msgspec.json.encode(_old_shown(jira, made)))


def old_delete(jira: Jira, call: Call) -> Answer:
    _administrator(jira, call, engine=False)
    jira.hooks.remove(_named(jira, call))
    return Answer(204, b"")


def _old_shown(jira: Jira, hook: Hook) -> Json:
    return {
        "name": hook.name,
        "url": hook.address,
        "excludeBody": False,
        "filters": {SECTION: hook.jql},
        "events": hook.events,
        "enabled": hook.enabled,
        "self": f"{jira.view.base_url}{OLD}/{hook.id}",
        "lastUpdatedUser": jira.site.me,
        "lastUpdated": _milliseconds(hook.made_at),
        "isSigned": hook.secret is not None,
    }


# the engine of Data Center 10


def engine_list(jira: Jira, call: Call) -> Any:
    _administrator(jira, call, engine=True)
    return [_engine_shown(hook) for hook in jira.hooks.of_admins()]


def engine_create(jira: Jira, call: Call) -> Answer:
    """The secret is one of the configuration's texts, and so are the filters."""
    _administrator(jira, call, engine=True)
    body = call.body(ENGINE_BODY)
    configuration = body.get("configuration") or {}
    filters = msgspec.json.decode(configuration.get("FILTERS") or "{}")
    made = jira.hooks.add(
        {
            "name": as_text(body.get("name"), "name"),
            "address": _address(body),
            "events": _events(body),
            "jql": str(filters.get(SECTION) or ""),
            "secret": configuration.get("SECRET"),
            "enabled": bool(body.get("active", True)),
        },
        expires=False,
    )
    return Answer(201, msgspec.json.encode(_engine_shown(made)))


def engine_delete(jira: Jira, call: Call) -> Answer:
    _administrator(jira, call, engine=True)
    jira.hooks.remove(_named(jira, call))
    return Answer(204, b"")


def _engine_shown(hook: Hook) -> Json:
    configuration = {"EXCLUDE_BODY": "false"}
    if hook.jql:
        configuration["FILTERS"] = msgspec.json.encode({SECTION: hook.jql}).decode()
    return {
        "id": hook.id,
        "name": hook.name,
        "createdDate": _milliseconds(hook.made_at),
        "updatedDate": _milliseconds(hook.made_at),
        "events": hook.events,
        "configuration": configuration,
        "url": hook.address,
        "active": hook.enabled,
        "scopeType": "global",
        "sslVerificationRequired": True,
    }


# apps


def app_list(jira: Jira, call: Call) -> Any:
    _app(jira, call)
    return page_bean(call, [_app_shown(hook) for hook in jira.hooks.of_apps()], at_most=100, default=100)


def app_create(jira: Jira, call: Call) -> Any:
    """200 although each one may have failed."""
    _app(jira, call)
    body = call.body({"url", "webhooks"})
    address = _address(body)
    if any(hook.address != address for hook in jira.hooks.of_apps()):
        raise Refusal(400, "Only a single URL per app is allowed to be registered.")
    results: list[Json] = []
    for asked in as_list(body.get("webhooks"), "webhooks"):
        if errors := list(_wrong(jira, asked)):
            results.append({"errors": errors})
            continue
        hook = {"name": "app", "address": address, "events": tuple(asked["events"]), "jql": asked["jqlFilter"]}
        results.append({"createdWebhookId": jira.hooks.add(hook, expires=True).id})
    return {"webhookRegistrationResult": results}


def app_delete(jira: Jira, call: Call) -> Answer:
    """Ids of others are ignored."""
    _app(jira, call)
    for hook in _asked(jira, call):
        jira.hooks.remove(hook)
    return Answer(202, b"")


def app_refresh(jira: Jira, call: Call) -> Any:
    _app(jira, call)
    return {"expirationDate": _milliseconds(jira.hooks.refresh(_asked(jira, call)))}


def _app_shown(hook: Hook) -> Json:
    return {
        "id": hook.id,
        "jqlFilter": hook.jql,
        "events": hook.events,
        "expirationDate": _milliseconds(hook.expires_at),
        "url": hook.address,
    }


def _wrong(jira: Jira, asked: Json) -> Iterator[str]:
    if len(jira.hooks.of_apps()) >= MOST_OF_AN_APP:
        yield f"The limit of {MOST_OF_AN_APP} webhooks for this app and user is reached."
    unknown = sorted(set(asked.get("events") or ("none",)) - APP_EVENTS)
    if unknown:
        yield f"The events are not supported: {', '.join(unknown)}."
    try:
        where = parse(str(asked.get("jqlFilter") or "")).where
    except JqlError as error:
        yield str(error)
        return
    if where is None:
        yield "The JQL filter is required."
    elif not all(each.field.lower() in APP_FIELDS and each.operator in APP_OPERATORS for each in _clauses(where)):
        yield "The JQL filter uses a clause that is not supported."


def _clauses(node: Node) -> Iterator[Clause]:
    match node:
        case Both(parts) | Either(parts):
            for part in parts:
                yield from _clauses(part)
        case Clause():
            yield node


# what they share


def _administrator(jira: Jira, call: Call, *, engine: bool) -> None:
    has_engine = not jira.is_cloud and jira.options.server_version[0] >= ENGINE_SINCE
    if engine != has_engine:
        raise Refusal(404, f"No resource answers {call.method} {call.path}.")
    needs_account(call)
    if not jira.options.may_administer:
        raise Refusal(403, "You are not authorized to perform this operation. Administrator privileges are required.")


def _app(jira: Jira, call: Call) -> None:
    needs_account(call)
    if jira.options.app_secret is None:
        raise Refusal(403, "Only Connect and OAuth 2.0 apps can use this operation.")


def _named(jira: Jira, call: Call) -> Hook:
    for hook in jira.hooks.of_admins():
        if str(hook.id) == call.names["webhook"]:
            return hook
    raise Refusal(404, "The webhook does not exist.")


def _asked(jira: Jira, call: Call) -> list[Hook]:
    wanted = set(as_list(call.body({"webhookIds"}).get("webhookIds"), "webhookIds"))
    return [hook for hook in jira.hooks.of_apps() if hook.id in wanted]


def _address(body: Json) -> str:
    address = as_text(body.get("url"), "url")
    if not address.startswith(("http://", "https://")):
        raise Refusal(400, f"The url {address} is not valid.")
    return address


def _events(body: Json) -> tuple[str, ...]:
    return tuple(str(event) for event in as_list(body.get("events"), "events"))


def _milliseconds(moment: Any) -> int:
    return int(moment.timestamp() * 1000)


def admin_routes(path: str) -> Routes:
    actions = (old_list, old_create, old_delete) if path == OLD else (engine_list, engine_create, engine_delete)
    return [
        ("GET", path, actions[0]),
        ("POST", path, actions[1]),
        ("DELETE", f"{path}/{{webhook}}", actions[2]),
    ]


def app_routes(api: str) -> Routes:
    return [
        ("GET", f"{api}/webhook", app_list),
        ("POST", f"{api}/webhook", app_create),
        ("DELETE", f"{api}/webhook", app_delete),
        ("PUT", f"{api}/webhook/refresh", app_refresh),
    ]
