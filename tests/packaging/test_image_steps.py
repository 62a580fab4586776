"""The image's own steps, run in a scratch directory: no container engine, no network.

Three things differ from a real build, and only they: paths lie under the scratch directory, the locked packages
are those of this environment (it was installed from the locks), and the wheel is built with its own hatchling.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from tests.packaging.dockerfile import Instruction, read_dockerfile

ROOT = Path(__file__).parents[2]
DOCKERFILE = read_dockerfile(ROOT / "Dockerfile")
CONFIG = """\
sources:
  - {name: acme-jira, kind: jira-cloud, url: "https://acme.atlassian.net", auth: {token: not-a-real-token}}
"""


@dataclass(frozen=True)
class Image:
    """What the builder stage leaves behind, in a scratch directory."""

    scratch: Path

    @property
    def command(self) -> Path:
        return self.inside("/opt/interlock") / "bin" / "interlock"

    def inside(self, path: str) -> Path:
        """Where a path of the image lies here."""
        return self.scratch / path.lstrip("/")

    def run(self, *argv: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command as the image would, away from the repository."""
        work = self.inside("/var/lib/interlock")
        work.mkdir(parents=True, exist_ok=True)
        return execute([str(word) for word in argv], directory=work, environment=environment)


def execute(
    argv: list[str], *, directory: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("INTERLOCK_", "PYTHON"))}
    plain = inherited | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "COLUMNS": "120", "NO_COLOR": "1"}
    return subprocess.run(  # noqa: S603  the commands of our own Dockerfile
        argv, cwd=directory, env=plain | (environment or {}), capture_output=True, text=True, timeout=300, check=False
    )


def instructions(word: str, *, stage: str | None = None) -> list[Instruction]:
    return [each for each in DOCKERFILE if each.word == word and stage in (None, each.stage)]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    built = Image(tmp_path_factory.mktemp("image"))
    directory = built.scratch
    for instruction in (each for each in DOCKERFILE if each.stage == "builder"):
        match instruction.word:
            case "FROM":
                pass
            case "WORKDIR":
                directory = built.inside(instruction.rest)
                directory.mkdir(parents=True, exist_ok=True)
            case "COPY":
                copy_from_repository(instruction, directory)
            case "RUN":
                run_step(built, instruction.argv, directory)
            case other:
                raise AssertionError(f"the builder stage uses {other}, which this test does not run")
    return built


