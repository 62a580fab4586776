"""Days of arbitrary edits, told by feeds or not: after each run the store equals one undisturbed reading."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from connectors.sandbox.asana.bulk import generate_bulk
from connectors.sandbox.asana.site import AsanaSite
from service.store.engine import Database
from tests.fixtures.databases import SqliteTemplate
from tests.flows.asana import AsanaFlow, derived, flowing
from tests.flows.stored import Row, Store, differences, tombs
from tests.flows.support import TODAY

DAYS, EDITS = 4, 12
# A sub-task stands in no listing, so nobody compares its mark; stories tell names as they are when they are read.
APART = {"work_items": {"listing_mark"}, "item_changes": {"from_text", "to_text"}}


class Team:
    """People at work. On a `quiet` day nothing is done that only a feed could tell: changes of sub-tasks alone."""

    def __init__(self, site: AsanaSite, seed: int) -> None:
        self.site, self.rng = site, Random(seed)
        self.quiet = False
        self.points = next(gid for gid, field in site.custom_fields.items() if field.name == "Story points")

    def work(self, *, quiet: bool) -> None:
        self.quiet = quiet
        for _ in range(EDITS):
            self.rng.choice(self._habits())()

    def _habits(self) -> list[Callable[[], object]]:
        site, rng = self.site, self.rng
        return [
            lambda: site.touch(self._task(), name=f"Renamed {rng.random():.5f}"),
            lambda: site.complete(self._task()),
            lambda: site.reopen(self._task()),
            lambda: site.set_value(self._task(), self.points, float(rng.randint(1, 9))),
            lambda: site.comment(self._task(), "Soon."),
            lambda: site.attach(self._task(), "PAY-1", "https://jira.example.com/browse/PAY-1"),
            lambda: site.add_tag_to(self._task(), rng.choice(list(site.tags))),
            lambda: site.add_subtask(self._task(), "One more step"),
            lambda: site.add_task("New", project=self._project()),
            self._move_to_section,
            self._add_to_project,
            self._remove_from_project,
            self._hang,
            self._trash,
            self._restore,
            self._tie,
            self._archive,
            self._rename_section,
        ]

    def _task(self) -> str:
        site = self.site
        there = [gid for gid, task in site.tasks.items() if (task.homes or not self.quiet) and not site.is_trashed(gid)]
        return self.rng.choice(there)

    def _member(self) -> str:
        there = [gid for gid, task in self.site.tasks.items() if task.homes and not self.site.is_trashed(gid)]
        return self.rng.choice(there)

    def _project(self) -> str:
        return self.rng.choice(list(self.site.projects))

    def _move_to_section(self) -> None:
        task = self._member()
        home = self.rng.choice(self.site.tasks[task].homes)
        sections = self.site.projects[home.project].sections
        self.site.move_to_section(task, sections[(sections.index(home.section) + 1) % len(sections)])

    def _add_to_project(self) -> None:
        task, project = self._task(), self._project()
        if project not in {home.project for home in self.site.tasks[task].homes}:
            self.site.add_to_project(task, project)

    def _remove_from_project(self) -> None:
        task = self._member()
        self.site.remove_from_project(task, self.rng.choice(self.site.tasks[task].homes).project)

    def _hang(self) -> None:
        task, parent = self._task(), self.rng.choice([self._member(), None])
        if parent is None or task not in {parent, *self.site.ancestors(parent)}:
            self.site.set_parent(task, parent)

    def _trash(self) -> None:
        self.site.trash(self._task())

    def _restore(self) -> None:
        if self.site.trashed:
            self.site.restore(self.rng.choice(sorted(self.site.trashed)))

    def _tie(self) -> None:
        task, other = self._member(), self._member()
        if task != other and other not in self.site.tasks[task].dependencies:
            self.site.add_dependency(task, other)

    def _archive(self) -> None:
        project = self._project()
        self.site.edit_project(project, archived=not self.site.projects[project].archived)

    def _rename_section(self) -> None:
        if not self.quiet:
            self.site.rename_section(self.rng.choice(list(self.site.sections)), f"Section {self.rng.random():.5f}")


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_people_do_the_store_follows(
    seed: int, sqlite_database: Database, sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory
) -> None:
    site = generate_bulk(tasks=60, projects=4, subtask_share=0.3, multi_home_share=0.2, seed=seed, today=TODAY)
    folder = tmp_path_factory.mktemp("fresh")
    async with flowing(site, sqlite_database) as flow:
        team = Team(site, seed)
        await flow.sync_whole(full=True)
        for day in range(DAYS):
            quiet = day % 2 == 1
            team.work(quiet=quiet)
            if quiet:
                flow.keep_silent()
            flow.clock.pass_by(hours=8)
            await flow.sync_whole()

            fresh = Database.open(sqlite_template.copy_to(folder))
            try:
                expected = await read_at_once(flow, fresh)
            finally:
                await fresh.aclose()
            assert differences(of_the_living(await derived(sqlite_database), site), expected, but=APART) == [], (
                f"day {day}"
            )


async def read_at_once(flow: AsanaFlow, fresh: Database) -> Store:
    before, flow.database = flow.database, fresh
    await flow.sync_whole(full=True)
    flow.database = before
    return of_the_living(await derived(fresh), flow.site)


def of_the_living(store: Store, site: AsanaSite) -> Store:
    """Without what is buried, and without the links to it, of which a fresh reading knows nothing.

    An archived project is not read, so that nobody tells when its sections are renamed.
    """
    archived = {gid for gid, project in site.projects.items() if project.archived}
    gone = {f"acme:{gid}" for gid in tombs(store)}
    there = {row["uid"] for row in store["work_items"]} - gone

    def lives(row: Row) -> bool:
        ends = {row[name] for name in ("uid", "item_uid") if name in row}
        linked = {row[name] for name in ("source_uid", "target_uid") if name in row}
        left = row.get("facet") == "section" and row["name"] in archived
        return not ends & gone and linked <= there and not left

    return {name: [row for row in rows if lives(row)] for name, rows in store.items() if name != "item_stubs"}
