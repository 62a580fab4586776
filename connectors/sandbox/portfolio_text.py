"""The words of the example portfolio: a fictional retailer, Northwind Rail Shop, and what its teams write.

Every title is put together from parts that fit each other, so that a person can read a thousand of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Vocabulary:
    """What one project talks about."""

    epics: tuple[str, ...]
    actions: tuple[str, ...]
    things: tuple[str, ...]
    contexts: tuple[str, ...]
    faults: tuple[str, ...]
    labels: tuple[str, ...]
    components: tuple[str, ...]


VOCABULARIES: dict[str, Vocabulary] = {
    "PAY": Vocabulary(
        epics=(
            "Card payments through the new gateway",
            "Refunds without a phone call",
            "Wallet payments",
            "Strong customer authentication",
            "Settlement and reconciliation",
            "Gift cards at the checkout",
            "Invoices for business customers",
            "Fraud screening",
        ),
        actions=("Accept", "Validate", "Store", "Retry", "Refund", "Log", "Reconcile", "Expire"),
        things=(
            "card payments",
            "saved cards",
            "partial refunds",
            "wallet tokens",
            "gift card balances",
            "settlement files",
            "payment confirmations",
            "chargebacks",
            "business invoices",
        ),
        contexts=(
            "for guest customers",
            "in a second currency",
            "after a gateway timeout",
            "for orders with several parcels",
            "during the nightly run",
            "for tickets bought on board",
        ),
        faults=(
            "Card is charged twice",
            "Receipt shows the wrong currency",
            "Refund never reaches the ledger",
            "Payment fails behind a proxy",
            "Gift card balance turns negative",
        ),
        labels=("checkout", "pci", "finance", "gateway"),
        components=("Gateway", "Ledger", "Refunds", "Fraud"),
    ),
    "CART": Vocabulary(
        epics=(
            "One basket for web and app",
            "Seat reservation in the basket",
            "Faster product pages",
            "Delivery and collection choices",
            "Search that understands station names",
            "Discount codes",
            "Accessible checkout",
            "Order history",
        ),
        actions=("Show", "Remember", "Merge", "Sort", "Preload", "Announce", "Recalculate", "Simplify"),
        things=(
            "the basket total",
            "delivery options",
            "seat choices",
            "discount codes",
            "station suggestions",
            "recent orders",
            "the address form",
            "stock levels",
            "product pictures",
        ),
        contexts=(
            "on small screens",
            "for returning customers",
            "without a page reload",
            "when two tabs are open",
            "for screen readers",
            "after signing in",
        ),
        faults=(
            "Basket is empty after signing in",
            "Product page jumps while loading",
            "Station search ignores the filter",
            "Discount is lost",
            "Delivery date lies in the past",
        ),
        labels=("checkout", "accessibility", "speed", "search"),
        components=("Basket", "Catalogue", "Search", "Account"),
    ),
    "APP": Vocabulary(
        epics=(
            "Checkout inside the app",
            "Tickets that work offline",
            "Journey reminders",
            "Sign-in with a passkey",
            "Loyalty card in the app",
            "Tablet layout",
            "Crash-free sessions",
            "Live departure boards",
        ),
        actions=("Open", "Cache", "Notify about", "Redesign", "Sync", "Animate", "Scan", "Share"),
        things=(
            "mobile tickets",
            "journey reminders",
            "the loyalty card",
            "departure boards",
            "saved journeys",
            "the payment sheet",
            "push messages",
            "the home screen",
            "ticket barcodes",
        ),
        contexts=(
            "without a connection",
            "on older phones",
            "in dark mode",
            "from a notification",
            "on tablets",
            "with large type",
        ),
        faults=(
            "App crashes on launch",
            "Ticket screen stays blank",
            "Battery drains within hours",
            "Chosen language is forgotten",
            "Reminder arrives twice",
        ),
        labels=("checkout", "mobile", "offline", "loyalty"),
        components=("iOS", "Android", "Notifications", "Tickets"),
    ),
    "OPS": Vocabulary(
        epics=(
            "Move the order service to the new cluster",
            "Database upgrade",
            "One pipeline for all services",
            "Alerts that someone acts on",
            "Secrets out of configuration files",
            "Event bus for orders",
            "Disaster recovery rehearsal",
            "Retire the old message queue",
        ),
        actions=("Automate", "Migrate", "Measure", "Document", "Harden", "Upgrade", "Rehearse", "Retire"),
        things=(
            "the order database",
            "cluster nodes",
            "build agents",
            "alert rules",
            "backup restores",
            "service certificates",
            "log retention",
            "the message queue",
            "network policies",
        ),
        contexts=(
            "in the second region",
            "before the summer timetable",
            "without downtime",
            "for the staging environment",
            "with a rollback plan",
            "for all services",
        ),
        faults=(
            "Order service times out",
            "Log disk fills up",
            "Alert pages the wrong team",
            "Deployment fails after a certificate change",
            "Backup job hangs",
        ),
        labels=("platform", "security", "cost", "toil"),
        components=("Kubernetes", "Databases", "Pipelines", "Observability"),
    ),
    "LOYAL": Vocabulary(
        epics=(
            "Points for every journey",
            "Members' offers",
            "Tier levels and benefits",
            "Partner rewards",
            "Moving members from the old scheme",
            "Member service desk",
        ),
        actions=("Award", "Redeem", "Explain", "Import", "Expire", "Preview", "Personalise", "Export"),
        things=(
            "journey points",
            "member offers",
            "tier benefits",
            "partner vouchers",
            "old-scheme accounts",
            "birthday rewards",
            "points statements",
            "family accounts",
        ),
        contexts=(
            "for new members",
            "at the ticket machine",
            "after a cancelled journey",
            "in the monthly e-mail",
            "for gold members",
            "on the website",
        ),
        faults=(
            "Points are counted twice",
            "Expired offer is still shown",
            "Two members are mixed up",
            "Points are rounded down",
            "Voucher cannot be redeemed",
        ),
        labels=("loyalty", "crm", "offers", "migration"),
        components=(),
    ),
    "OLD": Vocabulary(
        epics=("Old shop maintenance",),
        actions=("Patch", "Document", "Export", "Switch off"),
        things=("the old shop", "order archives", "legacy reports", "the fax gateway"),
        contexts=("before closing", "for the auditors", "one last time"),
        faults=(
            "Old shop stops at midnight",
            "Report prints blank pages",
        ),
        labels=("legacy",),
        components=(),
    ),
    "SEC": Vocabulary(
        epics=("Security reviews",),
        actions=("Review", "Approve", "Audit"),
        things=("the payment design", "the key rotation", "supplier access"),
        contexts=("before go-live", "for the regulator"),
        faults=("Weak cipher was found in a scan",),
        labels=("security",),
        components=(),
    ),
}

INITIATIVES: tuple[tuple[str, str], ...] = (
    ("PAY", "Checkout replatform"),
    ("APP", "Loyalty relaunch"),
    ("OPS", "Platform renewal"),
    ("CART", "Better findability"),
    ("APP", "Travel companion"),
)

_SUBTASKS = (
    "Write the tests",
    "Update the API description",
    "Review with the designer",
    "Prepare test data",
    "Add monitoring",
    "Translate the texts",
    "Clean up the old code path",
    "Brief customer service",
    "Check on a slow connection",
)
_WHEN = (
    "since the last release",
    "under load",
    "at the end of the month",
    "on the first try",
    "every few hours",
    "after midnight",
    "in one region only",
)
_REASONS = (
    "Customer service receives about {n} questions a week about this.",
    "The current behaviour costs us {n} abandoned baskets a day.",
    "The old way needs {n} manual steps and one of them is usually forgotten.",
    "This came up in {n} of the last interviews with travellers.",
    "Finance closes the month {n} hours later than planned because of it.",
)
_GOALS = (
    "Keep the change behind a switch until the pilot stores have tried it.",
    "The old path stays available for two releases.",
    "No new data is stored; what we have is enough.",
    "Numbers go to the weekly dashboard from the first day.",
    "The texts are agreed with the legal team.",
)
_ACCEPTANCE = (
    "Done when the pilot group has used it for a week without a ticket.",
    "Done when the nightly check stays green for five days.",
    "Done when support can explain it from one page.",
    "Done when the slowest ten percent take less than a second.",
    "Done when it works with the keyboard alone.",
)


def epic_title(rng: Random, project: str, *, nth: int) -> str:
    """The nth epic of a project; after the first round the titles come back as later phases."""
    epics = VOCABULARIES[project].epics
    phase, index = divmod(nth, len(epics))
    return epics[index] if phase == 0 else f"{epics[index]}, phase {phase + 1}"


def work_title(rng: Random, project: str, *, bug: bool) -> str:
    words = VOCABULARIES[project]
    if bug:
        return f"{rng.choice(words.faults)} {rng.choice(_WHEN)}"
    return f"{rng.choice(words.actions)} {rng.choice(words.things)} {rng.choice(words.contexts)}"


def subtask_title(rng: Random) -> str:
    return rng.choice(_SUBTASKS)


def description(rng: Random) -> str:
    """Two or three sentences in wiki text, as API version 2 returns them."""
    reason = rng.choice(_REASONS).format(n=rng.randint(3, 48))
    return f"{reason} {rng.choice(_GOALS)}\n\n{rng.choice(_ACCEPTANCE)}"
