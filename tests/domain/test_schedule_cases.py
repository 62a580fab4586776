"""Answers that others published: textbook networks, and dates that Microsoft Project computed and saved."""

from __future__ import annotations

from datetime import date

import pytest

from service.domain.calendars import WorkingCalendar
from service.domain.schedule import ActivityNetwork, Link, activity_network, paths, schedule, shown_days


def activities(plan: dict[str, tuple[int, str]]) -> ActivityNetwork:
    """From duration and predecessors by name, as textbooks print them."""
    number = {name: place for place, name in enumerate(plan)}
    links = [(number[before], number[name]) for name, (_, names) in plan.items() for before in names]
    return activity_network((days for days, _ in plan.values()), links)


def table(plan: dict[str, tuple[int, str]]) -> dict[str, tuple[int, ...]]:
    """Early start, early finish, late start, late finish and slack by name."""
    result = schedule(activities(plan))
    columns = (result.early_start, result.early_finish, result.late_start, result.late_finish, result.total_float)
    return {name: tuple(column[row] for column in columns) for row, name in enumerate(plan)}


GENERAL_FOUNDRY = {
    "A": (2, ""),
    "B": (3, ""),
    "C": (2, "A"),
    "D": (4, "B"),
    "E": (4, "C"),
    "F": (3, "C"),
    "G": (5, "DE"),
    "H": (2, "FG"),
}
RELIABLE_CONSTRUCTION = {
    "A": (2, ""),
    "B": (4, "A"),
    "C": (10, "B"),
    "D": (6, "C"),
    "E": (4, "C"),
    "F": (5, "E"),
    "G": (7, "D"),
    "H": (9, "EG"),
    "I": (7, "C"),
    "J": (8, "FI"),
    "K": (4, "J"),
    "L": (5, "J"),
    "M": (2, "H"),
    "N": (6, "KL"),
}


def test_general_foundry_of_render_stair_and_hanna() -> None:
    assert table(GENERAL_FOUNDRY) == {
        "A": (0, 2, 0, 2, 0),
        "B": (0, 3, 1, 4, 1),
        "C": (2, 4, 2, 4, 0),
        "D": (3, 7, 4, 8, 1),
        "E": (4, 8, 4, 8, 0),
        "F": (4, 7, 10, 13, 6),
        "G": (8, 13, 8, 13, 0),
        "H": (13, 15, 13, 15, 0),
    }


def test_reliable_construction_of_hillier_and_lieberman() -> None:
    late = {"D": (20, 26), "G": (26, 33), "H": (33, 42), "I": (18, 25), "K": (34, 38), "M": (42, 44)}
    early = {
        "A": (0, 2),
        "B": (2, 6),
        "C": (6, 16),
        "D": (16, 22),
        "E": (16, 20),
        "F": (20, 25),
        "G": (22, 29),
        "H": (29, 38),
        "I": (16, 23),
        "J": (25, 33),
        "K": (33, 37),
        "L": (33, 38),
        "M": (38, 40),
        "N": (38, 44),
    }
    slack = {"D": 4, "G": 4, "H": 4, "M": 4, "I": 2, "K": 1}

    assert table(RELIABLE_CONSTRUCTION) == {
        name: (*span, *late.get(name, span), slack.get(name, 0)) for name, span in early.items()
    }


@pytest.mark.parametrize(
    ("plan", "finish", "critical"), [(GENERAL_FOUNDRY, 15, "ACEGH"), (RELIABLE_CONSTRUCTION, 44, "ABCEFJLN")]
)
def test_the_one_critical_path_is_the_published_one(
    plan: dict[str, tuple[int, str]], finish: int, critical: str
) -> None:
    network = activities(plan)
    result = schedule(network)
    names = "".join(plan)

    (path,) = paths(network, result)

    assert "".join(names[node] for node in path.nodes) == critical
    assert [name for name, on_path in zip(names, result.critical, strict=True) if on_path] == list(critical)
    assert result.finish == finish


def test_link_types_as_microsoft_project_2013_saved_them() -> None:
    """Start Tuesday 1 January 2013; each task with the days it was saved with."""
    network = activity_network(
        (3, 1, 2, 1, 1, 1),
        [
            (0, 1, Link.FF),
            (1, 2, Link.FS),
            (2, 3, Link.SS),
            (3, 4, Link.FS),
            (2, 4, Link.FS),
            (3, 5, Link.FS),
            (4, 5, Link.SF),
        ],
    )
    calendar = WorkingCalendar()
    origin = calendar.index(date(2013, 1, 1))

    first, last = shown_days(network, schedule(network))

    assert [
        (calendar.day(origin + start), calendar.day(origin + end)) for start, end in zip(first, last, strict=True)
    ] == [
        (date(2013, 1, 1), date(2013, 1, 3)),
        (date(2013, 1, 3), date(2013, 1, 3)),
        (date(2013, 1, 4), date(2013, 1, 7)),
        (date(2013, 1, 4), date(2013, 1, 4)),
        (date(2013, 1, 8), date(2013, 1, 8)),
        (date(2013, 1, 7), date(2013, 1, 7)),
    ]


def test_a_milestone_sits_at_the_end_of_its_predecessors_day_as_in_microsoft_project() -> None:
    """Three days of work from a Wednesday, a milestone, two days more: reached on Friday, gone on with on Monday."""
    network = activity_network((3, 0, 2), [(0, 1), (1, 2)])
    calendar = WorkingCalendar()
    origin = calendar.index(date(2026, 11, 18))

    first, last = shown_days(network, schedule(network))

    friday, monday, tuesday = date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 24)
    assert [calendar.day(origin + day) for day in first] == [date(2026, 11, 18), friday, monday]
    assert [calendar.day(origin + day) for day in last] == [friday, friday, tuesday]
