"""A graph of dependencies as text that other programs draw: DOT (Graphviz), Mermaid and GraphML.

Titles come from people and tools: each form escapes whatever it gives a meaning to, and drops what it cannot hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from xml.sax.saxutils import escape, quoteattr

from service import wording
from service.programs.dependency_answers import GraphData, GraphEdge, GraphNode

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # what XML 1.0 cannot hold
_PLAIN = re.compile(r"[^\w .,:/()!?+%&'’–…-]")  # what Mermaid might take for more than a letter
_DASHED = {"resolved": "dotted", "unknown": "dashed"}


def dot(graph: GraphData) -> str:
    """For `dot -Tsvg`; statuses are colours and words."""
    lines = [
        f"digraph {_dot_text(graph.program.key)} {{",
        '  rankdir=LR; node [shape=box, style=rounded, fontname="sans-serif"]; edge [fontname="sans-serif"];',
    ]
    lines += [f"  {_dot_text(node.uid)} [{_dot_attributes(_dot_node(node))}];" for node in graph.nodes]
    lines += [
        f"  {_dot_text(edge.source)} -> {_dot_text(edge.target)} [{_dot_attributes(_dot_edge(edge))}];"
        for edge in graph.edges
    ]
    return "\n".join([*lines, "}", ""])


def mermaid(graph: GraphData) -> str:
    """A flowchart, as Markdown of many tools shows it."""
    number = {node.uid: f"n{place}" for place, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    lines += [f'  {number[node.uid]}["{_mermaid_text(_called(node))}"]' for node in graph.nodes]
    for edge in graph.edges:
        arrow = "-->" if edge.confirmed else "-.->"
        said = f"{wording.DEPENDENCY_SYMBOLS[edge.status]} {wording.DEPENDENCIES[edge.status]}"
        lines.append(f'  {number[edge.source]} {arrow}|"{_mermaid_text(said)}"| {number[edge.target]}')
    lines += [
        f"  linkStyle {place} stroke:{wording.DEPENDENCY_COLOURS[edge.status]}"
        for place, edge in enumerate(graph.edges)
    ]
    return "\n".join([*lines, ""])


def graphml(graph: GraphData) -> str:
    """For yEd, Gephi, networkx: every field is an attribute."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
        *_keys("node", _NODE_KEYS),
        *_keys("edge", _EDGE_KEYS),
        f'  <graph id={_attribute(graph.program.key)} edgedefault="directed">',
    ]
    for node in graph.nodes:
        lines += [f"    <node id={_attribute(node.uid)}>", *_values("node", _NODE_KEYS, node), "    </node>"]
    for edge in graph.edges:
        ends = f"source={_attribute(edge.source)} target={_attribute(edge.target)}"
        lines += [f"    <edge id={_attribute(edge.id)} {ends}>", *_values("edge", _EDGE_KEYS, edge), "    </edge>"]
    return "\n".join([*lines, "  </graph>", "</graphml>", ""])


FORMATS: Mapping[str, Callable[[GraphData], str]] = {"dot": dot, "mermaid": mermaid, "graphml": graphml}
MEDIA_TYPES: Mapping[str, str] = {
    "dot": "text/vnd.graphviz; charset=utf-8",
    "mermaid": "text/vnd.mermaid; charset=utf-8",
    "graphml": "application/graphml+xml",
}
_NODE_KEYS = {
    "key": "string",
    "title": "string",
    "source": "string",
    "project": "string",
    "team": "string",
    "status": "string",
    "status_category": "string",
    "due": "string",
    "url": "string",
    "member": "boolean",
    "milestone": "boolean",
    "critical": "boolean",
    "total_float": "int",
}
_EDGE_KEYS = {"type": "string", "lag_days": "int", "status": "string", "confirmed": "boolean", "gap_days": "int"}


def _called(node: GraphNode) -> str:
    """A key that is only a number says nothing to people."""
    if node.key.isdigit():
        return node.title or node.uid
    return f"{node.key} {node.title}".rstrip()


def _dot_node(node: GraphNode) -> dict[str, str]:
    attributes = {"label": _called(node)}
    if node.url is not None:
        attributes["URL"] = node.url
    if not node.visible or not node.member:
        attributes["style"] = "rounded,dashed"
    if node.critical:
        attributes["penwidth"] = "2"
    return attributes


def _dot_edge(edge: GraphEdge) -> dict[str, str]:
    attributes = {"color": wording.DEPENDENCY_COLOURS[edge.status], "label": wording.DEPENDENCIES[edge.status]}
    style = _DASHED.get(edge.status) if edge.confirmed else "dashed"
    return attributes if style is None else {**attributes, "style": style}


def _dot_attributes(attributes: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={_dot_text(value)}" for name, value in attributes.items())


def _dot_text(text: str) -> str:
    r"""Between quotes `"` and `\` have a meaning, and a line ends nowhere."""
    plain = _CONTROL.sub("", " ".join(text.split()))
    quoted = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


def _mermaid_text(text: str) -> str:
    """Mermaid's own entities: the number of a character between # and ;."""
    plain = _CONTROL.sub("", " ".join(text.split()))
    return _PLAIN.sub(lambda found: f"#{ord(found[0])};", plain)


def _keys(kind: str, keys: Mapping[str, str]) -> Iterable[str]:
    for name, type_ in keys.items():
        yield f'  <key id="{kind}-{name}" for="{kind}" attr.name="{name}" attr.type="{type_}"/>'


def _values(kind: str, keys: Mapping[str, str], thing: GraphNode | GraphEdge) -> Iterable[str]:
    for name in keys:
        value = getattr(thing, name)
        if value is not None:
            said = str(value).lower() if isinstance(value, bool) else str(value)
            yield f'      <data key="{kind}-{name}">{escape(_CONTROL.sub("", said))}</data>'


def _attribute(text: str) -> str:
    return quoteattr(_CONTROL.sub("", text))
