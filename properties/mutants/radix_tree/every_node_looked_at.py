"""An insertion takes a look at every node."""

from collections.abc import Hashable, Sequence

import numpy as np

from draftproof.reference import prefix

STORY = "A classic slip: what is asked of the whole tree after each call makes n calls cost n squared."
KILLED_BY = ("cost",)
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Looks for the deepest node after each insertion."""

    def insert(
        self,
        tokens: np.ndarray | Sequence[int],
        slots: np.ndarray | Sequence[int],
        *,
        namespace: Hashable = None,
        priority: int = 0,
    ) -> int:
        """Insert, then look around."""
        present = super().insert(tokens, slots, namespace=namespace, priority=priority)
        self.deepest = max(node.end for _, node in self.walk())
        return present
