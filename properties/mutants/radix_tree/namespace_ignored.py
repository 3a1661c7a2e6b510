"""The adapter is not part of the key."""

from collections.abc import Hashable, Sequence

import numpy as np

from draftproof.reference import prefix

STORY = (
    "SGLang 24568, vLLM 44701: requests with another adapter or salt are given each other's cached prefixes."
)
KILLED_BY = ("model",)
CONFORMANCE = {"arrays": "numpy"}


class RadixTree(prefix.RadixTree):
    """Keeps everything under the first root."""

    def insert(
        self,
        tokens: np.ndarray | Sequence[int],
        slots: np.ndarray | Sequence[int],
        *,
        namespace: Hashable = None,
        priority: int = 0,
    ) -> int:
        """Insert under the root of None."""
        return super().insert(tokens, slots, priority=priority)

    def match(self, tokens: np.ndarray | Sequence[int], *, namespace: Hashable = None) -> prefix.Match:
        """Match under the root of None."""
        return super().match(tokens)
