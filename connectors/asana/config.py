"""What an operator may decide about one Asana source; everything has a default that suits most workspaces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

# Asana only knows complete and incomplete; teams say by section, or by an enum field, that somebody has begun
IN_PROGRESS = ("In progress", "Doing", "In review", "Review", "Reviewing", "In development", "Testing", "Started")
CANCELLED = ("Cancelled", "Canceled", "Won't do", "Won't fix", "Rejected", "Declined")


class AsanaOptions(Struct, frozen=True):
    """Fields are named by gid or by name, sections, tags and options by name; names compare case-insensitively.

    `points_field`, when set, replaces discovery: only these fields are asked, in this order. `in_progress` names
    sections and options of the status field. `cancelled_fields` (field → option names) beats completion, as the
    cancelled sections and tags do. `jira_fields` hold bare issue keys; those with "Jira" in their name do anyway.
    """

    points_field: tuple[str, ...] = ()
    estimate_field: str | None = None
    priority_field: str | None = None
    status_field: str | None = None
    in_progress: tuple[str, ...] = IN_PROGRESS
    cancelled_sections: tuple[str, ...] = CANCELLED
    cancelled_tags: tuple[str, ...] = CANCELLED
    cancelled_fields: Mapping[str, tuple[str, ...]] = {}
    jira_fields: tuple[str, ...] = ()


def folded(names: Iterable[str]) -> frozenset[str]:
    """The names as they are compared."""
    return frozenset(fold(name) for name in names)


def fold(name: str) -> str:
    """One spelling for names that people write differently: case, outer blanks, and the typographic apostrophe."""
    return name.strip().casefold().replace("’", "'")
