"""Changelogs as JSON to typed histories: strictly and fast, and a second time where a value is no text."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import DecodeError, Raw, ValidationError
from msgspec.json import Decoder

from connectors.errors import PayloadUnreadable
from connectors.jira.payloads import (
    ChangeItemJson,
    ChangelogJson,
    HistoryJson,
    LooseChangeItemJson,
    LooseChangelogJson,
    LooseHistoryJson,
)

_HISTORIES = Decoder(list[HistoryJson])


def decode_histories(payload: bytes) -> list[HistoryJson]:
    """The complete list of histories that a "changelog" record holds; raises PayloadUnreadable("changelog", …)."""
    try:
        try:
            return _HISTORIES.decode(payload)
        except ValidationError:
            return _as_texts(msgspec.json.decode(payload, type=list[LooseHistoryJson]))
    except DecodeError as error:
        raise PayloadUnreadable("changelog", error) from error


def read_changelog(raw: Raw) -> ChangelogJson | None:
    """The changelog of an issue whose strict decoding failed; raises PayloadUnreadable("changelog", …)."""
    try:
        loose = msgspec.json.decode(raw, type=LooseChangelogJson | None)
    except ValidationError as error:
        raise PayloadUnreadable("changelog", error) from error
    return None if loose is None else ChangelogJson(_as_texts(loose.histories), loose.total)


def _as_texts(histories: Iterable[LooseHistoryJson]) -> list[HistoryJson]:
    return [HistoryJson(one.id, one.created, [_change(item) for item in one.items], one.author) for one in histories]


def _change(item: LooseChangeItemJson) -> ChangeItemJson:
    values = map(_text, (item.from_, item.to, item.fromString, item.toString))
    return ChangeItemJson(item.field, item.fieldtype, item.fieldId, *values)


def _text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)
