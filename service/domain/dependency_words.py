"""Why an edge has its status, in sentences for people: who waits for whom, since when, and by how much it is late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import assert_never

from msgspec import Struct

from service.domain.dependency_status import ReasonCode
from service.domain.network import NetworkItem, Presence
from service.domain.planned_dates import DateSource
from service.domain.typical import Typical

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATED = {
    DateSource.NONE: "has no date",
    DateSource.OWN_DUE: "{verb} due {on}",
    DateSource.ITERATION_END: "{verb} planned until {on}{sprint}",
    DateSource.RELEASE: "{verb} to be released on {on}",
    DateSource.ROLLED_UP_DUE: "{verb} due {on} with the last item beneath it",
    DateSource.OWN_START: "{verb} to start on {on}",
    DateSource.MILESTONE_DUE: "{verb} a milestone of {on}",
    DateSource.ITERATION_START: "{verb} planned from {on}{sprint}",
    DateSource.DUE_MINUS_TYPICAL: "{verb} to start by {on} to be ready when due",
    DateSource.ROLLED_UP_START: "{verb} to start on {on} with the first item beneath it",
    DateSource.CONTAINER_START: "belongs to something that starts on {on}",
}
_AT_MOST = 6  # items of a cycle that a sentence names


class Reason(Struct, frozen=True, gc=False):
    code: ReasonCode
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one edge. `planned` and `need_by` are of the ends that match; for FS the finish of the
    predecessor and the start of the successor. `begun_on` is the successor's, `given_on` when it got what it waited
    for. `cycle` and `upstream` are keys."""

    predecessor: NetworkItem
    successor: NetworkItem
    as_of: date
    waits_for_start: bool = False
    holds_finish: bool = False
    planned: date | None = None
    planned_source: DateSource = DateSource.NONE
    need_by: date | None = None
    need_source: DateSource = DateSource.NONE
    gap: int | None = None
    begun_on: date | None = None
    given_on: date | None = None
    late_days: int = 0
    typical: Typical | None = None
    beneath: int = 0
    open_beneath: int = 0
    cycle: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    probability: float | None = None

    def day(self, day: date | None) -> str:
        """Such as "27 Nov", with the year when it is another one than today's."""
        if day is None:
            return "an unknown day"
        year = "" if day.year == self.as_of.year else f" {day.year}"
        return f"{day.day} {_MONTHS[day.month - 1]}{year}"

    @property
    def chance(self) -> str:
        """Rounded down, so that a chance below a threshold does not read as if it had reached it."""
        return f"{int((self.probability or 0.0) * 100 + 1e-9)} %"


def reason(code: ReasonCode, facts: Facts) -> Reason:
    return Reason(code, _sentence(code, facts))


def _sentence(code: ReasonCode, facts: Facts) -> str:  # noqa: PLR0911, PLR0912 - one line for each reason
    before, after = facts.predecessor.called, facts.successor.called
    match code:
        case ReasonCode.PREDECESSOR_DONE:
            return f"{before} was done on {facts.day(facts.given_on)}." if facts.given_on else f"{before} is done."
        case ReasonCode.PREDECESSOR_BEGUN:
            return f"{before} has begun, which is all that {after} waits for."
        case ReasonCode.PREDECESSOR_NOT_NEEDED:
            return f"{before} was cancelled as not needed."
        case ReasonCode.SUCCESSOR_DONE:
            return f"{after} is done and waits no longer."
        case ReasonCode.SUCCESSOR_CANCELLED:
            return f"{after} was cancelled and waits no longer."
        case ReasonCode.LATE:
            return f"{before} came {_days(facts.late_days)} later than {after} needed it."
        case ReasonCode.VIOLATED:
            return f"{after} did not wait for {before}."
        case ReasonCode.CYCLE:
            return _circle(facts)
        case ReasonCode.PREDECESSOR_CANCELLED:
            return f"{before} was cancelled, but {after} still waits for it."
        case ReasonCode.PREDECESSOR_MISSING:
            return f"{before} {_missing(facts.predecessor)}, but {after} still waits for it."
        case ReasonCode.SUCCESSOR_MISSING:
            return f"{after} {_missing(facts.successor)}; nobody can tell whether it still waits for {before}."
        case ReasonCode.SUCCESSOR_STARTED:
            since = f"has been in progress since {facts.day(facts.begun_on)}" if facts.begun_on else "is in progress"
            return f"{after} {since} and waits for {before}, which {_plan(facts)}{_too_late(facts)}."
        case ReasonCode.NEED_BY_REACHED:
            return f"{after} {_need(facts, past=True)} and waits for {before}, which {_plan(facts)}{_too_late(facts)}."
        case ReasonCode.TOO_LATE:
            return f"{before} {_plan(facts)}{_too_late(facts)} for {after}, which {_need(facts)}."
        case ReasonCode.PREDECESSOR_OVERDUE:
            return _overdue(facts)
        case ReasonCode.LATER_ITERATION:
            return f"{before} is planned for {_iterations(facts)}, which ends later than that of {after}."
        case ReasonCode.IMPROBABLE | ReasonCode.DOUBTFUL:
            return f"The chance that {before} is ready when {after} needs it is only {facts.chance}."
        case ReasonCode.LITTLE_SLACK:
            return f"{before} {_plan(facts)}, which leaves {after} {_days(facts.gap or 0)} to spare."
        case ReasonCode.SAME_ITERATION:
            return f"{before} is planned for {_iterations(facts)}, at the same time as {after}, which waits for it."
        case ReasonCode.PREDECESSOR_UNASSIGNED:
            return f"Nobody is assigned to {before}, and {after} needs it by {facts.day(facts.need_by)}{_usual(facts)}."
        case ReasonCode.PREDECESSOR_NOT_STARTED:
            return f"{before} is not started, and {after} needs it by {facts.day(facts.need_by)}{_usual(facts)}."
        case ReasonCode.PREDECESSOR_SLIPPED:
            return f"The date of {before} moved later {facts.predecessor.slips} times in the last 30 days."
        case ReasonCode.UPSTREAM:
            who = f"waits for {' and '.join(facts.upstream)}" if facts.upstream else "is held up further upstream"
            return f"{before} itself {who}{', which is late or holds it up' if facts.upstream else ''}."
        case ReasonCode.PREDECESSOR_UNDATED:
            end = "starts" if facts.waits_for_start else "will be done"
            return f"Nothing tells when {before} {end}{_unseen(facts.predecessor)}."
        case ReasonCode.SUCCESSOR_UNDATED:
            end = "be done" if facts.holds_finish else "start"
            return f"Nothing tells when {after} needs to {end}{_unseen(facts.successor)}."
        case ReasonCode.ENOUGH_SLACK:
            return f"{before} {_plan(facts)}, {_days(facts.gap or 0)} to spare before {after} needs it."
        case ReasonCode.EARLIER_ITERATION:
            return f"{before} is planned for {_iterations(facts)}, which ends before that of {after}."
        case ReasonCode.CONCURRENT_ITERATION:
            return f"{before} and {after} are planned for the same time, as teams that work concurrently do."
        case ReasonCode.PROBABLE:
            return f"The chance that {before} is ready when {after} needs it is {facts.chance}."
        case _:
            assert_never(code)


