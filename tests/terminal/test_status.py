"""`interlock status`, whole, as a person reads it."""

from __future__ import annotations

from service.api.schemas.sources import SourceCoverage, SourceData
from service.programs.answers import Remark
from service.terminal.status import render_status
from tests.builders.sources import (
    NOW,
    SYNCED,
    a_budget,
    a_contact,
    a_run,
    a_schedule,
    a_scope,
    a_source,
    a_webhook,
    an_answer,
    covered,
)
from tests.terminal.test_tables import a_console, printed

COVERAGE = "307 of 310 items of 2 projects, 1 rejected, 2 invisible, 1 project unproven; proven 20 Nov 2026, 02:14 UTC"
BUDGET = (
    "8 of 8 at once, 12,044 requests, 3 repeated, 1 throttled since 20 Nov 2026, "
    "60,210 of 65,000 left of the tool's quota"
)


def a_busy_source() -> SourceData:
    return a_source(
        last_finished=a_run(),
        under_way=a_run(id=4, status="running", finished_at=None, started_at=NOW.replace(minute=11), fetched=1_204),
        schedule=a_schedule(),
        scopes=(a_scope("PAY", coverage=covered(310, 307, 1)), a_scope("OPS")),
        coverage=SourceCoverage(310, 307, 1, 2, SYNCED, 1),
        budget=a_budget(quota_limit=65_000, quota_remaining=60_210),
        contact=a_contact(),
        webhook=a_webhook(
            configured=True,
            last_event_at=SYNCED,
            received=1_204,
            repeated=3,
            missed_last_night=1,
            changed_last_night=84,
            missed_share=0.0119,
        ),
    )


def shown(*sources: SourceData, width: int = 120) -> list[str]:
    console = a_console(width)
    render_status(an_answer(*sources), console, now=NOW)
    return [line.rstrip() for line in printed(console).splitlines()]


def test_a_source_is_told_at_a_glance_and_all_is_well() -> None:
    assert shown(a_busy_source(), width=160) == [
        "✓ acme-asana  asana, well",
        "  synced     20 Nov 2026, 02:14 UTC, 2 hours ago",
        "  under way  run 4 (census, schedule) for 3 minutes: 1,204 items read so far",
        "  last run   3 (census, schedule) complete in 3 minutes: 84 read, 12 changed, 214 requests",
        "  next run   21 Nov 2026, 01:00 UTC  (0 2 * * *, Europe/Madrid)",
        f"  coverage   {COVERAGE}",
        f"  budget     {BUDGET}",
        "  webhooks   last 20 Nov 2026, 02:14 UTC, 1,204 received, 3 repeated, 1 of 84 changes missed last night",
        "  account    let in as Interlock Reader 20 Nov 2026, 04:14 UTC",
        "  · 1 of 84 changes before the last census were told by no webhook.",
        "",
        "✓ All well.",
    ]


def test_whatever_the_width_nothing_is_cut_off() -> None:
    words = " ".join(shown(a_busy_source(), width=200)).split()
    for width in (80, 100, 140):
        lines = shown(a_busy_source(), width=width)
        assert max(map(len, lines)) <= width
        assert sorted(" ".join(lines).split()) == sorted(words)


def test_what_needs_somebody_is_said_with_what_to_do_and_counted_at_the_end() -> None:
    held = "120 of 310 items of PAY are missing from its listing. Nothing was removed."
    scope = a_scope("PAY", error=Remark("mass_loss_held", held), error_since=SYNCED, held=True)
    worried = a_source(scopes=(scope,), reasons=(Remark("mass_loss_held", held),), complete=False)

    assert shown(worried, a_source(name="well")) == [
        "! acme-asana  asana, needs somebody",
        "  synced    20 Nov 2026, 02:14 UTC, 2 hours ago",
        "  coverage  1 project, nothing proven yet",
        f"  ! {held} Since 20 Nov 2026, 02:14 UTC.",
        "    If they really are gone: `interlock sync acme-asana --accept-loss PAY`.",
        "",
        "✓ well  asana, well",
        "  synced    20 Nov 2026, 02:14 UTC, 2 hours ago",
        "  coverage  1 project, nothing proven yet",
        "",
        "! 1 thing needs somebody: acme-asana.",
    ]


def test_a_credential_that_is_refused_is_the_gravest_and_needs_no_colour_to_be_seen() -> None:
    refused = a_contact(error=Remark("authentication_failed", "401 from GET /myself."))
    lines = shown(a_source(contact=refused, webhook=a_webhook(configured=True)))

    assert lines[0] == "✗ acme-asana  asana, not to be relied on"
    marks = [line.strip()[0] for line in lines if line.strip().startswith(("✓", "·", "!", "✗"))]
    assert marks == ["✗", "✗", "!", "✗"]
    assert lines[-1] == "✗ 2 things need somebody: acme-asana."
