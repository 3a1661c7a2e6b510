"""A batched match counts an edge that agrees in part."""

from collections.abc import Hashable

import numpy as np

from draftproof.reference import prefix

STORY = "A classic slip: the walk adds the edge's length before it is compared to its end."
KILLED_BY = ("batched match", "model")
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Takes the last edge whole."""

    def match_many(
        self, tokens: np.ndarray, offsets: np.ndarray, *, namespace: Hashable = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Match, and say that every request matched to its node's end."""
        lengths, nodes = super().match_many(tokens, offsets, namespace=namespace)
        ends = [self._nodes[int(node)].end for node in nodes]
        return np.array(ends, lengths.dtype), nodes
