"""What a Jira site consists of: its fields, statuses, types, projects, versions, boards and sprints.

Asked anew on every run, because all of it changes without touching an issue. The answers become named payloads
whose bytes are equal when nothing changed: sorted by id, keys sorted, without addresses of pictures.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from connectors.answers import Answer
from connectors.client import Client
from connectors.contract import Finding, MissingScope, Scope
from connectors.errors import PermissionDenied, SourceMisconfigured
from connectors.jira.gateway import JiraGateway, JsonObject
from connectors.pagination import OffsetPage, offset_pages

LIST_PAGE = 100
AGILE = "/rest/agile/1.0"
VOLATILE = frozenset({"avatarUrls", "iconUrl", "self", "expand", "insight", "lead", "lastUsed"})
NO_ANSWER = (SourceMisconfigured, PermissionDenied)  # 400, 404, 422 and 403: this one cannot be read, others can


_Projects = tuple[list[JsonObject], list[Finding]]  # and what of them could not be read


class _PageBean(msgspec.Struct, frozen=True):
    values: list[JsonObject]
    total: int | None = None
    isLast: bool | None = None  # noqa: N815 - the vendor's spelling


class Discovery:
    """One source's reading of reference data. `projects` None: every project that the account can see."""

    def __init__(
        self,
        *,
        client: Client,
        gateway: JiraGateway,
        url: str,
        is_cloud: bool,
        projects: Sequence[str] | None,
    ) -> None:
        self._client = client
        self._gateway = gateway
        self._url = url
        self._is_cloud = is_cloud
        self._api = "/rest/api/3" if is_cloud else "/rest/api/2"
        self._wanted = projects
        self._listing: asyncio.Task[_Projects] | None = None

    def forget(self) -> None:
        """A new run lists the projects anew."""
        self._listing = None

    async def payloads(self) -> Mapping[str, bytes]:
        """Name → JSON bytes. "findings" holds what could not be read, as {code, message, scope}."""
        findings: list[Finding] = []
        fields, statuses, item_types, link_types, (projects, unlisted) = await asyncio.gather(
            self._fields(),
            self._gateway.statuses(),
            self._gateway.item_types(),
            self._link_types(findings),
            self._projects(),
        )
        findings += unlisted
        scopes, _ = await self._scopes_among(projects)
        versions, boards = await asyncio.gather(
            self._versions(scopes, findings), self._boards([each for each in scopes if not each.archived], findings)
        )
        sprints = await self._sprints(boards, findings)
        return {
            "server": _bytes({"edition": "cloud" if self._is_cloud else "datacenter", "url": self._url}),
            "fields": _bytes(_sorted(fields)),
            "statuses": _bytes(_sorted(statuses)),
            "item_types": _bytes(_sorted(item_types)),
            "link_types": _bytes({"issueLinkTypes": _sorted(link_types)}),
            "projects": _bytes(_sorted(projects)),
            "versions": _bytes(versions),
            "boards": _bytes(_sorted(boards)),
            "sprints": _bytes(_sorted(sprints)),
            "findings": _bytes(sorted(findings, key=lambda each: (each.code, each.scope or "", each.message))),
        }

    async def scopes(self, known: Mapping[str, str]) -> tuple[Sequence[Scope], Sequence[MissingScope]]:
        """The configured projects, or all visible ones, archived ones marked; and those that cannot be seen."""
        projects, _ = await self._projects()
        found, missing = await self._scopes_among(projects)
        return found, [*missing, *(_vanished(known, found) if self._wanted is None else ())]

    async def _scopes_among(self, projects: Sequence[JsonObject]) -> tuple[Sequence[Scope], Sequence[MissingScope]]:
        if self._wanted is None:
            return [_scope(each) for each in _sorted(projects)], []
        by_name = {name: each for each in projects for name in (str(each["id"]), str(each["key"]).upper())}
        found: dict[str, Scope] = {}
        missing: list[MissingScope] = []
        for key in self._wanted:
            project = by_name.get(key.upper()) or await self._project(key)
            if project is None:
                missing.append(MissingScope(key, NOT_VISIBLE.format(key=key)))
            else:
                scope = _scope(project)
                found.setdefault(scope.native_id, scope)
        return list(found.values()), missing

    async def _project(self, key: str) -> JsonObject | None:
        """By a key that no listing shows: Jira still knows a renamed project by its former key."""
        if not key.replace("_", "").isalnum():
            return None
        found = await self._client.ask("GET", f"{self._api}/project/{key}", JsonObject, accept={403, 404})
        return None if isinstance(found, Answer) else found

    async def _fields(self) -> list[JsonObject]:
        """Cloud's two listings show different sets: their union by id."""
        if not self._is_cloud:
            return await self._gateway.fields()
        listed, searched = await asyncio.gather(self._gateway.fields(), self._values(f"{self._api}/field/search", {}))
        return list({str(each["id"]): each for each in [*searched, *listed]}.values())

    async def _link_types(self, findings: list[Finding]) -> list[JsonObject]:
        try:
            return await self._gateway.link_types()
        except NO_ANSWER:
            findings.append(Finding("links_unavailable", "Issue linking is switched off: no dependencies can be read."))
            return []

    async def _projects(self) -> _Projects:
        """Listed once a run, for whoever asks first."""
        if self._listing is None:
            self._listing = asyncio.create_task(self._list_projects())
        return await asyncio.shield(self._listing)

    async def _list_projects(self) -> _Projects:
        if not self._is_cloud:
            path = f"{self._api}/project"
            return await self._client.get(path, list[JsonObject], params={"includeArchived": "true"}), []
        live, (archived, findings) = await asyncio.gather(
            self._values(f"{self._api}/project/search", {"status": "live"}), self._archived_projects()
        )
        return [*live, *({**each, "archived": True} for each in archived)], findings

    async def _archived_projects(self) -> _Projects:
        try:
            return await self._values(f"{self._api}/project/search", {"status": "archived"}), []
        except NO_ANSWER as error:
            return [], [Finding("archived_projects_unreadable", error.message)]

    async def _values(self, path: str, params: Mapping[str, str]) -> list[JsonObject]:
        """All rows of a PageBean listing; none when Jira answers 404, as it does where nothing matches."""

        async def fetch(start: int) -> OffsetPage[JsonObject]:
            page = await self._client.ask(
                "GET",
                path,
                _PageBean,
                params={**params, "startAt": start, "maxResults": LIST_PAGE},
                accept={404},
            )
            if isinstance(page, Answer):
                return OffsetPage((), is_last=True)
            return OffsetPage(page.values, page.total, page.isLast)

        return [each async for rows in offset_pages(fetch, source=self._client.source) for each in rows]

    async def _versions(self, scopes: Sequence[Scope], findings: list[Finding]) -> dict[str, list[JsonObject]]:
        async def of(scope: Scope) -> list[JsonObject]:
            try:
                return _sorted(await self._gateway.versions(scope.native_id))
            except NO_ANSWER as error:
                findings.append(Finding("versions_unreadable", error.message, scope.key))
                return []

        lists = await asyncio.gather(*(of(each) for each in scopes))
        return {scope.native_id: versions for scope, versions in zip(scopes, lists, strict=True)}

    async def _boards(self, scopes: Sequence[Scope], findings: list[Finding]) -> list[JsonObject]:
        """Boards that show a project of ours, each once, with "estimation_field" and "project_id" added."""

        async def of(scope: Scope) -> list[JsonObject]:
            try:
                return [
                    {**each, "project_id": _home(each) or scope.native_id}
                    for each in await self._gateway.boards(scope.native_id)
                ]
            except NO_ANSWER as error:
                findings.append(Finding("boards_unreadable", error.message, scope.key))
                return []

        found = {board["id"]: board for boards in await asyncio.gather(*map(of, scopes)) for board in boards}
        return list(await asyncio.gather(*(self._configured(each, findings) for each in found.values())))

    async def _configured(self, board: JsonObject, findings: list[Finding]) -> JsonObject:
        """Only scrum boards estimate by a field."""
        if board.get("type") == "kanban":
            return {**board, "estimation_field": None}
        try:
            config = await self._client.get(f"{AGILE}/board/{board['id']}/configuration", JsonObject)
        except NO_ANSWER as error:
            findings.append(_skipped(board, error))
            return {**board, "estimation_field": None}
        estimation = config.get("estimation") or {}
        return {**board, "estimation_field": (estimation.get("field") or {}).get("fieldId")}

    async def _sprints(self, boards: Sequence[JsonObject], findings: list[Finding]) -> list[JsonObject]:
        """Of every state, each once: a sprint may be shown on many boards."""

        async def of(board: JsonObject) -> list[JsonObject]:
            try:
                return await self._gateway.sprints(int(board["id"]))
            except NO_ANSWER as error:
                if board.get("type") == "scrum":  # a simple board without sprints is no news
                    findings.append(_skipped(board, error))
                return []

        lists = await asyncio.gather(*(of(each) for each in boards if each.get("type") != "kanban"))
        return list({sprint["id"]: sprint for sprints in lists for sprint in sprints}.values())


