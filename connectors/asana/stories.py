"""Stories to changes: what the system noted about a task, by typed fields and never by its (localised) text.

Lossy by design: Asana merges and drops stories. Subtypes that are not known here are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from connectors.asana.payloads import DatesJson, DateValueJson, RefJson, StoryJson
from connectors.asana.reference import DEPENDENCY
from connectors.errors import PayloadUnreadable
from connectors.items import SourceChange
from connectors.timestamps import parse_moment


class Move(Struct, frozen=True, gc=False):
    """One field of one story, from and to; a text is given where the value itself is only an id.

    Of a link the value is the other task, and the text its link type's phrase for this one.
    """

    field_id: str
    from_value: str | None = None
    to_value: str | None = None
    from_text: str | None = None
    to_text: str | None = None


def read_changes(
    item_id: str, stories: Iterable[StoryJson], *, projects_by_section: Mapping[str, str]
) -> tuple[tuple[SourceChange, ...], bool]:
    """Changes in order of time, and whether every story had a moment.

    `projects_by_section` helps where a story names a section without its project.
    """
    changes: list[SourceChange] = []
    readable = True
    for story in stories:
        read = READERS.get(story.resource_subtype or "")
        if read is None:
            continue
        try:
            at = parse_moment(story.created_at, what="story.created_at")
        except PayloadUnreadable:
            readable = False
            continue
        changes += _changes(item_id, story, at, read(story, projects_by_section))
    changes.sort(key=lambda each: (each.at, len(each.change_id), each.change_id, each.ordinal))
    return tuple(changes), readable


def _changes(item_id: str, story: StoryJson, at: datetime, moves: Iterable[Move]) -> Iterator[SourceChange]:
    author = story.created_by.gid if story.created_by else None
    for ordinal, move in enumerate(moves):
        yield SourceChange(
            item_id=item_id,
            change_id=story.gid,
            ordinal=ordinal,
            at=at,
            field_id=move.field_id,
            author_id=author,
            from_value=move.from_value,
            to_value=move.to_value,
            from_text=move.from_text,
            to_text=move.to_text,
        )


Reader = Callable[[StoryJson, Mapping[str, str]], Iterator[Move]]


def _section(story: StoryJson, projects_by_section: Mapping[str, str]) -> Iterator[Move]:
    sections = (story.new_section, story.old_section)
    projects = [story.project, *(each.project for each in sections if each is not None)]
    told = next((each.gid for each in projects if each is not None and each.gid), None)
    known = (projects_by_section.get(each.gid) for each in sections if each is not None and each.gid)
    project = told or next((each for each in known if each), None)
    yield _reference(f"section:{project}" if project else "section", story.old_section, story.new_section)


def _dates(story: StoryJson, _: Mapping[str, str]) -> Iterator[Move]:
    old, new = story.old_dates or DatesJson(), story.new_dates or DatesJson()
    for field_id, before, after in (
        ("start_on", old.start_on, new.start_on),
        ("due_on", old.due_on or old.due_at, new.due_on or new.due_at),
    ):
        if before != after:
            yield Move(field_id, before, after)


def _completion(*, completed: bool) -> Reader:
    def read(story: StoryJson, _: Mapping[str, str]) -> Iterator[Move]:
        yield Move("completed", "false" if completed else "true", "true" if completed else "false")

    return read


def _approval(story: StoryJson, _: Mapping[str, str]) -> Iterator[Move]:
    yield Move("approval_status", story.old_approval_status, story.new_approval_status)


def _assigned(story: StoryJson, _: Mapping[str, str]) -> Iterator[Move]:
    yield _reference("assignee", None, story.assignee)


def _unassigned(story: StoryJson, _: Mapping[str, str]) -> Iterator[Move]:
    yield _reference("assignee", story.assignee, None)


def _name(story: StoryJson, _: Mapping[str, str]) -> Iterator[Move]:
    yield Move("name", story.old_name, story.new_name)


def _entered(field_id: str, pointer: Callable[[StoryJson], RefJson | None]) -> Reader:
    def read(story: StoryJson, _: Mapping[str, str]) -> Iterator[Move]:
        yield _reference(field_id, None, pointer(story))

    return read


def _left(field_id: str, pointer: Callable[[StoryJson], RefJson | None]) -> Reader:
    def read(story: StoryJson, _: Mapping[str, str]) -> Iterator[Move]:
        yield _reference(field_id, pointer(story), None)

    return read


def _tied(phrase: str, *, made: bool) -> Reader:
    """A dependency, as a link by its phrase; a story that does not name the other task says nothing."""

    def read(story: StoryJson, _: Mapping[str, str]) -> Iterator[Move]:
        other = story.dependency or story.task
        if other is not None and other.gid:
            yield Move("link", None, other.gid, None, phrase) if made else Move("link", other.gid, None, phrase, None)

    return read


def _custom(value: Callable[[StoryJson], tuple[str | None, str | None, str | None, str | None]]) -> Reader:
    """A custom field's change; a story that does not name its field says nothing."""

    def read(story: StoryJson, _: Mapping[str, str]) -> Iterator[Move]:
        if story.custom_field is not None and story.custom_field.gid:
            yield Move(story.custom_field.gid, *value(story))

    return read


