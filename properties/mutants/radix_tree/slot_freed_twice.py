"""A slot is released by two owners."""

from collections.abc import Hashable, Sequence

import numpy as np

from draftproof.reference import prefix

STORY = "SGLang 12224, 37729: of a request that was present in part all slots are freed, the stored ones too."
KILLED_BY = ("model",)
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Says that what it has just stored was present."""

    def insert(
        self,
        tokens: np.ndarray | Sequence[int],
        slots: np.ndarray | Sequence[int],
        *,
        namespace: Hashable = None,
        priority: int = 0,
    ) -> int:
        """Insert, and count the new tokens as present where any were."""
        present = super().insert(tokens, slots, namespace=namespace, priority=priority)
        return present and len(tokens) // self.page_size * self.page_size
