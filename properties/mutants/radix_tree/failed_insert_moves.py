"""A refused insertion leaves traces."""

from collections.abc import Hashable, Sequence
from contextlib import suppress

import numpy as np

from draftproof.reference import prefix

STORY = "Own: the tree is walked, split and touched before the slots are looked at."
KILLED_BY = ("failed call", "model")
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Splits first, checks later."""

    def insert(
        self,
        tokens: np.ndarray | Sequence[int],
        slots: np.ndarray | Sequence[int],
        *,
        namespace: Hashable = None,
        priority: int = 0,
    ) -> int:
        """Insert; if that is refused the prefix has been used all the same."""
        try:
            return super().insert(tokens, slots, namespace=namespace, priority=priority)
        except ValueError:
            with suppress(ValueError, TypeError):
                self.match(tokens, namespace=namespace)
            raise
