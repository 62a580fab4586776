"""An Asana as its people change it: every edit moves `modified_at` only where the vendor says so, and leaves
the stories and events that the vendor leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from connectors.sandbox.asana.things import Attachment, Event, Ref, StatusUpdate, Story, Task
from connectors.sandbox.asana.world import World, story_value

DATES = ("start_on", "start_at", "due_on", "due_at")
CLOSED = {"approved": True, "rejected": True, "changes_requested": True, "pending": False}


class AsanaSite(World):
    """Edits take gids and the moment they happen at (`at`, aware; default: the site's clock).

    `section_moves_modify`: whether moving a task between sections counts as a modification; the vendor's two
    texts disagree.
    """

    section_moves_modify = False

    # tasks

    def add_task(
        self,
        name: str,
        *,
        project: str | None = None,
        section: str | None = None,
        parent: str | None = None,
        at: datetime | None = None,
        **fields: Any,
    ) -> str:
        """A new task, in a project, beneath another, or both. `fields` are those of Task. Parents are not modified."""
        moment = self.now(at)
        row = {
            "workspace": self.workspace,
            "created_at": moment,
            "modified_at": moment,
            "created_by": self.actor,
            "parent": parent,
        }
        task = Task(gid=fields.pop("gid", None) or self.new_gid(), name=name, **(row | fields))
        if project is not None:
            task = self.place(task, project, section)
        self.put(task)
        if parent is not None:
            above = self.tasks[parent]
            self.put(replace(above, subtasks=(*above.subtasks, task.gid)))
        around = Ref("project", project) if project else Ref("task", parent) if parent else None
        self._emit(Ref("task", task.gid), "added", moment, parent=around)
        return task.gid

    def add_subtask(self, parent: str, name: str, *, at: datetime | None = None, **fields: Any) -> str:
        return self.add_task(name, parent=parent, at=at, **fields)

    def touch(self, task: str, at: datetime | None = None, **fields: Any) -> None:
        """Set fields by their names in Task, with their stories. Without fields it moves `modified_at` alone."""
        moment, before = self.now(at), self.tasks[task]
        self.put(replace(before, **fields, modified_at=moment))
        for subtype, told in _stories(before, self.tasks[task]):
            self._write(task, moment, subtype, told)
        for name in fields or ("notes",):
            value = getattr(self.tasks[task], name)
            reference = name in {"assignee", "parent"} and value
            new = {"new_value": Ref("user" if name == "assignee" else "task", value)} if reference else {}
            self._emit(Ref("task", task), "changed", moment, change={"field": name, "action": "changed", **new})

    def complete(self, task: str, at: datetime | None = None) -> None:
        """Mark it complete; an approval becomes approved."""
        approval = {"approval_status": "approved"} if self.tasks[task].resource_subtype == "approval" else {}
        self.touch(task, at, completed=True, completed_at=self.now(at), completed_by=self.actor, **approval)

    def reopen(self, task: str, at: datetime | None = None) -> None:
        approval = {"approval_status": "pending"} if self.tasks[task].resource_subtype == "approval" else {}
        self.touch(task, at, completed=False, completed_at=None, completed_by=None, **approval)

    def decide(self, task: str, approval_status: str, at: datetime | None = None) -> None:
        """Answer an approval: all but `pending` complete it, a rejection too."""
        closed = CLOSED[approval_status]
        done = {"completed": closed, "completed_at": self.now(at) if closed else None}
        self.touch(task, at, approval_status=approval_status, **done)

    def set_status(self, task: str, option: str, at: datetime | None = None) -> None:
        """A status of the task's custom type, which also completes or reopens it."""
        row = self.status_options[option]
        kind = next(gid for gid, each in self.custom_types.items() if option in each.status_options)
        done = row.completion_state == "Complete"
        fields = {"completed": done, "completed_at": self.now(at) if done else None}
        self.touch(task, at, resource_subtype="custom", custom_type=kind, status_option=option, **fields)

    def set_value(self, task: str, field: str, value: Any, at: datetime | None = None) -> None:
        """A custom field's value: a number, a text, a day, an option's gid, or gids; None takes it away."""
        moment, before = self.now(at), self.tasks[task]
        values = {**before.values, field: value}
        self.put(replace(before, values=values, modified_at=moment))
        definition = self.custom_fields[field]
        told = {"custom_field": Ref("custom_field", field)}
        told |= {f"old_{key}": old for key, old in story_value(definition, before.values.get(field)).items()}
        told |= {f"new_{key}": new for key, new in story_value(definition, value).items()}
        self._write(task, moment, f"{definition.subtype}_custom_field_changed", told)
        self._emit(Ref("task", task), "changed", moment, change={"field": "custom_fields", "action": "changed"})

    def comment(self, task: str, text: str, at: datetime | None = None) -> str:
        """A comment; returns the story's gid."""
        moment = self.now(at)
        self.put(replace(self.tasks[task], modified_at=moment))
        return self._write(task, moment, "comment_added", {}, text=text)

    def consolidate(self, story: str) -> None:
        """A story makes way for a newer one: feeds have told of it, and reading it finds nothing."""
        row = self.stories.pop(story)
        self.stories_of[row.target].remove(story)

    def attach(self, task: str, name: str, url: str, at: datetime | None = None) -> str:
        """A link to elsewhere, as an integration attaches it; returns the attachment's gid."""
        moment, gid = self.now(at), self.new_gid()
        self.put(Attachment(gid=gid, name=name, parent=Ref("task", task), view_url=url, created_at=moment))
        self.attachments_of.setdefault(task, []).append(gid)
        self.put(replace(self.tasks[task], modified_at=moment))
        self._write(task, moment, "attachment_added", {})
        self._emit(Ref("attachment", gid), "added", moment, parent=Ref("task", task), streams=self._streams(task))
        return gid

    def add_tag_to(self, task: str, tag: str, at: datetime | None = None) -> None:
        moment, before = self.now(at), self.tasks[task]
        self.put(replace(before, tags=(*before.tags, tag), modified_at=moment))
        self._write(task, moment, "added_to_tag", {"tag": Ref("tag", tag)})
        change = {"field": "tags", "action": "added", "added_value": Ref("tag", tag)}
        self._emit(Ref("task", task), "changed", moment, change=change)

    # where tasks stand: none of this moves modified_at, but for what says so

    def move_to_section(self, task: str, section: str, at: datetime | None = None) -> None:
        """Within one project. `modified_at` stays, unless the site is told otherwise."""
        moment, before, project = self.now(at), self.tasks[task], self.sections[section].project
        former = next(home.section for home in before.homes if home.project == project)
        moved = self.place(self.unplace(before, project), project, section)
        self.put(replace(moved, modified_at=moment if self.section_moves_modify else before.modified_at))
        told = {"old_section": Ref("section", former), "new_section": Ref("section", section)}
        self._write(task, moment, "section_changed", told | {"project": Ref("project", project)})
        self._emit(Ref("task", task), "removed", moment, parent=Ref("section", former))
        self._emit(Ref("task", task), "added", moment, parent=Ref("section", section))

    def add_to_project(self, task: str, project: str, section: str | None = None, at: datetime | None = None) -> None:
        moment = self.now(at)
        self.put(self.place(self.tasks[task], project, section))
        self._write(task, moment, "added_to_project", {"project": Ref("project", project)})
        self._emit(Ref("task", task), "added", moment, parent=Ref("project", project))

    def remove_from_project(self, task: str, project: str, at: datetime | None = None) -> None:
        moment, heard = self.now(at), self._streams(task)
        self.put(self.unplace(self.tasks[task], project))
        self._write(task, moment, "removed_from_project", {"project": Ref("project", project)}, streams=heard)
        self._emit(Ref("task", task), "removed", moment, parent=Ref("project", project), streams=heard)

    def set_parent(self, task: str, parent: str | None, at: datetime | None = None) -> None:
        """Hang it beneath another task, or beneath none; this one is modified, the parents are not."""
        former = self.tasks[task].parent
        if former is not None:
            above = self.tasks[former]
            self.put(replace(above, subtasks=tuple(gid for gid in above.subtasks if gid != task)))
        if parent is not None:
            above = self.tasks[parent]
            self.put(replace(above, subtasks=(*above.subtasks, task)))
        self.touch(task, at, parent=parent)

    def trash(self, task: str, at: datetime | None = None) -> None:
        """Into the trash, with all beneath it; `restore` brings it back where it was."""
        moment = self.now(at)
        self._emit(Ref("task", task), "deleted", moment)
        self.trashed.add(task)
        self.put(replace(self.tasks[task], modified_at=moment))
        self._tell(None)

    def restore(self, task: str, at: datetime | None = None) -> None:
        moment = self.now(at)
        self.trashed.discard(task)
        self.put(replace(self.tasks[task], modified_at=moment))
        self._tell(None)
        self._emit(Ref("task", task), "undeleted", moment)

    # things around tasks

    def add_dependency(self, task: str, waits_for: str, at: datetime | None = None) -> None:
        """`task` waits for the other. Circles are accepted, as far as is known."""
        moment = self.now(at)
        self.put(_with(self.tasks[task], moment, dependencies=waits_for))
        self.put(_with(self.tasks[waits_for], moment, dependents=task))
        self._write(task, moment, "dependency_added", {"dependency": Ref("task", waits_for)})
        self._write(waits_for, moment, "dependent_added", {"dependency": Ref("task", task)})
        self._tell_of_dependency(task, waits_for, moment)

    def remove_dependency(self, task: str, waits_for: str, at: datetime | None = None) -> None:
        moment = self.now(at)
        near, far = self.tasks[task], self.tasks[waits_for]
        left = tuple(gid for gid in near.dependencies if gid != waits_for)
        self.put(replace(near, dependencies=left, modified_at=moment))
        self.put(replace(far, dependents=tuple(gid for gid in far.dependents if gid != task), modified_at=moment))
        self._write(task, moment, "dependency_removed", {"dependency": Ref("task", waits_for)})
        self._write(waits_for, moment, "dependent_removed", {"dependency": Ref("task", task)})
        self._tell_of_dependency(task, waits_for, moment)

    def _tell_of_dependency(self, task: str, waits_for: str, moment: str) -> None:
        for end, side in ((task, "dependencies"), (waits_for, "dependents")):
            self._emit(Ref("task", end), "changed", moment, change={"field": side, "action": "changed"})

    # projects and what stands above them

    def edit_project(self, project: str, at: datetime | None = None, **fields: Any) -> None:
        """Set fields by their names in Project. What happens to its tasks does not move a project's `modified_at`."""
        moment = self.now(at)
        self.put(replace(self.projects[project], **fields, modified_at=moment))
        for name in fields:
            change = {"field": name, "action": "changed"}
            self._emit(Ref("project", project), "changed", moment, change=change, streams=frozenset({project}))

    def rename_section(self, section: str, name: str, at: datetime | None = None) -> None:
        """The project hears of it; its tasks are not modified."""
        row = self.sections[section]
        self.put(replace(row, name=name))
        change = {"field": "name", "action": "changed"}
        heard = frozenset({row.project})
        self._emit(Ref("section", section), "changed", self.now(at), change=change, streams=heard)

    def archive(self, project: str, at: datetime | None = None) -> None:
        self.edit_project(project, at, archived=True)

    def make_private(self, gid: str) -> None:
        """Take a project, task, portfolio or goal out of the reading account's sight, without a word to it."""
        self.hidden.add(gid)
        if gid in self.projects:
            self.put(replace(self.projects[gid], privacy_setting="private"))
        self._tell(None)

    def make_visible(self, gid: str) -> None:
        self.hidden.discard(gid)
        if gid in self.projects:
            self.put(replace(self.projects[gid], privacy_setting="public_to_workspace"))
        self._tell(None)

    def enable_field(self, project: str, field: str) -> None:
        """Let the tasks of a project carry a custom field."""
        self.put(replace(self.projects[project], fields=(*self.projects[project].fields, field)))

    def disable_field(self, project: str, field: str) -> None:
        """Values that were set stay on the tasks, with `enabled` false."""
        left = tuple(gid for gid in self.projects[project].fields if gid != field)
        self.put(replace(self.projects[project], fields=left))

    def disable_option(self, option: str) -> None:
        """It can no longer be chosen; where it was chosen it stays."""
        self.put(replace(self.enum_options[option], enabled=False))

    def add_item(self, portfolio: str, item: str) -> None:
        """Put a project or a portfolio into a portfolio, also into itself."""
        row = self.portfolios[portfolio]
        self.put(replace(row, items=(*row.items, self.container(item))))

    def post_status(
        self, gid: str, status_type: str, title: str, text: str = "", at: datetime | None = None, **more: str
    ) -> str:
        """A status update on a project, portfolio or goal, which becomes its current one; `more`: its author."""
        parent = Ref("goal", gid) if gid in self.goals else self.container(gid)
        update = StatusUpdate(
            gid=self.new_gid(),
            name=title,
            parent=parent,
            status_type=status_type,
            text=text,
            author=more.get("author", self.actor),
            created_at=self.now(at),
        )
        self.put(update)
        self.put(replace(self.look_up(*parent), current_status_update=update.gid))
        return update.gid

    # traces

    def _write(
        self,
        task: str,
        moment: str,
        subtype: str,
        told: Mapping[str, Any],
        *,
        text: str = "",
        streams: frozenset[str] | None = None,
    ) -> str:
        """One story, and the event that tells of it."""
        story = Story(
            gid=self.new_gid(),
            name=text or subtype.replace("_", " "),
            target=task,
            resource_subtype=subtype,
            type="comment" if subtype == "comment_added" else "system",
            created_at=moment,
            created_by=self.actor,
            told=told,
        )
        self.put(story)
        self.stories_of.setdefault(task, []).append(story.gid)
        heard = streams or self._streams(task)
        self._emit(Ref("story", story.gid), "added", moment, parent=Ref("task", task), streams=heard)
        return story.gid

    def _emit(
        self,
        resource: Ref,
        action: str,
        moment: str,
        *,
        parent: Ref | None = None,
        change: Mapping[str, Any] | None = None,
        streams: frozenset[str] | None = None,
    ) -> None:
        heard = self._streams(resource.gid) if streams is None else streams
        event = Event(moment, self.actor, resource, action, parent, change, heard)
        self.events.append(event)
        for hearer in self.hearers:
            hearer(event)

    def _streams(self, task: str) -> frozenset[str]:
        """Who hears of a task: its own subscribers, those of the tasks above it, and those of all their projects."""
        around = [task, *self.ancestors(task)]
        return frozenset(around) | {home.project for gid in around for home in self.tasks[gid].homes}


def _with(task: Task, moment: str, **added: str) -> Task:
    """The task with one more gid in each named tuple."""
    more: dict[str, Any] = {name: (*getattr(task, name), gid) for name, gid in added.items()}
    return replace(task, modified_at=moment, **more)


def _stories(before: Task, after: Task) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """(subtype, what it tells) of every story that an edit of plain fields leaves."""
    if before.name != after.name:
        yield "name_changed", {"old_name": before.name, "new_name": after.name}
    if before.notes != after.notes:
        yield "notes_changed", {}
    if before.assignee != after.assignee:
        who = after.assignee or before.assignee
        yield "assigned" if after.assignee else "unassigned", {"assignee": Ref("user", str(who))}
    if before.completed != after.completed:
        yield "marked_complete" if after.completed else "marked_incomplete", {}
    if before.approval_status != after.approval_status:
        told = {"old_approval_status": before.approval_status, "new_approval_status": after.approval_status}
        yield "approval_status_changed", told
    if before.resource_subtype != after.resource_subtype:
        told = {"old_resource_subtype": before.resource_subtype, "new_resource_subtype": after.resource_subtype}
        yield "resource_subtype_changed", told
    if before.parent != after.parent:
        task = after.parent or before.parent
        yield "added_to_task" if after.parent else "removed_from_task", {"task": Ref("task", str(task))}
    yield from _date_stories(before, after)


def _date_stories(before: Task, after: Task) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """One for the due side, else one for the start side; both tell the three dates."""
    changed = [name for name in DATES if getattr(before, name) != getattr(after, name)]
    if changed:
        subtype = "due_date_changed" if any(name.startswith("due") for name in changed) else "start_date_changed"
        shown = ("start_on", "due_on", "due_at")
        old, new = ({name: getattr(task, name) for name in shown} for task in (before, after))
        yield subtype, {"old_dates": old, "new_dates": new}
