"""What changed in quarters of a public tracker, against a replay of its file that goes forward by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.contract import Historian
from connectors.items import SourceItem
from connectors.jira.config import JiraOptions
from connectors.jira.historian import JiraHistorian
from service.domain.calendars import WorkingCalendar
from service.domain.changes import ChangeKind, PlanDays, Trace, Window
from service.domain.history import Chained, Snapshot, breaks, in_order
from service.domain.items import RollupItem
from service.domain.program_history import ProgramHistory, Span
from tests.builders.history import present
from tests.connectors.jira.test_historian import CANCELLED, CONTRADICTORY
from tests.connectors.jira.test_real_records import recorded

Json = dict[str, Any]
SOURCE = "duraspace"
WINDOWS = [
    (datetime(year, month, 1, tzinfo=UTC), datetime(year, month + 3, 1, tzinfo=UTC))
    for year in (2010, 2011, 2012, 2013, 2014)
    for month in (2, 8)
]
WORDS = {"new": "to_do", "undefined": "to_do", "indeterminate": "in_progress", "done": "done"}


@pytest.fixture(scope="module")
def historian() -> JiraHistorian:
    _, payloads, _ = recorded("duraspace")
    return JiraHistorian(payloads, options=JiraOptions())


@pytest.mark.parametrize(("since", "until"), WINDOWS, ids=lambda moment: moment.date().isoformat())
def test_a_quarter_of_duraspace_changed_what_a_replay_of_its_file_says(
    historian: JiraHistorian, since: datetime, until: datetime
) -> None:
    issues, _, items = recorded("duraspace")
    found: dict[str, set[str]] = defaultdict(set)
    traces = {item.native_id: Trace(created_at=item.created_at) for item in items if since < item.created_at <= until}
    for change in _window(items, historian, since, until).changes(traces):
        if change.field != "time":  # the replay knows no hours
            found[change.kind].add(change.uid)

    expected: dict[str, set[str]] = defaultdict(set)
    statuses = {one["fields"]["status"]["id"]: one["fields"]["status"] for one in issues}
    certain = set()
    for issue, item in zip(issues, items, strict=True):
        then, now = (_state(issue, item, moment, statuses) for moment in (since, until))
        if issue["key"] in CONTRADICTORY or "unknown" in (then.get("category"), now.get("category")):
            continue
        certain.add(item.native_id)
        for kind in _kinds(then, now):
            expected[kind].add(item.native_id)

    compared = ("added", "removed", "finished", "started", "reestimated", "slipped", "pulled_in", "dated", "undated")
    for kind in compared:
        assert found[kind] & certain == expected[kind], kind
    assert len(expected["added"]) > 5
    assert len(expected["finished"]) > 5


def test_the_quarters_hold_every_kind_of_change_that_is_compared(historian: JiraHistorian) -> None:
    """So that a comparison of nothing with nothing proves nothing."""
    _, _, items = recorded("duraspace")
    kinds = {change.kind for since, until in WINDOWS for change in _window(items, historian, since, until).changes({})}

    assert kinds >= {
        ChangeKind.REMOVED,
        ChangeKind.FINISHED,
        ChangeKind.STARTED,
        ChangeKind.REOPENED,
        ChangeKind.REESTIMATED,
        ChangeKind.SLIPPED,
        ChangeKind.DATED,
    }


def _window(items: tuple[SourceItem, ...], historian: Historian, since: datetime, until: datetime) -> Window:
    changes = {item.native_id: in_order(item.changes) for item in items}
    later = {uid: [each for each in several if each.at > since] for uid, several in changes.items()}
    later = {uid: several for uid, several in later.items() if several}
    history = ProgramHistory(
        since=since,
        members=[_member(item) for item in items],
        spans=[[Span(item.created_at, None)] for item in items],
        created=[item.created_at for item in items],
        snapshots={
            item.native_id: Snapshot(
                item.native_id, SOURCE, item.title, item.created_at, item.updated_at, present(item, historian)
            )
            for item in items
            if item.native_id in later
        },
        changes=later,
        historians={SOURCE: historian},
        breaks={uid: [*breaks(changes[uid], Chained(historian))] for uid in later},
        mapped_since=datetime(2001, 1, 1, tzinfo=UTC),
    )
    return Window(history, until, PlanDays({}, {}), WorkingCalendar())


def _member(item: SourceItem) -> RollupItem:
    return RollupItem(
        uid=item.native_id,
        called=item.key,
        source=SOURCE,
        project_id=item.project_id,
        item_type=item.item_type,
        level=item.level,
        subtask=item.subtask,
        status_category=item.status_category,
        points=item.points,
        due=item.due,
    )


def _state(issue: Json, item: SourceItem, moment: datetime, statuses: Mapping[str, Json]) -> dict[str, Any]:
    """Empty before the issue was there."""
    if item.created_at > moment:
        return {}
    fields = issue["fields"]
    status = _at(issue, moment, "status", "from", "to", fields["status"]["id"])
    resolution = _at(issue, moment, "resolution", "fromString", "toString", (fields["resolution"] or {}).get("name"))
    points = _at(issue, moment, "Story Points", "fromString", "toString", fields.get("customfield_10023"))
    due = _at(issue, moment, "duedate", "fromString", "toString", fields["duedate"])
    category = WORDS[statuses[status]["statusCategory"]["key"]] if status in statuses else "unknown"
    if category == "done" and (resolution or "").casefold() in CANCELLED:
        category = "cancelled"
    return {
        "category": category,
        "points": float(points) if points not in (None, "") else None,
        "due": date.fromisoformat(str(due)[:10]) if due else None,
    }


def _at(issue: Json, moment: datetime, field: str, old: str, new: str, now: Any) -> Any:
    """Forward: what was said last up to the moment; before anything was said, what the first word replaced."""
    histories = sorted(issue["changelog"]["histories"], key=lambda each: (_moment(each), int(each["id"])))
    said = [(_moment(each), one) for each in histories for one in each["items"] if one["field"] == field]
    earlier = [one for at, one in said if at <= moment]
    if earlier:
        return earlier[-1].get(new)
    return said[0][1].get(old) if said else now


def _moment(history: Json) -> datetime:
    return datetime.strptime(history["created"], "%Y-%m-%dT%H:%M:%S.%f%z")


def _kinds(then: Mapping[str, Any], now: Mapping[str, Any]) -> set[str]:
    before, after = then.get("category"), now.get("category")
    was_in, is_in = before not in (None, "cancelled"), after not in (None, "cancelled")
    found: set[str] = set()
    if was_in != is_in:
        found.add("added" if is_in else "removed")
    if not is_in:
        return found
    if after == "done" and before != "done":
        found.add("finished")
    if after == "in_progress" and before in ("to_do", None):
        found.add("started")
    if was_in and then["points"] != now["points"]:
        found.add("reestimated")
    if was_in and after != "done" and then["due"] != now["due"]:
        found.add(_date_kind(then["due"], now["due"]))
    return found


def _date_kind(before: date | None, after: date | None) -> str:
    if before is None or after is None:
        return "dated" if before is None else "undated"
    return "slipped" if after > before else "pulled_in"
