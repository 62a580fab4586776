"""What happens to the tasks of the example: they are written, planned, begun, late, done, or given up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.sandbox.asana.portfolio_text import COMMENTS, notes, titles
from connectors.sandbox.asana.portfolio_world import STORY_POINTS, Company, Stage
from connectors.sandbox.portfolio_calendar import later, soon, working_moment

_SUBTASKS = 0.16  # of the tasks in projects
_DEEPER = 0.3  # of those sub-tasks
_UNSIZED = 0.18
_GIVEN_UP = 0.05
_LATE = 0.3


@dataclass
class Made:
    """The tasks of one project in the order of their creation, milestones and approvals apart."""

    stage: Stage
    work: list[str] = field(default_factory=list)
    milestones: list[str] = field(default_factory=list)
    approvals: list[str] = field(default_factory=list)


def live(company: Company, tasks: int) -> list[Made]:
    """Exactly that many tasks over all projects, sub-tasks among them."""
    left, made = tasks, []
    for stage in company.stages:
        last = stage is company.stages[-1]
        count = left if last else round(tasks * stage.plan.share)
        left -= count
        made.append(_Life(company, stage).filled(count))
    return made


class _Life:
    def __init__(self, company: Company, stage: Stage) -> None:
        self.company, self.stage = company, stage
        self.rng, self.site = company.rng, company.site
        self.made = Made(stage)
        self.titles = iter(titles(company.rng, stage.plan))

    def filled(self, count: int) -> Made:
        self._milestones()
        self._approvals()
        left = count - len(self.made.milestones) - len(self.made.approvals)
        for moment in self._beginnings(left):
            if left <= 0:
                break
            left -= self._work(moment, left)
        return self.made

    def _beginnings(self, count: int) -> Iterator[datetime]:
        """When tasks are written: more of them early than late, in order; the loop ends when there are enough."""
        stage, now = self.stage, self.company.now
        latest = min(stage.end, now) - timedelta(days=2)
        span = latest - stage.begin
        moments = (
            working_moment(self.rng, (stage.begin + span * self.rng.random() ** 1.6).date()) for _ in range(count)
        )
        yield from sorted(min(max(moment, stage.begin), latest) for moment in moments)

    # tasks

    def _work(self, moment: datetime, left: int) -> int:
        """One task and what is beneath it; returns how many that are."""
        rng, site = self.rng, self.site
        site.actor = rng.choice(self.stage.people)
        title = next(self.titles)
        task = site.add_task(title, project=self.stage.project, at=moment, notes=notes(rng, title))
        self.made.work.append(task)
        begun, planned = self._plan(task, moment)
        made = 1 + self._beneath(task, moment, planned, left - 1)
        ending = self._ending(planned)
        self._proceed(task, begun, planned, ending)
        return made

    def _plan(self, task: str, moment: datetime) -> tuple[datetime, datetime]:
        """Assignee, size, priority, tags and dates, minutes after it was written."""
        rng, site, fields = self.rng, self.site, self.company.fields
        begun, planned = self._span(moment)
        at = soon(rng, moment)
        dates = {"start_on": str(begun.date()), "due_on": str(planned.date())} if rng.random() < 0.85 else {}
        site.touch(task, at, assignee=rng.choice(self.stage.people) if rng.random() < 0.92 else None, **dates)
        if rng.random() >= _UNSIZED:
            site.set_value(task, fields.size, float(rng.choice(STORY_POINTS)), at)
        priorities = site.custom_fields[fields.priority].options
        site.set_value(task, fields.priority, rng.choices(priorities, weights=(2, 4, 3))[0], at)
        if rng.random() < 0.4:
            site.set_value(task, fields.estimate, float(rng.choice((60, 120, 240, 480, 960))), at)
        if rng.random() < 0.25:
            site.set_value(task, fields.regions, tuple(rng.sample(site.custom_fields[fields.regions].options, 2)), at)
        for tag in rng.sample(self.stage.tags, min(len(self.stage.tags), rng.choice((0, 0, 1, 1, 2)))):
            site.add_tag_to(task, tag, at)
        return begun, planned

    def _span(self, moment: datetime) -> tuple[datetime, datetime]:
        """Days to weeks of work, somewhere between its writing and the end of the project."""
        rng, stage = self.rng, self.stage
        due = stage.begin + (stage.end - stage.begin) * rng.triangular(0.08, 0.98, 0.9)  # plans crowd towards the end
        planned = working_moment(rng, max(due, moment + timedelta(days=rng.uniform(4, 25))).date())
        begun = planned - timedelta(days=rng.uniform(4, 24))
        return max(begun, later(rng, moment, days=1)), planned

    def _ending(self, planned: datetime) -> datetime:
        """When it really ends: a little early, or days to weeks late."""
        if self.rng.random() < _LATE:
            return later(self.rng, planned, days=self.rng.uniform(2, 25))
        return working_moment(self.rng, (planned - timedelta(days=self.rng.uniform(0, 3))).date())

    def _proceed(self, task: str, begun: datetime, planned: datetime, ending: datetime) -> None:
        """Through the sections as far as the present moment allows."""
        rng, site, now = self.rng, self.site, self.company.now
        begun = max(begun, _born(self.company, task) + timedelta(hours=2))
        ending = max(ending, begun + timedelta(hours=5))
        if rng.random() < _GIVEN_UP and begun < now:
            self._move(task, "Won't do", begun)
            if rng.random() < 0.5:
                site.complete(task, soon(rng, begun))
            return
        if begun >= now:
            return
        self._move(task, "Doing", begun)
        if rng.random() < 0.5:
            self._say(task, begun + (ending - begun) * 0.4)
        if ending.date() > planned.date() and planned - timedelta(days=1) > begun:
            self._slip(task, planned - timedelta(days=1), ending)
        review = begun + (ending - begun) * 0.8
        if review < now:
            self._move(task, "Review", review)
        if ending < now:
            self._move(task, "Done", ending)
            site.complete(task, ending + timedelta(seconds=20))

    def _slip(self, task: str, moment: datetime, ending: datetime) -> None:
        if moment < self.company.now and self.site.tasks[task].due_on:
            self.site.touch(task, moment, due_on=str(ending.date()))

    def _move(self, task: str, section: str, moment: datetime) -> None:
        self.site.actor = self.site.tasks[task].assignee or self.stage.people[0]
        self.site.move_to_section(task, self.stage.sections[section], moment)

    def _say(self, task: str, moment: datetime) -> None:
        if moment < self.company.now:
            self.site.actor = self.rng.choice(self.stage.people)
            self.site.comment(task, self.rng.choice(COMMENTS), moment)

    # beneath, beside and above

    def _beneath(self, task: str, moment: datetime, planned: datetime, left: int) -> int:
        """Some tasks have sub-tasks, some of those have their own."""
        rng = self.rng
        if left <= 0 or rng.random() >= _SUBTASKS:
            return 0
        made = 0
        for name in rng.sample(self.stage.plan.steps, min(len(self.stage.plan.steps), rng.randint(2, 4))):
            if made >= left:
                break
            child = self._step(task, name, moment, planned)
            made += 1
            if made < left and rng.random() < _DEEPER:
                self._step(child, f"{name}: corrections", moment, planned)
                made += 1
        return made

    def _step(self, parent: str, name: str, moment: datetime, planned: datetime) -> str:
        """Plain sub-tasks stand in no project and are ticked off about when their parent is due."""
        rng, site = self.rng, self.site
        born = soon(rng, moment)
        child = site.add_subtask(parent, name, at=born, assignee=rng.choice(self.stage.people))
        done = max(born + timedelta(hours=1), planned - timedelta(days=rng.uniform(-12, 6)))
        if done < self.company.now:
            site.complete(child, done)
        return child

    def _milestones(self) -> None:
        """A single day each, no start; those of the past are done, one of them late."""
        stage, site = self.stage, self.site
        for nth, (name, share) in enumerate(stage.plan.milestones):
            day = working_moment(self.rng, (stage.begin + (stage.end - stage.begin) * share).date())
            site.actor = stage.people[0]
            fields = {"resource_subtype": "milestone", "due_on": str(day.date()), "assignee": stage.people[0]}
            at = stage.begin + timedelta(minutes=10 + nth)
            task = site.add_task(name, project=stage.project, at=at, **fields)
            self.made.milestones.append(task)
            reached = day + timedelta(days=3 * (nth == 0))
            if reached < self.company.now:
                self._move(task, "Done", reached)
                site.complete(task, reached + timedelta(seconds=20))

    def _approvals(self) -> None:
        """The first of a plan is decided, now and then against; the others wait."""
        stage, site, fields = self.stage, self.site, self.company.fields
        for nth, name in enumerate(stage.plan.approvals):
            at = stage.begin + timedelta(days=20 + 15 * nth)
            asked = {"resource_subtype": "approval", "approval_status": "pending"}
            task = site.add_task(name, project=stage.project, at=at, **asked)
            site.set_value(task, fields.approver, (stage.people[0],), at)
            self.made.approvals.append(task)
            if nth == 0 and at + timedelta(days=6) < self.company.now:
                decision = "rejected" if stage.plan.team is None else "approved"
                site.decide(task, decision, at + timedelta(days=6))


def _born(company: Company, task: str) -> datetime:
    return datetime.fromisoformat(company.site.tasks[task].created_at)
