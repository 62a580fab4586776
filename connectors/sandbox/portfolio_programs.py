"""The programs file that goes with the example portfolio."""

from __future__ import annotations

from datetime import date, timedelta

_PROGRAMS = """\
# Three programs over the example tools. `interlock programs plan FILE` shows what they would gather.
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
      - {{source: northwind-asana, project: Checkout launch}}
      - {{source: northwind-asana, portfolio: Commerce, tag: [checkout, launch-critical]}}
    exclude:
      - {{status: "Won't Do"}}
    workstreams:
      - {{name: Payments, match: {{project: PAY}}}}
      - {{name: Web shop, match: {{project: [CART, Checkout launch]}}}}
      - {{name: App, match: {{project: APP}}}}
      - {{name: Support, match: {{project: Support readiness}}}}
    dependencies:
      - {{from: "northwind-jira:OPS-3", to: "northwind-jira:PAY-2", lag_days: 2}}
      - {{from: "northwind-asana:{gate}", to: "northwind-jira:PAY-2"}}

  - key: LOYALTY
    name: Loyalty relaunch
    objective: Members earn points on every journey
    owner: sam@example.com
    start: {started}
    target: {later}
    include:
      - {{source: northwind-jira, project: LOYAL}}
      - {{source: northwind-jira, project: APP, label: "loyal*"}}
      - {{source: northwind-asana, project: Loyalty launch}}
      - {{source: northwind-asana, portfolio: Customer readiness, tag: loyalty}}
    exclude:
      - {{status: "Won't do"}}
    workstreams:
      - {{name: Members, match: {{project: [LOYAL, Loyalty launch]}}}}
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
      - {{source: northwind-asana, project: Platform adoption}}
    workstreams:
      - {{name: Data, match: {{component: Databases}}}}
      - {{name: Delivery, match: {{component: [Pipelines, Kubernetes]}}}}
      - {{name: Watch, match: {{team: Night shift}}}}
      - {{name: Departments, match: {{project: Platform adoption}}}}
"""


def example_programs(today: date, *, gate: str | None = None) -> str:
    """The text of `programs.yaml` for the portfolio as seen on `today`; its source is `northwind-jira`.

    With `gate`, the gid of a task that an issue waits for, the programs gather `northwind-asana` as well.
    """
    text = _PROGRAMS.format(
        started=today - timedelta(days=350),
        soon=today + timedelta(days=45),
        later=today + timedelta(days=90),
        last=today + timedelta(days=140),
        gate=gate,
    )
    if gate is not None:
        return text
    return "".join(line for line in text.splitlines(keepends=True) if "northwind-asana" not in line)
