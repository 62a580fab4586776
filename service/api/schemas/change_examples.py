"""Examples of answers about changes."""

from __future__ import annotations

from typing import Any, Final

from service.api.schemas.examples import enveloped

_ENTRY: Final[dict[str, Any]] = {
    "kind": "slipped",
    "uid": "acme-jira:10012",
    "key": "PAY-12",
    "title": "Accept a card",
    "url": "https://acme.atlassian.net/browse/PAY-12",
    "project": "PAY",
    "item_type": "Story",
    "counts": True,
    "status_category": "in_progress",
    "points": 5.0,
    "at": "2026-11-18T14:03:11Z",
    "by": "Pat Doe",
    "why": None,
    "field": "due",
    "old": "2026-11-27",
    "new": "2026-12-11",
    "days": 10,
    "times": 2,
    "slips": 3,
    "other": None,
}
_BLANK: Final = {"field": None, "old": None, "new": None, "days": None, "times": 1, "slips": None}
CHANGES: Final = enveloped(
    {
        "program": {"key": "CHECKOUT", "name": "Checkout replatform"},
        "since": "2026-11-13T00:00:00Z",
        "until": None,
        "headline": "1 item added (3 points), 1 slipped (worst 10 working days).",
        "groups": [
            {
                "kind": "added",
                "title": "Scope added",
                "changes": 1,
                "shown": 1,
                "counting": 1,
                "points": 3.0,
                "worst_days": None,
            },
            {
                "kind": "slipped",
                "title": "Slipped",
                "changes": 1,
                "shown": 1,
                "counting": 1,
                "points": None,
                "worst_days": 10,
            },
            {
                "kind": "dependency_added",
                "title": "Dependencies added",
                "changes": 1,
                "shown": 1,
                "counting": 1,
                "points": None,
                "worst_days": None,
            },
        ],
        "changes": [
            {
                **_ENTRY,
                **_BLANK,
                "kind": "added",
                "uid": "acme-jira:10044",
                "key": "CART-3",
                "title": "Pay from the cart",
                "url": "https://acme.atlassian.net/browse/CART-3",
                "project": "CART",
                "status_category": "to_do",
                "points": 3.0,
                "at": "2026-11-16T09:12:40Z",
                "why": "created",
            },
            _ENTRY,
            {
                **_ENTRY,
                **_BLANK,
                "kind": "dependency_added",
                "at": "2026-11-17T10:00:00Z",
                "other": {
                    "uid": "acme-jira:10011",
                    "key": "PAY-11",
                    "title": "Choose a provider",
                    "url": "https://acme.atlassian.net/browse/PAY-11",
                },
            },
        ],
        "left_out": 4,
    }
)
