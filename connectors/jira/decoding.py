"""Issue bytes to typed values: strictly and fast, and only when that fails field by field.

One odd optional field costs a warning, never the issue; what an issue has no meaning without is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from operator import attrgetter
from typing import Any, cast

import msgspec
from msgspec import DecodeError, Raw, ValidationError
from msgspec.json import Decoder

from connectors.errors import PayloadUnreadable
from connectors.jira.payloads import NULL, ChangelogJson, IssueFieldsJson, IssueJson, LooseIssueJson
from connectors.jira.told_changes import read_changelog
from connectors.lenient import read_fields

Reader = Callable[[IssueFieldsJson], object]

NUMBERS = frozenset({"timeoriginalestimate", "timespent", "timeestimate"})
# unreadable here means an item with a wrong date or without identity: refused, and shown as rejected
NEVER_GUESSED = frozenset({"project", "issuetype", "status", "created", "updated", "duedate", "resolutiondate"})


class IssueDecoder:
    """Decodes the system fields and the custom fields named, and skips all others.

    Those in `raw` stay JSON: whoever reads them knows most of their values already.
    """

    def __init__(self, field_ids: Iterable[str], *, raw: Set[str] = frozenset()) -> None:
        attributes = {one.encode_name: one.name for one in msgspec.structs.fields(IssueFieldsJson)}
        extra = sorted((set(field_ids) | raw) - set(attributes))
        attributes |= {field_id: f"custom_{number}" for number, field_id in enumerate(extra)}
        self._attributes = attributes
        self._raw = {"sprint", "closedSprints"} | {attributes[one] for one in raw}
        self._fields_type = msgspec.defstruct(
            "SourceFieldsJson",
            [
                (attributes[one], Raw, msgspec.field(default=NULL, name=one))
                if one in raw
                else (attributes[one], Any, msgspec.field(default=None, name=one))
                for one in extra
            ],
            bases=(IssueFieldsJson,),
            gc=False,
        )
        issue_type = msgspec.defstruct(
            "SourceIssueJson",
            [
                ("id", str),
                ("key", str),
                ("fields", self._fields_type),
                ("changelog", ChangelogJson | None, None),
            ],
            gc=False,
        )
        # the same attributes as IssueJson, with the richer fields
        self._strict = Decoder(cast(type[IssueJson], issue_type))
        self._loose = Decoder(LooseIssueJson)

    def decode(self, payload: bytes) -> tuple[IssueJson, tuple[str, ...]]:
        """The issue and the codes of what was odd; raises PayloadUnreadable(what, value)."""
        try:
            return self._strict.decode(payload), ()
        except ValidationError:
            return self._field_by_field(payload)
        except DecodeError as error:
            raise PayloadUnreadable("issue", error) from error

    def reader(self, field_id: str) -> Reader:
        """Gives the field's value in an issue; None for a field that was not asked for."""
        name = self._attributes.get(field_id)
        if name is None:
            return nothing
        return _decoded(name) if name in self._raw else attrgetter(name)

    def attribute(self, field_id: str) -> str:
        """The attribute under which a field that was asked for is decoded."""
        return self._attributes[field_id]

    def _field_by_field(self, payload: bytes) -> tuple[IssueJson, tuple[str, ...]]:
        try:
            loose = self._loose.decode(payload)
        except DecodeError as error:
            raise PayloadUnreadable("issue", error) from error
        values, warnings = read_fields(loose.fields, self._fields_type, never_guessed=NEVER_GUESSED, numbers=NUMBERS)
        fields = cast(IssueFieldsJson, self._fields_type(**values))
        return IssueJson(loose.id, loose.key, fields, read_changelog(loose.changelog)), tuple(warnings)


def nothing(_: IssueFieldsJson) -> None:
    """Reads a field that a source does not have."""


def _decoded(name: str) -> Reader:
    return lambda fields: msgspec.json.decode(getattr(fields, name))
