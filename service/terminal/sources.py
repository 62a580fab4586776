"""`interlock sources`: each source with its freshness, its background reading, and what its account cannot read."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from service import wording
from service.api.schemas.sync import SourceData, SourceList, Webhook
from service.programs.answers import Answer


def render_sources(answer: Answer[SourceList], console: Console) -> None:
    for source in answer.data.sources:
        kind = source.kind or "never read"
        console.print(Text.assemble((source.name, "bold"), "  ", (kind, "dim")), highlight=False)
        for mark, line in _lines(source):
            console.print(
                Padding(
                    Text.assemble((mark, "yellow" if mark == "!" else "green"), " ", line), (0, 0, 0, 2), expand=False
                )
            )


def _lines(source: SourceData) -> Iterator[tuple[str, str]]:
    """(mark, sentence); "!" stands before what a person should know."""
    if not source.configured:
        yield "!", "not in the configuration any more; its items stay"
    if source.last_complete_sync is not None:
        when = f"{wording.moment(source.last_complete_sync)}, {wording.age(source.lag_seconds)}"
        live = sum(scope.state == "live" for scope in source.scopes)
        yield "✓", f"last complete sync {when}; {wording.counted(live, 'project')}"
    for reason in source.reasons:
        yield "!", reason.message
    yield from _deliveries(source.webhook)
    details = source.details
    if details.read < details.wanted:
        yield "!", f"history read of {details.read:,} of {wording.counted(details.wanted, 'item')}; the rest follows"
    for capability in source.capabilities:
        if not capability.available:
            yield "!", wording.lacking(capability.name, capability.reason)


def _deliveries(webhook: Webhook) -> Iterator[tuple[str, str]]:
    if webhook.last_event_at is not None:
        yield "✓", f"last webhook delivery {wording.moment(webhook.last_event_at)}"
    elif webhook.configured:
        yield "!", "no webhook delivery has come yet; docs/how-to/receive-webhooks.md says how to send them"
    if webhook.waiting:
        yield "!", f"webhook deliveries not applied yet: {webhook.waiting:,}"
    if webhook.failed:
        yield "!", f"webhook deliveries given up: {webhook.failed:,}; the next run makes them good"
    if webhook.refused:
        yield "!", f"webhook deliveries refused: {webhook.refused:,}; they were not signed with the secret"
    if webhook.missed_last_night:
        yield "!", f"changes that the last census found and no delivery told: {webhook.missed_last_night:,}"
