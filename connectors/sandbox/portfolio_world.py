"""What surrounds the issues of the example: people, teams, sprints and releases, and the moment of looking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from random import Random
from typing import Any

from connectors.sandbox import portfolio_schema as schema
from connectors.sandbox.portfolio_calendar import Sprint, make_sprints, make_versions, morning_of
from connectors.sandbox.portfolio_people import Team, make_reader, make_teams, make_users


@dataclass(frozen=True)
class World:
    """`sprints` and `versions` are by project key, oldest first; a project without sprints is missing."""

    today: date
    now: datetime
    users: tuple[dict[str, Any], ...]
    reader: dict[str, Any]
    teams: tuple[Team, ...]
    sprints: dict[str, list[Sprint]]
    versions: dict[str, list[dict[str, Any]]]
    boards: dict[str, dict[str, Any]]


def make_world(rng: Random, *, today: date) -> World:
    users = make_users()
    boards = {project: schema.make_board(n, project) for n, project in enumerate((*schema.SCRUM, "OPS"), 1)}
    sprints = {
        project: make_sprints(rng, project=project, board_id=n, first_id=n * 100, today=today)
        for n, project in enumerate(schema.SCRUM, 1)
    }
    versions = {
        project: make_versions(
            project=project,
            project_id=schema.PROJECTS[project]["id"],
            first_id=10000 + n * 100,
            today=today,
        )
        for n, project in enumerate(("PAY", "CART", "APP"), 1)
    }
    return World(today, morning_of(today), users, make_reader(), make_teams(users), sprints, versions, boards)
