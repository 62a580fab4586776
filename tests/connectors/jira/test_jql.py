"""Queries are bounded by numbers alone, so no zone and no quoting can bend them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jira import jql

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def test_each_question_has_its_query() -> None:
    assert jql.everything_in("10") == "project = 10 ORDER BY id ASC"
    assert jql.changed_in("10", minutes=75) == 'project = 10 AND updated >= "-75m" ORDER BY updated ASC, id ASC'
    assert jql.after("10", last=0) == "project = 10 ORDER BY id ASC"
    assert jql.after("10", last=7, minutes=5) == 'project = 10 AND updated >= "-5m" AND id > 7 ORDER BY id ASC'
    assert jql.between("10", first=3, last=9) == "project = 10 AND id >= 3 AND id <= 9 ORDER BY id ASC"
    assert jql.these(["3", "9"]) == "id in (3, 9) ORDER BY id ASC"


@pytest.mark.parametrize("native_id", ["PAY", "10 OR project = 11", "", "٣"])
def test_what_is_no_id_never_gets_into_a_query(native_id: str) -> None:
    with pytest.raises(ValueError, match="is not an id of Jira"):
        jql.everything_in(native_id)


@given(back=st.timedeltas(timedelta(0), timedelta(days=400)), zone=st.integers(-11, 14))
def test_the_bound_reaches_back_to_the_moment_whatever_the_zone_it_is_written_in(back: timedelta, zone: int) -> None:
    since = (NOW - back).astimezone(timezone(timedelta(hours=zone)))

    minutes = timedelta(minutes=jql.minutes_back(since, now=NOW))

    assert NOW - minutes + jql.SLACK <= since
    assert minutes - back < jql.SLACK + timedelta(minutes=1)


def test_a_moment_ahead_of_the_server_s_clock_still_asks_for_the_last_minutes() -> None:
    assert jql.minutes_back(NOW + timedelta(minutes=10), now=NOW) == 10
