"""How often an address failed to sign in, in memory and bounded: a brake, not a record."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from time import monotonic
from typing import Final, NamedTuple

from service.auth.errors import TooManyFailures

WINDOW_SECONDS: Final = 60.0
FAILURES: Final = 10  # within a window; a person who mistypes needs three
ADDRESSES: Final = 4096  # remembered at once; the one that failed longest ago is forgotten first


class _Failed(NamedTuple):
    since: float
    times: int


class Attempts:
    """One for each door: a forgotten script with an old key must not lock people out of the sign-in page."""

    def __init__(self, *, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._failed: OrderedDict[str, _Failed] = OrderedDict()

    def check(self, address: str) -> None:
        """Raises TooManyFailures."""
        failed = self._failed.get(_network(address))
        if failed is not None and failed.times >= FAILURES:
            left = failed.since + WINDOW_SECONDS - self._now()
            if left > 0:
                raise TooManyFailures(max(1, round(left)))

    def failed(self, address: str) -> None:
        network = _network(address)
        before = self._failed.pop(network, None)
        if before is None or self._now() - before.since >= WINDOW_SECONDS:
            before = _Failed(self._now(), 0)
        self._failed[network] = _Failed(before.since, before.times + 1)
        while len(self._failed) > ADDRESSES:
            self._failed.popitem(last=False)

    def __len__(self) -> int:
        return len(self._failed)


def _network(address: str) -> str:
    """One customer of a provider has a whole /64 of IPv6 addresses."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else address
