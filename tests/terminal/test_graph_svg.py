"""The drawing of a network: well-formed, self-contained, told in words as well, and reduced where it is too large."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from service.programs.answers import Answer, ProgramRef
from service.programs.dependency_answers import GraphData, GraphEdge, GraphNode
from service.terminal.graph_svg import MOST_NODES, drawing, reduced

SVG = "{http://www.w3.org/2000/svg}"
AS_OF = datetime(2026, 11, 20, 2, 14, 9, tzinfo=UTC)


def node(key: str, title: str = "Accept a card", *, url: str | None = None, member: bool = True) -> GraphNode:
    return GraphNode(
        uid=f"acme-jira:{key}-uid",
        key=key,
        title=title,
        source="acme-jira",
        project="PAY",
        team=None,
        status="To Do",
        status_category="to_do",
        due=None,
        url=url,
        visible=True,
        member=member,
        milestone=False,
        hub=False,
        total_float=3,
        critical=False,
    )


def edge(before: str, after: str, status: str = "blocked") -> GraphEdge:
    return GraphEdge(
        id=f"{before}>{after}",
        source=f"acme-jira:{before}-uid",
        target=f"acme-jira:{after}-uid",
        type="FS",
        lag_days=0,
        status=status,
        confirmed=True,
        gap_days=-2,
    )


def graph(nodes: tuple[GraphNode, ...], edges: tuple[GraphEdge, ...]) -> GraphData:
    return GraphData(ProgramRef("CHECKOUT", "Checkout replatform"), nodes, edges, 0)


def drawn(data: GraphData) -> ElementTree.Element:
    return ElementTree.fromstring(drawing(Answer(AS_OF, AS_OF, "1", (), (), data)))  # noqa: S314 - our own text


def texts(root: ElementTree.Element) -> list[str]:
    return ["".join(each.itertext()) for each in root.iter(f"{SVG}text")]


def test_items_edges_and_the_legend_are_drawn_and_told() -> None:
    nodes = (node("PAY-1", url="https://acme.example/browse/PAY-1?a=1&b=2"), node("PAY-2"), node("APP-3", member=False))
    root = drawn(graph(nodes, (edge("PAY-1", "PAY-2"), edge("PAY-2", "APP-3", "at_risk"))))
    found = texts(root)

    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "Dependencies of Checkout replatform"
    assert root.findtext(f"{SVG}desc") == (
        "2 of 2 dependencies are shown: 1 blocked, 1 at risk. Arrows lead from what is waited for to what waits. "
        "Dashed boxes belong to other programs."
    )
    assert {"PAY-1", "PAY-2", "Blocked 1", "At risk 1"} <= set(found)
    assert "2 dependencies between 3 items, as of 20 Nov 2026, 02:14 UTC" in found
    assert [link.get("href") for link in root.iter(f"{SVG}a")] == ["https://acme.example/browse/PAY-1?a=1&b=2"]
    edges = [path for path in root.iter(f"{SVG}path") if (path.get("class") or "").startswith("edge")]
    assert [each.findtext(f"{SVG}title") for each in edges] == ["Blocked, -2 working days", "At risk, -2 working days"]
    assert "elsewhere" in "".join(each.get("class") or "" for each in root.iter(f"{SVG}rect"))


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs() -> None:
    text = drawing(Answer(AS_OF, AS_OF, "1", (), (), graph((node("PAY-1", "<script>alert(1)</script>"),), ())))

    assert "<script" not in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_a_large_network_is_reduced_to_what_needs_attention_and_says_so() -> None:
    fine = [edge(f"A-{number}", f"B-{number}", "resolved") for number in range(MOST_NODES)]
    trouble = [edge(f"C-{number}", f"D-{number}") for number in range(20)]
    keys = [
        end.removeprefix("acme-jira:").removesuffix("-uid")
        for each in (*fine, *trouble)
        for end in (each.source, each.target)
    ]
    whole = graph(tuple(node(key) for key in dict.fromkeys(keys)), (*fine, *trouble))

    small = reduced(whole)

    assert [each.status for each in small.edges] == ["blocked"] * 20
    assert len(small.nodes) == 40
    assert any("reduced to what needs attention: 150 more left out" in each for each in texts(drawn(whole)))
    assert reduced(small) is small


def test_an_empty_network_is_a_drawing_too() -> None:
    assert "0 dependencies between 0 items, as of 20 Nov 2026, 02:14 UTC" in texts(drawn(graph((), ())))


@settings(deadline=None, max_examples=40)
@given(st.text(), st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=9))
def test_any_title_and_any_shape_is_well_formed(title: str, pairs: list[tuple[int, int]]) -> None:
    data = graph(
        tuple(node(f"PAY-{number}", title) for number in range(6)),
        tuple(edge(f"PAY-{before}", f"PAY-{after}") for before, after in pairs),
    )

    assert len(list(drawn(data).iter(f"{SVG}path"))) >= len(pairs)
