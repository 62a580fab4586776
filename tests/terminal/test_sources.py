"""`interlock sources`, whole, as a person reads it."""

from __future__ import annotations

from datetime import UTC, datetime

from service.api.schemas.sync import Capability, Details, ScopeData, SourceData, SourceList, Webhook
from service.programs.answers import Answer, Remark
from service.terminal.sources import render_sources
from tests.terminal.test_tables import a_console, printed

SYNCED = datetime(2026, 11, 20, 2, 14, tzinfo=UTC)
SILENT = Webhook(
    configured=False, last_event_at=None, waiting=0, failed=0, refused=0, ignored=0, missed_last_night=None
)


def a_source(**values: object) -> SourceData:
    fields: dict[str, object] = {
        "name": "acme-asana",
        "kind": "asana",
        "url": "https://app.asana.com/api/1.0",
        "edition": "asana",
        "version": "1.0",
        "configured": True,
        "running": False,
        "last_complete_sync": SYNCED,
        "lag_seconds": 7200,
        "complete": True,
        "reasons": (),
        "last_run": 3,
        "scopes": (ScopeData("Launch", "Launch", "live", 12, SYNCED, None),),
        "capabilities": (),
        "details": Details(0, 0),
        "webhook": SILENT,
    }
    return SourceData(**(fields | values))  # type: ignore[arg-type]


def shown(*sources: SourceData) -> str:
    console = a_console(120)
    render_sources(Answer(SYNCED, SYNCED, "1", (), (), SourceList(sources, None)), console)
    return printed(console)


def test_a_source_with_nothing_amiss_takes_two_lines() -> None:
    assert shown(a_source()) == (
        "acme-asana  asana\n  ✓ last complete sync 20 Nov 2026, 02:14 UTC, 2 hours ago; 1 project\n"
    )


def test_what_is_not_there_yet_and_what_the_plan_lacks_is_said() -> None:
    goals = Capability("goals", available=False, reason="402 from GET /goals: not in this plan.")
    users = Capability("users", available=True, reason=None)

    assert shown(a_source(details=Details(400, 280), capabilities=(goals, users))) == (
        "acme-asana  asana\n"
        "  ✓ last complete sync 20 Nov 2026, 02:14 UTC, 2 hours ago; 1 project\n"
        "  ! history read of 280 of 400 items; the rest follows\n"
        "  ! goals cannot be read: 402 from GET /goals: not in this plan.\n"
    )


def test_a_source_that_was_never_read_says_so() -> None:
    never = Remark("never_synced", "No sync was ever complete.")

    assert shown(
        a_source(kind=None, last_complete_sync=None, lag_seconds=None, complete=False, reasons=(never,), scopes=())
    ) == ("acme-asana  never read\n  ! No sync was ever complete.\n")


def test_a_source_that_left_the_configuration_is_still_shown() -> None:
    assert "! not in the configuration any more; its items stay" in shown(a_source(configured=False))


def test_what_the_tool_delivered_is_said_and_what_became_of_it() -> None:
    busy = Webhook(
        configured=True, last_event_at=SYNCED, waiting=1, failed=2, refused=3, ignored=4, missed_last_night=5
    )

    assert shown(a_source(webhook=busy)) == (
        "acme-asana  asana\n"
        "  ✓ last complete sync 20 Nov 2026, 02:14 UTC, 2 hours ago; 1 project\n"
        "  ✓ last webhook delivery 20 Nov 2026, 02:14 UTC\n"
        "  ! webhook deliveries not applied yet: 1\n"
        "  ! webhook deliveries given up: 2; the next run makes them good\n"
        "  ! webhook deliveries refused: 3; they were not signed with the secret\n"
        "  ! changes that the last census found and no delivery told: 5\n"
    )


def test_a_webhook_that_was_set_up_here_alone_says_what_is_missing() -> None:
    alone = Webhook(
        configured=True, last_event_at=None, waiting=0, failed=0, refused=0, ignored=0, missed_last_night=None
    )
    assert "! no webhook delivery has come yet; docs/how-to/receive-webhooks.md says how" in shown(
        a_source(webhook=alone)
    )
