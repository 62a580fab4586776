"""Addresses of ours at which tools deliver: which base may be given out, and which addresses are ours to touch."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


class NotReachable(Exception):
    """There is no address that a tool could deliver to. `message` says which key to set."""

    def __init__(self, problem: str) -> None:
        self.message = (
            f"{problem} Set auth: {{public_url: https://…}} in interlock.yaml to where the tools reach this service, "
            "such as https://interlock.acme.example."
        )
        super().__init__(self.message)


def delivery_base(public_url: str | None) -> str:
    """The part that all addresses begin with. Raises NotReachable unless tools could deliver there in private."""
    if public_url is None:
        raise NotReachable("No webhook can be registered: nothing says where tools could deliver.")
    place = urlsplit(public_url)
    if place.scheme != "https" and not _is_loopback(place.hostname or ""):
        raise NotReachable(f"auth.public_url is {public_url}, and tools deliver over https alone.")
    return f"{public_url.rstrip('/')}/webhooks"


def prefix_of(base: str, tool: str, source: str) -> str:
    return f"{base}/{tool}/{source}"


def is_ours(address: str, prefix: str) -> bool:
    """Whether it is the address of that source, or one below it."""
    return address == prefix or address.startswith(f"{prefix}/")


def nonce_of(address: str, prefix: str) -> str | None:
    return address.removeprefix(f"{prefix}/") if address.startswith(f"{prefix}/") else None


def shown(address: str, prefix: str) -> str:
    """As it may be printed and audited: what comes after the source is a secret."""
    return f"{prefix}/…" if address != prefix and is_ours(address, prefix) else address


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
