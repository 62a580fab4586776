"""Flow and the ledger of a recorded tracker equal a replay of the file's own histories, reopened issues included."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from service.domain.throughput import monday_of
from service.programs.dependency_terms import DependencyTerms, Viewpoint
from service.programs.flow import FlowQuestion, get_flow
from service.programs.forecast import get_forecast
from service.programs.lives import lives_of
from tests.builders.jira import real_data
from tests.flows.recorded import ALL, recorded

DONE = frozenset({"5", "6"})  # Resolved and Closed: the statuses of the recording whose category is done
DISMISSED = frozenset({"Won't Fix", "Duplicate", "Cannot Reproduce", "Incomplete", "Won't Do", "Declined", "Invalid"})
TODAY = date(2014, 8, 18)
NOW = datetime(2014, 8, 18, 9, 0, tzinfo=UTC)


class Replayed(NamedTuple):
    """One issue by its own word: when it was made, and every status it entered, in order."""

    created: date
    moves: tuple[tuple[date, str, str], ...]  # day, from, to
    status: str
    resolution: str | None

    @property
    def dismissed(self) -> bool:
        return self.status in DONE and self.resolution in DISMISSED

    def is_open(self, day: date) -> bool:
        """As the day began."""
        entered = [to for on, _, to in self.moves if on < day]
        first = self.moves[0][1] if self.moves else self.status
        return self.created < day and (entered[-1] if entered else first) not in DONE

    @property
    def done_on(self) -> date | None:
        if self.status not in DONE or self.dismissed:
            return None
        began = None
        for on, before, after in self.moves:
            if after in DONE and (began is None or before not in DONE):
                began = on
            elif after not in DONE:
                began = None
        return began

    @property
    def reopened(self) -> int:
        return sum(before in DONE and after not in DONE for _, before, after in self.moves)


def _replayed() -> Iterator[tuple[str, Replayed]]:
    with gzip.open(real_data() / "jira" / "duraspace.jsonl.gz") as lines:
        for line in lines:
            issue = json.loads(line)
            fields = issue["fields"]
            moves = [
                (_moment(history["created"]), int(history["id"]), place, item["from"], item["to"])
                for history in issue["changelog"]["histories"]
                for place, item in enumerate(history["items"])
                if item["field"] == "status"
            ]
            yield (
                issue["id"],
                Replayed(
                    _moment(fields["created"]).date(),
                    tuple((at.date(), before, after) for at, _, _, before, after in sorted(moves)),
                    fields["status"]["id"],
                    (fields["resolution"] or {}).get("name"),
                ),
            )


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC)


async def test_the_past_of_duraspace_is_that_of_its_own_histories() -> None:
    told = dict(_replayed())
    view = Viewpoint(terms=DependencyTerms(), now=NOW, today=TODAY)
    async with recorded("duraspace") as (database, _):
        lives = (await lives_of(database, ALL, view)).lives
        flow = (await get_flow(database, ALL, view=view, question=FlowQuestion(weeks=104))).data.groups[0]
        forecast = (await get_forecast(database, ALL, view=view)).data
    named = {life.uid.removeprefix("acme:"): life for life in lives.every}
    dated = {native: life for native, life in named.items() if told[native].moves or life.is_open}

    assert len(named) > 2_700
    assert len(named) - len(dated) < 40  # done without any history of it
    assert {native: life.done_on for native, life in dated.items() if life.done_on} == {
        native: told[native].done_on for native in dated if told[native].done_on
    }
    assert {native: len(life.reopened_on) for native, life in dated.items() if life.reopened_on} == {
        native: told[native].reopened for native in dated if told[native].reopened
    }
    assert sum(bool(life.reopened_on) for life in dated.values()) > 100
    for place in range(0, 380, 19):
        _as_of(date(2007, 3, 5) + timedelta(weeks=place), dated, told, lives.ledger)

    weeks = Counter(monday_of(life.done_on) for life in named.values() if life.done_on is not None)
    assert [week.finished for week in flow.throughput.weeks] == [weeks[week.week] for week in flow.throughput.weeks]
    assert flow.throughput.total == sum(told[native].done_on is not None for native in named if _within(told[native]))
    assert forecast.remaining == sum(life.is_open for life in named.values())


def _as_of(day: date, dated: dict[str, Any], told: dict[str, Replayed], ledger: Any) -> None:
    replayed = sum(told[native].is_open(day) for native in dated)

    assert int(ledger.open_before(day).sum()) == replayed, day


def _within(issue: Replayed) -> bool:
    first = monday_of(TODAY) - timedelta(weeks=104)
    return issue.done_on is not None and first <= issue.done_on < monday_of(TODAY)
