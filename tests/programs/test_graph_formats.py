"""Graphs as text for other programs: whatever people write into titles stays text."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.programs.answers import ProgramRef
from service.programs.dependency_answers import GraphData, GraphEdge, GraphNode
from service.programs.graph_formats import dot, graphml, mermaid

HOSTILE = 'Say "hi" \\ <script>alert(1)</script> & ]]> #quot; ; } -->\nend \x00\x1b[31m %% 付款'
GRAPHML = "{http://graphml.graphdrawing.org/xmlns}"


def node(uid: str, title: str = "Accept a card") -> GraphNode:
    return GraphNode(
        uid=uid,
        key=uid.partition(":")[2],
        title=title,
        source="acme-jira",
        project="PAY",
        team=None,
        status="To Do",
        status_category="to_do",
        due=None,
        url="https://acme.example/PAY-1?a=1&b=2",
        visible=True,
        member=True,
        milestone=False,
        hub=False,
        total_float=-2,
        critical=True,
    )


def graph(title: str = "Accept a card", *, confirmed: bool = True) -> GraphData:
    edge = GraphEdge(
        id="acme-jira:100",
        source="acme-jira:PAY-1",
        target="acme-jira:PAY-2",
        type="FS",
        lag_days=0,
        status="blocked",
        confirmed=confirmed,
        gap_days=-5,
    )
    nodes = (node("acme-jira:PAY-1", title), node("acme-jira:PAY-2"))
    return GraphData(ProgramRef("CHECKOUT", "Checkout"), nodes, (edge,), 0)


def test_dot_names_both_ends_and_colours_the_edge() -> None:
    assert dot(graph()).splitlines()[2:] == [
        '  "acme-jira:PAY-1" [label="PAY-1 Accept a card", URL="https://acme.example/PAY-1?a=1&b=2", penwidth="2"];',
        '  "acme-jira:PAY-2" [label="PAY-2 Accept a card", URL="https://acme.example/PAY-1?a=1&b=2", penwidth="2"];',
        '  "acme-jira:PAY-1" -> "acme-jira:PAY-2" [color="#c0262d", label="Blocked"];',
        "}",
    ]
    assert 'style="dashed"' in dot(graph(confirmed=False))


def test_mermaid_is_a_flowchart_with_symbols_and_words() -> None:
    assert mermaid(graph()).splitlines() == [
        "flowchart LR",
        '  n0["PAY-1 Accept a card"]',
        '  n1["PAY-2 Accept a card"]',
        '  n0 -->|"#9632; Blocked"| n1',
        "  linkStyle 0 stroke:#c0262d",
    ]
    assert "-.->" in mermaid(graph(confirmed=False))


def test_graphml_is_xml_with_every_field() -> None:
    root = ElementTree.fromstring(graphml(graph(HOSTILE)))  # noqa: S314 - our own text
    found = root.findall(f"{GRAPHML}graph/{GRAPHML}node")
    values = {data.get("key"): data.text for data in found[0]}
    edge = root.find(f"{GRAPHML}graph/{GRAPHML}edge")

    assert [each.get("id") for each in found] == ["acme-jira:PAY-1", "acme-jira:PAY-2"]
    assert values["node-title"] == HOSTILE.replace("\x00", "").replace("\x1b", "")
    assert (values["node-critical"], values["node-total_float"]) == ("true", "-2")
    assert edge is not None
    assert (edge.get("source"), edge.get("target")) == ("acme-jira:PAY-1", "acme-jira:PAY-2")
    declared = {key.get("id") for key in root.findall(f"{GRAPHML}key")}
    assert {data.get("key") for part in root.iter() for data in part.findall(f"{GRAPHML}data")} <= declared


def test_a_hostile_title_ends_no_quotation_and_adds_no_line() -> None:
    lines = dot(graph(HOSTILE)).splitlines()
    label = re.search(r'label="((?:[^"\\]|\\.)*)"', lines[2])
    flow = mermaid(graph(HOSTILE)).splitlines()

    assert len(lines) == len(dot(graph()).splitlines())
    assert label is not None
    assert label[1].replace('\\"', '"').replace("\\\\", "\\").startswith('PAY-1 Say "hi" \\ <script>')
    assert len(flow) == 5
    assert re.fullmatch(r'  n0\["[^"<>]*"\]', flow[1])
    assert "付款" in flow[1]


@given(st.text())
@pytest.mark.parametrize("form", [dot, mermaid])
def test_any_title_stays_on_its_line_and_between_its_quotes(form: Callable[[GraphData], str], title: str) -> None:
    text, plain = form(graph(title)), form(graph())

    assert len(text.split("\n")) == len(plain.split("\n"))
    assert re.sub(r"\\.", "", text).count('"') == plain.count('"')


@given(st.text())
def test_any_title_is_well_formed_xml(title: str) -> None:
    ElementTree.fromstring(graphml(graph(title)))  # noqa: S314