NOT_VISIBLE = "Project {key} does not exist or the account may not see it; check the key and the browse permission."

VANISHED = (
    "Project {key} can no longer be seen; its items stay as they were. Check the browse permission, "
    "or name the projects that you want under scope."
)


def _vanished(known: Mapping[str, str], found: Sequence[Scope]) -> list[MissingScope]:
    """Deleted or hidden, nobody can say: without a word, half a program would disappear with it."""
    ids, keys = {scope.native_id for scope in found}, {scope.key for scope in found}
    gone = sorted(key for native_id, key in known.items() if native_id not in ids and key not in keys)
    return [MissingScope(key, VANISHED.format(key=key)) for key in gone]


def _skipped(board: JsonObject, error: SourceMisconfigured | PermissionDenied) -> Finding:
    return Finding("board_skipped", f"Board {board.get('name', board['id'])} was left out: {error.message}")


def _scope(project: JsonObject) -> Scope:
    archived = bool(project.get("archived"))
    return Scope(str(project["id"]), str(project["key"]), str(project.get("name", project["key"])), archived)


def _home(board: JsonObject) -> str | None:
    """A board owned by a person has no location."""
    project_id = (board.get("location") or {}).get("projectId")
    return None if project_id is None else str(project_id)


def _sorted(objects: Iterable[JsonObject]) -> list[JsonObject]:
    """By id, numbers as numbers, without what changes by itself."""
    kept = [{name: value for name, value in each.items() if name not in VOLATILE} for each in objects]
    return sorted(kept, key=lambda each: (len(str(each["id"])), str(each["id"])))


def _bytes(value: object) -> bytes:
    return msgspec.json.encode(value, order="sorted")
