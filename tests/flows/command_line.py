"""`interlock` as a person starts it: a process of its own, with a configuration file in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAIN = "from service.cli import main; main()"

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
        env = kept | {"PYTHONPATH": str(ROOT), "COLUMNS": "200", "INTERLOCK_DATABASE_URL": self.database_url}
        env |= {"ACME_TOKEN": token} if token is not None else {}
        done = subprocess.run(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-c", f"{before}\n{MAIN}", *words],
            cwd=self.folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)
