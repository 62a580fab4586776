"""How fast an Asana comes in, against what its listings cost anybody and against the official client, in one run."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.bench.asana_serve import served
from tests.bench.asana_walk import IN_FLIGHT
from tests.bench.sync import LATENCY, Figures, in_a_process, show

TASKS, PROJECTS = 20_000, 100
MANY = 100_000
SAMPLE = 10  # the client reads every tenth project: all of them would take five minutes
NO_DETAILS, SOME_DETAILS = "0", "400"


def main() -> Figures:
    """Every target, measured; returns name → figures."""
    measured: Figures = {}
    with served(tasks=TASKS, projects=PROJECTS, latency=LATENCY) as url, tempfile.TemporaryDirectory() as folder:
        measured["floor: listings and sub-tasks, 150 ms"] = in_a_process("asana_walk", "floor", url)
        measured["official client, every tenth project"] = in_a_process("asana_walk", "peer", url, str(SAMPLE))
        measured["Interlock, 150 ms, SQLite"] = _product(url, folder, NO_DETAILS)
        measured["Interlock again, nothing changed"] = _product(url, folder, NO_DETAILS)
        measured[f"Interlock again, {SOME_DETAILS} details behind it"] = _product(url, folder, SOME_DETAILS)
    show(measured)
    _compare(measured)
    return measured


def memory() -> Figures:
    """Peak memory at 20,000 and at 100,000 tasks, without latency."""
    measured: Figures = {}
    for tasks in (TASKS, MANY):
        with served(tasks=tasks, projects=PROJECTS) as url, tempfile.TemporaryDirectory() as folder:
            measured[f"Interlock, SQLite, {tasks:,} tasks"] = _product(url, folder, NO_DETAILS)
    show(measured)
    return measured


def _product(url: str, folder: str, details: str) -> Figures:
    database = f"sqlite:///{Path(folder) / 'own.db'}"
    return in_a_process("asana_product", url, database, details)


def _compare(measured: Figures) -> None:
    floor, client, own, *_ = measured.values()
    arithmetic = floor["requests"] / IN_FLIGHT * LATENCY
    whole = client["seconds"] * SAMPLE
    print(f"{floor['requests']:,} unavoidable requests, {IN_FLIGHT} at a time: {arithmetic:.1f} s of waiting alone")
    print(f"to the floor: {own['seconds'] / floor['seconds']:.2f} × (measured), {own['seconds'] / arithmetic:.2f} ×")
    print(f"the client would take {whole:.0f} s for all projects: {whole / own['seconds']:.1f} × as long")
