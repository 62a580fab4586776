"""The network of a program as a drawing: what is waited for on the left, what waits on the right.

One SVG file without scripts, fonts or anything from elsewhere. A large network is reduced to what needs attention.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final
from xml.sax.saxutils import escape, quoteattr

import msgspec

from service import wording
from service.domain.layout import Point, lay_out
from service.programs.answers import Answer
from service.programs.dependency_answers import GraphData, GraphEdge, GraphNode

MOST_NODES: Final = 150
BOX_WIDTH, BOX_HEIGHT = 224, 58
COLUMN, ROW = 330, 84  # from one box to the next
MARGIN, HEAD = 32, 96
LINE = 27  # characters of a title that fit on one line of a box
LEAST_WIDTH = 760
CATEGORY_COLOURS: Final = {"to_do": "#9aa3af", "in_progress": "#2f6fb3", "done": "#2a7a43", "cancelled": "#6b7280"}

STYLE: Final = """\
text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: #1f2733; }
.name { font-size: 20px; font-weight: 650; }
.quiet { font-size: 12.5px; fill: #57606e; }
.key { font-size: 12.5px; font-weight: 650; }
.title { font-size: 12px; fill: #333c49; }
.mark { font-size: 11px; font-weight: 700; fill: #ffffff; text-anchor: middle; }
.count { font-size: 12.5px; }
.box { fill: #ffffff; stroke: #c3cad4; stroke-width: 1.2; }
.elsewhere { stroke-dasharray: 5 4; fill: #f6f8fa; }
.critical { stroke: #1f2733; stroke-width: 2; }
.edge { fill: none; stroke-width: 1.8; }
.suggested { stroke-dasharray: 2 4; }
.halo { fill: none; stroke: #ffffff; stroke-width: 5; }"""


def drawing(answer: Answer[GraphData]) -> str:
    """As text of an SVG file, with a title and a description for those who cannot see it."""
    whole = answer.data
    graph = reduced(whole)
    layout = lay_out(len(graph.nodes), _ends(graph))
    width = round(max(LEAST_WIDTH, 2 * MARGIN + (layout.layers - 1) * COLUMN + BOX_WIDTH))
    height = HEAD + 2 * MARGIN + layout.height * ROW + BOX_HEIGHT
    program = graph.program
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:.0f}" '
        f'viewBox="0 0 {width} {height:.0f}" role="img" aria-labelledby="title description">',
        f'<title id="title">{_text(f"Dependencies of {program.name}")}</title>',
        f'<desc id="description">{_text(_described(graph, whole))}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect width="{width}" height="{height:.0f}" fill="#fbfcfd"/>',
        _markers(),
        *_head(answer, graph, whole),
        *(part for place, edge in enumerate(graph.edges) for part in _edge(edge, layout.ways[place])),
        *(part for place, node in enumerate(graph.nodes) for part in _node(node, layout.places[place])),
        *(_badge(edge, layout.ways[place]) for place, edge in enumerate(graph.edges)),
        "</svg>",
    ]
    return "\n".join([*lines, ""])


def reduced(graph: GraphData) -> GraphData:
    """As it is while it can be read; else what is open, the worst first, until the picture is full."""
    if len(graph.nodes) <= MOST_NODES:
        return graph
    order = list(wording.DEPENDENCIES)
    kept: list[GraphEdge] = []
    shown: set[str] = set()
    for edge in sorted(graph.edges, key=lambda each: (order.index(each.status), each.gap_days or 0, each.id)):
        ends = {edge.source, edge.target}
        if edge.status != "resolved" and len(shown | ends) <= MOST_NODES:
            shown |= ends
            kept.append(edge)
    return msgspec.structs.replace(
        graph, nodes=tuple(node for node in graph.nodes if node.uid in shown), edges=tuple(kept)
    )


def _ends(graph: GraphData) -> list[tuple[int, int]]:
    place = {node.uid: number for number, node in enumerate(graph.nodes)}
    return [(place[edge.source], place[edge.target]) for edge in graph.edges]


def _head(answer: Answer[GraphData], graph: GraphData, whole: GraphData) -> Iterable[str]:
    as_of = f"as of {wording.moment(answer.as_of)}" if answer.as_of else "no complete sync yet"
    left_out = len(whole.edges) - len(graph.edges)
    shown = wording.counted(len(graph.edges), "dependency", "dependencies")
    said = f"{shown} between {wording.counted(len(graph.nodes), 'item')}, {as_of}"
    if left_out:
        said += f" · reduced to what needs attention: {left_out:,} more left out"
    yield f'<text class="name" x="{MARGIN}" y="40">{_text(whole.program.name)}</text>'
    yield f'<text class="quiet" x="{MARGIN}" y="61">{_text(said)}</text>'
    yield from _legend(graph)


def _legend(graph: GraphData) -> Iterable[str]:
    """The statuses that occur, with how many of each."""
    counts = Counter(edge.status for edge in graph.edges)
    x = float(MARGIN)
    for status, words in wording.DEPENDENCIES.items():
        if counts[status]:
            said = f"{words} {counts[status]:,}"
            yield _mark(status, x + 9, 84)
            yield f'<text class="count" x="{x + 23:.1f}" y="88">{_text(said)}</text>'
            x += 45 + 7.1 * len(said)


def _edge(edge: GraphEdge, way: Sequence[Point]) -> Iterable[str]:
    curve = _curve(way)
    faint = ' opacity="0.55"' if edge.status == "resolved" else ""
    dashed = "" if edge.confirmed else " suggested"
    colour = wording.DEPENDENCY_COLOURS[edge.status]
    yield f'<path class="halo" d="{curve}"/>'
    yield (
        f'<path class="edge{dashed}" d="{curve}" stroke="{colour}"{faint} marker-end="url(#to-{edge.status})">'
        f"<title>{_text(_edge_said(edge))}</title></path>"
    )


def _curve(way: Sequence[Point]) -> str:
    """From the right of one box to the left of the next, level at every point it passes."""
    backwards = way[0][0] > way[-1][0]
    points = [_at(point) for point in way]
    start, end = points[0], points[-1]
    half = BOX_WIDTH / 2
    if len(way) > 1 and not backwards:
        points[0] = (start[0] + half, start[1])
        points[-1] = (end[0] - half - 7, end[1])
    elif len(way) > 1:
        points[0] = (start[0] - half, start[1] + 14)
        points[-1] = (end[0] + half + 7, end[1] + 14)
    else:
        return f"M{start[0] + half:.1f} {start[1]:.1f} h26 v-44 h-{half + 26:.1f} v8"
    parts = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for (x, y), (to_x, to_y) in pairwise(points):
        bend = (to_x - x) / 2
        parts.append(f"C{x + bend:.1f} {y:.1f} {to_x - bend:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}")
    return " ".join(parts)


def _badge(edge: GraphEdge, way: Sequence[Point]) -> str:
    """The symbol of the status, where the edge leaves what is waited for: no two stand on one spot there."""
    if edge.status in ("on_track", "resolved") or len(way) < 2:
        return ""
    (x, y), (to_x, to_y) = _at(way[-2]), _at(way[-1])
    turn = 0.62 if len(way) == 2 else 0.7
    gap_start, gap_end = x + BOX_WIDTH / 2 * (len(way) == 2), to_x - BOX_WIDTH / 2
    if gap_start > gap_end:
        gap_start, gap_end = x - BOX_WIDTH / 2, to_x + BOX_WIDTH / 2
    smooth = turn * turn * (3 - 2 * turn)
    return _mark(edge.status, gap_start + turn * (gap_end - gap_start), y + smooth * (to_y - y))


def _mark(status: str, x: float, y: float) -> str:
    colour, symbol = wording.DEPENDENCY_COLOURS[status], wording.DEPENDENCY_SYMBOLS[status]
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="{colour}"/>'
        f'<text class="mark" x="{x:.1f}" y="{y + 4:.1f}">{_text(symbol)}</text>'
    )


def _node(node: GraphNode, place: Point) -> Iterable[str]:
    x, y = _at(place)
    left, top = x - BOX_WIDTH / 2, y - BOX_HEIGHT / 2
    kind = (
        "box" + (" elsewhere" if not node.member or not node.visible else "") + (" critical" if node.critical else "")
    )
    colour = CATEGORY_COLOURS.get(node.status_category or "", "#d4d9e0")
    head, lines = _labels(node)
    yield f"<a href={quoteattr(node.url)}>" if node.url else "<g>"
    yield f"<title>{_text(_node_said(node))}</title>"
    yield f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="8"/>'
    yield f'<rect x="{left + 7:.1f}" y="{top + 9:.1f}" width="4" height="{BOX_HEIGHT - 18}" rx="2" fill="{colour}"/>'
    if node.milestone:
        yield f'<path d="M{left + BOX_WIDTH - 16:.1f} {top + 10:.1f} l6 6 -6 6 -6 -6z" fill="{colour}"/>'
    yield f'<text class="key" x="{left + 20:.1f}" y="{top + 19:.1f}">{_text(head)}</text>'
    for number, line in enumerate(lines):
        yield f'<text class="title" x="{left + 20:.1f}" y="{top + 35 + 14 * number:.1f}">{_text(line)}</text>'
    yield "</a>" if node.url else "</g>"


def _labels(node: GraphNode) -> tuple[str, list[str]]:
    """The key, or the project where the tool has no keys, and the title on two lines."""
    nameless = node.key.isdigit()
    head = (node.project or node.source) if nameless else node.key
    if not node.member:
        head = f"{head} · {node.source}" if not nameless else head
    title = node.title or ("cannot be seen" if not node.visible else "")
    return _cut(head, LINE + 2), _wrapped(title)


def _wrapped(title: str) -> list[str]:
    """Two lines at most; what does not fit ends in dots."""
    words, lines = title.split(), [""]
    for word in words:
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) <= LINE or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > 2:
        lines = [lines[0], " ".join(lines[1:])]
    return [_cut(line, LINE) for line in lines if line]


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def _at(point: Point) -> Point:
    layer, height = point
    return MARGIN + BOX_WIDTH / 2 + layer * COLUMN, HEAD + MARGIN + BOX_HEIGHT / 2 + height * ROW


def _markers() -> str:
    arrows = "".join(
        f'<marker id="to-{status}" viewBox="0 0 8 8" refX="2" refY="4" markerWidth="5.5" markerHeight="5.5" '
        f'orient="auto"><path d="M0 0.5 L8 4 L0 7.5z" fill="{colour}"/></marker>'
        for status, colour in wording.DEPENDENCY_COLOURS.items()
    )
    return f"<defs>{arrows}</defs>"


def _described(graph: GraphData, whole: GraphData) -> str:
    counts = Counter(edge.status for edge in graph.edges)
    parts = [
        f"{number} {wording.DEPENDENCIES[status].lower()}"
        for status in wording.DEPENDENCIES
        if (number := counts[status])
    ]
    said = f"{len(graph.edges)} of {len(whole.edges)} dependencies are shown: {', '.join(parts) or 'none'}."
    return f"{said} Arrows lead from what is waited for to what waits. Dashed boxes belong to other programs."


def _edge_said(edge: GraphEdge) -> str:
    gap = "" if edge.gap_days is None else f", {edge.gap_days:+d} working days"
    return f"{wording.DEPENDENCIES[edge.status]}{gap}{'' if edge.confirmed else ', suggested'}"


def _node_said(node: GraphNode) -> str:
    due = "" if node.due is None else f", due {wording.day(node.due)}"
    spare = "" if node.total_float is None else f", float {node.total_float} working days"
    return f"{node.key} {node.title}: {node.status or 'status not known'}{due}{spare}"


def _text(text: str) -> str:
    return escape("".join(each for each in text if each.isprintable()))
