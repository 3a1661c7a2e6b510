"""Only those are evicted that were leaves at the start."""

import numpy as np

from draftproof.reference import prefix

STORY = "Own: a parent that becomes a leaf while its children are evicted is not looked at again."
KILLED_BY = ("evict splits", "model")
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Takes the leaves that a call finds, and no others."""

    def evict(self, count: int) -> np.ndarray:
        """Evict the leaves of this moment."""
        self.leaves = {node for node, _ in self.walk() if self.is_leaf(node)}
        return super().evict(count)

    def _may_go(self, node: int) -> bool:
        """Whether an unlocked leaf was one when the call began."""
        return node in self.leaves and super()._may_go(node)
