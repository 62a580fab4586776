"""`make bench`: everything docs/performance.md states, measured again. Name parts to run only those."""

from __future__ import annotations

import sys

from tests.bench import (
    asana,
    backtest,
    calibration,
    census,
    changes,
    forecast,
    fresh,
    graph,
    history,
    portfolio,
    risk,
    rollup,
    sync,
    webhooks,
)

PARTS = {
    "sync": sync.main,
    "incremental": sync.incremental,
    "census": census.main,
    "memory": sync.memory,
    "asana": asana.main,
    "asana-memory": asana.memory,
    "rollup": rollup.main,
    "history": history.main,
    "portfolio": portfolio.main,
    "webhooks": webhooks.main,
    "graph": graph.main,
    "fresh": fresh.main,
    "risk": risk.main,
    "forecast": forecast.main,
    "calibration": calibration.main,
    "backtest": backtest.main,
    "changes": changes.main,
}


def main(names: list[str]) -> None:
    for name in names or list(PARTS):
        print(f"\n{name}")
        PARTS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
