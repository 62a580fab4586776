"""Processes of their own that begin with everything imported: each is forked from a clean one that only imported."""

from __future__ import annotations

import multiprocessing

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.flows.child", "tests.flows.command_line"])
