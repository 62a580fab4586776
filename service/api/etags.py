"""Entity tags: an unchanged answer is recognised before it is computed.

A tag covers what an answer depends on (the data's fingerprint, the question, the definitions, the local date,
the form) and not what passes by itself (`generated_at`, lag), so it stays while nothing has happened.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from hashlib import blake2b


def entity_tag(
    fingerprint: str,
    *,
    path: str,
    query: Iterable[tuple[str, str]],
    today: date,
    definitions: str,
    form: str,
) -> str:
    """A strong tag with its quotes. The order of the query does not matter; `form` is "json" or "csv"."""
    question = "&".join(f"{name}={value}" for name, value in sorted(query))
    parts = (fingerprint, path, question, today.isoformat(), definitions, form)
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(part.encode("utf-8", "surrogatepass") + b"\x00")
    return f'"{digest.hexdigest()}"'


def is_current(tag: str, if_none_match: str | None) -> bool:
    """Whether the client already holds `tag`. If-None-Match compares weakly (RFC 9110 §13.1.2)."""
    if if_none_match is None:
        return False
    held = [part.strip().removeprefix("W/") for part in if_none_match.split(",")]
    return "*" in held or tag in held
