from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import PayloadUnreadable
from connectors.timestamps import parse_day, parse_moment, parse_optional_day, parse_optional_moment

MOMENT = datetime(2026, 9, 27, 8, 3, 11, 123000, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2026-09-27T10:03:11.123+0200",
        "2026-09-27T10:03:11.123+02:00",
        "2026-09-27T08:03:11.123Z",
        "2026-09-27T03:03:11.123-0500",
        1790496191123,
        1790496191.123,
    ],
)
def test_every_form_of_a_moment_becomes_the_same_utc_moment(written: object) -> None:
    moment = parse_moment(written, what="updated")

    assert abs(moment - MOMENT) < timedelta(milliseconds=1)
    assert moment.tzinfo is UTC


def test_whole_epoch_seconds_and_milliseconds_are_told_apart_by_size() -> None:
    assert parse_moment(1492070429, what="created") == parse_moment(1492070429000, what="created")


@pytest.mark.parametrize("written", ["2026-09-27T10:03:11.123", "2026-09-27", "soon", "", None, True, [], 1e300])
def test_a_moment_that_cannot_be_placed_in_time_is_refused_by_name(written: object) -> None:
    with pytest.raises(PayloadUnreadable) as refused:
        parse_moment(written, what="updated")

    assert (refused.value.what, refused.value.value) == ("updated", written)


@given(
    st.integers(min_value=86_400, max_value=4_102_444_800),
    st.integers(min_value=-14 * 60, max_value=14 * 60),
)
def test_any_moment_in_any_zone_survives_the_way_through_jiras_notation(epoch: int, minutes: int) -> None:
    local = datetime.fromtimestamp(epoch, timezone(timedelta(minutes=minutes)))

    assert parse_moment(local.strftime("%Y-%m-%dT%H:%M:%S.000%z"), what="updated") == local


@pytest.mark.parametrize("written", ["2026-03-31", "2026-03-31T23:30:00.000-1100", "2026-03-31 00:00:00.0"])
def test_a_day_is_the_day_as_written_in_no_zone_at_all(written: str) -> None:
    assert parse_day(written, what="duedate") == date(2026, 3, 31)


@pytest.mark.parametrize("written", ["31.02.2026", "2026-02-31", "20260331", "2026-W01-1", "2026-03-311", 5, ""])
def test_a_day_that_does_not_exist_is_refused_by_name(written: object) -> None:
    with pytest.raises(PayloadUnreadable) as refused:
        parse_day(written, what="duedate")

    assert refused.value.what == "duedate"


@pytest.mark.parametrize("nothing", [None, ""])
def test_what_the_tool_did_not_say_is_none(nothing: object) -> None:
    assert parse_optional_day(nothing, what="duedate") is None
    assert parse_optional_moment(nothing, what="resolutiondate") is None
