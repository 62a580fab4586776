"""What a listing shows of a task, as one text: as long as it stays equal, nothing that a listing shows has moved.

A task's `modified_at` is documented not to change when it moves to another container, and a parent is not modified
by a new sub-task. The lean listing of a project shows both, so the stored mark tells which tasks to read again.
"""

from __future__ import annotations

from connectors.asana.payloads import HeadJson


def listing_mark(head: HeadJson) -> str:
    """Equal for the lean row and for the full task, whatever the order of the memberships."""
    homes = sorted(
        f"{each.project.gid}:{(each.section.gid if each.section else None) or ''}"
        for each in head.memberships or ()
        if each is not None and each.project is not None and each.project.gid
    )
    return f"{head.modified_at or ''} {head.num_subtasks or 0} {','.join(homes)}"
