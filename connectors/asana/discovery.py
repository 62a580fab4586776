"""What a workspace consists of: its people, projects, custom fields, portfolios, goals, and what its plan allows.

Asked anew on every run, because all of it changes without touching a task. The answers become named payloads whose
bytes are equal when nothing changed: sorted by gid, keys sorted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import aclosing

import msgspec

from connectors.asana import opt_fields
from connectors.asana.capabilities import Plan
from connectors.asana.concurrently import concurrently
from connectors.asana.config import fold
from connectors.asana.decoding import decode_rows
from connectors.asana.listing import NOT_ALLOWED, Refused, everything, fetch
from connectors.asana.payloads import PortfolioMetaJson
from connectors.asana.portfolios import JsonObject, Portfolios, Unreadable
from connectors.asana.portfolios import read_portfolios as fetch_portfolios
from connectors.asana.reference import project_keys, read_portfolios
from connectors.client import Client
from connectors.contract import Finding, MissingScope, Scope

STATED = frozenset({"current_status", "current_status_update"})

_Listed = tuple[list[JsonObject], Portfolios]


class Discovery:
    """One source's reading of reference data. `projects` (gids or names) and `portfolios` (gids) say what is wanted.

    Neither: every project of the workspace; portfolios alone: their projects.
    """

    def __init__(
        self,
        *,
        client: Client,
        projects: Sequence[str] | None,
        portfolios: Sequence[str],
        workers: int,
    ) -> None:
        self._client = client
        self._wanted = projects
        self._portfolios = portfolios
        self._workers = workers
        self._listing: asyncio.Task[_Listed] | None = None

    def forget(self) -> None:
        """A new run lists the projects anew."""
        self._listing = None

    async def payloads(self, workspace: str) -> Mapping[str, bytes]:
        """Name → JSON bytes, as `reference` names them."""
        plan = Plan(self._client)
        (projects, portfolios), users, fields, goals, types = await asyncio.gather(
            self._listed(workspace),
            plan.optional("users", "/users", {"workspace": workspace, "opt_fields": opt_fields.USER}),
            plan.optional("custom_fields", f"/workspaces/{workspace}/custom_fields", {"opt_fields": opt_fields.FIELD}),
            plan.optional("goals", "/goals", {"workspace": workspace, "opt_fields": opt_fields.GOAL}),
            plan.optional(
                "custom_types", "/custom_types", {"workspace": workspace, "opt_fields": opt_fields.CUSTOM_TYPE}
            ),
        )
        scopes, _ = self._scopes_among(projects, portfolios)
        live = [each for each in scopes if not each.archived]
        if not plan.allows("custom_fields"):
            fields = await self._fields_of(live)
        if self._portfolios:
            refused = (each.reason for each in portfolios.unreadable if each.status in NOT_ALLOWED)
            plan.note("portfolios", refused=next(refused, None))
        if live:
            await plan.probe_dependencies(live[0].native_id)
        return {
            "workspace": _bytes(workspace),
            "projects": _bytes(_sorted(_unstated(projects))),
            "portfolios": _bytes(_sorted(_unstated(portfolios.rows))),
            "project_updates": _bytes(_sorted(_stated(projects))),
            "portfolio_updates": _bytes(_sorted(_stated(portfolios.rows))),
            "users": _bytes(_sorted(users)),
            "fields": _bytes(_sorted(fields)),
            "goals": _bytes(_sorted(goals)),
            "custom_types": _bytes(_sorted(types)),
            "capabilities": _bytes(plan.capabilities()),
            "scopes": _bytes(sorted(each.native_id for each in scopes)),
            "findings": _bytes([_unreadable(each) for each in sorted(portfolios.unreadable, key=lambda it: it.gid)]),
        }

    async def scopes(self, workspace: str, known: Mapping[str, str]) -> tuple[Sequence[Scope], Sequence[MissingScope]]:
        """The wanted projects, archived ones marked; and those that cannot be seen."""
        projects, portfolios = await self._listed(workspace)
        found, missing = self._scopes_among(projects, portfolios, known=known)
        if self._wants_everything or portfolios.unreadable:
            told = {each.key for each in missing}
            missing += [each for each in _vanished(known, found) if each.key not in told]
        return found, missing

    @property
    def _wants_everything(self) -> bool:
        return self._wanted is None and not self._portfolios

    async def _listed(self, workspace: str) -> _Listed:
        """Projects and portfolios, listed once a run, for whoever asks first."""
        if self._listing is None:
            self._listing = asyncio.create_task(self._list(workspace))
        return await asyncio.shield(self._listing)

    async def _list(self, workspace: str) -> _Listed:
        projects, portfolios = await asyncio.gather(
            self._projects(workspace), fetch_portfolios(self._client, self._portfolios, workers=self._workers)
        )
        listed = {str(each["gid"]) for each in projects}
        unlisted = [gid for gid in self._names(portfolios) if gid.isdigit() and gid not in listed]
        async with aclosing(concurrently(unlisted, self._project, workers=self._workers)) as found:
            projects += [each async for each in found if each is not None]
        return projects, portfolios

    def _names(self, portfolios: Portfolios) -> list[str]:
        """Gids and names of what is wanted, each once."""
        return list(dict.fromkeys((*(self._wanted or ()), *_in_portfolios(portfolios))))

    async def _project(self, gid: str) -> JsonObject | None:
        """One that the workspace does not list, such as another workspace's in a portfolio of this one."""
        try:
            raw = await fetch(self._client, f"/projects/{gid}", {"opt_fields": opt_fields.PROJECT})
        except Refused:
            return None
        return await self._with_status(msgspec.json.decode(raw))

    async def _projects(self, workspace: str) -> list[JsonObject]:
        """All that the account sees, archived ones too, with their latest status update in the same answer."""
        projects = await everything(
            self._client, "/projects", {"workspace": workspace, "opt_fields": opt_fields.PROJECT}
        )
        return list(await asyncio.gather(*map(self._with_status, projects)))

    async def _with_status(self, project: JsonObject) -> JsonObject:
        """A status update that came without its status is asked for by itself: nested fields are not promised."""
        update = project.get("current_status_update")
        if not isinstance(update, dict) or "status_type" in update or not update.get("gid"):
            return project
        try:
            raw = await fetch(
                self._client, f"/status_updates/{update['gid']}", {"opt_fields": opt_fields.STATUS_UPDATE}
            )
        except Refused:
            return project
        return {**project, "current_status_update": msgspec.json.decode(raw)}

    def _scopes_among(
        self, projects: Sequence[JsonObject], portfolios: Portfolios, *, known: Mapping[str, str] = {}
    ) -> tuple[list[Scope], list[MissingScope]]:
        listed = _scopes(projects)
        if self._wants_everything:
            return listed, []
        found: dict[str, Scope] = {}
        missing = [MissingScope(each.gid, _unreadable(each).message) for each in portfolios.unreadable]
        for name in self._names(portfolios):
            matching = _called(name, listed)
            found |= {each.native_id: each for each in matching}
            if not matching:
                shown = known.get(name, name)
                missing.append(MissingScope(shown, NOT_VISIBLE.format(name=shown)))
        return list(found.values()), missing

    async def _fields_of(self, scopes: Sequence[Scope]) -> list[JsonObject]:
        """Project by project, where the workspace's list is refused."""

        async def of(scope: Scope) -> list[JsonObject]:
            path = f"/projects/{scope.native_id}/custom_field_settings"
            try:
                return await everything(self._client, path, {"opt_fields": opt_fields.FIELD_SETTING})
            except Refused:
                return []

        found: dict[object, JsonObject] = {}
        async with aclosing(concurrently(scopes, of, workers=self._workers)) as lists:
            async for settings in lists:
                fields = [each.get("custom_field") for each in settings]
                found |= {each["gid"]: each for each in fields if isinstance(each, dict) and each.get("gid")}
        return list(found.values())


