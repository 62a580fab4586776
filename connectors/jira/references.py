"""Where an issue points at something elsewhere: its web links, every one a candidate; nothing is judged here."""

from __future__ import annotations

import msgspec
from msgspec import DecodeError, Struct

from connectors.items import SourceReference

WEB_LINKS = "web_links"  # kind of the raw record
ORIGIN = "web_link"


class _TargetJson(Struct, gc=False):
    url: str | None = None


class _WebLinkJson(Struct, gc=False):
    object: _TargetJson | None = None
    relationship: str | None = None


_WEB_LINKS = msgspec.json.Decoder(list[_WebLinkJson])


def read_web_links(payload: bytes) -> tuple[SourceReference, ...] | None:
    """Each address once, with the relationship told first; None when the payload cannot be read."""
    try:
        links = _WEB_LINKS.decode(payload)
    except DecodeError:
        return None
    found: dict[str, SourceReference] = {}
    for link in links:
        address = (link.object.url or "").strip() if link.object is not None else ""
        if address:
            found.setdefault(address, SourceReference(ORIGIN, address, (link.relationship or "").strip() or None))
    return tuple(found.values())
