"""`interlock webhooks`: what became of each webhook, and how those that are registered are doing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service import wording
from service.sync.webhook_registration import Outcome, Told

EVERYTHING = "all that it reads"
_MARKS = {
    Outcome.KEPT: ("✓", "green"),
    Outcome.REGISTERED: ("✓", "green"),
    Outcome.REMOVED: ("✓", "green"),
    Outcome.ELSEWHERE: ("!", "yellow"),
    Outcome.FAILED: ("✗", "red"),
}
_WORDS = {
    Outcome.KEPT: "is there already",
    Outcome.REGISTERED: "registered",
    Outcome.REMOVED: "removed",
    Outcome.ELSEWHERE: "left as it is",
    Outcome.FAILED: "failed",
}


class WebhookData(Struct, frozen=True):
    """One registered webhook as it is told. `scope` null: one for all that the source reads.

    `state` is pending, active, disabled, missing, or unknown for one at our address that is not written down here.
    """

    source: str
    scope: str | None
    state: str
    created_at: datetime | None
    expires_at: datetime | None
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_failure: str | None


def render_told(told: Sequence[Told], console: Console) -> None:
    """One line for each webhook, in the order in which it was dealt with."""
    if not told:
        console.print("There is no webhook to deal with.", highlight=False)
    for each in told:
        mark, style = _MARKS[each.outcome]
        subject = f"{each.source}: {each.scope or EVERYTHING} {_WORDS[each.outcome]}"
        reason = f": {each.reason}" if each.reason else ""
        console.print(Text.assemble((mark, style), f" {subject}{reason}"), highlight=False, soft_wrap=True)


def render_webhooks(webhooks: Sequence[WebhookData], console: Console) -> None:
    if not webhooks:
        console.print("No webhook is registered. `interlock webhooks register` does it.", highlight=False)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("Source", "Scope", "State", "Last success", "Last failure", "Expires"):
        table.add_column(name)
    for each in webhooks:
        table.add_row(
            each.source,
            each.scope or EVERYTHING,
            each.state,
            _moment(each.last_success_at),
            _moment(each.last_failure_at),
            _moment(each.expires_at, "never"),
        )
    console.print(table)
    for each in webhooks:
        if each.last_failure:
            said = f"! {each.source}: {each.scope or EVERYTHING}: {each.last_failure}"
            console.print(said, style="yellow", highlight=False, markup=False, soft_wrap=True)


def _moment(moment: datetime | None, otherwise: str = "not told") -> str:
    return wording.moment(moment) if moment is not None else otherwise
