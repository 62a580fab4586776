"""Where a task points at a Jira issue: every candidate with its origin; which of them counts is decided elsewhere.

An address is taken wherever one stands. A bare key ("PAY-12") is taken only from fields meant for it: in ordinary
text, "UTF-8" looks just the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set

from connectors.asana.custom_fields import Values
from connectors.asana.payloads import AttachmentJson
from connectors.items import SourceReference

ADDRESS = re.compile(r"https?://[^\s\"'<>()\[\]]*/browse/[A-Z][A-Z0-9_]+-\d+")
# not one within an address: those end in "/PAY-12"
KEY = re.compile(r"(?<![A-Za-z0-9_/-])[A-Z][A-Z0-9_]+-\d+(?![A-Za-z0-9_-])")


def find_references(
    *, notes: str | None, values: Values, attachments: Iterable[AttachmentJson], jira_fields: Set[str]
) -> tuple[SourceReference, ...]:
    """Each origin and target once: fields first, then attachments, then the description."""
    found = [
        *_in_fields(values, jira_fields),
        *(_at("attachment", each.view_url) for each in attachments),
        _at("text", notes),
    ]
    return tuple(dict.fromkeys(each for several in found for each in several))


def _in_fields(values: Values, jira_fields: Set[str]) -> Iterator[list[SourceReference]]:
    for gid, field in values.by_gid.items():
        text = field.text_value if isinstance(field.text_value, str) else None
        if gid in jira_fields and text is None and isinstance(field.display_value, str):
            text = field.display_value
        if text:
            origin = f"field:{gid}"
            yield _at(origin, text)
            if gid in jira_fields:
                yield [SourceReference(origin, key) for key in KEY.findall(text)]


def _at(origin: str, text: str | None) -> list[SourceReference]:
    return [SourceReference(origin, address) for address in ADDRESS.findall(text or "")]