NOT_VISIBLE = (
    "Project {name} does not exist or the account may not see it; check the name or the gid, and whether the project "
    "is private."
)
VANISHED = (
    "Project {key} can no longer be seen; its items stay as they were. Check whether it was deleted or made private, "
    "or name the projects that you want under scope."
)


def _unreadable(portfolio: Unreadable) -> Finding:
    return Finding("portfolio_unreadable", f"Portfolio {portfolio.gid} cannot be read: {portfolio.reason}")


def _in_portfolios(portfolios: Portfolios) -> Iterable[str]:
    sent, _ = decode_rows(_bytes(portfolios.rows), PortfolioMetaJson)
    return (project for each in read_portfolios(sent) for project in each.project_ids)


def _called(name: str, listed: Sequence[Scope]) -> list[Scope]:
    """By gid, else every project of that name: names need not be unique."""
    return [each for each in listed if each.native_id == name] or [
        each for each in listed if fold(name) in {fold(each.name), fold(each.key)}
    ]


def _vanished(known: Mapping[str, str], found: Sequence[Scope]) -> list[MissingScope]:
    """Deleted or hidden, nobody can say: without a word, half a program would disappear with it."""
    ids = {scope.native_id for scope in found}
    gone = sorted(key for native_id, key in known.items() if native_id not in ids)
    return [MissingScope(key, VANISHED.format(key=key)) for key in gone]


def _scopes(projects: Iterable[JsonObject]) -> list[Scope]:
    rows = _sorted(projects)
    names = {str(each["gid"]): str(each.get("name") or each["gid"]) for each in rows}
    keys = project_keys(names)
    return [
        Scope(gid, keys[gid], names[gid], bool(each.get("archived"))) for each in rows for gid in [str(each["gid"])]
    ]


def _sorted(rows: Iterable[JsonObject]) -> list[JsonObject]:
    """By gid, shorter ones first: they are numbers, if only to look at."""
    return sorted(rows, key=lambda each: (len(str(each.get("gid"))), str(each.get("gid"))))


def _stated(rows: Iterable[JsonObject]) -> list[JsonObject]:
    """What people said about projects or portfolios: kept apart, for it changes often and no task is read by it."""
    return [{name: value for name, value in each.items() if name == "gid" or name in STATED} for each in rows]


def _unstated(rows: Iterable[JsonObject]) -> list[JsonObject]:
    return [{name: value for name, value in each.items() if name not in STATED} for each in rows]


def _bytes(value: object) -> bytes:
    return msgspec.json.encode(value, order="sorted")
