"""An edit moves `modified_at` only where the vendor says so, and leaves the stories it leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from connectors.sandbox.asana.site import AsanaSite
from tests.connectors.sandbox.asana.support import NOW, Small, a_site

Edit = Callable[[Small, str], object]
MOMENT = "2026-11-20T12:00:30.000Z"
FIRST, SECOND = 0, 1

MODIFYING: dict[str, tuple[Edit, str | None]] = {
    "a new name": (lambda small, task: small.site.touch(task, NOW, name="New"), "name_changed"),
    "new notes": (lambda small, task: small.site.touch(task, NOW, notes="New"), "notes_changed"),
    "an assignee": (lambda small, task: small.site.touch(task, NOW, assignee=small.site.me), "assigned"),
    "a due date": (lambda small, task: small.site.touch(task, NOW, due_on="2026-12-01"), "due_date_changed"),
    "a start date": (lambda small, task: small.site.touch(task, NOW, start_on="2026-12-01"), "start_date_changed"),
    "completion": (lambda small, task: small.site.complete(task, NOW), "marked_complete"),
    "a comment": (lambda small, task: small.site.comment(task, "Here?", NOW), "comment_added"),
    "an attachment": (lambda small, task: small.site.attach(task, "A", "https://example.com", NOW), "attachment_added"),
    "a tag": (lambda small, task: small.site.add_tag_to(task, small.site.add_tag("t"), NOW), "added_to_tag"),
    "a parent": (lambda small, task: small.site.set_parent(task, small.tasks[SECOND], NOW), "added_to_task"),
    "a dependency": (lambda small, task: small.site.add_dependency(task, small.tasks[SECOND], NOW), "dependency_added"),
    "a dependent": (lambda small, task: small.site.add_dependency(small.tasks[SECOND], task, NOW), "dependent_added"),
    "a bare touch": (lambda small, task: small.site.touch(task, NOW), None),
}
LEAVING: dict[str, tuple[Edit, str | None]] = {
    "another section": (lambda small, task: small.site.move_to_section(task, small.done, NOW), "section_changed"),
    "another project": (lambda small, task: small.site.add_to_project(task, small.other, at=NOW), "added_to_project"),
    "one project less": (
        lambda small, task: small.site.remove_from_project(task, small.project, NOW),
        "removed_from_project",
    ),
    "a new sub-task": (lambda small, task: small.site.add_subtask(task, "Child", at=NOW), None),
    "a child hung beneath": (lambda small, task: small.site.set_parent(small.tasks[SECOND], task, NOW), None),
    "a replacement": (lambda small, task: small.site.put(replace(small.site.tasks[task], name="New")), None),
}


def told(site: AsanaSite, task: str) -> list[str]:
    return [site.stories[gid].resource_subtype for gid in site.stories_of.get(task, ())]


@pytest.mark.parametrize("what", MODIFYING)
def test_it_modifies_the_task(what: str) -> None:
    edit, story = MODIFYING[what]
    small = a_site(2)
    edit(small, small.tasks[FIRST])

    assert small.site.tasks[small.tasks[FIRST]].modified_at == MOMENT
    assert told(small.site, small.tasks[FIRST]) == ([story] if story else [])


@pytest.mark.parametrize("what", LEAVING)
def test_it_does_not_modify_the_task(what: str) -> None:
    edit, story = LEAVING[what]
    small = a_site(2)
    before = small.site.tasks[small.tasks[FIRST]].modified_at
    edit(small, small.tasks[FIRST])

    assert small.site.tasks[small.tasks[FIRST]].modified_at == before
    assert told(small.site, small.tasks[FIRST]) == ([story] if story else [])


def test_a_site_may_count_a_move_between_sections_as_a_modification() -> None:
    small = a_site(1)
    small.site.section_moves_modify = True
    small.site.move_to_section(small.tasks[FIRST], small.done, NOW)

    assert small.site.tasks[small.tasks[FIRST]].modified_at == MOMENT


def test_a_rejected_approval_is_complete() -> None:
    small = a_site(1)
    task = small.site.add_task("Approve", project=small.project, resource_subtype="approval", approval_status="pending")
    small.site.decide(task, "rejected", NOW)
    row = small.site.tasks[task]

    assert (row.completed, row.completed_at, row.approval_status) == (True, MOMENT, "rejected")
    small.site.reopen(task, NOW)
    assert (small.site.tasks[task].completed, small.site.tasks[task].approval_status) == (False, "pending")
    small.site.complete(task, NOW)
    assert small.site.tasks[task].approval_status == "approved"


def test_a_move_takes_the_task_out_of_its_former_section() -> None:
    small = a_site(2)
    small.site.move_to_section(small.tasks[FIRST], small.done, NOW)

    assert small.site.sections[small.todo].tasks == (small.tasks[SECOND],)
    assert small.site.sections[small.done].tasks == (small.tasks[FIRST],)
    assert [home.section for home in small.site.tasks[small.tasks[FIRST]].homes] == [small.done]


def test_a_new_parent_takes_the_task_from_the_former_one() -> None:
    small = a_site(2)
    child = small.site.add_subtask(small.tasks[FIRST], "Child")
    small.site.set_parent(child, small.tasks[SECOND], NOW)
    assert [small.site.tasks[gid].subtasks for gid in small.tasks] == [(), (child,)]
    small.site.set_parent(child, None, NOW)

    assert [small.site.tasks[gid].subtasks for gid in small.tasks] == [(), ()]
    assert told(small.site, child) == ["added_to_task", "removed_from_task"]


def test_a_removed_dependency_is_gone_from_both_ends() -> None:
    small = a_site(2)
    one, other = small.tasks
    small.site.add_dependency(one, other)
    small.site.remove_dependency(one, other, NOW)

    assert (small.site.tasks[one].dependencies, small.site.tasks[other].dependents) == ((), ())
    assert small.site.tasks[one].modified_at == small.site.tasks[other].modified_at == MOMENT
    assert told(small.site, one) == ["dependency_added", "dependency_removed"]
    assert told(small.site, other) == ["dependent_added", "dependent_removed"]


def test_stories_and_events_name_who_edits() -> None:
    small = a_site(1)
    small.site.actor = small.site.add_user("Sam")
    small.site.complete(small.tasks[FIRST], NOW)
    (story,) = small.site.stories_of[small.tasks[FIRST]]

    assert small.site.stories[story].created_by == small.site.actor
    assert small.site.tasks[small.tasks[FIRST]].completed_by == small.site.actor
    assert {event.user for event in small.site.events if event.created_at == MOMENT} == {small.site.actor}
