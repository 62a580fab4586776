"""What an operator may decide about one Jira source; everything has a default that suits most sites."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from connectors.items import LinkDirection

# definitions.md §0: done with one of these is cancelled
CANCELLED_RESOLUTIONS = (
    "Won't Do",
    "Won't Fix",
    "Duplicate",
    "Declined",
    "Cannot Reproduce",
    "Incomplete",
    "Invalid",
)
# design.md §6.4: standing in one of these is cancelled, whatever its category
CANCELLED_STATUSES = ("Cancelled", "Canceled", "Won't Do", "Won't Fix", "Rejected", "Declined")


class JiraOptions(Struct, frozen=True):
    """Fields are named by id or by name, link types and item types too; names compare case-insensitively.

    `points_field`, when set, replaces discovery: only these fields are asked, in this order.
    `target_fields` are (target start, target end). `item_type_levels` gives a level (0 standard, 1 epic,
    2 and more above) to item types of a Data Center, which does not tell its hierarchy.
    `health_field` is one in which people state health, `value_fields` those in which they state business value.
    """

    points_field: tuple[str, ...] = ()
    start_field: str | None = None
    target_fields: tuple[str, ...] = ()
    link_directions: Mapping[str, LinkDirection] = {}
    cancelled_resolutions: tuple[str, ...] = CANCELLED_RESOLUTIONS
    cancelled_statuses: tuple[str, ...] = CANCELLED_STATUSES
    item_type_levels: Mapping[str, int] = {}
    health_field: str | None = None
    value_fields: tuple[str, ...] = ()


def folded(names: Iterable[str]) -> frozenset[str]:
    """The names as they are compared."""
    return frozenset(fold(name) for name in names)


def fold(name: str) -> str:
    """One spelling for names that people write differently: case, outer blanks, and the typographic apostrophe."""
    return name.strip().casefold().replace("’", "'")
