"""A bulk site has as many tasks as asked for and is still a consistent Asana."""

from __future__ import annotations

from datetime import date

import pytest

from connectors.sandbox.asana.bulk import generate_bulk
from connectors.sandbox.asana.site import AsanaSite

TODAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def site() -> AsanaSite:
    return generate_bulk(tasks=3_000, projects=20, today=TODAY)


def test_it_has_exactly_the_tasks_asked_for(site: AsanaSite) -> None:
    listed = {task for project in site.projects for task in site.tasks_in(project)}
    plain = {gid for gid, task in site.tasks.items() if task.parent}

    assert len(site.tasks) == 3_000
    assert listed | plain == set(site.tasks)
    assert not listed & plain


def test_a_tenth_of_the_tasks_in_projects_have_one_to_four_sub_tasks(site: AsanaSite) -> None:
    heads = [task for task in site.tasks.values() if task.parent is None]
    sizes = [len(task.subtasks) for task in heads if task.subtasks]

    assert 0.08 < len(sizes) / len(heads) < 0.12
    assert set(sizes) == {1, 2, 3, 4}


def test_both_ends_of_a_dependency_know_of_it(site: AsanaSite) -> None:
    edges = {(task.gid, other) for task in site.tasks.values() for other in task.dependencies}

    assert len(edges) > 50
    assert edges == {(other, task.gid) for task in site.tasks.values() for other in task.dependents}


def test_some_tasks_have_two_homes_tags_and_values(site: AsanaSite) -> None:
    heads = [task for task in site.tasks.values() if task.homes]

    assert sum(len(task.homes) == 2 for task in heads) > 20
    assert sum(bool(task.tags) for task in heads) > 1_000
    assert all(len(task.values) == 5 for task in heads)


def test_the_same_arguments_give_the_same_site(site: AsanaSite) -> None:
    again = generate_bulk(tasks=3_000, projects=20, today=TODAY)

    assert (again.tasks, again.sections) == (site.tasks, site.sections)
