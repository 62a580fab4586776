"""`interlock sources`, whole, as a person reads it."""

from __future__ import annotations

from service.api.schemas.sources import Capability, Details, RejectData, Rejects, SourceData
from service.programs.answers import Remark
from service.terminal.sources import render_sources
from tests.builders.sources import SYNCED, a_scope, a_source, a_webhook, an_answer, covered
from tests.terminal.test_tables import a_console, printed


def shown(*sources: SourceData, width: int = 120) -> str:
    console = a_console(width)
    render_sources(an_answer(*sources), console)
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
        "  · History read of 280 of 400 items; the rest follows.\n"
        "  · Goals cannot be read: 402 from GET /goals: not in this plan.\n"
    )


def test_a_source_that_was_never_read_says_so() -> None:
    never = Remark("never_synced", "No sync was ever complete.")

    assert shown(
        a_source(kind=None, last_complete_sync=None, lag_seconds=None, complete=False, reasons=(never,), scopes=())
    ) == ("acme-asana  never read\n  ✗ It was never read completely.\n")


def test_a_source_that_left_the_configuration_is_still_shown() -> None:
    assert "· It is not in the configuration any more; its items stay." in shown(a_source(configured=False))


def test_what_the_tool_delivered_is_said_and_what_became_of_it() -> None:
    busy = a_webhook(
        configured=True,
        last_event_at=SYNCED,
        waiting=1,
        oldest_waiting_at=SYNCED,
        failed=2,
        failed_why="Jira is away.",
        refused=3,
        last_refused_at=SYNCED,
        ignored=4,
        missed_last_night=5,
        changed_last_night=50,
        missed_share=0.1,
    )

    assert shown(a_source(webhook=busy)) == (
        "acme-asana  asana\n"
        "  ✓ last complete sync 20 Nov 2026, 02:14 UTC, 2 hours ago; 1 project\n"
        "  ✓ last webhook delivery 20 Nov 2026, 02:14 UTC\n"
        "  ! 1 webhook delivery not applied yet; the oldest waits for 2 hours.\n"
        "  ! 2 webhook deliveries given up: Jira is away.\n"
        "  ! Webhook deliveries come without proof: 3 refused so far, the last one 20 Nov 2026, 02:14 UTC.\n"
        "  ! 5 of 50 changes before the last census were told by no webhook.\n"
    )


def test_a_webhook_that_was_set_up_here_alone_says_what_is_missing() -> None:
    assert "! No webhook delivery has come yet." in shown(a_source(webhook=a_webhook(configured=True)))


def test_each_project_shows_what_its_census_proved() -> None:
    held = a_scope("CART", error=Remark("mass_loss_held", "…"), error_since=SYNCED, held=True)
    scopes = (a_scope("PAY", name="Payments", coverage=covered(310, 307, 1)), held, a_scope("OLD", state="archived"))
    wide = shown(a_source(scopes=scopes)).splitlines()
    narrow = shown(a_source(scopes=scopes), width=80).splitlines()

    assert [line.split() for line in wide[2:]] == [
        ["Project", "State", "Listed", "Stored", "Rejected", "Invisible", "Proven"],
        ["─" * len(wide[3].strip())],
        ["Payments", "PAY", "live", "310", "307", "1", "2", "20", "Nov", "2026,", "02:14", "UTC"],
        ["CART", "!", "held", "–", "–", "–", "–", "never"],
        ["OLD", "archived", "–", "–", "–", "–", "never"],
    ]
    assert narrow[4].split() == ["PAY", "live", "310", "307", "1", "2", "20", "Nov", "2026"]
    assert max(map(len, narrow)) <= 80


def test_the_latest_rejects_are_named_with_what_is_wrong() -> None:
    unread = RejectData("issue", "10012", "PAY-12", "created: cannot read '31.02.2026'", SYNCED)
    lines = shown(a_source(rejects=Rejects(3, (unread,)))).splitlines()

    assert [line.strip() for line in lines[-2:]] == [
        "issue PAY-12   created: cannot read '31.02.2026'",
        "and 2 more",
    ]