def _enum(story: StoryJson) -> tuple[str | None, str | None, str | None, str | None]:
    old, new = story.old_enum_value, story.new_enum_value
    return _gid(old), _gid(new), _named(old), _named(new)


def _several(story: StoryJson) -> tuple[str | None, str | None, str | None, str | None]:
    old, new = story.old_multi_enum_values, story.new_multi_enum_values
    return _joined(old, _gid), _joined(new, _gid), _joined(old, _named), _joined(new, _named)


def _people(story: StoryJson) -> tuple[str | None, str | None, str | None, str | None]:
    old, new = story.old_people_value, story.new_people_value
    return _joined(old, _gid), _joined(new, _gid), _joined(old, _named), _joined(new, _named)


def _number(story: StoryJson) -> tuple[str | None, str | None, str | None, str | None]:
    return _digits(story.old_number_value), _digits(story.new_number_value), None, None


def _text(story: StoryJson) -> tuple[str | None, str | None, str | None, str | None]:
    return story.old_text_value, story.new_text_value, None, None


def _date(story: StoryJson) -> tuple[str | None, str | None, str | None, str | None]:
    return _day(story.old_date_value), _day(story.new_date_value), None, None


def _project_of(story: StoryJson) -> RefJson | None:
    return story.project


def _task_of(story: StoryJson) -> RefJson | None:
    return story.task


READERS: Mapping[str, Reader] = {
    "section_changed": _section,
    "due_date_changed": _dates,
    "start_date_changed": _dates,
    "marked_complete": _completion(completed=True),
    "marked_incomplete": _completion(completed=False),
    "approval_status_changed": _approval,
    "assigned": _assigned,
    "reassigned": _assigned,
    "unassigned": _unassigned,
    "name_changed": _name,
    "added_to_project": _entered("project", _project_of),
    "removed_from_project": _left("project", _project_of),
    "dependency_added": _tied(DEPENDENCY.inward, made=True),
    "dependency_removed": _tied(DEPENDENCY.inward, made=False),
    "dependent_added": _tied(DEPENDENCY.outward, made=True),
    "dependent_removed": _tied(DEPENDENCY.outward, made=False),
    "added_to_task": _entered("parent", _task_of),
    "removed_from_task": _left("parent", _task_of),
    "enum_custom_field_changed": _custom(_enum),
    "multi_enum_custom_field_changed": _custom(_several),
    "people_custom_field_changed": _custom(_people),
    "number_custom_field_changed": _custom(_number),
    "text_custom_field_changed": _custom(_text),
    "date_custom_field_changed": _custom(_date),
}


def _reference(field_id: str, old: RefJson | None, new: RefJson | None) -> Move:
    return Move(field_id, _gid(old), _gid(new), _named(old), _named(new))


def _gid(ref: RefJson | None) -> str | None:
    return ref.gid if ref else None


def _named(ref: RefJson | None) -> str | None:
    return ref.name if ref else None


def _joined(refs: Iterable[RefJson | None] | None, part: Callable[[RefJson | None], str | None]) -> str | None:
    return ", ".join(text for each in refs if (text := part(each))) if refs is not None else None


def _digits(number: float | None) -> str | None:
    if number is None:
        return None
    return str(int(number)) if float(number).is_integer() else str(number)


def _day(value: DateValueJson | None) -> str | None:
    return (value.date_time or value.date) if value else None
