"""A large Asana, quickly: for benchmarks, where the weight of a task matters and its story does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from connectors.sandbox.asana.site import AsanaSite
from connectors.sandbox.asana.things import Home, Task
from connectors.sandbox.asana.world import stamp
from connectors.sandbox.options import system_time

SECTIONS = ("To do", "Doing", "Review", "Done")
MOST_CHILDREN = 4
YEAR = timedelta(days=365)
NOTES = "What was agreed, with whom, and what is still open. " * 6


def generate_bulk(
    *,
    tasks: int = 20_000,
    projects: int = 100,
    subtask_share: float = 0.10,
    multi_home_share: float = 0.02,
    dependency_share: float = 0.05,
    seed: int = 11,
    today: date | None = None,
) -> AsanaSite:
    """Exactly that many tasks, sub-tasks among them; the same arguments give the same site.

    `subtask_share` of the tasks in projects have one to four sub-tasks, the other shares are of all tasks in
    projects. There are no stories, events or attachments.
    """
    day = today or system_time().date()
    end = datetime.combine(day, time(6), system_time().tzinfo)
    return _Bulk(Random(seed), end, projects).filled(
        tasks, subtask_share=subtask_share, multi_home_share=multi_home_share, dependency_share=dependency_share
    )


class _Bulk:
    """The site in the making; `heads` are its tasks in projects, oldest first."""

    def __init__(self, rng: Random, end: datetime, projects: int) -> None:
        self.rng, self.end = rng, end
        self.site = site = AsanaSite("Bulk")
        site.clock = lambda: end
        self.people = [site.add_user(f"Person {number}") for number in range(40)]
        self.tags = [site.add_tag(f"tag {number}") for number in range(25)]
        self.points = site.add_field("Story points", "number", precision=1)
        self.priority = site.add_field("Priority", "enum", options=("High", "Medium", "Low"))
        self.areas = site.add_field("Areas", "multi_enum", options=[f"Area {number}" for number in range(30)])
        self.go_live = site.add_field("Go-live", "date")
        self.ticket = site.add_field("Ticket", "text")
        self.fields = (self.points, self.priority, self.areas, self.go_live, self.ticket)
        team = site.add_team("Everybody")
        self.projects = [
            site.add_project(f"Project {number:03d}", sections=SECTIONS, team=team, fields=self.fields, at=end - YEAR)
            for number in range(projects)
        ]
        self.heads: list[Task] = []
        self.rows: dict[str, list[str]] = {gid: [] for gid in site.sections}

    def filled(
        self, tasks: int, *, subtask_share: float, multi_home_share: float, dependency_share: float
    ) -> AsanaSite:
        made = 0
        while made < tasks:
            head = self._head(made, multi_home_share)
            made += 1
            if self.rng.random() < subtask_share:
                children = min(self.rng.randint(1, MOST_CHILDREN), tasks - made)
                self._beneath(head, children)
                made += children
        for gid, rows in self.rows.items():
            self.site.put(replace(self.site.sections[gid], tasks=tuple(rows)))
        self._tie(int(len(self.heads) * dependency_share))
        return self.site

    def _head(self, number: int, multi_home_share: float) -> Task:
        rng = self.rng
        nth = number % len(self.projects)
        places = [nth] if rng.random() >= multi_home_share else [nth, (nth + 1) % len(self.projects)]
        stage = rng.randrange(len(SECTIONS))
        homes = [self._home(self.projects[place], stage) for place in dict.fromkeys(places)]
        task = self._task(f"Piece of work {number}", done=stage == len(SECTIONS) - 1, homes=tuple(homes))
        for home in homes:
            self.rows[home.section].append(task.gid)
        self.heads.append(task)
        return task

    def _beneath(self, head: Task, children: int) -> None:
        below = [
            self._task(f"{head.name}, step {nth}", done=head.completed, parent=head.gid) for nth in range(children)
        ]
        self.site.put(replace(head, subtasks=tuple(task.gid for task in below)))

    def _home(self, project: str, stage: int) -> Home:
        return Home(project, self.site.projects[project].sections[stage])

    def _task(self, name: str, *, done: bool, **where: Any) -> Task:
        rng = self.rng
        created = self.end - YEAR * rng.random()
        modified = created + (self.end - created) * rng.random()
        task = Task(
            gid=self.site.new_gid(),
            name=name,
            workspace=self.site.workspace,
            created_at=stamp(created),
            modified_at=stamp(modified),
            created_by=rng.choice(self.people),
            completed=done,
            completed_at=stamp(modified) if done else None,
            start_on=str(created.date()),
            due_on=str((created + timedelta(days=rng.randint(5, 120))).date()),
            assignee=rng.choice(self.people) if rng.random() < 0.9 else None,
            tags=tuple(rng.sample(self.tags, rng.randint(0, 2))),
            followers=tuple(rng.sample(self.people, 3)),
            values=self._values() if "homes" in where else {},
            notes=NOTES,
            **where,
        )
        self.site.put(task)
        return task

    def _values(self) -> dict[str, Any]:
        rng, options = self.rng, self.site.custom_fields
        return {
            self.points: float(rng.choice((1, 2, 3, 5, 8))) if rng.random() < 0.8 else None,
            self.priority: rng.choice(options[self.priority].options),
            self.areas: tuple(rng.sample(options[self.areas].options, 2)),
            self.go_live: str((self.end + timedelta(days=rng.randint(1, 90))).date()) if rng.random() < 0.3 else None,
            self.ticket: f"REF-{rng.randint(1, 9999)}" if rng.random() < 0.2 else None,
        }

    def _tie(self, count: int) -> None:
        """Dependencies from a later task to an earlier one, so that none closes a circle."""
        for _ in range(count):
            earlier, later = sorted(self.rng.sample(range(len(self.heads)), 2))
            first, second = (self.site.tasks[self.heads[place].gid] for place in (earlier, later))
            if first.gid not in second.dependencies:
                self.site.put(
                    replace(first, dependents=(*first.dependents, second.gid)),
                    replace(second, dependencies=(*second.dependencies, first.gid)),
                )
