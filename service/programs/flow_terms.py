"""What flow is computed by, beyond the calendar: which statuses are work, what a defect is, and when one escaped."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.business_value import ValueFields


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowTerms:
    """Names, compared in any case. Without `active_statuses` there is no flow efficiency, without `escaped_labels` no
    escape rate: labels of Jira and tags of Asana that mark a defect found after release. `business_value` names the
    fields of a source in which people state it; without, there is no predictability by it."""

    active_statuses: tuple[str, ...] = ()
    defect_types: tuple[str, ...] = ("Bug", "Defect")
    escaped_labels: tuple[str, ...] = ()
    business_value: tuple[ValueFields, ...] = ()
