"""The configuration file: read once, checked whole, refused by path and with what would be right.

`${NAME}` is replaced from the environment, `${NAME:-default}` with its default, so that secrets stay outside.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.access_settings import AUTH_PARTS, AuthConfig
from service.definition_settings import (
    CalendarConfig,
    Definitions,
    HealthConfig,
    LimitsConfig,
    dependency_terms,
    did_you_mean,
    flow_terms,
    health_terms,
)
from service.domain.business_value import ValueFields
from service.domain.progress import MissingWeight
from service.programs.dependency_terms import DependencyTerms
from service.programs.flow_terms import FlowTerms
from service.programs.health_terms import HealthTerms
from service.source_settings import KINDS, PARTS, JiraConfig, Part, SourceConfig, key_of_the_other_tool

DEFAULT_CONFIG = Path("interlock.yaml")
MAX_CONFIG_BYTES = 1_000_000
SHORTEST_SECRET_KEY = 32
FROM_OUTSIDE = ("directory", "allow_anonymous", "secret_key")  # known to Settings, and no keys of the file
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


class ConfigInvalid(Exception):
    """`problems` holds one "path: what is wrong, and what would be right" line each."""

    def __init__(self, file: str, problems: list[str]) -> None:
        self.file = file
        self.problems = problems
        super().__init__("\n".join([f"{file} cannot be used:", *(f"  {line}" for line in problems)]))


class Environment(BaseSettings):
    """What the environment decides rather than the file."""

    model_config = SettingsConfigDict(env_prefix="INTERLOCK_", extra="ignore")

    config: Path | None = None
    database_url: SecretStr | None = None
    database_url_file: Path | None = None
    allow_anonymous: Literal["read"] | None = None
    secret_key: SecretStr | None = None
    secret_key_file: Path | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


class PeopleConfig(Part):
    """With `join_by_email`, accounts of several tools that share an e-mail address are one person to rules.

    With `bottlenecks`, an answer may tell by person how much work waits; nobody is compared otherwise.
    """

    join_by_email: bool = False
    bottlenecks: bool = False


class Settings(Part):
    """One configuration file, checked. `directory` is where it lies: relative paths start there."""

    sources: tuple[SourceConfig, ...]
    programs_file: Path = Path("programs.yaml")
    calendar: CalendarConfig = CalendarConfig()
    people: PeopleConfig = PeopleConfig()
    definitions: Definitions = Definitions()
    health: HealthConfig = HealthConfig()
    auth: AuthConfig = AuthConfig()
    database: SecretStr | None = None
    directory: Path = Field(default=Path(), exclude=True)
    allow_anonymous: Literal["read"] | None = Field(default=None, exclude=True)
    secret_key: SecretStr | None = Field(default=None, exclude=True)

    @field_validator("sources", mode="before")
    @classmethod
    def _at_least_one(cls, sources: Any) -> Any:
        if sources is None or sources == []:
            raise ValueError(_SOURCES_HINT)
        return sources

    @model_validator(mode="after")
    def _distinct_names(self) -> Settings:
        names = [source.name for source in self.sources]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"sources: the name {doubled[0]!r} is used twice; every source needs its own")
        return self

    @model_validator(mode="after")
    def _grants_can_be_kept(self) -> Settings:
        """Each rotating refresh token serves one source, and is sealed."""
        seen: dict[str, str] = {}
        for place, source in enumerate(self.sources):
            oauth = source.oauth if isinstance(source, JiraConfig) else None
            if oauth is None or oauth.refresh_token is None:
                continue
            path, token = f"sources[{place}].oauth.refresh_token", oauth.refresh_token.get_secret_value()
            if self.secret_key is None:
                raise ValueError(f"{path}: {_UNSEALABLE}")
            if token in seen:
                raise ValueError(f"{path}: is that of {seen[token]}, and each use would end it there; consent for each")
            seen[token] = source.name
        return self

    @property
    def database_url(self) -> str:
        if self.database is not None:
            return self.database.get_secret_value()
        return f"sqlite:///{(self.directory / 'interlock.db').resolve()}"

    @property
    def missing_weight(self) -> MissingWeight:
        return MissingWeight(self.definitions.missing_weight)

    @property
    def flow_terms(self) -> FlowTerms:
        told = ((each.name, each.business_value) for each in self.sources if isinstance(each, JiraConfig))
        values = [ValueFields(name, value.planned, value.actual) for name, value in told if value is not None]
        return flow_terms(self.definitions, business_value=values)

    @property
    def dependency_terms(self) -> DependencyTerms:
        return dependency_terms(self.calendar, self.definitions, self.health, by_person=self.people.bottlenecks)

    @property
    def health_terms(self) -> HealthTerms:
        fields = {each.name: each.health_field for each in self.sources if isinstance(each, JiraConfig)}
        return health_terms(self.health, fields={name: field for name, field in fields.items() if field})

    @property
    def programs_path(self) -> Path:
        return self.directory / self.programs_file


def load_settings(file: Path | None = None, *, environment: Mapping[str, str] | None = None) -> Settings:
    """Read and check the configuration; raises ConfigInvalid naming every problem by its path."""
    variables = os.environ if environment is None else environment
    outside = _read_environment(variables)
    path = file or outside.config or DEFAULT_CONFIG
    data = _with_variables(_read_yaml(path), variables, path)
    for name in FROM_OUTSIDE:
        if name in data:
            raise ConfigInvalid(str(path), [f"{name}: is not a key of this file"])
    if url := _secret(outside.database_url, outside.database_url_file, "INTERLOCK_DATABASE_URL_FILE"):
        data["database"] = url
    try:
        return Settings.model_validate(
            {
                **data,
                "directory": path.resolve().parent,
                "allow_anonymous": outside.allow_anonymous,
                "secret_key": _secret_key(outside),
            }
        )
    except ValidationError as error:
        raise ConfigInvalid(str(path), [_explain(detail) for detail in error.errors()]) from None


def _read_environment(variables: Mapping[str, str]) -> Environment:
    values = {
        name.removeprefix("INTERLOCK_").lower(): value
        for name, value in variables.items()
        if name.startswith("INTERLOCK_") and value
    }
    try:
        return Environment.model_validate(values)
    except ValidationError as error:
        raise ConfigInvalid(
            "the environment", [f"INTERLOCK_{str(d['loc'][0]).upper()}: {d['msg']}" for d in error.errors()]
        ) from None


def _secret(value: SecretStr | None, file: Path | None, name: str) -> str | None:
    """The value itself, or what the file holds, which `name` names."""
    if value is not None:
        return value.get_secret_value()
    if file is None:
        return None
    try:
        return file.read_text().strip()
    except OSError as error:
        raise ConfigInvalid("the environment", [f"{name}: {error.strerror}"]) from None


def _secret_key(outside: Environment) -> str | None:
    key = _secret(outside.secret_key, outside.secret_key_file, "INTERLOCK_SECRET_KEY_FILE")
    if key is not None and len(key) < SHORTEST_SECRET_KEY:
        hint = f"has less than {SHORTEST_SECRET_KEY} characters; make one with `openssl rand -hex 32`"
        raise ConfigInvalid("the environment", [f"INTERLOCK_SECRET_KEY: {hint}"])
    return key


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        text = path.read_bytes()[: MAX_CONFIG_BYTES + 1]
    except OSError as error:
        hint = f"write one ({_GUIDES}), name it with --config, or try `interlock demo`"
        raise ConfigInvalid(str(path), [f"{error.strerror}; {hint}"]) from None
    if len(text) > MAX_CONFIG_BYTES:
        raise ConfigInvalid(str(path), ["larger than 1 MB; this does not look like a configuration"])
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigInvalid(str(path), [_explain_yaml(error)]) from None
    if not isinstance(data, dict):
        raise ConfigInvalid(str(path), ["must be a mapping that starts with `sources:`"])
    return data


def _explain_yaml(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return f"{where}not valid YAML ({getattr(error, 'problem', None) or 'unreadable'})"


def _with_variables(data: dict[str, Any], variables: Mapping[str, str], file: Path) -> dict[str, Any]:
    problems: list[str] = []
    replaced = {key: _substitute(value, variables, (key,), problems) for key, value in data.items()}
    if problems:
        raise ConfigInvalid(str(file), problems)
    return replaced


def _substitute(value: Any, variables: Mapping[str, str], path: tuple[Any, ...], problems: list[str]) -> Any:
    if isinstance(value, dict):
        return {key: _substitute(child, variables, (*path, key), problems) for key, child in value.items()}
    if isinstance(value, list):
        return [_substitute(child, variables, (*path, index), problems) for index, child in enumerate(value)]
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: _variable(found, variables, path, problems), value)
    return value


def _variable(found: re.Match[str], variables: Mapping[str, str], path: tuple[Any, ...], problems: list[str]) -> str:
    name: str = found[1]
    default: str | None = found[2]
    value = variables.get(name, default)
    if value is None:
        problems.append(f"{_path(path)}: the variable {name} is not set; export it, or write ${{{name}:-default}}")
        return ""
    return value


def _path(parts: tuple[Any, ...]) -> str:
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text or "(top)"


def _explain(detail: ErrorDetails) -> str:
    parts, kind = _place(detail)
    return f"{_path(parts)}: {_said(detail, parts, kind)}"


def _said(detail: ErrorDetails, parts: tuple[Any, ...], kind: str | None) -> str:
    match detail["type"]:
        case "extra_forbidden":
            below = ".".join(str(each) for each in parts[2:])
            said = (kind and key_of_the_other_tool(kind, below)) or f"unknown key{_close_key(detail)}"
        case "missing":
            said = f"is missing{_example(str(parts[-1]), kind)}"
        case "union_tag_not_found":
            said = f"is missing; one of {_KINDS}"
        case "union_tag_invalid":
            said = f"{detail['input'].get('kind')!r} is not one of {_KINDS}"
        case "value_error":
            said = detail["msg"].removeprefix("Value error, ")
        case "literal_error":
            said = f"{detail['input']!r} is not one of {detail['ctx']['expected']}"
        case "string_pattern_mismatch":
            said = f"{detail['input']!r} may hold lower-case letters, digits and hyphens only"
        case _:
            said = f"{detail['msg'][0].lower()}{detail['msg'][1:]}"
    return said


def _place(detail: ErrorDetails) -> tuple[tuple[Any, ...], str | None]:
    """Where in the file, and in a source of which kind: pydantic names that as a level, which the file has not."""
    match tuple(detail["loc"]):
        case ("sources", int() as place) if detail["type"].startswith("union_tag"):
            return ("sources", place, "kind"), None
        case ("sources", int() as place, str() as kind, *rest) if kind in KINDS:
            return ("sources", place, *rest), kind
        case parts:
            return parts, None


_UNSEALABLE = (
    "each use of it gives a new one, which is stored sealed, and INTERLOCK_SECRET_KEY is not set; "
    "make one with `openssl rand -hex 32`"
)
_GUIDES = "docs/how-to/connect-jira.md, docs/how-to/connect-asana.md"
_SOURCES_HINT = f"list at least one tool, as in {_GUIDES}"
_KINDS = f"{', '.join(map(repr, KINDS[:-1]))} or {KINDS[-1]!r}"

_EXAMPLES = {
    "sources": f"; {_SOURCES_HINT}",
    "token": "; give the API token, best as ${NAME} from the environment",
    "url": "; write it like https://acme.atlassian.net",
    "name": "; a short name of your own, such as acme-jira",
}


def _example(key: str, kind: str | None) -> str:
    if key == "auth" and kind == "asana":
        return "; {token: …}"
    return _EXAMPLES.get(key, "")


def _close_key(detail: ErrorDetails) -> str:
    known: set[str] = set()
    for part in (Settings, CalendarConfig, PeopleConfig, Definitions, HealthConfig, LimitsConfig, *AUTH_PARTS, *PARTS):
        known.update(part.model_fields)
    return did_you_mean(str(detail["loc"][-1]), known.difference(FROM_OUTSIDE))
