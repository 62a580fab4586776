"""The queries this connector asks, and nothing else: every bound is a number, so nothing needs quoting.

Time bounds are relative (`updated >= "-90m"`): the server counts back from its own clock, so neither the account's
time zone, nor a night of clock change, nor our own clock can hide an issue. There is never an upper bound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

SLACK = timedelta(minutes=10)  # a query may wait its turn or be retried: the bound reaches back further than asked


def minutes_back(since: datetime, *, now: datetime) -> int:
    """Whole minutes from `now` (the server's clock) back to `since`, with slack; at least the slack itself."""
    return math.ceil((max(now - since, timedelta(0)) + SLACK) / timedelta(minutes=1))


def everything_in(project_id: str) -> str:
    return f"project = {_number(project_id)} ORDER BY id ASC"


def changed_in(project_id: str, *, minutes: int) -> str:
    return f'project = {_number(project_id)} AND updated >= "-{minutes}m" ORDER BY updated ASC, id ASC'


def after(project_id: str, *, last: int, minutes: int | None = None) -> str:
    """The rest of a project by ascending id: what a listing asks that cannot be disturbed by moving rows."""
    terms = [f"project = {_number(project_id)}"]
    terms += [f'updated >= "-{minutes}m"'] if minutes is not None else []
    terms += [f"id > {last}"] if last else []
    return f"{' AND '.join(terms)} ORDER BY id ASC"


def between(project_id: str, *, first: int, last: int) -> str:
    return f"project = {_number(project_id)} AND id >= {first} AND id <= {last} ORDER BY id ASC"


def these(native_ids: Sequence[str]) -> str:
    return f"id in ({', '.join(_number(each) for each in native_ids)}) ORDER BY id ASC"


def in_projects(project_ids: Sequence[str]) -> str:
    """A filter of webhooks: no order, and none but the fields that those of apps may name."""
    return f"project in ({', '.join(_number(each) for each in project_ids)})"


def _number(native_id: str) -> str:
    if not (native_id.isascii() and native_id.isdigit()):
        raise ValueError(f"{native_id!r} is not an id of Jira")
    return native_id
