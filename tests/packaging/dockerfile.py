"""Reads a Dockerfile into its instructions; just enough for ours."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Instruction:
    """One line of a Dockerfile, its continuations joined. `stage` is the name after AS."""

    stage: str
    word: str  # FROM, RUN, COPY, …
    rest: str

    @property
    def argv(self) -> list[str]:
        """The command, whether it is written as words or as a JSON list."""
        text = self.rest
        if text.startswith("["):
            return [str(word) for word in json.loads(text)]
        return shlex.split(text)


def read_dockerfile(path: Path) -> list[Instruction]:
    """Every instruction in its order, comments left out."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    text = "\n".join(lines).replace("\\\n", " ")
    instructions: list[Instruction] = []
    stage = ""
    for line in filter(None, (line.strip() for line in text.splitlines())):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            stage = rest.rpartition(" AS ")[2]
        instructions.append(Instruction(stage, word, " ".join(rest.split())))
    return instructions
