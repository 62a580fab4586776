"""What a stand-in Asana knows: its things by gid, who may see them, and how new ones come in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from connectors.sandbox.asana.things import (
    Attachment,
    CustomField,
    CustomType,
    EnumOption,
    Event,
    Goal,
    Home,
    Portfolio,
    Project,
    Ref,
    Section,
    StatusOption,
    StatusUpdate,
    Story,
    Tag,
    Task,
    Team,
    Thing,
    User,
    Workspace,
)
from connectors.sandbox.options import system_time

UNSEEN = {"story", "attachment"}  # nothing else shows them
FIRST_GID = 1_200_000_000_000_001
Hearer = Callable[[Event], None]
Listener = Callable[[str | None], None]
"""Told the gid of a changed task, or None when anything else changed, once the change is in."""


def stamp(at: datetime) -> str:
    """As the API writes moments: UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


class World:
    """One workspace to begin with, and the account that reads. Add things here; `put` replaces one without a trace."""

    def __init__(self, name: str = "Northwind", *, me: str = "Interlock Reader") -> None:
        self.clock: Callable[[], datetime] = system_time  # the server's, once one serves this world
        self.workspaces: dict[str, Workspace] = {}
        self.users: dict[str, User] = {}
        self.teams: dict[str, Team] = {}
        self.tags: dict[str, Tag] = {}
        self.enum_options: dict[str, EnumOption] = {}
        self.custom_fields: dict[str, CustomField] = {}
        self.custom_types: dict[str, CustomType] = {}
        self.status_options: dict[str, StatusOption] = {}
        self.projects: dict[str, Project] = {}
        self.sections: dict[str, Section] = {}
        self.tasks: dict[str, Task] = {}
        self.portfolios: dict[str, Portfolio] = {}
        self.status_updates: dict[str, StatusUpdate] = {}
        self.goals: dict[str, Goal] = {}
        self.stories: dict[str, Story] = {}
        self.attachments: dict[str, Attachment] = {}
        self.stories_of: dict[str, list[str]] = {}  # by task, oldest first
        self.attachments_of: dict[str, list[str]] = {}  # by parent
        self.events: list[Event] = []
        self.bare_dependencies = True  # an unreadable dependency is a gid; else it is left out
        self.hidden: set[str] = set()  # private to others: projects, tasks, portfolios, goals
        self.trashed: set[str] = set()
        self.listeners: list[Listener] = []
        self.hearers: list[Hearer] = []  # told of each event
        self._gids = count(FIRST_GID)
        self._tables: dict[str, dict[str, Any]] = {
            "workspace": self.workspaces,
            "user": self.users,
            "team": self.teams,
            "tag": self.tags,
            "enum_option": self.enum_options,
            "custom_field": self.custom_fields,
            "custom_type": self.custom_types,
            "custom_type_status_option": self.status_options,
            "project": self.projects,
            "section": self.sections,
            "task": self.tasks,
            "portfolio": self.portfolios,
            "status_update": self.status_updates,
            "goal": self.goals,
            "story": self.stories,
            "attachment": self.attachments,
        }
        self.workspace = self.add_workspace(name)
        self.me = self.add_user(me, email="reader@northwind.example")
        self.actor = self.me  # who edits

    # looking

    def look_up(self, kind: str, gid: str) -> Any:
        """The thing, whether or not it may be seen; None when there is none."""
        return self._tables[kind].get(gid)

    def sees(self, kind: str, gid: str) -> bool:
        """Whether the account that reads may see it, and it is there at all."""
        if kind == "task":
            return gid in self.tasks and self._sees_task(self.tasks[gid])
        if kind in {"story", "attachment", "status_update", "section"}:
            return gid in self._tables[kind] and self._sees_owner(self._tables[kind][gid])
        return gid in self._tables[kind] and gid not in self.hidden

    def is_trashed(self, gid: str) -> bool:
        """In the trash, by itself or with a task above it."""
        return bool(self.trashed) and any(step in self.trashed for step in (gid, *self.ancestors(gid)))

    def told_ends(self, gids: Iterable[str]) -> list[str]:
        """Of the ends of dependencies, those that are told: none in the trash, private ones as the site says."""
        there = [gid for gid in gids if not self.is_trashed(gid)]
        return there if self.bare_dependencies else [gid for gid in there if self.sees("task", gid)]

    def ancestors(self, gid: str) -> Iterator[str]:
        """From the parent up."""
        above = self.tasks[gid].parent
        while above is not None:
            yield above
            above = self.tasks[above].parent

    def tasks_in(self, project: str) -> Iterator[str]:
        """Its direct tasks, section by section."""
        for section in self.projects[project].sections:
            yield from self.sections[section].tasks

    def fields_for(self, task: Task) -> set[str]:
        """Fields that its projects, or those of a task above it, have enabled."""
        around = [task, *(self.tasks[gid] for gid in self.ancestors(task.gid))]
        return {field for each in around for home in each.homes for field in self.projects[home.project].fields}

    def _sees_task(self, task: Task) -> bool:
        """Through any of its projects or through its parent; a task in no project at all is everybody's."""
        if task.gid in self.hidden or self.is_trashed(task.gid):
            return False
        if not self.hidden or any(home.project not in self.hidden for home in task.homes):
            return True
        if task.parent is not None:
            return self._sees_task(self.tasks[task.parent])
        return not task.homes

    def _sees_owner(self, thing: Story | Attachment | StatusUpdate | Section) -> bool:
        match thing:
            case Story():
                return self.sees("task", thing.target)
            case Section():
                return self.sees("project", thing.project)
            case _:
                return self.sees(thing.parent.kind, thing.parent.gid)

    # putting things in

    def put(self, *things: Thing) -> None:
        """Add things, or replace them wholesale: no story, no event, no new `modified_at`."""
        for thing in things:
            self._tables[thing.kind][thing.gid] = thing
            if thing.kind not in UNSEEN:
                self._tell(thing.gid if thing.kind == "task" else None)

    def new_gid(self) -> str:
        return str(next(self._gids))

    def now(self, at: datetime | None = None) -> str:
        """That moment, or the site's present one, as the API writes it."""
        return stamp(at or self.clock())

    def add_workspace(self, name: str) -> str:
        return self._add(Workspace(gid=self.new_gid(), name=name, email_domains=("northwind.example",)))

    def add_user(self, name: str, *, email: str | None = None) -> str:
        return self._add(User(gid=self.new_gid(), name=name, email=email))

    def add_team(self, name: str) -> str:
        return self._add(Team(gid=self.new_gid(), name=name, organization=self.workspace))

    def add_tag(self, name: str) -> str:
        return self._add(Tag(gid=self.new_gid(), name=name, workspace=self.workspace, created_at=self.now()))

    def add_field(self, name: str, subtype: str, *, options: Iterable[str] = (), **more: Any) -> str:
        """A custom field; `options` are the names of what an enum can be."""
        made = [self._add(EnumOption(gid=self.new_gid(), name=option)) for option in options]
        return self._add(
            CustomField(
                gid=self.new_gid(),
                name=name,
                workspace=more.pop("workspace", self.workspace),
                subtype=subtype,
                options=tuple(made),
                **more,
            )
        )

    def add_custom_type(self, name: str, statuses: Mapping[str, str]) -> str:
        """A kind of task; `statuses` maps a name to Incomplete or Complete."""
        made = [
            self._add(StatusOption(gid=self.new_gid(), name=status, completion_state=state))
            for status, state in statuses.items()
        ]
        return self._add(
            CustomType(gid=self.new_gid(), name=name, workspace=self.workspace, status_options=tuple(made))
        )

    def add_project(
        self, name: str, *, sections: Sequence[str] = ("Untitled section",), at: datetime | None = None, **more: Any
    ) -> str:
        """`more` are fields of Project. Sections come in that order; a project always has one."""
        moment, gid = self.now(at), self.new_gid()
        row = {"workspace": self.workspace, "created_at": moment, "modified_at": moment} | more
        self.put(Project(gid=gid, name=name, **row))
        for section in sections:
            self.add_section(gid, section, at=at)
        return gid

    def add_section(self, project: str, name: str, *, at: datetime | None = None) -> str:
        made = self._add(Section(gid=self.new_gid(), name=name, project=project, created_at=self.now(at)))
        row = self.projects[project]
        self.put(replace(row, sections=(*row.sections, made)))
        return made

    def add_portfolio(self, name: str, *, items: Iterable[str] = (), owner: str | None = None, **more: Any) -> str:
        """`items` are gids of projects and portfolios."""
        row = {"workspace": self.workspace, "created_at": self.now()} | more
        refs = tuple(self.container(gid) for gid in items)
        return self._add(Portfolio(gid=self.new_gid(), name=name, owner=owner or self.me, items=refs, **row))

    def add_goal(self, name: str, *, supported_by: Iterable[Ref] = (), **more: Any) -> str:
        row = {"workspace": self.workspace} | more
        return self._add(Goal(gid=self.new_gid(), name=name, supported_by=tuple(supported_by), **row))

    def container(self, gid: str) -> Ref:
        """The project or portfolio of that gid."""
        return Ref("portfolio" if gid in self.portfolios else "project", gid)

    def place(self, task: Task, project: str, section: str | None) -> Task:
        """The task with a home in that project, and its section told of it; the first section when none is named."""
        chosen = self.sections[section or self.projects[project].sections[0]]
        self.sections[chosen.gid] = replace(chosen, tasks=(*chosen.tasks, task.gid))
        return replace(task, homes=(*task.homes, Home(project, chosen.gid)))

    def unplace(self, task: Task, project: str) -> Task:
        """The task without its home in that project."""
        for home in task.homes:
            if home.project == project:
                section = self.sections[home.section]
                left = tuple(gid for gid in section.tasks if gid != task.gid)
                self.sections[section.gid] = replace(section, tasks=left)
        return replace(task, homes=tuple(home for home in task.homes if home.project != project))

    def _add(self, thing: Thing) -> str:
        self.put(thing)
        return thing.gid

    def _tell(self, task: str | None) -> None:
        for listener in self.listeners:
            listener(task)


def story_value(field: CustomField, value: Any) -> Mapping[str, Any]:
    """What a story tells of a custom field's value: its key without old_ or new_, and the value."""
    match field.subtype:
        case "enum":
            return {"enum_value": Ref("enum_option", value) if value else None}
        case "multi_enum":
            return {"multi_enum_values": tuple(Ref("enum_option", gid) for gid in value or ())}
        case "people":
            return {"people_value": tuple(Ref("user", gid) for gid in value or ())}
        case "date":
            return {"date_value": {"date": value[:10], "date_time": None} if value else None}
        case "number":
            return {"number_value": value}
        case _:
            return {"text_value": value}
