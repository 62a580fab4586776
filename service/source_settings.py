"""What the configuration says about one source: a part that every tool shares, and what only one tool knows.

Keys of the other tool are refused with what would be right, because files are copied from one source to the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

DEFAULT_SCHEDULE = "0 2 * * *"
SHORTEST_WEBHOOK_SECRET = 16
ASANA_URL = "https://app.asana.com/api/1.0"
ATLASSIAN_TOKEN_URL = "https://auth.atlassian.com/oauth/token"  # noqa: S105 - an address
ATLASSIAN_API_URL = "https://api.atlassian.com"
JIRA_AUTH_FORMS = "{email: …, token: …} for Jira Cloud, {token: …} for a personal access token"


def _text(value: Any) -> Any:
    """YAML takes a gid without quotes for a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str | int) and not isinstance(value, bool) else value


Name = Annotated[str, BeforeValidator(_text)]
Names = Annotated[tuple[Name, ...], BeforeValidator(_several)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TokenAuth(Part):
    """A token alone is sent as Bearer: a personal access token, or that of a service account."""

    token: SecretStr

    @field_validator("token")
    @classmethod
    def _not_blank(cls, token: SecretStr) -> SecretStr:
        if not token.get_secret_value().strip():
            raise ValueError("is empty; give the API token, best as ${NAME} from the environment")
        return token


CloudId = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,64}$")]


class JiraAuth(TokenAuth):
    """`email` with `token` is Basic (Jira Cloud). A token with scopes is good at Atlassian's API alone: `cloud_id`."""

    email: str | None = None
    cloud_id: CloudId | None = None
    api_url: str = ATLASSIAN_API_URL


