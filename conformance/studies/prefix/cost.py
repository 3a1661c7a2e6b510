"""What a match costs: the oracle's comparisons, counted on every prompt of a trace, against their bound."""

from dataclasses import dataclass

import numpy as np

from draftproof import reference
from draftproof.conformance.studies.prefix.formats import Trace


@dataclass(frozen=True, slots=True)
class Cost:
    """All prompts of a trace matched once more, when all are cached: the longest matches there can be."""

    blocks: int
    """Asked for."""
    nodes: int
    """On the paths of all matches."""
    comparisons: int
    """Looks into a node's children, and blocks compared with an edge."""
    worst: float
    """The highest ratio of a match's comparisons to its length + depth, which is their bound."""
    cached: int
    """Blocks in the tree, of which a match sees its own path."""


def count_cost(trace: Trace) -> Cost:
    """Fill the oracle with every prompt, then count what matching each of them takes."""
    tree = reference.RadixTree()
    dealt = 0
    for request in trace.requests:
        tree.open(request.session)
        slots = np.arange(dealt, dealt + len(request.blocks), dtype=np.int32)
        tree.insert(request.blocks, slots, namespace=request.session)
        dealt += len(slots)
    depths = {-1: -1}  # a root lies on no path
    for node, each in sorted(tree.walk(), key=lambda entry: entry[1].end):
        depths[node] = depths[each.parent] + 1
    blocks = nodes = comparisons = 0
    worst = 0.0
    for request in trace.requests:
        depth = depths[tree.match(request.blocks, namespace=request.session).node]
        blocks, nodes = blocks + len(request.blocks), nodes + depth
        comparisons += tree.comparisons
        worst = max(worst, tree.comparisons / max(len(request.blocks) + depth, 1))
    return Cost(blocks, nodes, comparisons, worst, tree.cached)
