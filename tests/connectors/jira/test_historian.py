"""Going back through a history: the recorded tracker against a replay of its file, then one odd change at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from connectors.history import Aspect, ItemState
from connectors.items import Facet, FacetValue, SourceChange, StatusCategory
from connectors.jira.config import JiraOptions
from connectors.jira.historian import JiraHistorian
from tests.builders import jira
from tests.builders.history import present, state_at
from tests.connectors.jira.test_real_records import recorded

POINTS, SPRINT = "customfield_10023", "customfield_10290"
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
MOMENTS = [datetime(year, month, 15, 12, tzinfo=UTC) for year in range(2008, 2016) for month in (3, 9)]
# their resolution "Will Fix" was deleted on the site, which wrote no history of it
CONTRADICTORY = {f"FCREPO-{number}" for number in (60, 64, 224, 238, 386, 396, 410, 417)}
CANCELLED = {"won't fix", "won't do", "duplicate", "declined", "cannot reproduce", "incomplete", "invalid"}

Json = dict[str, Any]


@pytest.fixture(scope="module")
def historian() -> JiraHistorian:
    _, payloads, _ = recorded("duraspace")
    return JiraHistorian(payloads, options=JiraOptions())


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.date().isoformat())
def test_duraspace_was_on_many_days_what_a_replay_of_the_file_says(historian: JiraHistorian, moment: datetime) -> None:
    issues, _, items = recorded("duraspace")
    pairs = [(issue, item) for issue, item in zip(issues, items, strict=True) if item.created_at <= moment]

    for issue, item in pairs:
        state = state_at(item, historian, moment)
        assert (state.status_id, state.resolution) == (
            _then(issue, moment, "status", "from", "to", lambda fields: fields["status"]["id"]),
            _then(issue, moment, "resolution", "fromString", "toString", _resolution),
        )
        assert state.points == _number(_then(issue, moment, "Story Points", "fromString", "toString", _points))
        due = _then(issue, moment, "duedate", "fromString", "toString", lambda fields: fields["duedate"])
        assert state.due == (date.fromisoformat(due[:10]) if due else None)
        assert state.project_id == _then(issue, moment, "Project", "from", "to", lambda fields: fields["project"]["id"])
        assert state.key == _then(issue, moment, "Key", "fromString", "toString", _constant(issue["key"]))
    assert pairs


def test_duraspace_categories_then_are_those_of_the_statuses_then(historian: JiraHistorian) -> None:
    issues, _, items = recorded("duraspace")
    keys = {one["fields"]["status"]["id"]: one["fields"]["status"]["statusCategory"]["key"] for one in issues}
    words = {"new": "to_do", "undefined": "to_do", "indeterminate": "in_progress", "done": "done"}
    moment = datetime(2012, 6, 1, tzinfo=UTC)
    compared = 0

    for issue, item in zip(issues, items, strict=True):
        if item.created_at > moment:
            continue
        state = state_at(item, historian, moment)
        status = _then(issue, moment, "status", "from", "to", lambda fields: fields["status"]["id"])
        resolution = _then(issue, moment, "resolution", "fromString", "toString", _resolution)
        if status in keys:
            category = words[keys[status]]
            dismissed = category == "done" and (resolution or "").casefold() in CANCELLED
            assert state.status_category == ("cancelled" if dismissed else category)
            compared += 1

    assert compared > 1000


def test_nothing_undone_is_the_snapshot(historian: JiraHistorian) -> None:
    _, _, items = recorded("duraspace")

    for item in items:
        state = present(item, historian)
        assert (state.status_category, state.points, state.due) == (item.status_category, item.points, item.due)
        assert state.iterations == tuple(one.native_id for one in item.iterations)
        assert state.doubts == frozenset()


def test_a_status_that_nobody_knows_any_more_is_a_doubt_and_not_done(historian: JiraHistorian) -> None:
    before = historian.undo(a_state(), a_change("status", "99", "Forgotten"))

    assert (before.status, before.status_category) == ("Forgotten", StatusCategory.TO_DO)
    assert before.doubts == {Aspect.STATUS}


def test_a_status_that_nobody_knows_casts_no_doubt_on_what_was_before_it(historian: JiraHistorian) -> None:
    between = historian.undo(a_state(), a_change("status", "99", "Forgotten"))

    earlier = historian.undo(between, a_change("status", "1", "Open"))
    by_resolution = historian.undo(between, a_change("resolution", None, "Fixed"))

    assert (earlier.status_id, earlier.doubts) == ("1", frozenset())
    assert by_resolution.doubts == {Aspect.STATUS}


def test_done_without_a_resolution_is_told_of_then(historian: JiraHistorian) -> None:
    closed = a_state(status_id="6", status="Closed", resolution="Fixed", status_category=StatusCategory.DONE)

    without = historian.undo(closed, a_change("resolution", None, None))
    opened = historian.undo(without, a_change("status", "1", "Open"))

    assert [state.no_resolution for state in (closed, without, opened)] == [False, True, False]


def test_taking_back_a_dismissal_opens_nothing_by_itself(historian: JiraHistorian) -> None:
    """Closed as Won't Fix was cancelled; closed without a resolution is done."""
    cancelled = a_state(
        status_id="6", status="Closed", resolution="Won't Fix", status_category=StatusCategory.CANCELLED
    )

    before = historian.undo(cancelled, a_change("resolution", None, None))

    assert (before.resolution, before.status_category) == (None, StatusCategory.DONE)