def copy_from_repository(instruction: Instruction, directory: Path) -> None:
    *sources, target = instruction.argv
    for source in sources:
        found, destination = ROOT / source, directory / target
        if found.is_dir():
            shutil.copytree(found, destination, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(found, destination)


def run_step(image: Image, argv: list[str], directory: Path) -> None:
    if "--require-hashes" in argv:
        lend_packages(image.inside("/opt/interlock"))
        return
    done = execute(offline(image, argv), directory=directory)
    assert done.returncode == 0, f"{' '.join(argv)}\n{done.stdout}\n{done.stderr}"


def offline(image: Image, argv: list[str]) -> list[str]:
    """The same command with this interpreter, scratch paths, and a build backend that is already there."""
    words = [str(image.inside(word)) if word.startswith("/") else word for word in argv]
    if words[0] == "python":
        words[0] = sys.executable
    if "wheel" in words:
        return [*words, "--no-build-isolation", "--no-index"]
    # An editable Interlock among the lent packages would count as installed already.
    return [*words, "--ignore-installed"] if "install" in words else words


def lend_packages(environment: Path) -> None:
    """Let a fresh environment see the locked packages of this one, but not an editable Interlock."""
    library = next((environment / "lib").glob("python*")) / "site-packages"
    (library / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")


def test_the_wheel_installs_into_a_fresh_environment_and_its_help_names_the_commands(image: Image) -> None:
    shown = image.run(image.command, "--help")

    assert shown.returncode == 0, shown.stderr
    for command in ("check", "sync", "serve", "worker", "rollup", "programs", "db"):
        assert command in shown.stdout


def test_the_installed_code_is_that_of_the_wheel_not_of_the_repository(image: Image) -> None:
    python = image.command.with_name("python")
    shown = image.run(python, "-c", "import service, connectors; print(service.__file__, connectors.__file__)")

    places = shown.stdout.split()
    assert len(places) == 2, shown.stderr
    assert all(Path(place).is_relative_to(image.scratch) for place in places)


def test_the_installed_command_migrates_a_database_by_itself(image: Image) -> None:
    """The migrations travel inside the wheel."""
    config = image.inside("/etc/interlock/interlock.yaml")
    config.parent.mkdir(parents=True)
    config.write_text(CONFIG, encoding="utf-8")
    database = image.inside("/var/lib/interlock/interlock.db")

    migrated = image.run(
        image.command,
        "db",
        "upgrade",
        INTERLOCK_CONFIG=str(config),
        INTERLOCK_DATABASE_URL=f"sqlite:///{database}",
    )

    assert migrated.returncode == 0, migrated.stderr
    assert database.stat().st_size > 0


def test_runtime_dependencies_come_from_the_lock_with_hashes_before_the_wheel_without_any() -> None:
    installs = [each.argv for each in instructions("RUN", stage="builder") if "install" in each.argv]

    assert installs[0][-3:] == ["--require-hashes", "-r", "requirements.lock"]
    assert all({"--no-deps", "--no-index"} <= set(argv) for argv in installs[1:])


def test_the_runtime_stage_runs_as_nobody_special_and_serves_on_its_port() -> None:
    users = [each.rest for each in instructions("USER", stage="runtime")]
    created = next(each.argv for each in instructions("RUN", stage="runtime") if each.argv[0] == "useradd")

    assert users == ["10001"]
    assert created[created.index("--uid") + 1] == users[0]
    assert [each.rest for each in instructions("EXPOSE")] == ["8000"]
    assert " ".join(instructions("CMD")[-1].argv) == "interlock serve --host 0.0.0.0"


@contextmanager
def answering(status: int) -> Iterator[int]:
    """A server in the place of ours that answers /healthz with `status`; yields its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the test's output quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_the_health_check_follows_the_answer_of_healthz(status: int, healthy: bool, tmp_path: Path) -> None:
    check = instructions("HEALTHCHECK")[0].rest
    python, *words = json.loads(check[check.index("[") :])
    with answering(status) as port:
        here = [sys.executable, *(word.replace(":8000/", f":{port}/") for word in words)]
        done = execute(here, directory=tmp_path)

    assert python == "python"
    assert (done.returncode == 0) is healthy, done.stderr


def test_the_build_context_holds_what_the_image_copies() -> None:
    allowed = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }
    copied = {source for each in instructions("COPY", stage="builder") for source in each.argv[:-1]}

    assert copied == allowed
    assert all((ROOT / name).exists() for name in copied)


def test_compose_keeps_secrets_in_files_and_the_port_on_this_machine() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    services = yaml.safe_load(text)["services"]

    assert set(services) == {"migrate", "service", "worker", "postgres"}
    assert services["service"]["ports"] == ["127.0.0.1:8000:8000"]
    assert services["service"]["environment"]["INTERLOCK_ALLOW_ANONYMOUS"] == "read"
    assert services["postgres"]["healthcheck"]["test"][1] == "pg_isready"
    for name in ("migrate", "service", "worker"):
        assert services[name]["environment"]["INTERLOCK_DATABASE_URL_FILE"] == "/run/secrets/database_url"
    assert "POSTGRES_PASSWORD:" not in text
    assert "INTERLOCK_DATABASE_URL:" not in text


def test_compose_runs_commands_that_exist(image: Image) -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    for name in ("migrate", "service", "worker"):
        command, *words = services[name]["command"]
        verb = [word for word in words if not word.startswith("-") and not word[0].isdigit()]
        shown = image.run(image.command, *verb, "--help")
        assert command == "interlock"
        assert shown.returncode == 0, shown.stderr
        assert all(word in shown.stdout for word in words if word.startswith("--"))
