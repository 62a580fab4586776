"""Sources as they are told: how fresh, how complete, at what cost, and what needs somebody."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from service.api.schemas.sync import SyncRun
from service.programs.answers import Remark


class Coverage(Struct, frozen=True):
    """What the last complete listing proved: `listed` ids in the tool are `stored`, `rejected` or `invisible`.

    A rejected one was read and could not be understood; an invisible one is named and was not to be read.
    """

    listed: int
    stored: int
    rejected: int
    invisible: int
    proven_at: datetime


class ScopeData(Struct, frozen=True):
    """One project of a source. `listed` is how many items its last complete listing named.

    `error_since` is when the trouble in `error` began. A `held` scope lacked so many items at once that nothing was
    removed: its last good view stays.
    """

    key: str
    name: str
    state: str  # live | archived | gone | out_of_scope
    listed: int | None
    last_complete_sync: datetime | None
    error: Remark | None
    error_since: datetime | None
    held: bool
    coverage: Coverage | None


class SourceCoverage(Struct, frozen=True):
    """The sums over the live scopes; `proven_at` is the oldest proof among them, `unproven` have none yet."""

    listed: int
    stored: int
    rejected: int
    invisible: int
    proven_at: datetime | None
    unproven: int


class Capability(Struct, frozen=True):
    """Something of the tool that is used where the account's plan and rights allow it; `reason` says why not."""

    name: str
    available: bool
    reason: str | None


class Details(Struct, frozen=True):
    """Items whose history costs requests one by one, read in the background: of how many, of how many already."""

    wanted: int
    read: int


class Silence(Struct, frozen=True):
    """Since the last delivery. `usual_seconds` is the longest pause of the last two weeks; null while unknown."""

    seconds: int
    usual_seconds: int | None
    unusual: bool


class SubscriptionData(Struct, frozen=True):
    """A webhook that was registered at the tool. `scope` null: one for all that the source reads."""

    scope: str | None
    state: str  # pending | active | disabled | missing
    created_at: datetime
    expires_at: datetime | None
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_failure: str | None
    looked_at: datetime | None


class Webhook(Struct, frozen=True):
    """What the tool delivers by itself between the runs. `received` to `ignored` count since the beginning.

    `waiting` and `failed` are deliveries not applied yet, and given up; the next run makes those good. `refused` came
    without proof. `ignored` are items of projects that are not pulled. `missed_last_night` are the changes that the
    last census found and no delivery had told, of all the `changed_last_night`; null where none has counted.
    """

    configured: bool
    last_event_at: datetime | None
    received: int
    repeated: int
    refused: int
    last_refused_at: datetime | None
    ignored: int
    waiting: int
    oldest_waiting_at: datetime | None
    failed: int
    failed_why: str | None
    missed_last_night: int | None
    changed_last_night: int | None
    missed_share: float | None
    silence: Silence | None
    subscriptions: tuple[SubscriptionData, ...]


class BudgetData(Struct, frozen=True):
    """What was asked of the tool since `since`, and how its request budget stood at `counted_at`.

    `allowed` of `limit` requests may be in flight at once. None leaves before `paused_until`; `reason` is the tool's
    word for its last push-back. The quota is the tool's own, where it tells it.
    """

    since: datetime
    requests: int
    retries: int
    throttled: int
    bytes_received: int
    counted_at: datetime
    in_flight: int
    waiting: int
    allowed: int | None
    limit: int | None
    paused_until: datetime | None
    reason: str | None
    quota_limit: int | None
    quota_remaining: int | None
    quota_resets_at: datetime | None


class ContactData(Struct, frozen=True):
    """Whether the tool let us in when it was asked last, and by how many seconds its clock is ahead of ours."""

    asked_at: datetime
    account: str | None
    clock_ahead_seconds: float | None
    error: Remark | None


class ScheduleData(Struct, frozen=True):
    """`overdue`: the line named a moment more than an hour ago, and no run has begun since."""

    cron: str
    time_zone: str
    next_run: datetime | None
    overdue: bool


class RejectData(Struct, frozen=True):
    """A record that could not be read. `key` is null where the item was never understood."""

    kind: str
    native_id: str
    key: str | None
    reason: str
    fetched_at: datetime


class Rejects(Struct, frozen=True):
    """How many records could not be read, and the latest of them."""

    count: int
    latest: tuple[RejectData, ...]


class Concern(Struct, frozen=True):
    """Something about a source that a person should know, and what to do about it.

    `severity` is failed (its numbers are not to be relied on), attention (somebody should look), or note.
    """

    severity: str
    code: str
    message: str
    remedy: str | None


class SourceData(Struct, frozen=True):
    """`configured` is false for one that is only remembered; `kind` is null before the first sync.

    `verdict` is the worst of its concerns: well, attention or failed. `under_way` is a run that goes on now.
    """

    name: str
    kind: str | None
    url: str | None
    edition: str | None
    version: str | None
    configured: bool
    verdict: str
    concerns: tuple[Concern, ...]
    running: bool
    last_complete_sync: datetime | None
    lag_seconds: int | None
    complete: bool
    reasons: tuple[Remark, ...]
    last_run: int | None
    last_finished: SyncRun | None
    under_way: SyncRun | None
    schedule: ScheduleData | None
    coverage: SourceCoverage
    scopes: tuple[ScopeData, ...]
    rejects: Rejects
    budget: BudgetData | None
    contact: ContactData | None
    capabilities: tuple[Capability, ...]
    details: Details
    webhook: Webhook


class SourceList(Struct, frozen=True):
    """`verdict` is the worst of the configured sources."""

    verdict: str
    sources: tuple[SourceData, ...]
    next_cursor: str | None