def test_points_are_read_from_the_text_where_a_history_has_no_value(historian: JiraHistorian) -> None:
    estimated = historian.settled(a_state(points=8.0, points_field=POINTS), ())

    assert historian.undo(estimated, a_change(POINTS, None, "0")).points == 0.0
    assert historian.undo(estimated, a_change(POINTS, None, None)).points is None
    assert historian.undo(estimated, a_change(POINTS, None, "many")).doubts == {Aspect.POINTS}


def test_of_several_fields_for_points_the_first_that_was_set_then_counts() -> None:
    fields = [jira.a_field("customfield_1", "Story Points", jira.FLOAT), jira.a_field("customfield_2", "Size", "x:y")]
    several = JiraHistorian(
        jira.payloads(fields=fields), options=JiraOptions(points_field=("customfield_1", "customfield_2"))
    )
    now = several.settled(a_state(points=5.0, points_field="customfield_1"), ())

    earlier = several.undo(now, a_change("customfield_2", None, "3"))
    first = several.undo(earlier, a_change("customfield_1", None, None))

    assert (earlier.points, earlier.points_field) == (5.0, "customfield_1")
    assert (first.points, first.points_field) == (3.0, "customfield_2")


def test_a_day_that_cannot_be_read_is_a_doubt(historian: JiraHistorian) -> None:
    state = a_state(due=date(2026, 5, 1))

    assert historian.undo(state, a_change("duedate", "2026-04-01", "2026-04-01 00:00:00.0")).due == date(2026, 4, 1)
    assert historian.undo(state, a_change("duedate", None, None)).due is None
    assert historian.undo(state, a_change("duedate", "31.04.2026", None)).doubts == {Aspect.DUE}


def test_seconds_are_undone_each_in_its_place(historian: JiraHistorian) -> None:
    state = a_state(estimate_seconds=7200, spent_seconds=3600, remaining_seconds=1800)

    assert historian.undo(state, a_change("timeoriginalestimate", "3600", "3600")).estimate_seconds == 3600
    assert historian.undo(state, a_change("timespent", None, None)).spent_seconds is None
    assert historian.undo(state, a_change("timeestimate", "60", "60")).remaining_seconds == 60
    assert historian.undo(state, a_change("timeestimate", "soon", None)).doubts == {Aspect.TIME}


def test_a_parent_comes_back_by_id_or_by_key(historian: JiraHistorian) -> None:
    child = a_state(parent_id="10001")

    assert parents(historian.undo(child, a_change("parent", "10002", "PAY-2"))) == ("10002", None)
    assert parents(historian.undo(child, a_change("parent", "PAY-3", "PAY-3"))) == (None, "PAY-3")
    assert parents(historian.undo(child, a_change("parent", None, None))) == (None, None)


