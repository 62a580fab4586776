"""The words of the example Asana: what the teams around the software of Northwind Rail have to get done."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Plan:
    """One project: what it is for, and the words its tasks are put together from.

    `milestones` are (name, share of the way from the beginning to the end); `approvals` ask for a decision.
    """

    name: str
    team: str | None
    notes: str
    share: float
    actions: tuple[str, ...]
    things: tuple[str, ...]
    contexts: tuple[str, ...]
    steps: tuple[str, ...]
    milestones: tuple[tuple[str, float], ...]
    approvals: tuple[str, ...]
    tags: tuple[str, ...]
    ends_in: int  # days from today


CHECKOUT = Plan(
    name="Checkout launch",
    team="Marketing",
    notes="Everything but the software that has to be ready when the new checkout opens.",
    share=0.33,
    actions=("Write", "Translate", "Design", "Review", "Publish", "Brief the agency on", "Agree on"),
    things=(
        "the launch announcement",
        "the terms of sale",
        "the refund policy page",
        "the in-station posters",
        "the newsletter",
        "the pricing page",
        "the gift card leaflet",
        "the press kit",
        "the help centre article",
        "the partner mailing",
    ),
    contexts=(
        "for business customers",
        "for guest customers",
        "in Spanish and Portuguese",
        "for the ticket machines",
        "for travel agents",
        "before the pilot",
        "for the app stores",
    ),
    steps=("First draft", "Legal review", "Pictures", "Translation", "Sign-off", "Put it live"),
    milestones=(("Pilot in two stations", 0.55), ("Campaign ready", 0.8), ("Checkout open to everybody", 1.0)),
    approvals=("Approve the new terms of sale", "Approve the launch budget"),
    tags=("checkout", "launch-critical", "legal", "comms"),
    ends_in=42,
)
LOYALTY = Plan(
    name="Loyalty launch",
    team="Marketing",
    notes="Members, partners and shops for the relaunch of the loyalty scheme.",
    share=0.24,
    actions=("Negotiate", "Plan", "Write", "Test", "Recruit members for", "Prepare"),
    things=(
        "the welcome gift",
        "the partner contract",
        "the member survey",
        "the points calculator",
        "the status tiers",
        "the birthday mailing",
        "the shop-window stickers",
        "the data protection notice",
    ),
    contexts=(
        "with the hotel partner",
        "with the coffee shops",
        "for long-standing members",
        "for families",
        "for commuters",
        "for the first quarter",
    ),
    steps=("Offer", "Figures", "Legal review", "Pilot group", "Sign-off"),
    milestones=(("Partners signed", 0.5), ("Members informed", 0.85), ("Loyalty relaunch", 1.0)),
    approvals=("Approve the partner contract", "Approve the tiers"),
    tags=("loyalty", "partners", "legal", "comms"),
    ends_in=88,
)
READINESS = Plan(
    name="Support readiness",
    team="Customer support",
    notes="Scripts, training and staffing for the first weeks after each launch.",
    share=0.20,
    actions=("Train", "Write scripts for", "Staff", "Rehearse", "Document", "Set up"),
    things=(
        "the night desk",
        "the phone team",
        "the station staff",
        "the chat answers",
        "the refund desk",
        "the escalation path",
        "the knowledge base",
        "the complaint forms",
    ),
    contexts=(
        "on failed payments",
        "on gift cards",
        "on lost baskets",
        "on missing points",
        "for the first weekend",
        "for the pilot",
    ),
    steps=("Outline", "Material", "Dry run", "Feedback"),
    milestones=(("First shift trained", 0.6), ("All desks ready", 0.95)),
    approvals=("Approve the weekend rota",),
    tags=("training", "checkout", "loyalty", "launch-critical"),
    ends_in=38,
)
ADOPTION = Plan(
    name="Platform adoption",
    team=None,
    notes="Bringing every department onto the new platform. A project of nobody's team.",
    share=0.16,
    actions=("Move", "Inventory", "Retire", "Announce", "Audit", "Hand over"),
    things=(
        "the finance reports",
        "the station dashboards",
        "the supplier portal",
        "the old file shares",
        "the nightly exports",
        "the access rights",
        "the on-call handbook",
    ),
    contexts=("to the new cluster", "before the summer timetable", "with the auditors", "for the workshops"),
    steps=("List owners", "Dry run", "Switch", "Clean up"),
    milestones=(("Finance moved", 0.45), ("Last department moved", 1.0)),
    approvals=("Approve the maintenance window",),
    tags=("platform", "audit", "training"),
    ends_in=137,
)
ARCHIVED = Plan(
    name="Summer timetable campaign",
    team="Marketing",
    notes="Done and put away.",
    share=0.07,
    actions=("Print", "Hang", "Translate", "Book"),
    things=("the timetable posters", "the radio spots", "the pocket timetables", "the station displays"),
    contexts=("for the coast line", "for the summer weekends", "in three languages"),
    steps=("Draft", "Print"),
    milestones=(("Summer timetable", 1.0),),
    approvals=(),
    tags=("comms",),
    ends_in=-150,
)
PLANS = (CHECKOUT, LOYALTY, READINESS, ADOPTION, ARCHIVED)

COMMENTS = (
    "Waiting for the figures from finance.",
    "The agency needs two more days.",
    "Looks good, one question about the second paragraph.",
    "Moved to next week, the pilot comes first.",
    "Checked with legal, we may go ahead.",
    "Who has the latest pictures?",
    "Done from my side.",
)
BECAUSE = (
    "The stations asked for it after the last pilot.",
    "Without it the launch text cannot be signed off.",
    "Agreed in the weekly launch meeting.",
    "Follows from the new terms of sale.",
)
STATUSES = {
    "on_track": ("On track", "All milestones hold."),
    "at_risk": ("Two texts are late", "Legal is the bottleneck; the campaign still holds if they answer this week."),
    "off_track": ("The date does not hold", "The pilot moved, and the campaign moves with it."),
    "on_hold": ("Paused", "Everybody helps with the pilot."),
    "complete": ("Done", "Thank you all."),
}


def titles(rng: Random, plan: Plan) -> list[str]:
    """Every title of a plan once, in an order of chance."""
    made = [
        f"{action} {thing} {context}" for action in plan.actions for thing in plan.things for context in plan.contexts
    ]
    rng.shuffle(made)
    return made


def notes(rng: Random, title: str) -> str:
    return f"{title}.\n\n{rng.choice(BECAUSE)}"
