"""What of a source somebody should know, and what to do about it: facts in, sentences out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from service import wording
from service.api.schemas.sources import BudgetData, Concern, ScopeData, SourceData, SubscriptionData, Webhook
from service.programs.answers import Remark

PROOF_LASTS: Final = timedelta(hours=36)  # a nightly sync may fail once before somebody is called
CLOCK_MAY_DIFFER: Final = timedelta(minutes=2)  # well inside the overlap of five minutes
WAITS_TOO_LONG: Final = timedelta(minutes=5)  # deliveries are applied within seconds, unless a run holds the source
REFUSED_LATELY: Final = timedelta(days=1)
MISSED_SHARE, MISSED_LEAST = 0.05, 3  # fewer are the odd delivery that a tool loses
EXPIRES_SOON: Final = timedelta(days=7)
HANDSHAKE_TAKES: Final = timedelta(hours=1)
QUOTA_IS_LOW: Final = 0.1
ONCE: Final = frozenset({"rejected_records"})  # the run and the store both count them


class Severity(StrEnum):
    """How bad a concern is; `well` is the verdict where there is none."""

    WELL = "well"
    NOTE = "note"
    ATTENTION = "attention"
    FAILED = "failed"


_ORDER = list(Severity)


def worst(severities: Iterable[str]) -> str:
    """The verdict: well, attention or failed. Notes change nothing."""
    found = max((Severity(each) for each in severities), key=_ORDER.index, default=Severity.WELL)
    return Severity.WELL if found is Severity.NOTE else found


def concerns_of(source: SourceData, *, now: datetime) -> Iterator[Concern]:
    """The gravest first. One that is not configured any more concerns nobody but its readers."""
    if not source.configured:
        yield _note("not_configured", "It is not in the configuration any more; its items stay.")
        return
    found = [
        *_credential(source),
        *_proof(source, now),
        *_reasons(source, now),
        *_schedule(source),
        *_clock(source),
        *_budget(source.budget, now),
        *_deliveries(source.webhook, now),
        *(each for one in source.webhook.subscriptions for each in _subscription(source.name, one, now)),
        *_notes(source),
    ]
    yield from sorted(found, key=lambda each: -_ORDER.index(Severity(each.severity)))


def _credential(source: SourceData) -> Iterator[Concern]:
    contact = source.contact
    if contact is None or contact.error is None:
        return
    when = f"when it was asked {wording.moment(contact.asked_at)}"
    if contact.error.code == "authentication_failed":
        yield _failed(
            "credential_refused",
            f"The tool refuses our credential, {when}: {contact.error.message}",
            "Give the source a valid token where its configuration takes it from, then run `interlock check`.",
        )
    else:
        yield _attention(
            "no_answer",
            f"The tool did not let us in {when}: {contact.error.message}",
            "Nothing is lost: the next run goes on. If it lasts, run `interlock check`.",
        )


def _proof(source: SourceData, now: datetime) -> Iterator[Concern]:
    proof, sync = source.last_complete_sync, f"Run `interlock sync {source.name}`"
    if proof is None:
        if source.under_way is not None:
            yield _attention("first_sync", "Its first sync is under way; until it ends, numbers are too small.", None)
        else:
            yield _failed("never_synced", "It was never read completely.", f"{sync}; `interlock check` says if it can.")
    elif now - proof > PROOF_LASTS:
        yield _failed(
            "stale",
            f"Its last complete sync is {wording.lasting((now - proof).total_seconds())} old.",
            f"{sync} and read what it says; see that `interlock worker` or `interlock serve` is running.",
        )


def _reasons(source: SourceData, now: datetime) -> Iterator[Concern]:
    """Why it is not complete; the proof itself is told above."""
    scopes = {scope.error.message: scope for scope in source.scopes if scope.error is not None}
    told = {"never_synced"}
    for reason in source.reasons:
        if reason.code in told:
            continue
        told |= {reason.code} & ONCE
        scope = scopes.get(reason.message) or next((each for each in scopes.values() if _tells(reason, each)), None)
        since = "" if scope is None or scope.error_since is None else f" Since {wording.moment(scope.error_since)}."
        yield _attention(reason.code, f"{reason.message}{since}", _remedy(source.name, reason.code, scope))


def _tells(reason: Remark, scope: ScopeData) -> bool:
    return scope.error is not None and reason.message.endswith(scope.error.message) and scope.key in reason.message


def _remedy(source: str, code: str, scope: ScopeData | None) -> str:
    match code:
        case "mass_loss_held":
            key = "PROJECT" if scope is None else scope.key
            return f"If they really are gone: `interlock sync {source} --accept-loss {key}`."
        case "rejected_records":
            return "`interlock sources` names the latest; a newer version may read them with `interlock replay`."
        case "scope_missing" | "scope_gone" | "permission_denied":
            return "Give the account the right to browse it, or take it out of scope.projects."
        case "authentication_failed":
            return "Give the source a valid token, then run `interlock check`."
        case "source_misconfigured":
            return "Run `interlock check`; it names the key of the configuration."
        case _:
            return "The next run tries again; if it stays, run `interlock check`."


def _schedule(source: SourceData) -> Iterator[Concern]:
    if source.schedule is not None and source.schedule.overdue:
        yield _attention(
            "overdue",
            f"A run by its schedule ({source.schedule.cron}, {source.schedule.time_zone}) is overdue.",
            "See that `interlock worker`, or `interlock serve` without --no-worker, is running.",
        )


def _clock(source: SourceData) -> Iterator[Concern]:
    ahead = None if source.contact is None else source.contact.clock_ahead_seconds
    if ahead is None or abs(ahead) <= CLOCK_MAY_DIFFER.total_seconds():
        return
    direction = "ahead of" if ahead > 0 else "behind"
    yield _attention(
        "clocks_differ",
        f"The tool's clock is {wording.lasting(abs(ahead))} {direction} this machine's.",
        "Let this machine keep time by NTP. Changes are found by the tool's clock, so none is lost.",
    )


def _budget(budget: BudgetData | None, now: datetime) -> Iterator[Concern]:
    if budget is None:
        return
    why = f" ({budget.reason})" if budget.reason else ""
    if budget.paused_until is not None and budget.paused_until > now:
        yield _attention(
            "paused",
            f"No request leaves until {wording.moment(budget.paused_until)}: the tool asked for a pause{why}.",
            "It goes on by itself. If it comes back night after night, lower `concurrency` or sync less often.",
        )
    resets = budget.quota_resets_at
    if budget.quota_limit and budget.quota_remaining is not None and (resets is None or resets > now):
        left = budget.quota_remaining / budget.quota_limit
        if left < QUOTA_IS_LOW:
            until = "" if resets is None else f" until {wording.moment(resets)}"
            yield _attention(
                "quota_low",
                f"{budget.quota_remaining:,} of {budget.quota_limit:,} are left of the tool's quota{until}.",
                "Other apps of the same site may share it; see what else asks the tool.",
            )


def _deliveries(webhook: Webhook, now: datetime) -> Iterator[Concern]:
    if webhook.configured and webhook.last_event_at is None:
        yield _attention(
            "no_delivery_yet",
            "No webhook delivery has come yet.",
            "docs/how-to/receive-webhooks.md says how the tool is made to send them.",
        )
    if webhook.silence is not None and webhook.silence.unusual and webhook.silence.usual_seconds is not None:
        yield _attention(
            "silent",
            f"No webhook delivery for {wording.lasting(webhook.silence.seconds)}; the longest pause of the last two "
            f"weeks was {wording.lasting(webhook.silence.usual_seconds)}.",
            "Look at the webhook in the tool and at what stands between it and this service.",
        )
    if webhook.oldest_waiting_at is not None and now - webhook.oldest_waiting_at > WAITS_TOO_LONG:
        waits = wording.lasting((now - webhook.oldest_waiting_at).total_seconds())
        yield _attention(
            "deliveries_wait",
            f"{wording.counted(webhook.waiting, 'webhook delivery', 'webhook deliveries')} not applied yet; "
            f"the oldest waits for {waits}.",
            "See that a worker runs, and what the tool answers (`interlock check`).",
        )
    if webhook.failed:
        why = f": {webhook.failed_why}" if webhook.failed_why else "."
        yield _attention(
            "deliveries_failed",
            f"{wording.counted(webhook.failed, 'webhook delivery', 'webhook deliveries')} given up{why}",
            "The next run makes them good.",
        )
    yield from _doubtful_deliveries(webhook, now)


def _doubtful_deliveries(webhook: Webhook, now: datetime) -> Iterator[Concern]:
    if webhook.last_refused_at is not None and now - webhook.last_refused_at < REFUSED_LATELY:
        yield _attention(
            "deliveries_refused",
            f"Webhook deliveries come without proof: {webhook.refused:,} refused so far, the last one "
            f"{wording.moment(webhook.last_refused_at)}.",
            "Either the secret in the tool is another one, or somebody else posts here.",
        )
    missed, changed = webhook.missed_last_night, webhook.changed_last_night
    if not missed:
        return
    of = "" if changed is None else f" of {changed:,}"
    said = f"{missed:,}{of} changes before the last census were told by no webhook."
    if missed >= MISSED_LEAST and (webhook.missed_share is None or webhook.missed_share > MISSED_SHARE):
        yield _attention("missed", said, "See that the webhook covers every project and event; nothing is lost.")
    else:
        yield _note("missed", said)


def _subscription(source: str, subscription: SubscriptionData, now: datetime) -> Iterator[Concern]:
    what = "Its webhook" if subscription.scope is None else f"The webhook of {subscription.scope}"
    again = f"Run `interlock webhooks register {source}`."
    state, expires = subscription.state, subscription.expires_at
    if state == "missing":
        yield _attention("webhook_missing", f"{what} is gone from the tool.", again)
    elif state == "disabled":
        yield _attention("webhook_disabled", f"{what} is switched off in the tool.", again)
    elif state == "pending" and now - subscription.created_at > HANDSHAKE_TAKES:
        yield _attention("webhook_pending", f"{what} never shook hands.", again)
    elif expires is not None and expires - now < EXPIRES_SOON:
        verb = "expired" if expires <= now else "expires"
        yield _attention("webhook_expires", f"{what} {verb} {wording.moment(expires)}.", again)
    failed, worked = subscription.last_failure_at, subscription.last_success_at
    if failed is not None and (worked is None or failed > worked):
        why = f": {subscription.last_failure}" if subscription.last_failure else "."
        yield _attention(
            "webhook_fails",
            f"{what} failed {wording.moment(failed)}{why}",
            "See that the tool reaches this service at auth.public_url.",
        )


def _notes(source: SourceData) -> Iterator[Concern]:
    details = source.details
    if details.read < details.wanted:
        yield _note(
            "details_pending",
            f"History read of {details.read:,} of {wording.counted(details.wanted, 'item')}; the rest follows.",
        )
    for capability in source.capabilities:
        if not capability.available:
            yield _note("not_available", wording.lacking(capability.name, capability.reason))


def _failed(code: str, message: str, remedy: str) -> Concern:
    return Concern(Severity.FAILED, code, message, remedy)


def _attention(code: str, message: str, remedy: str | None) -> Concern:
    return Concern(Severity.ATTENTION, code, message, remedy)


def _note(code: str, message: str) -> Concern:
    return Concern(Severity.NOTE, code, message, None)