def test_an_epic_link_does_not_take_a_sub_task_from_its_issue() -> None:
    linked = JiraHistorian(
        jira.payloads(fields=[jira.a_field("customfield_9", "Epic Link", "com.pyxis.greenhopper.jira:gh-epic-link")]),
        options=JiraOptions(),
    )
    change = a_change("customfield_9", "10", "PAY-1")

    assert parents(linked.undo(a_state(parent_id="7"), change)) == ("10", None)
    assert parents(linked.undo(a_state(parent_id="7", subtask=True, level=-1), change)) == ("7", None)


def test_releases_come_and_go_one_by_one_and_sprints_whole(historian: JiraHistorian) -> None:
    facets = [FacetValue(Facet.RELEASE, "1.0", "1"), FacetValue(Facet.RELEASE, "2.0", "2")]
    state = historian.settled(a_state(), facets)

    assert historian.undo(state, a_change("fixVersions", None, None, to="2")).releases == ("1",)
    assert historian.undo(state, a_change("fixVersions", "3", "3.0")).releases == ("1", "2", "3")
    assert historian.undo(state, a_change(SPRINT, "8, 9", "Sprint 1, Sprint 2")).iterations == ("8", "9")
    assert not historian.is_chained("fixVersions")
    assert historian.is_chained("status")


def test_a_change_that_decides_nothing_changes_nothing(historian: JiraHistorian) -> None:
    state = a_state()

    assert historian.aspect_of("labels") is None
    assert historian.undo(state, a_change("labels", None, "old")) == state


def test_a_type_that_was_deleted_keeps_the_level_and_is_a_doubt(historian: JiraHistorian) -> None:
    before = historian.undo(a_state(level=1), a_change("issuetype", "77", "Saga"))

    assert (before.item_type, before.level, before.doubts) == ("Saga", 1, frozenset({Aspect.TYPE}))


def a_state(**changed: Any) -> ItemState:
    state = ItemState(
        key="PAY-1",
        project_id="1",
        item_type_id="3",
        item_type="Task",
        level=0,
        subtask=False,
        status_id="1",
        status="Open",
        status_category=StatusCategory.TO_DO,
    )
    return replace(state, **changed)


def a_change(field_id: str, value: str | None, text: str | None, *, to: str | None = None) -> SourceChange:
    return SourceChange("1", "1", 0, AT, field_id, from_value=value, from_text=text, to_value=to)


def parents(state: ItemState) -> tuple[str | None, str | None]:
    return state.parent_id, state.parent_key


def _then(
    issue: Json, moment: datetime, field: str, old: str, new: str, now: Callable[[Json], str | None]
) -> str | None:
    """Straight from the file: what the first later change replaced, else what the issue says now.

    What was last said up to the moment must be the same, but where the file is known to contradict itself.
    """
    said = _said(issue, field)
    later = [one for at, one in said if at > moment]
    then = (later[0].get(old) or None) if later else now(issue["fields"])
    earlier = [one for at, one in said if at <= moment]
    assert (
        not earlier
        or _plain(earlier[-1].get(new)) == _plain(then)
        or (field == "resolution" and issue["key"] in CONTRADICTORY)
    )
    return then


def _said(issue: Json, field: str) -> list[tuple[datetime, Json]]:
    """The old Jira often wrote days and points as texts alone, so for these the texts are asked."""
    histories = sorted(issue["changelog"]["histories"], key=lambda each: (_at(each), int(each["id"])))
    return [(_at(each), one) for each in histories for one in each["items"] if one["field"] == field]


def _plain(text: str | None) -> str | None:
    """Of a day with an hour the day, of 8.0 the 8."""
    return text.partition(" 00:00")[0].removesuffix(".0") if text else None


def _at(history: Json) -> datetime:
    return datetime.fromisoformat(history["created"])


def _constant(value: str) -> Callable[[Json], str]:
    return lambda _: value


def _resolution(fields: Json) -> str | None:
    return fields["resolution"]["name"] if fields["resolution"] else None


def _points(fields: Json) -> str | None:
    value = fields.get(POINTS)
    return None if value is None else str(value)


def _number(text: str | None) -> float | None:
    return float(text) if text else None
