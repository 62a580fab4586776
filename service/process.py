"""What the process as a whole is tuned to, set once at its start."""

from __future__ import annotations

import gc

YOUNG_OBJECTS = 50_000


def tune_collector() -> None:
    """Let the cycle collector run rarely.

    A sync makes millions of frozen objects without cycles, which reference counting frees by itself; at the
    default threshold of 700 the collector walks them for nothing, at a tenth of the time of a full pull.
    """
    gc.set_threshold(YOUNG_OBJECTS, 20, 100)
