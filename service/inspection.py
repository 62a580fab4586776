"""Named deep checks, from what is stored: does each tool let us in, is what rules and configuration name still there,
are deliveries applied, do the clocks agree? None of them asks a tool, and none makes the service unfit.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from service import wording
from service.api.concerns import CLOCK_MAY_DIFFER, WAITS_TOO_LONG
from service.api.schemas.sources import ContactData
from service.api.services import Check
from service.api.sources import contact_of
from service.domain.unmet import unmet_in
from service.store.contacts import Contacts
from service.store.inbox import Inbox, InboxStanding
from service.store.programs import Programs
from service.store.run_reads import RunReads
from service.store.vocabulary import Vocabulary

CONFIGURED = frozenset(
    {"field_missing", "field_unknown", "field_kind", "link_type_missing", "portfolio_unreadable"}
)  # codes of what discovery says about names in the configuration
NAMED = 3  # things one line tells before it says "and n more"


async def inspect(connection: AsyncConnection, *, sources: Iterable[str], now: datetime) -> list[Check]:
    """One line each, by source and then by program; those that are not fine say what to do."""
    sources = tuple(sources)
    contacts, finished = await Contacts(connection).all(), await RunReads(connection).last_finished()
    inbox = await Inbox(connection).standing()
    vocabulary = Vocabulary(connection)
    findings = await vocabulary.findings(CONFIGURED)
    checks: list[Check] = []
    for name in sources:
        contact = contact_of(contacts.get(name), finished.get(name))
        checks += _contact(name, contact, now)
        checks += _inbox(name, inbox.get(name), now)
        checks += _configured(name, findings)
    return [*checks, *[check async for check in _mapping(connection, vocabulary, sources)]]


def _contact(source: str, contact: ContactData | None, now: datetime) -> Iterator[Check]:
    name = f"credentials {source}"
    if contact is None:
        yield _warning(name, f"the tool was not asked yet; run `interlock sync {source}` or `interlock check`")
        return
    when = wording.age((now - contact.asked_at).total_seconds())
    if contact.error is not None:
        remedy = "give the source a valid token, then run `interlock check`"
        if contact.error.code != "authentication_failed":
            remedy = "if it lasts, run `interlock check`"
        yield _warning(name, f"{contact.error.message} ({when}); {remedy}")
        return
    yield Check(name, True, f"let in{f' as {contact.account}' if contact.account else ''} {when}")
    ahead = contact.clock_ahead_seconds
    if ahead is not None and abs(ahead) > CLOCK_MAY_DIFFER.total_seconds():
        direction = "ahead of" if ahead > 0 else "behind"
        said = f"the tool's clock is {wording.lasting(abs(ahead))} {direction} ours; let this machine keep time by NTP"
        yield _warning(f"clock {source}", said)
    elif ahead is not None:
        yield Check(f"clock {source}", True, "the tool's clock and ours agree")


def _inbox(source: str, standing: InboxStanding | None, now: datetime) -> Iterator[Check]:
    if standing is None:
        return
    name, oldest = f"inbox {source}", standing.oldest_waiting_at
    waiting = wording.counted(standing.waiting, "delivery waits", "deliveries wait")
    if oldest is not None and now - oldest > WAITS_TOO_LONG:
        since = wording.lasting((now - oldest).total_seconds())
        yield _warning(name, f"{waiting}, the oldest for {since}; see that a worker runs")
    else:
        yield Check(name, True, waiting)


def _configured(source: str, findings: Mapping[str, list[str]]) -> Iterator[Check]:
    if source in findings:
        yield _warning(f"fields {source}", f"{_some(findings[source])} Correct interlock.yaml")


async def _mapping(connection: AsyncConnection, vocabulary: Vocabulary, sources: Iterable[str]) -> AsyncIterator[Check]:
    known = await vocabulary.all(sources=sources)
    for program in await Programs(connection).all():
        name = f"mapping {program.definition.key}"
        unmet = unmet_in(program.definition, known)
        if unmet:
            yield _warning(name, _some([each.to_text() for each in unmet]))
        else:
            yield Check(name, True, "everything its rules name is there")


def _some(sentences: list[str]) -> str:
    rest = len(sentences) - NAMED
    return " ".join([*sentences[:NAMED], *([f"And {rest} more."] if rest > 0 else [])])


def _warning(name: str, detail: str) -> Check:
    return Check(name, False, detail, warning=True)
