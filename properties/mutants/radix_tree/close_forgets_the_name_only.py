"""A closed namespace loses its name, and keeps its slots for ever."""

from collections.abc import Hashable

import numpy as np

from draftproof.reference import prefix

STORY = "From outside: adapters are unloaded, and the pool shrinks by what their prompts had cached."
KILLED_BY = ("closed namespace",)
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Forgets the name, and nothing else."""

    def close(self, namespace: Hashable) -> np.ndarray:
        """Forget the name."""
        root = self._roots.get(namespace, 0)
        if not root or self._nodes[root].locks:
            raise ValueError("RadixTree.close: namespace must have been opened, and not be locked")
        del self._roots[namespace]
        return np.empty(0, np.int32)
