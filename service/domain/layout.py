"""Where the boxes of a network go: layers from left to right, so that what is waited for stands left of what waits.

The classical steps (Sugiyama): turn what closes a cycle, layers by the longest way, stand-ins where an edge crosses
a layer, order by barycentres, then straighten. Parts that do not hang together are laid out one by one, on shelves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Edge = tuple[int, int]
Point = tuple[float, float]

SWEEPS = 12
ROOM = 1.0  # between two boxes of a layer, in boxes
NARROW = 0.45  # between an edge that passes by and its neighbour
PART_GAP = 0.35  # between parts that do not hang together, one above the other
SIDE_GAP = 0.2  # and side by side, in layers
SHELF = 4.5  # layers that fit beside each other when no part is wider


@dataclass(frozen=True, slots=True)
class Layout:
    """In boxes: `places` are (layer, height) of each node, `ways` the points that each edge passes, ends included.

    `layers` and `height` are the size of the whole; heights grow downwards, from 0 at the middle of the first box.
    """

    places: tuple[Point, ...]
    ways: tuple[tuple[Point, ...], ...]
    layers: float
    height: float


def lay_out(nodes: int, edges: Sequence[Edge]) -> Layout:
    """The same for the same arguments. Loops are drawn as points."""
    parts = _parts(nodes, edges)
    inside = [[number for number, (tail, _) in enumerate(edges) if tail in part.place] for part in parts]
    drawn = [_draw(part, [edges[number] for number in own]) for part, own in zip(parts, inside, strict=True)]
    places: list[Point] = [(0.0, 0.0)] * nodes
    ways: list[tuple[Point, ...]] = [()] * len(edges)
    corners, layers, height = _shelved(drawn)
    for part, own, layout, (left, top) in zip(parts, inside, drawn, corners, strict=True):
        for node, (layer, spot) in zip(part.nodes, layout.places, strict=True):
            places[node] = (layer + left, spot + top)
        for number, way in zip(own, layout.ways, strict=True):
            ways[number] = tuple((layer + left, spot + top) for layer, spot in way)
    return Layout(tuple(places), tuple(ways), layers, height)


def _shelved(drawn: Sequence[Layout]) -> tuple[list[Point], float, float]:
    """Upper left corners, side by side while there is room, then on the next shelf; how wide and high all are."""
    room = max([SHELF, *(layout.layers for layout in drawn)])
    corners: list[Point] = []
    left, top, high, wide = 0.0, 0.0, 0.0, 0.0
    for layout in drawn:
        if left and left + layout.layers > room:
            left, top, high = 0.0, top + high + ROOM + PART_GAP, 0.0
        corners.append((left, top))
        wide = max(wide, left + layout.layers)
        left += layout.layers + SIDE_GAP
        high = max(high, layout.height)
    return corners, wide, top + high


@dataclass(frozen=True, slots=True)
class _Part:
    nodes: list[int]
    place: dict[int, int]


def _parts(nodes: int, edges: Sequence[Edge]) -> list[_Part]:
    """What hangs together, the largest first."""
    name = list(range(nodes))

    def root(node: int) -> int:
        while name[node] != node:
            name[node] = name[name[node]]
            node = name[node]
        return node

    for tail, head in edges:
        name[max(root(tail), root(head))] = min(root(tail), root(head))
    found: dict[int, list[int]] = defaultdict(list)
    for node in range(nodes):
        found[root(node)].append(node)
    ordered = sorted(found.values(), key=lambda part: (-len(part), part))
    return [_Part(part, {node: place for place, node in enumerate(part)}) for part in ordered]


def _draw(part: _Part, edges: Sequence[Edge]) -> Layout:
    own = [(part.place[tail], part.place[head]) for tail, head in edges]
    downhill = _without_cycles(len(part.nodes), own)
    layer = _layers(len(part.nodes), downhill)
    chains, layer = _chains(downhill, layer)
    rows = _ordered(layer, chains)
    height = _straightened(rows, chains, boxes=len(part.nodes), total=len(layer))
    points = [(float(layer[node]), height[node]) for node in range(len(layer))]
    ways = [
        tuple(points[node] for node in (chain if turned == straight else reversed(chain)))
        for chain, turned, straight in zip(chains, downhill, own, strict=True)
    ]
    return Layout(tuple(points[: len(part.nodes)]), tuple(ways), max(layer, default=0) + 1, max(height, default=0.0))


def _without_cycles(nodes: int, edges: Sequence[Edge]) -> list[Edge]:
    """Edges that lead back to where a walk came from are turned round; loops stay."""
    out: dict[int, list[int]] = defaultdict(list)
    for number, (tail, _) in enumerate(edges):
        out[tail].append(number)
    state = [0] * nodes  # 0 not seen, 1 on the walk, 2 done
    turned = list(edges)
    waited_for = {head for tail, head in edges if tail != head}
    for start in sorted(range(nodes), key=lambda node: (node in waited_for, node)):
        walk = [(start, iter(out[start]))] if not state[start] else []
        state[start] = state[start] or 1
        while walk:
            node, rest = walk[-1]
            following = next(rest, None)
            if following is None:
                state[node] = 2
                walk.pop()
                continue
            head = edges[following][1]
            if state[head] == 1 and head != node:
                turned[following] = (head, node)
            elif not state[head]:
                state[head] = 1
                walk.append((head, iter(out[head])))
    return turned


def _layers(nodes: int, edges: Sequence[Edge]) -> list[int]:
    """By the longest way from the left; then what nothing leads to moves next to the first that waits for it."""
    out: dict[int, list[int]] = defaultdict(list)
    waiting = [0] * nodes
    for tail, head in edges:
        if tail != head:
            out[tail].append(head)
            waiting[head] += 1
    first = [node for node in range(nodes) if not waiting[node]]
    layer = [0] * nodes
    queue = list(first)
    for node in queue:
        for head in out[node]:
            layer[head] = max(layer[head], layer[node] + 1)
            waiting[head] -= 1
            if not waiting[head]:
                queue.append(head)
    for node in first:
        if out[node]:
            layer[node] = min(layer[head] for head in out[node]) - 1
    return layer


def _chains(edges: Sequence[Edge], layer: Sequence[int]) -> tuple[list[list[int]], list[int]]:
    """Each edge as nodes of neighbouring layers; stand-ins are numbered after the nodes."""
    layers = list(layer)
    chains = []
    for tail, head in edges:
        chain = [tail]
        for between in range(layer[tail] + 1, layer[head]):
            chain.append(len(layers))
            layers.append(between)
        chains.append([*chain, head])
    return chains, layers


def _ordered(layer: Sequence[int], chains: Sequence[Sequence[int]]) -> list[list[int]]:
    """The nodes of each layer from top to bottom, by the mean place of their neighbours, swept to and fro."""
    rows: list[list[int]] = [[] for _ in range(max(layer, default=0) + 1)]
    for node, number in enumerate(layer):
        rows[number].append(node)
    before, after = _neighbours(chains)
    best, fewest = [list(row) for row in rows], _crossings(rows, after)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        near, order = (before, rows[1:]) if sweep % 2 == 0 else (after, rows[-2::-1])
        place = {node: spot for row in rows for spot, node in enumerate(row)}
        for row in order:
            row.sort(key=lambda node: _mean([place[each] for each in near[node]], place[node]))
            place.update((node, spot) for spot, node in enumerate(row))
        crossings = _crossings(rows, after)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    return best


def _neighbours(chains: Sequence[Sequence[int]]) -> tuple[defaultdict[int, list[int]], defaultdict[int, list[int]]]:
    before: defaultdict[int, list[int]] = defaultdict(list)
    after: defaultdict[int, list[int]] = defaultdict(list)
    for chain in chains:
        for left, right in pairwise(chain):
            if left != right:
                before[right].append(left)
                after[left].append(right)
    return before, after


def _crossings(rows: Sequence[Sequence[int]], after: defaultdict[int, list[int]]) -> int:
    total = 0
    for row, following in pairwise(rows):
        place = {node: spot for spot, node in enumerate(following)}
        ends = [spot for node in row for spot in sorted(place[each] for each in after[node])]
        total += sum(later < earlier for at, earlier in enumerate(ends) for later in ends[at + 1 :])
    return total


def _straightened(
    rows: Sequence[Sequence[int]], chains: Sequence[Sequence[int]], *, boxes: int, total: int
) -> list[float]:
    """Heights near those of the neighbours, kept apart and in order."""
    before, after = _neighbours(chains)
    height = [0.0] * total
    for row in rows:
        spot = 0.0
        for above, node in zip([None, *row], row, strict=False):
            spot += 0.0 if above is None else _apart(above, node, boxes)
            height[node] = spot
    for sweep in range(SWEEPS):
        near, order = (before, rows) if sweep % 2 == 0 else (after, list(reversed(rows)))
        for row in order:
            wanted = [_mean([height[each] for each in near[node] or after[node]], height[node]) for node in row]
            for node, spot in zip(row, _kept_apart(row, wanted, boxes), strict=True):
                height[node] = spot
    least = min(height, default=0.0)
    return [each - least for each in height]


def _kept_apart(row: Sequence[int], wanted: Sequence[float], boxes: int) -> list[float]:
    """As near to what is wanted as order and room allow: groups that collide share their mean (pool adjacent)."""
    offsets = [0.0]
    for above, node in pairwise(row):
        offsets.append(offsets[-1] + _apart(above, node, boxes))
    groups: list[tuple[float, int]] = []  # (sum of what is wanted less the offset, how many)
    for spot, offset in zip(wanted, offsets, strict=True):
        group = (spot - offset, 1)
        while groups and groups[-1][0] / groups[-1][1] > group[0] / group[1]:
            last = groups.pop()
            group = (group[0] + last[0], group[1] + last[1])
        groups.append(group)
    means = [total / size for total, size in groups for _ in range(size)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def _apart(above: int, node: int, boxes: int) -> float:
    return (
        ROOM if above < boxes and node < boxes else NARROW if above >= boxes and node >= boxes else (ROOM + NARROW) / 2
    )


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