def _plan(facts: Facts) -> str:
    """What is planned of the predecessor, such as "is due 27 Nov"."""
    if facts.planned is None:
        return "has no date"
    if facts.beneath and not facts.open_beneath:
        return f"is still open, though {_all_beneath(facts)}"
    return _dated(facts, facts.planned, facts.planned_source, facts.predecessor)


def _need(facts: Facts, *, past: bool = False) -> str:
    """What is planned of the successor, such as "is to start on 23 Nov"."""
    if facts.need_by is None:
        return "has no date"
    return _dated(facts, facts.need_by, facts.need_source, facts.successor, past=past)


def _dated(facts: Facts, day: date, source: DateSource, item: NetworkItem, *, past: bool = False) -> str:
    sprint = f" ({item.iteration.name})" if item.iteration and item.iteration.name else ""
    return _DATED[source].format(verb="was" if past else "is", on=facts.day(day), sprint=sprint)


def _too_late(facts: Facts) -> str:
    return f", {_days(-facts.gap)} too late" if facts.gap is not None and facts.gap < 0 else ""


def _overdue(facts: Facts) -> str:
    if facts.planned is None:
        return f"{facts.predecessor.called} is overdue."
    told = _dated(facts, facts.planned, facts.planned_source, facts.predecessor, past=True)
    if facts.beneath and not facts.open_beneath:
        return f"{facts.predecessor.called} {told}; {_all_beneath(facts)}, but it is still open."
    return f"{facts.predecessor.called} {told} and {'has not begun' if facts.waits_for_start else 'is not done'}."


def _all_beneath(facts: Facts) -> str:
    one = facts.beneath == 1
    return "the only item beneath it is done" if one else f"all {facts.beneath} items beneath it are done"


def _iterations(facts: Facts) -> str:
    iteration = facts.predecessor.iteration
    return iteration.name if iteration and iteration.name else "an iteration"


def _circle(facts: Facts) -> str:
    keys = facts.cycle
    if len(keys) <= 1:
        return f"{facts.successor.called} waits for itself."
    circle = " → ".join([*keys[:_AT_MOST], *(["…"] if len(keys) > _AT_MOST else []), keys[0]])
    before, after = facts.predecessor.called, facts.successor.called
    if before in keys and after in keys:
        return f"These wait for each other in a circle, so that none can begin: {circle}."
    return f"{before} and {after} are among items that wait for each other in circles, such as {circle}."


def _missing(item: NetworkItem) -> str:
    match item.presence:
        case Presence.GONE:
            return "was deleted in its tool"
        case Presence.ARCHIVED:
            return "was archived in its tool"
        case Presence.ACCESS_LOST:
            return "can no longer be read"
        case Presence.OUT_OF_SCOPE:
            return "left what is read from its tool"
        case Presence.UNKNOWN:
            return "is known to no tool"
        case Presence.LIVE | Presence.STUB | Presence.HIDDEN:
            return "is there"
        case _:
            assert_never(item.presence)


def _unseen(item: NetworkItem) -> str:
    match item.presence:
        case Presence.STUB:
            return ": it lies outside of what is read"
        case Presence.HIDDEN:
            return ": it may not be read"
        case _:
            return ""


def _usual(facts: Facts) -> str:
    if facts.typical is None:
        return ""
    few = f", though only {facts.typical.n} are known" if facts.typical.small_sample else ""
    return f"; 85 of 100 of its type take up to {_days(facts.typical.p85)}{few}"


def _days(count: int) -> str:
    return {0: "no working day", 1: "1 working day"}.get(count, f"{count} working days")
