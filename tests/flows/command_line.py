"""`interlock` as a person starts it: a process of its own, with a configuration file in a folder of its own.

The process is forked from one that has imported the program. That the installed command starts from nothing is shown
by the tests of `serve`, of the demo and of the package.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from service.cli import main
from tests.flows.processes import PROCESSES

ROOT = Path(__file__).parents[2]
MAIN = "from service.cli import main; main()"  # for a process that must be another one
PATIENCE_S = 120

CONFIG = """\
sources:
  - name: acme
    kind: {kind}
    url: {url}
    auth: {{token: "${{ACME_TOKEN}}"}}
    scope: {{projects: [{projects}]}}
"""


@dataclass(frozen=True)
class Said:
    """How the process ended and what it printed; `log` is standard error with its log lines."""

    code: int
    out: str
    log: str

    @property
    def complaint(self) -> str:
        """The last line of standard error: what a person reads when something failed."""
        return self.log.strip().splitlines()[-1] if self.log.strip() else ""


@dataclass(frozen=True)
class Desk:
    """A folder with an interlock.yaml, where commands are typed."""

    folder: Path
    database_url: str

    def write_config(self, url: str, *, kind: str = "jira-cloud", projects: str = "PAY, CART") -> None:
        (self.folder / "interlock.yaml").write_text(CONFIG.format(kind=kind, url=url, projects=projects))

    def interlock(self, *words: str, token: str | None = "sandbox", before: str = "") -> Said:  # noqa: S107
        """`before` is Python that runs in the process before the command."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("INTERLOCK_")}
        env = kept | {"COLUMNS": "200", "INTERLOCK_DATABASE_URL": self.database_url}
        env |= {"ACME_TOKEN": token} if token is not None else {}
        with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as log:
            process = PROCESSES.Process(target=_typed, args=(words, self.folder, env, before, out.name, log.name))
            process.start()
            process.join(PATIENCE_S)
            if process.exitcode is None:
                process.kill()
                raise TimeoutError(f"interlock {' '.join(words)} did not end within {PATIENCE_S} seconds")
            return Said(process.exitcode, out.read().decode(), log.read().decode())


def _typed(words: Sequence[str], folder: Path, env: Mapping[str, str], before: str, out: str, log: str) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    for name, descriptor in ((os.devnull, 0), (out, 1), (log, 2)):
        os.dup2(os.open(name, os.O_RDWR | os.O_APPEND), descriptor)
    sys.argv = ["-c", *words]
    exec(before, {})  # noqa: S102 - the words of a test
    main()
