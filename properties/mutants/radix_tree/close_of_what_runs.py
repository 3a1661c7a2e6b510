"""A namespace is closed under a request that has locked it."""

from collections.abc import Hashable

import numpy as np

from draftproof.reference import prefix

STORY = "A classic slip: an adapter is unloaded while a request still reads its keys and values."
KILLED_BY = ("closed namespace",)
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Does not look at the locks."""

    def close(self, namespace: Hashable) -> np.ndarray:
        """Unlock, then close."""
        root = self._roots.get(namespace, 0)
        for each, node in self.walk():
            if root and root in self._path(each):
                node.locks = node.held = 0
        return super().close(namespace)
