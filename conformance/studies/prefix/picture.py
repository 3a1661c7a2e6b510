"""A picture of a radix tree of real requests, before and after an eviction."""

from html import escape
from typing import NamedTuple

import numpy as np

from draftproof import reference
from draftproof.conformance.reporting.charts import FONT, GRID, INK, MUTED, PAPER
from draftproof.conformance.studies.prefix.formats import Request, Trace
from draftproof.conformance.studies.prefix.prefixes import number_pages

ROW, BAR, GAP, MARGIN, HEAD = 21, 16, 14, 14, 84
"""Pixels: a leaf's row, a node in it, between a node and its children, around everything, the titles."""
COMMON = 10
"""A page that more than one in so many requests use is a system prompt, and tells nothing apart."""
RUNNING = 2
"""How many of the last requests are still running, hence locked."""
SHARE = 3
"""One in so many of the blocks that may go, goes."""


class Fate(NamedTuple):
    """What becomes of blocks: a letter and colours, so that neither is needed alone."""

    letter: str
    meaning: str
    fill: str
    edge: str


LOCKED = Fate("L", "locked by a running request", "#cfe2ff", "#0a58ca")
KEPT = Fate("K", "kept", "#e3f1e6", "#1a7f36")
EVICTED = Fate("E", "evicted", "#fbe0d5", "#c2410c")


class Part(NamedTuple):
    """A run of one node's blocks with one fate."""

    fate: Fate
    slots: str

    @property
    def width(self) -> float:
        """Room for the text; a picture to scale would show nothing but the longest prompt."""
        return 20 + 6 * len(self.slots)


class Box(NamedTuple):
    """A node and where it stands in the picture."""

    parent: int
    left: float
    row: float
    parts: list[Part]

    @property
    def right(self) -> float:
        """Where the lines to its children begin."""
        return self.left + sum(part.width for part in self.parts)


def render_tree(trace: Trace, count: int) -> str:
    """Return an SVG of the tree that ``count`` requests leave, before and after an eviction by last use.

    The requests are the first ones that belong together (``select_conversations``), in the order of time;
    slots are dealt out in ascending order. The last two requests are taken to be still running, and a third
    of the blocks that are not locked is evicted. The same trace gives the same bytes.
    """
    requests = select_conversations(trace, count)
    tree, ends = _serve(requests)
    for node in ends[-RUNNING:]:
        tree.lock(node)
    fates = {slot: LOCKED if node.locks else KEPT for _, node in tree.walk() for slot in node.slots}
    before, wanted = dict(fates), tree.evictable // SHARE
    layout = _Layout(tree)
    gone = tree.evict(wanted).tolist()
    before |= dict.fromkeys(gone, EVICTED)
    boxes = layout.place_boxes(before)
    summary = (
        f"{len(requests)} requests of {trace.name.replace('_', ' ')}: {len(fates)} blocks cached, "
        f"{tree.locked} locked, {len(gone)} evicted"
    )
    return _render_picture(boxes, summary)


