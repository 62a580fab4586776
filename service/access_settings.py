"""What the configuration says about who may ask: the identity provider, and how its claims become scopes."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator

from service.auth.claims import ClaimRules
from service.auth.oidc import Client, OidcOptions, is_private_enough
from service.domain.access import Scope
from service.source_settings import Part


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Values = Annotated[tuple[str, ...], BeforeValidator(_several)]


class ClientConfig(Part):
    """How Interlock is registered at the identity provider, for signing people in to pages."""

    id: str = Field(min_length=1)
    secret: SecretStr | None = None
    scopes: Values = ("openid", "profile", "email")


class ScopesConfig(Part):
    """Values of the claim that give each scope; "*" is whoever has a valid token."""

    read: Values = ()
    sync: Values = ()
    admin: Values = ()

    @model_validator(mode="after")
    def _somebody(self) -> ScopesConfig:
        if not (self.read or self.sync or self.admin):
            raise ValueError('gives nobody anything; write who may read, such as {read: "*"} or {read: [engineering]}')
        return self


class OidcConfig(Part):
    """An OpenID Connect provider. `audience` may be left out where `client` is given: its id then."""

    issuer: str
    audience: str | None = None
    scopes_claim: str = "groups"
    scopes: ScopesConfig
    programs_claim: str | None = None
    client: ClientConfig | None = None

    @field_validator("issuer")
    @classmethod
    def _private(cls, issuer: str) -> str:
        if not is_private_enough(issuer):
            raise ValueError(
                f"{issuer!r} must begin with https://; write it as the provider does, such as "
                "https://id.acme.example/realms/acme"
            )
        return issuer

    @model_validator(mode="after")
    def _made_for_somebody(self) -> OidcConfig:
        if self.audience is None and self.client is None:
            raise ValueError("audience is missing; name what tokens are made for, or give a client")
        return self

    def options(self) -> OidcOptions:
        client, scopes = self.client, self.scopes
        secret = None if client is None or client.secret is None else client.secret.get_secret_value()
        return OidcOptions(
            issuer=self.issuer,
            audience=self.audience or (client.id if client else ""),
            rules=ClaimRules(
                {Scope.READ: scopes.read, Scope.SYNC: scopes.sync, Scope.ADMIN: scopes.admin},
                self.scopes_claim,
                self.programs_claim,
            ),
            client=None if client is None else Client(client.id, secret, client.scopes),
        )


class AuthConfig(Part):
    """`public_url` is where people reach the service when a proxy stands before it."""

    oidc: OidcConfig | None = None
    public_url: str | None = None

    @field_validator("public_url")
    @classmethod
    def _an_address(cls, address: str | None) -> str | None:
        if address is None:
            return None
        place = urlsplit(address)
        if place.scheme not in {"http", "https"} or not place.hostname or place.path.strip("/"):
            raise ValueError(f"{address!r} must look like https://interlock.acme.example")
        return address.rstrip("/")


AUTH_PARTS = (AuthConfig, OidcConfig, ScopesConfig, ClientConfig)
