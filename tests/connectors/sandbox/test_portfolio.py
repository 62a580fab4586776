"""The example portfolio holds what a year of real work holds, and holds together."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sandbox import portfolio_schema as schema
from connectors.sandbox.portfolio import FEWEST_ISSUES, example_programs, generate_portfolio
from connectors.sandbox.portfolio_stories import STORIES
from connectors.sandbox.site import Issue, JiraSite

TODAY = date(2026, 11, 21)
SMALL_SITES = st.builds(
    generate_portfolio,
    seed=st.integers(0, 10_000),
    issues=st.integers(FEWEST_ISSUES, 160),
    today=st.dates(date(2025, 1, 1), date(2027, 12, 31)),
)


@pytest.fixture(scope="module")
def site() -> JiraSite:
    return generate_portfolio(today=TODAY)


def issues_of(site: JiraSite) -> list[dict[str, Any]]:
    return [issue["fields"] for issue in site.issues.values()]


def items_of(issue: Issue, field_id: str) -> list[dict[str, Any]]:
    histories = issue["changelog"]["histories"]
    return [item for row in histories for item in row["items"] if item.get("fieldId") == field_id]


def category(fields: dict[str, Any]) -> str:
    key: str = fields["status"]["statusCategory"]["key"]
    return key


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")


def test_the_same_arguments_give_the_same_site_and_another_seed_gives_another() -> None:
    first, again = (generate_portfolio(seed=3, issues=120, today=TODAY) for _ in range(2))

    assert first == again
    assert generate_portfolio(seed=4, issues=120, today=TODAY) != first


def test_a_portfolio_has_exactly_the_issues_that_were_asked_for(site: JiraSite) -> None:
    assert len(site.issues) == 900
    assert len({issue["key"] for issue in site.issues.values()}) == 900


def test_too_small_a_portfolio_is_refused() -> None:
    with pytest.raises(ValueError, match="a portfolio needs at least 50 issues, not 12"):
        generate_portfolio(issues=12, today=TODAY)


def test_every_status_category_is_well_filled(site: JiraSite) -> None:
    counts = Counter(category(fields) for fields in issues_of(site))

    assert min(counts[key] for key in ("new", "indeterminate", "done")) > 90


def test_some_work_was_cancelled_and_some_is_done_without_a_resolution(site: JiraSite) -> None:
    done = [fields for fields in issues_of(site) if category(fields) == "done"]
    resolutions = Counter((fields["resolution"] or {}).get("name") for fields in done)

    assert resolutions["Won't Do"] > 10
    assert resolutions["Duplicate"] > 0
    assert resolutions[None] > 10
    assert resolutions["Done"] > sum(resolutions.values()) / 2
    assert {fields["status"]["name"] for fields in done} >= {"Done", "Won't Do", "Shipped"}


def test_some_work_was_reopened(site: JiraSite) -> None:
    done_ids = {row["id"] for row in schema.STATUSES if row["statusCategory"]["key"] == "done"}
    reopened = [
        issue for issue in site.issues.values() if any(item["from"] in done_ids for item in items_of(issue, "status"))
    ]

    assert len(reopened) > 10


def test_some_work_is_flagged_now_and_some_was_before(site: JiraSite) -> None:
    flagged = [issue for issue in site.issues.values() if issue["fields"][schema.FLAGGED]]
    unflagged = [
        issue
        for issue in site.issues.values()
        if items_of(issue, schema.FLAGGED) and not issue["fields"][schema.FLAGGED]
    ]

    assert flagged
    assert unflagged
    assert all(items_of(issue, schema.FLAGGED)[-1]["to"] == "[10019]" for issue in flagged)


def test_sprints_cover_the_year_and_two_are_still_to_come(site: JiraSite) -> None:
    for board in range(1, 5):
        states = [row["state"] for row in site.sprints.values() if row["originBoardId"] == board]
        assert states == ["closed"] * 26 + ["active"] + ["future"] * 2
    assert "CART Sprint 20 [peak season, returns]" in [row["name"] for row in site.sprints.values()]


def test_the_active_sprint_runs_on_the_day_of_looking(site: JiraSite) -> None:
    now = datetime(2026, 11, 21, 6, tzinfo=UTC)
    for row in site.sprints.values():
        if row["state"] == "active":
            assert datetime.fromisoformat(row["startDate"]) < now < datetime.fromisoformat(row["endDate"])


def test_unfinished_work_is_carried_over_into_the_next_sprint(site: JiraSite) -> None:
    carried = [fields for fields in issues_of(site) if len(fields[schema.SPRINT] or ()) > 1]

    assert len(carried) > 30
    assert all(fields[schema.SPRINT] == sorted(fields[schema.SPRINT]) for fields in carried)


def test_some_work_was_taken_out_of_all_sprints(site: JiraSite) -> None:
    assert any(
        items_of(issue, schema.SPRINT) and issue["fields"][schema.SPRINT] is None for issue in site.issues.values()
    )


def test_points_are_set_missing_zero_and_changed(site: JiraSite) -> None:
    work = [i for i in site.issues.values() if i["fields"]["issuetype"]["hierarchyLevel"] == 0]
    points = [i["fields"].get(schema.points_field(i["fields"]["project"]["key"])) for i in work]

    assert points.count(None) > 50
    assert points.count(0.0) > 5
    assert any(len(items_of(issue, schema.STORY_POINTS)) > 1 for issue in work)
    assert any(issue["fields"].get(schema.POINT_ESTIMATE) for issue in work)


def test_the_team_managed_project_has_its_own_statuses_types_and_estimate(site: JiraSite) -> None:
    own = [fields for fields in issues_of(site) if fields["project"]["key"] == "LOYAL"]
    scoped = {row["id"] for row in site.statuses + site.issue_types if "scope" in row}

    assert own
    assert all(fields["status"]["id"] in scoped and fields["issuetype"]["id"] in scoped for fields in own)
    assert all(schema.STORY_POINTS not in fields for fields in own)


def test_due_dates_slip(site: JiraSite) -> None:
    told = {part.title for story in STORIES.values() for part in story.parts}  # these were planned two days ago
    slipped = [
        issue
        for issue in site.issues.values()
        if issue["fields"]["summary"] not in told and any(item["from"] for item in items_of(issue, "duedate"))
    ]

    assert len(slipped) > 40
    for issue in slipped:
        for row in issue["changelog"]["histories"]:
            for item in row["items"]:
                if item.get("fieldId") == "duedate":
                    assert row["created"][:10] <= item["from"]
        last = items_of(issue, "duedate")[-1]
        assert last["from"] < last["to"] == issue["fields"]["duedate"]


def test_epics_are_open_running_and_finished(site: JiraSite) -> None:
    epics = [fields for fields in issues_of(site) if fields["issuetype"]["hierarchyLevel"] == 1]

    assert min(Counter(category(fields) for fields in epics).values()) > 2
    assert len({category(fields) for fields in epics}) == 3


def test_epics_have_dates_and_some_of_the_work_has_hours(site: JiraSite) -> None:
    epics = [fields for fields in issues_of(site) if fields["issuetype"]["hierarchyLevel"] == 1]
    dated = [fields for fields in epics if fields["duedate"] and fields[schema.START]]

    assert len(dated) > len(epics) * 0.7
    assert any(fields[schema.TARGET_START] and fields[schema.TARGET_END] for fields in epics)
    assert sum(1 for fields in issues_of(site) if fields["timespent"]) > 40


def test_a_moved_issue_is_found_by_its_former_key(site: JiraSite) -> None:
    assert site.aliases
    for former, issue_id in site.aliases.items():
        issue = site.issues[issue_id]
        assert former.startswith("CART-")
        assert not issue["key"].startswith("CART-")
        assert issue["fields"]["project"]["key"] == issue["key"].split("-")[0]
        assert items_of(issue, "project")[-1]["to"] == issue["fields"]["project"]["id"]
        assert site.find(former) is issue


def test_links_of_several_kinds_cross_projects(site: JiraSite) -> None:
    crossing: Counter[str] = Counter()
    for issue in site.issues.values():
        for link in issue["fields"]["issuelinks"]:
            far = link.get("outwardIssue")
            if far and far["key"].split("-")[0] != issue["key"].split("-")[0]:
                crossing[link["type"]["name"]] += 1

    assert crossing["Blocks"] > 5
    assert crossing["Dependency"] > 5
    assert crossing["Relates"] > 5


def test_three_open_issues_wait_for_each_other_in_a_ring(site: JiraSite) -> None:
    blocks = {
        issue_id: {
            link["outwardIssue"]["id"]
            for link in issue["fields"]["issuelinks"]
            if link["type"]["name"] == "Blocks" and "outwardIssue" in link
        }
        for issue_id, issue in site.issues.items()
    }
    rings = [(a, b, c) for a in blocks for b in blocks[a] for c in blocks[b] if a in blocks[c]]

    assert rings
    assert any(all(category(site.issues[n]["fields"]) != "done" for n in ring) for ring in rings)


def test_one_blocker_is_hidden_from_the_reading_account(site: JiraSite) -> None:
    hidden = [i for i in site.issues.values() if i["fields"]["project"]["id"] in site.hidden_projects]
    links = [link for issue in hidden for link in issue["fields"]["issuelinks"]]

    assert [link["type"]["name"] for link in links] == ["Blocks"]


def test_one_project_is_archived(site: JiraSite) -> None:
    assert [row["key"] for row in site.projects.values() if row["archived"]] == ["OLD"]
    assert any(fields["project"]["key"] == "OLD" for fields in issues_of(site))


def test_people_change_issues_in_working_hours(site: JiraSite) -> None:
    moments = [moment(row["created"]) for issue in site.issues.values() for row in issue["changelog"]["histories"]]
    working = [m for m in moments if m.weekday() < 5 and 7 <= m.hour < 19]

    assert len(working) > len(moments) * 0.75


@settings(max_examples=25, deadline=None)
@given(SMALL_SITES)
def test_parents_stand_one_level_above_exist_and_came_first(site: JiraSite) -> None:
    for issue in site.issues.values():
        fields = issue["fields"]
        if reference := fields.get("parent"):
            parent = site.issues[reference["id"]]
            above = parent["fields"]["issuetype"]["hierarchyLevel"]
            assert parent["key"] == reference["key"]
            assert above == fields["issuetype"]["hierarchyLevel"] + 1
            assert moment(parent["fields"]["created"]) <= moment(fields["created"])


@settings(max_examples=25, deadline=None)
@given(SMALL_SITES)
def test_every_link_is_told_by_both_of_its_ends(site: JiraSite) -> None:
    ends: dict[str, set[tuple[str, str, str]]] = {}
    for issue in site.issues.values():
        for link in issue["fields"]["issuelinks"]:
            side = "outwardIssue" if "outwardIssue" in link else "inwardIssue"
            far = link[side]
            assert site.issues[far["id"]]["key"] == far["key"]
            ends.setdefault(link["id"], set()).add((side, issue["id"], far["id"]))

    assert ends
    for told in ends.values():
        (one, near, far), (other, far_too, near_too) = sorted(told)
        assert (one, other) == ("inwardIssue", "outwardIssue")
        assert (near, far) == (near_too, far_too)


@settings(max_examples=25, deadline=None)
@given(SMALL_SITES)
def test_the_history_leads_to_the_present(site: JiraSite) -> None:
    for issue in site.issues.values():
        fields = issue["fields"]
        for item in items_of(issue, "status")[-1:]:
            assert item["to"] == fields["status"]["id"]
        for item in items_of(issue, "assignee")[-1:]:
            assert item["to"] == fields["assignee"]["accountId"]
        for item in items_of(issue, schema.SPRINT)[-1:]:
            assert item["to"] == ", ".join(map(str, fields[schema.SPRINT] or ()))
        statuses = items_of(issue, "status")
        for former, then in pairwise(statuses):
            assert former["to"] == then["from"]


@settings(max_examples=25, deadline=None)
@given(SMALL_SITES)
def test_histories_are_in_order_and_updated_follows_them(site: JiraSite) -> None:
    for issue in site.issues.values():
        times = [moment(row["created"]) for row in issue["changelog"]["histories"]]
        updated = moment(issue["fields"]["updated"])
        assert times == sorted(times)
        assert all(moment(issue["fields"]["created"]) < time for time in times)
        assert all(time <= updated + timedelta(seconds=1) for time in times)


@settings(max_examples=25, deadline=None)
@given(SMALL_SITES)
def test_references_point_at_what_the_site_has(site: JiraSite) -> None:
    types = {row["id"] for row in site.issue_types}
    statuses = {row["id"] for row in site.statuses}
    versions = {row["id"] for rows in site.versions.values() for row in rows}
    fields_known = {row["id"] for row in site.fields}
    for fields in issues_of(site):
        assert fields["issuetype"]["id"] in types
        assert fields["status"]["id"] in statuses
        assert fields["project"]["id"] in site.projects
        assert set(fields) <= fields_known
        assert all(number in site.sprints for number in fields[schema.SPRINT] or ())
        assert all(row["id"] in versions for row in fields["fixVersions"])


def test_the_programs_file_names_what_the_portfolio_has(site: JiraSite) -> None:
    programs = {row["key"]: row for row in yaml.safe_load(example_programs(TODAY))["programs"]}
    keys = {row["key"] for row in site.projects.values()}
    first = site.find("PAY-1")

    assert list(programs) == ["CHECKOUT", "LOYALTY", "PLATFORM"]
    assert first is not None
    assert first["fields"]["summary"] == "Checkout replatform"
    assert site.find("OPS-3")
    for program in programs.values():
        assert program["start"] < TODAY < program["target"]
        for rule in program["include"]:
            assert rule["source"] == "northwind-jira"
            named = rule.get("project", [])
            assert {named} <= keys if isinstance(named, str) else set(named) <= keys