def select_conversations(trace: Trace, count: int) -> list[Request]:
    """Return ``count`` requests that share more than a system prompt with another, in the order of time.

    A request's conversation is named by the first of its blocks that few requests use. Conversations of
    several requests are taken whole, by first appearance; of the last, as many as are wanted.
    """
    pages = number_pages(trace.requests, 1)
    uses = np.bincount(np.concatenate([*pages.requests, np.zeros(0, dtype=np.int32)]).astype(np.int64))
    few = max(2, len(pages.requests) // COMMON)
    members: dict[int, list[int]] = {}
    for place, request in enumerate(pages.requests):
        rare = request[uses[request] <= few]
        if len(rare):
            members.setdefault(int(rare[0]), []).append(place)
    together = [place for places in members.values() if len(places) > 1 for place in places]
    return [trace.requests[place] for place in sorted(together[:count])]


def _serve(requests: list[Request]) -> tuple[reference.RadixTree, list[int]]:
    """Return the tree that the requests leave, and the node where each ended."""
    tree = reference.RadixTree()
    ends, dealt = [], 0
    for request in requests:
        tree.open(request.session)
        found = tree.match(request.blocks, namespace=request.session).slots
        fresh = np.arange(dealt, dealt + len(request.blocks) - len(found), dtype=np.int32)
        tree.insert(request.blocks, np.concatenate([found, fresh]), namespace=request.session)
        ends.append(tree.match(request.blocks, namespace=request.session).node)
        dealt += len(fresh)
    return tree, ends


class _Layout:
    """The shape of a tree as it was when this was made: the picture outlives what is evicted."""

    def __init__(self, tree: reference.RadixTree) -> None:
        self._nodes = {node: (each.parent, list(each.slots)) for node, each in tree.walk()}
        self._children = {node: tree.children(node) for node in self._nodes}
        self._row = 0

    def place_boxes(self, fates: dict[int, Fate]) -> dict[int, Box]:
        """Return every node's box: leaves on rows of their own, the others level with their children."""
        self._row = 0
        boxes: dict[int, Box] = {}
        roots = [node for node, (parent, _) in self._nodes.items() if parent < 0]
        for root in [each for each in roots if self._children[each]] or roots[:1]:
            self._place(root, MARGIN, fates, boxes)
        return boxes

    def _place(self, node: int, left: float, fates: dict[int, Fate], boxes: dict[int, Box]) -> float:
        parent, slots = self._nodes[node]
        box = Box(parent, left, 0, _split_by_fate(slots, fates))
        rows = [self._place(child, box.right + GAP, fates, boxes) for child in self._children[node]]
        if not rows:
            rows = [self._row]
            self._row += 1
        boxes[node] = box._replace(row=(rows[0] + rows[-1]) / 2)
        return boxes[node].row


def _split_by_fate(slots: list[int], fates: dict[int, Fate]) -> list[Part]:
    """Return a node's blocks by fate, each with its ranges of slots."""
    runs: list[tuple[Fate, list[int]]] = []
    for slot in slots:
        if not runs or runs[-1][0] is not fates[slot]:
            runs.append((fates[slot], []))
        runs[-1][1].append(slot)
    return [Part(fate, _format_ranges(group)) for fate, group in runs]


def _format_ranges(slots: list[int]) -> str:
    """Return slots as ranges.

    >>> _format_ranges([4, 5, 6, 9])
    '4-6, 9'
    """
    found: list[list[int]] = []
    for slot in slots:
        if found and slot == found[-1][-1] + 1:
            found[-1][1:] = [slot]
        else:
            found.append([slot])
    return ", ".join("-".join(map(str, each)) for each in found)


def _render_picture(boxes: dict[int, Box], summary: str) -> str:
    rows = 1 + max(box.row for box in boxes.values())
    width = max(box.right for box in boxes.values()) + MARGIN
    height = HEAD + rows * ROW + MARGIN
    name = escape(f"Radix tree before and after eviction. {summary}")
    texts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * width:g} {height:g}" '
        f'width="{2 * width:g}" height="{height:g}" role="img" aria-label="{name}" '
        f'font-family="{FONT}, Verdana, sans-serif" font-size="10">',
        f"<title>{name}</title>",
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        f'<text x="{MARGIN}" y="22" font-size="12" fill="{INK}">{escape(summary)}</text>',
    ]
    left = float(MARGIN)
    for fate in (LOCKED, KEPT, EVICTED):
        texts.append(_render_part(Part(fate, ""), left, 32))
        texts.append(f'<text x="{left + 26:g}" y="44" fill="{MUTED}">{fate.meaning}</text>')
        left += 44 + 6 * len(fate.meaning)
    texts.append(f'<text x="{left:g}" y="44" fill="{MUTED}">numbers are slots, one per block</text>')
    for offset, title, after in ((0.0, "before", False), (width, "after", True)):
        texts.append(f'<g transform="translate({offset:g} 0)">')
        texts.append(
            f'<text x="{MARGIN}" y="{HEAD - 14}" font-size="12" font-weight="bold" fill="{INK}">'
            f"{title}</text>"
        )
        texts += [_render_line(boxes[box.parent], box, after) for box in boxes.values() if box.parent >= 0]
        texts += [_render_node(box, after) for box in boxes.values()]
        texts.append("</g>")
    return "\n".join([*texts, "</svg>"]) + "\n"


def _render_line(parent: Box, child: Box, after: bool) -> str:
    gone = after and child.parts[0].fate is EVICTED
    start, end, bend = parent.right or MARGIN, child.left, child.left - GAP / 2
    top, bottom = HEAD + parent.row * ROW + BAR / 2, HEAD + child.row * ROW + BAR / 2
    dash = ' stroke-dasharray="2 3"' * gone
    return (
        f'<path d="M{start:g} {top:g}H{bend:g}V{bottom:g}H{end:g}" fill="none" '
        f'stroke="{GRID if gone else MUTED}"{dash}/>'
    )


def _render_node(box: Box, after: bool) -> str:
    left, top, shapes = box.left, HEAD + box.row * ROW, []
    for part in box.parts:
        shapes.append(_render_part(part, left, top, after and part.fate is EVICTED))
        left += part.width
    if not box.parts:
        shapes.append(f'<circle cx="{left:g}" cy="{top + BAR / 2:g}" r="4" fill="{INK}"/>')
    return "".join(shapes)


def _render_part(part: Part, left: float, top: float, gone: bool = False) -> str:
    """Return one part; what is gone leaves an empty, dashed place."""
    fill, edge, ink = (PAPER, GRID, GRID) if gone else (part.fate.fill, part.fate.edge, INK)
    dash = ' stroke-dasharray="2 3"' * gone
    text = escape(f"{part.fate.letter} {part.slots}".strip())
    label = "" if gone else f'<text x="{left + 5:g}" y="{top + 12:g}" fill="{ink}">{text}</text>'
    return (
        f'<rect x="{left:g}" y="{top:g}" width="{part.width:g}" height="{BAR}" rx="2" fill="{fill}" '
        f'stroke="{edge}"{dash}/>{label}'
    )
