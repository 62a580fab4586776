"""The people and teams of the example company."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from random import Random
from typing import Any

_NAMES = (
    "Amara Okafor",
    "Bente Larsen",
    "Carlos Ibáñez",
    "Dunja Petrović",
    "Elif Demir",
    "Farid Haddad",
    "Grace Whitfield",
    "Hiro Tanaka",
    "Ines Carvalho",
    "Jonas Keller",
    "Kavya Raman",
    "Liam O’Connor",
    "Marta Nowak",
    "Nils Bergström",
    "Olena Shevchenko",
    "Paolo Ricci",
    "Quinn Abbott",
    "Rosa Delgado",
    "Samir Patel",
    "Tereza Malá",
    "Ugo Bianchi",
    "Vera Lindqvist",
    "Wen Zhao",
    "Yusuf Karaca",
)
_ZONES = ("Europe/Madrid", "Europe/London", "Europe/Berlin", "America/New_York")
_FORMER = frozenset({22, 23})


@dataclass(frozen=True)
class Team:
    """One Atlassian team and the project it mostly works in."""

    id: str
    name: str
    project: str
    members: tuple[dict[str, Any], ...]

    @property
    def value(self) -> dict[str, Any]:
        """As the team field shows it."""
        return {"id": self.id, "name": self.name, "title": self.name, "isVisible": True, "isShared": True}


def make_users() -> tuple[dict[str, Any], ...]:
    """Everybody in the shop; the last two have left. Superset of what Cloud and Data Center show."""
    return tuple(_user(number, name) for number, name in enumerate(_NAMES))


def make_reader() -> dict[str, Any]:
    """The account that Interlock reads with."""
    return _account(90, "Interlock Reader", "interlock.reader", zone="Europe/Madrid", active=True)


def make_teams(users: tuple[dict[str, Any], ...]) -> tuple[Team, ...]:
    named = (
        ("Gatekeepers", "PAY"),
        ("Ledger crew", "PAY"),
        ("Basket weavers", "CART"),
        ("Findability", "CART"),
        ("Pocket travel", "APP"),
        ("Foundations", "OPS"),
        ("Night shift", "OPS"),
        ("Members first", "LOYAL"),
    )
    return tuple(
        Team(
            id=f"3f2a7c10-5b1e-4c4d-9a10-{number:012d}",
            name=name,
            project=project,
            members=users[number * 3 : number * 3 + 3],
        )
        for number, (name, project) in enumerate(named)
    )


def team_for(rng: Random, teams: tuple[Team, ...], project: str) -> Team:
    own = [team for team in teams if team.project == project]
    return rng.choice(own or list(teams))


def _user(number: int, name: str) -> dict[str, Any]:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    handle = plain.lower().replace(" ", ".")
    zone = _ZONES[number % len(_ZONES)]
    return _account(number, name, handle, zone=zone, active=number not in _FORMER)


def _account(number: int, name: str, handle: str, *, zone: str, active: bool) -> dict[str, Any]:
    return {
        "accountId": f"5f9c1d2e:7b3a-{number:04d}",
        "accountType": "atlassian",
        "name": handle,
        "key": f"JIRAUSER{10100 + number}",
        "displayName": name,
        "emailAddress": f"{handle}@northwind.example",
        "active": active,
        "timeZone": zone,
    }
