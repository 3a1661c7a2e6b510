"""The slots of a present prefix leak."""

from collections.abc import Hashable, Sequence

import numpy as np

from draftproof.reference import prefix

STORY = "SGLang 13714: insertion does not say what was present already, and the duplicates are never freed."
KILLED_BY = ("model",)
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Answers 0 to every insertion."""

    def insert(
        self,
        tokens: np.ndarray | Sequence[int],
        slots: np.ndarray | Sequence[int],
        *,
        namespace: Hashable = None,
        priority: int = 0,
    ) -> int:
        """Insert, and say that all of it was new."""
        super().insert(tokens, slots, namespace=namespace, priority=priority)
        return 0
