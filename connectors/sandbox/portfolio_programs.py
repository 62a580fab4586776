"""The programs file that goes with the example portfolio."""

from __future__ import annotations

from datetime import date, timedelta

_PROGRAMS = """\
# Three programs over the example Jira. `interlock programs plan FILE` shows what they would gather.
programs:
  - key: CHECKOUT
    name: Checkout replatform
    objective: One checkout for web and app
    owner: pat@example.com
    start: {started}
    target: {soon}
    include:
      - {{source: northwind-jira, key: PAY-1}}
      - {{source: northwind-jira, project: [PAY, CART], label: checkout}}
      - {{source: northwind-jira, project: CART, release: "Cart 2.*", item_type: [Story, Bug], descendants: false}}
    exclude:
      - {{status: "Won't Do"}}
    workstreams:
      - {{name: Payments, match: {{project: PAY}}}}
      - {{name: Web shop, match: {{project: CART}}}}
      - {{name: App, match: {{project: APP}}}}
    dependencies:
      - {{from: "northwind-jira:OPS-3", to: "northwind-jira:PAY-2", lag_days: 2}}

  - key: LOYALTY
    name: Loyalty relaunch
    objective: Members earn points on every journey
    owner: sam@example.com
    start: {started}
    target: {later}
    include:
      - {{source: northwind-jira, project: LOYAL}}
      - {{source: northwind-jira, project: APP, label: "loyal*"}}
    exclude:
      - {{status: "Won't do"}}
    workstreams:
      - {{name: Members, match: {{project: LOYAL}}}}
      - {{name: App, match: {{project: APP}}}}

  - key: PLATFORM
    name: Platform renewal
    objective: Every service on the new cluster before the summer timetable
    owner: kim@example.com
    start: {started}
    target: {last}
    include:
      - {{source: northwind-jira, project: OPS, level: [0, 1, 2]}}
      - {{source: northwind-jira, team: ["Foundations", "Night shift"]}}
    workstreams:
      - {{name: Data, match: {{component: Databases}}}}
      - {{name: Delivery, match: {{component: [Pipelines, Kubernetes]}}}}
      - {{name: Watch, match: {{team: Night shift}}}}
"""


def example_programs(today: date) -> str:
    """The text of `programs.yaml` for the portfolio as seen on `today`; its source is `northwind-jira`."""
    return _PROGRAMS.format(
        started=today - timedelta(days=350),
        soon=today + timedelta(days=45),
        later=today + timedelta(days=90),
        last=today + timedelta(days=140),
    )
