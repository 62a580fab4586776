"""What Prometheus reads about sources: all of it from the database, so that any process tells what all of them did."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from service.api.concerns import Severity
from service.api.schemas.sources import SourceData
from service.store.delays import BEYOND, BOUNDS
from service.store.run_reads import Tally

Number = Callable[[SourceData], float | None]
Parts = Callable[[SourceData], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """`delays`: source → bound → (deliveries that fit no smaller bound, their seconds together)."""

    sources: Sequence[SourceData]
    tallies: Sequence[Tally]
    delays: Mapping[str, Mapping[str, tuple[int, float]]]
    now: datetime


def exposition(facts: SourceFacts) -> bytes:
    """The text format."""
    registry = CollectorRegistry()
    registry.register(_Facts(facts))
    return generate_latest(registry)


class _Facts(Collector):
    def __init__(self, facts: SourceFacts) -> None:
        self._facts = facts

    def collect(self) -> Iterable[Metric]:
        facts = self._facts
        yield from _freshness(facts)
        yield from _runs(facts)
        yield from _budget(facts)
        yield from _completeness(facts)
        yield from _deliveries(facts)


def _freshness(facts: SourceFacts) -> Iterator[Metric]:
    yield _gauge(
        facts,
        "interlock_source_lag_seconds",
        "Age of the last complete sync of a source; absent when there was none.",
        lambda source: source.lag_seconds,
    )
    yield _gauge(facts, "interlock_sync_running", "1 while a sync of the source runs.", lambda source: source.running)
    yield _gauge(
        facts,
        "interlock_source_let_in",
        "1 when the tool let us in at the last look, 0 when it did not; absent before the first look.",
        lambda source: None if source.contact is None else source.contact.error is None,
    )
    yield _gauge(
        facts,
        "interlock_source_clock_ahead_seconds",
        "By how much the tool's clock is ahead of this machine's.",
        lambda source: None if source.contact is None else source.contact.clock_ahead_seconds,
    )
    yield _parts(
        facts,
        GaugeMetricFamily("interlock_source_concerns", "What `interlock status` shows.", labels=("source", "severity")),
        lambda source: {
            severity: sum(each.severity == severity for each in source.concerns)
            for severity in (Severity.FAILED, Severity.ATTENTION, Severity.NOTE)
        },
    )


def _runs(facts: SourceFacts) -> Iterator[Metric]:
    runs = CounterMetricFamily(
        "interlock_sync_runs_total", "Runs that have ended.", labels=("source", "trigger", "status")
    )
    items = CounterMetricFamily(
        "interlock_sync_items_total", "Items that runs read, changed and rejected.", labels=("source", "outcome")
    )
    sums: dict[tuple[str, str], int] = {}
    for tally in facts.tallies:
        runs.add_metric((tally.source, tally.trigger, tally.status), tally.runs)
        for outcome, number in (("read", tally.fetched), ("changed", tally.changed), ("rejected", tally.rejected)):
            sums[tally.source, outcome] = sums.get((tally.source, outcome), 0) + number
    for labels, number in sums.items():
        items.add_metric(labels, number)
    yield runs
    yield items
    yield _gauge(
        facts, "interlock_sync_last_run_seconds", "How long the last run took that has ended.", _last_run_seconds
    )


def _last_run_seconds(source: SourceData) -> float | None:
    run = source.last_finished
    return None if run is None or run.finished_at is None else (run.finished_at - run.started_at).total_seconds()


def _budget(facts: SourceFacts) -> Iterator[Metric]:
    counters: tuple[tuple[str, str, Number], ...] = (
        (
            "requests_total",
            "Requests sent to the tool.",
            lambda source: None if source.budget is None else source.budget.requests,
        ),
        (
            "retries_total",
            "Of them, repeated ones.",
            lambda source: None if source.budget is None else source.budget.retries,
        ),
        (
            "throttled_total",
            "Answers that asked to slow down.",
            lambda source: None if source.budget is None else source.budget.throttled,
        ),
        (
            "received_bytes_total",
            "Bytes of answers.",
            lambda source: None if source.budget is None else source.budget.bytes_received,
        ),
    )
    for name, help_, number in counters:
        family = CounterMetricFamily(f"interlock_source_{name}", help_, labels=("source",))
        yield _filled(facts, family, number)
    yield _gauge(
        facts,
        "interlock_source_requests_allowed",
        "Requests that may be in flight at once; below `concurrency` after push-back.",
        lambda source: None if source.budget is None else source.budget.allowed,
    )
    yield _gauge(
        facts,
        "interlock_source_paused_seconds",
        "For how long no request leaves yet, as the tool asked.",
        lambda source: _left(source, facts.now),
    )
    yield _gauge(
        facts,
        "interlock_source_quota_remaining",
        "What is left of the tool's own quota, where it tells it.",
        lambda source: None if source.budget is None else source.budget.quota_remaining,
    )


def _left(source: SourceData, now: datetime) -> float | None:
    if source.budget is None:
        return None
    until = source.budget.paused_until
    return 0.0 if until is None else max(0.0, (until - now).total_seconds())


def _completeness(facts: SourceFacts) -> Iterator[Metric]:
    yield _parts(
        facts,
        GaugeMetricFamily(
            "interlock_source_items",
            "Ids of the last complete listings: listed = stored + rejected + invisible.",
            labels=("source", "state"),
        ),
        lambda source: {
            "listed": source.coverage.listed,
            "stored": source.coverage.stored,
            "rejected": source.coverage.rejected,
            "invisible": source.coverage.invisible,
        },
    )
    yield _gauge(
        facts, "interlock_source_rejects", "Records that could not be read.", lambda source: source.rejects.count
    )
    yield _gauge(
        facts,
        "interlock_source_scopes_held",
        "Scopes that lack so many items at once that nothing was removed.",
        lambda source: sum(scope.held for scope in source.scopes),
    )
    yield _gauge(
        facts,
        "interlock_source_details_pending",
        "Items whose history is still to be read.",
        lambda source: source.details.wanted - source.details.read,
    )


def _deliveries(facts: SourceFacts) -> Iterator[Metric]:
    yield _parts(
        facts,
        CounterMetricFamily(
            "interlock_webhook_deliveries_total",
            "Deliveries: received with proof, repeated ones among them, and refused.",
            labels=("source", "outcome"),
        ),
        lambda source: {
            "received": source.webhook.received,
            "repeated": source.webhook.repeated,
            "refused": source.webhook.refused,
        },
    )
    yield _parts(
        facts,
        GaugeMetricFamily("interlock_webhook_inbox", "Deliveries not applied.", labels=("source", "state")),
        lambda source: {"waiting": source.webhook.waiting, "failed": source.webhook.failed},
    )
    yield _gauge(
        facts,
        "interlock_webhook_inbox_oldest_seconds",
        "How long the oldest delivery waits that is not applied; 0 when none does.",
        lambda source: _waits(source, facts.now),
    )
    yield _gauge(
        facts,
        "interlock_webhook_missed_items",
        "Changes that the last census found and no delivery had told; absent where none has counted.",
        lambda source: source.webhook.missed_last_night,
    )
    yield _gauge(
        facts,
        "interlock_webhook_changed_items",
        "All changes from the census before to the last one.",
        lambda source: source.webhook.changed_last_night,
    )
    yield _delays(facts)


def _waits(source: SourceData, now: datetime) -> float:
    oldest = source.webhook.oldest_waiting_at
    return 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())


def _delays(facts: SourceFacts) -> Metric:
    family = HistogramMetricFamily(
        "interlock_webhook_visible_seconds", "From a delivery until answers show it.", labels=("source",)
    )
    for source, counted in sorted(facts.delays.items()):
        buckets, so_far = [], 0
        for bound in (*map(str, BOUNDS), BEYOND):
            so_far += counted.get(bound, (0, 0.0))[0]
            buckets.append((bound, float(so_far)))
        family.add_metric((source,), buckets, sum_value=sum(seconds for _, seconds in counted.values()))
    return family


def _gauge(facts: SourceFacts, name: str, help_: str, number: Number) -> Metric:
    return _filled(facts, GaugeMetricFamily(name, help_, labels=("source",)), number)


def _filled(facts: SourceFacts, family: GaugeMetricFamily | CounterMetricFamily, number: Number) -> Metric:
    """One sample a source; none where there is nothing to tell."""
    for source in facts.sources:
        value = number(source)
        if value is not None:
            family.add_metric((source.name,), float(value))
    return family


def _parts(facts: SourceFacts, family: GaugeMetricFamily | CounterMetricFamily, parts: Parts) -> Metric:
    for source in facts.sources:
        for label, value in parts(source).items():
            family.add_metric((source.name, str(label)), value)
    return family