class JiraOAuth(Part):
    """An app of Atlassian's developer console, or a service account's credential (without `refresh_token`).

    `refresh_token` is the one that somebody's consent gave; it begins a grant, and what follows it is kept sealed.
    """

    client_id: Annotated[str, Field(min_length=1)]
    client_secret: SecretStr
    refresh_token: SecretStr | None = None
    cloud_id: CloudId | None = None
    token_url: str = ATLASSIAN_TOKEN_URL
    api_url: str = ATLASSIAN_API_URL

    @field_validator("client_secret", "refresh_token")
    @classmethod
    def _not_blank(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not secret.get_secret_value().strip():
            raise ValueError("is empty; give it as ${NAME} from the environment, or leave it out")
        return secret


class JiraScope(Part):
    projects: tuple[str, ...] | None = None

    @field_validator("projects", mode="before")
    @classmethod
    def _not_empty(cls, projects: Any) -> Any:
        if projects is not None and not projects:
            raise ValueError("is empty; name project keys, or leave it out for every project the account can see")
        return projects


class AsanaScope(Part):
    """Projects by gid or name, portfolios by gid; with neither, every project of the workspace."""

    workspace: Name | None = None
    projects: Names | None = None
    portfolios: Names = ()

    @field_validator("projects", "portfolios", mode="before")
    @classmethod
    def _not_empty(cls, listed: Any) -> Any:
        if listed is not None and not listed:
            raise ValueError("is empty; name some, or leave it out")
        return listed

    @field_validator("portfolios")
    @classmethod
    def _gids(cls, portfolios: tuple[str, ...]) -> tuple[str, ...]:
        for each in portfolios:
            if not each.isdigit():
                raise ValueError(
                    f'"{each}" is not a gid; Asana lists portfolios to their owner alone, so give the number from '
                    "the portfolio's address"
                )
        return portfolios


class JiraCancelled(Part):
    """Which done work was in truth dropped. Each list replaces its default; compared case-insensitively."""

    resolutions: tuple[str, ...] | None = None
    statuses: tuple[str, ...] | None = None


class AsanaCancelled(Part):
    """Asana knows no cancelled task, so habits decide: sections, tags, and `fields` (field → options)."""

    sections: Names | None = None
    tags: Names | None = None
    fields: Mapping[Name, Names] = {}


class AsanaInProgress(Part):
    """Sections, or options of the status field, that mean somebody has begun. Replaces the default."""

    sections: Names | None = None


class Webhook(Part):
    """What a Jira signs its deliveries with. Whoever knows it may post to us."""

    secret: SecretStr

    @field_validator("secret")
    @classmethod
    def _not_guessable(cls, secret: SecretStr) -> SecretStr:
        value = secret.get_secret_value()
        if len(value) < SHORTEST_WEBHOOK_SECRET or not set(value).isdisjoint("/?#% "):
            raise ValueError(
                f"needs {SHORTEST_WEBHOOK_SECRET} characters or more, none of them a blank or one of / ? # %; "
                "make one with `openssl rand -hex 32`"
            )
        return secret


class CommonConfig(Part):
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    url: str
    schedule: str = DEFAULT_SCHEDULE
    concurrency: Annotated[int, Field(ge=1, le=64)] = 8
    page_size: Annotated[int, Field(ge=1, le=100)] = 100
    points_field: Names = ()
    allow_http: bool = False

    @field_validator("schedule")
    @classmethod
    def _five_fields(cls, schedule: str) -> str:
        if len(schedule.split()) != 5:
            raise ValueError(f'"{schedule}" is not a cron line; five fields are needed, such as "{DEFAULT_SCHEDULE}"')
        return schedule

    @model_validator(mode="after")
    def _safe_url(self) -> CommonConfig:
        insist_on_safe(self.url, "url", allow_http=self.allow_http)
        return self


class BusinessValueConfig(Part):
    """The fields in which people state it: as it was planned, and as it was brought."""

    planned: Name
    actual: Name


class JiraConfig(CommonConfig):
    """Exactly one of `auth` and `oauth`."""

    kind: Literal["jira-cloud", "jira-dc"]
    oauth: JiraOAuth | None = None
    auth: Annotated[JiraAuth | None, Field(validate_default=True)] = None
    scope: JiraScope = JiraScope()
    webhook: Webhook | None = None
    link_directions: Mapping[str, Literal["predecessor_first", "successor_first", "none"]] = {}
    start_field: str | None = None
    health_field: str | None = None
    business_value: BusinessValueConfig | None = None
    target_fields: Names = ()
    cancelled: JiraCancelled = JiraCancelled()

    @property
    def value_fields(self) -> tuple[str, ...]:
        """Planned and actual; none where nobody named them."""
        value = self.business_value
        return () if value is None else (value.planned, value.actual)

    @field_validator("oauth")
    @classmethod
    def _of_a_cloud(cls, oauth: JiraOAuth | None, info: ValidationInfo) -> JiraOAuth | None:
        if oauth is not None:
            _insist_on_cloud(info, "is for jira-cloud; a Data Center takes auth: {token: …}, a personal access token")
            for key in ("token_url", "api_url"):
                insist_on_safe(getattr(oauth, key), key, allow_http=bool(info.data.get("allow_http")))
        return oauth

    @field_validator("auth")
    @classmethod
    def _one_way_in(cls, auth: JiraAuth | None, info: ValidationInfo) -> JiraAuth | None:
        is_refused = "oauth" not in info.data  # and told about already
        if auth is None and info.data.get("oauth") is None and not is_refused:
            raise ValueError(f"is missing; {JIRA_AUTH_FORMS}, or oauth: {{client_id: …, client_secret: …}} instead")
        if auth is not None and info.data.get("oauth") is not None:
            raise ValueError("stands beside oauth, and only one of them can be used; leave one out")
        if auth is not None and auth.cloud_id is not None:
            _insist_on_cloud(info, "cloud_id: is for jira-cloud; leave it out")
            insist_on_safe(auth.api_url, "api_url", allow_http=bool(info.data.get("allow_http")))
        return auth


class AsanaConfig(CommonConfig):
    kind: Literal["asana"]
    url: str = ASANA_URL
    auth: TokenAuth
    scope: AsanaScope = AsanaScope()
    estimate_field: Name | None = None
    priority_field: Name | None = None
    status_field: Name | None = None
    jira_fields: Names = ()
    in_progress: AsanaInProgress = AsanaInProgress()
    cancelled: AsanaCancelled = AsanaCancelled()


SourceConfig = Annotated[JiraConfig | AsanaConfig, Field(discriminator="kind")]
KINDS = ("jira-cloud", "jira-dc", "asana")
PARTS = (
    *(JiraConfig, JiraAuth, JiraOAuth, JiraScope, JiraCancelled, BusinessValueConfig),
    *(AsanaConfig, TokenAuth, AsanaScope, AsanaCancelled, AsanaInProgress),
    Webhook,
)

_NOT_IN_ASANA = {
    "auth.email": "Asana takes a token alone; leave it out",
    "auth.cloud_id": "Asana takes a token alone; leave it out",
    "auth.api_url": "an Asana source has its address in url; leave it out",
    "oauth": "Asana takes the token of a person or of a service account under auth; leave it out",
    "webhook": "Asana gives each webhook a secret of its own; leave it out",
    "link_directions": "Asana has one kind of dependency, and its direction is known; leave it out",
    "start_field": "an Asana task has a start date of its own; leave it out",
    "target_fields": "an Asana task has dates of its own; leave it out",
    "business_value": "it is told by iterations, and Asana has none; leave it out",
    "cancelled.resolutions": "Asana has no resolutions; use cancelled.sections, cancelled.tags or cancelled.fields",
    "cancelled.statuses": "Asana has no such statuses; use cancelled.sections, cancelled.tags or cancelled.fields",
}
_NOT_IN_JIRA = {
    "scope.workspace": "a Jira site is one workspace; leave it out",
    "scope.portfolios": "Jira has no portfolios; name project keys under scope.projects",
    "estimate_field": "Jira has an original estimate of its own; leave it out",
    "priority_field": "Jira has a priority of its own; leave it out",
    "status_field": "Jira has statuses of its own; leave it out",
    "jira_fields": "links between issues are read as they are; leave it out",
    "in_progress": "Jira puts every status into a category; leave it out",
    "cancelled.sections": "Jira has no sections; use cancelled.resolutions or cancelled.statuses",
    "cancelled.tags": "Jira has no tags; use cancelled.resolutions or cancelled.statuses",
    "cancelled.fields": "use cancelled.resolutions or cancelled.statuses",
}


def key_of_the_other_tool(kind: str, key: str) -> str | None:
    """Why `key` (dotted, below the source) is wrong for a source of `kind`; None when no tool knows it."""
    tool, refused = ("Jira", _NOT_IN_ASANA) if kind == "asana" else ("Asana", _NOT_IN_JIRA)
    return f"is a key of {tool} sources; {refused[key]}" if key in refused else None


def insist_on_safe(url: str, key: str, *, allow_http: bool) -> None:
    """Raises ValueError, naming `key`, for an address that a secret may not be sent to."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f'{key}: "{url}" is not a web address; write it like https://acme.atlassian.net')
    if parts.username or parts.password:
        raise ValueError(f"{key}: carries a credential; put it under auth instead")
    if parts.scheme == "http" and not (allow_http or is_loopback(parts.hostname)):
        raise ValueError(f"{key}: plain http would show the token to the network; use https, or set allow_http: true")


def _insist_on_cloud(info: ValidationInfo, otherwise: str) -> None:
    if info.data.get("kind") == "jira-dc":
        raise ValueError(otherwise)


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
